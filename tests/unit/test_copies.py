"""What can be copied of a row, and the ss command that shows it."""

from __future__ import annotations

import pytest

from netwatch_tui.fields.columns import COLUMNS, Moment
from netwatch_tui.fields.format import printable
from netwatch_tui.sockets.ownership import Owner, Process
from netwatch_tui.sockets.socket import Address, Socket
from netwatch_tui.view.copies import copies, ss_command
from tests.support.build import NETNS, netlink, owner, packet, tcp, udp, unix

MOMENT = Moment(100.0, {})


@pytest.mark.parametrize(
    ("socket", "command"),
    [
        (tcp("10.0.0.1:80"), "ss -tlnp 'src 10.0.0.1:80'"),
        (tcp("10.0.0.1:80", "10.0.0.2:5000"), "ss -tanp 'src 10.0.0.1:80 and dst 10.0.0.2:5000'"),
        (tcp("[::1]:80", "[::1]:5000"), "ss -tanp 'src [::1]:80 and dst [::1]:5000'"),
        (udp("0.0.0.0:53"), "ss -ulnp 'src 0.0.0.0:53'"),
        (unix("/run/a b", local_port=77), "ss -xanp | grep -w 77"),
        (netlink(0, 5), "ss -anp -A netlink | grep -w 0:5"),
        (packet("ip", 2, interface="eth0"), "ss -0lnp | grep -w ip:eth0"),
    ],
)
def test_the_command_names_exactly_the_socket(socket: Socket, command: str) -> None:
    assert ss_command(socket, NETNS) == command


def test_a_socket_of_another_namespace_is_looked_for_there() -> None:
    elsewhere = tcp("10.0.0.1:80", netns=5, owners=(owner(77),))
    assert ss_command(elsewhere, NETNS) == "nsenter -t 77 -n ss -tlnp 'src 10.0.0.1:80'"


def test_a_name_from_outside_can_not_run_a_command() -> None:
    evil = netlink(owners=())._replace(local=Address(0, b"x", "$(reboot)\n;"))
    assert ss_command(evil, NETNS) == "ss -anp -A netlink | grep -w '$(reboot)\\x0a;:0'"


def test_each_value_of_the_row_can_be_copied_once_and_harmless() -> None:
    evil = Process(7, "a\x1b[2J", ("a\nb", "c d"), "\x07", 0.0)
    found = copies(tcp("10.0.0.1:80", "10.0.0.2:9", owners=(Owner(7, 3, evil),)), COLUMNS, MOMENT, NETNS)
    by_id = {each.id: each.text for each in found}
    assert len(by_id) == len(found)
    assert (by_id["local"], by_id["peer"], by_id["pid"]) == ("10.0.0.1:80", "10.0.0.2:9", "7")
    assert by_id["cmdline"] == "'a\\x0ab' 'c d'"
    assert by_id["row"].split("\t")[:2] == ["tcp", "ESTAB"]
    assert all(printable(each.text.replace("\t", " ")) == each.text.replace("\t", " ") for each in found)


def test_what_is_not_known_is_not_offered() -> None:
    ids = {each.id for each in copies(tcp(), COLUMNS, MOMENT, NETNS)}
    assert not ids & {"pid", "cmdline", "timer", "fd"}
