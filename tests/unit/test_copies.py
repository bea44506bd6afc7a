"""What can be copied of a row, and the commands about it."""

from __future__ import annotations

import pytest

from netwatch_tui.fields.catalogue import COLUMNS
from netwatch_tui.fields.format import printable
from netwatch_tui.fields.moment import Moment
from netwatch_tui.sockets.ownership import Owner, Process
from netwatch_tui.sockets.socket import Address, DiagFacts, Socket
from netwatch_tui.view.copies import copies
from netwatch_tui.view.shell_commands import shell_commands
from netwatch_tui.view.show_command import show_command
from tests.support.build import NETNS, datagram, netlink, owner, packet, tcp, udp, unix

MOMENT = Moment(100.0, {})


@pytest.mark.parametrize(
    ("socket", "command"),
    [
        (tcp("10.0.0.1:80"), "ss -tlnpe 'src 10.0.0.1:80' | grep -w ino:1000"),
        (tcp("10.0.0.1:80", "10.0.0.2:5000"), "ss -tanp 'src 10.0.0.1:80 and dst 10.0.0.2:5000'"),
        (tcp("[::1]:80", "[::1]:5000"), "ss -tanp 'src [::1]:80 and dst [::1]:5000'"),
        (
            tcp("[fe80::1]:80", "[fe80::2]:5000", interface="eth0"),
            "ss -tanp 'src [fe80::1]:80 and dst [fe80::2]:5000 and dev = eth0'",
        ),
        (udp("0.0.0.0:53"), "ss -ulnpe 'src 0.0.0.0:53' | grep -w ino:1000"),
        (datagram("raw", "0.0.0.0:1", owners=(owner(7),)), "ss -wlnp 'src 0.0.0.0:1' | grep -F 'pid=7,fd=3)'"),
        (datagram("bound", "10.0.0.1:80"), "ss -tBnpe 'src 10.0.0.1:80' | grep -w ino:1000"),
        (datagram("mptcp", "10.0.0.1:80"), "ss -Mlnpe 'src 10.0.0.1:80' | grep -w ino:1000"),
        (datagram("icmp", "0.0.0.0:9"), "awk '$10 == 1000' /proc/net/icmp"),
        (datagram("udpl", "[::]:9"), "awk '$10 == 1000' /proc/net/udplite6"),
        (unix("/run/a b", local_port=77), "ss -xanp | grep -E ' 77 +[^ ].* [0-9]+ *(users:|$)'"),
        (netlink(0, 5), "ss -A netlink -lnp | grep -E ' 0:5 '"),
        (packet("ip", 2, interface="eth0"), "ss -0lnpe | grep -w ino:1000"),
    ],
)
def test_the_command_names_exactly_the_socket(socket: Socket, command: str) -> None:
    assert show_command(socket, NETNS) == command


def test_a_socket_of_another_namespace_is_looked_for_there() -> None:
    elsewhere = tcp("10.0.0.1:80", netns=5, owners=(owner(77),))
    assert show_command(elsewhere, NETNS) == "nsenter -t 77 -n ss -tlnpe 'src 10.0.0.1:80' | grep -w ino:1000"
    assert show_command(elsewhere._replace(owners=()), NETNS) is None


def test_a_name_from_outside_can_not_run_a_command() -> None:
    evil = netlink(owners=())._replace(local=Address(0, b"x", "$(reboot)\n;"))
    assert show_command(evil, NETNS) == r"ss -A netlink -lnp | grep -E ' \$\(reboot\)\\x0a;:0 '"


def commands(socket: Socket) -> dict[str, str]:
    return {each.tool: each.text for each in shell_commands(socket, NETNS)}


def test_the_commands_about_a_connection() -> None:
    found = commands(tcp("10.0.0.1:80", "10.0.0.2:5000", owners=(owner(77, 5), owner(78, 6))))
    del found["ss"]
    assert found == {
        "lsof": "lsof -nP -a -p 77 -d 5",
        "strace": "strace -f -e trace=network -p 77",
        "kill": "kill 77",
        "tcpdump": "tcpdump -nni any 'tcp and host 10.0.0.1 and port 80 and host 10.0.0.2 and port 5000'",
    }


@pytest.mark.parametrize(
    ("socket", "packets"),
    [
        (tcp("127.0.0.1:80", "127.0.0.1:5000"), "'tcp and host 127.0.0.1 and port 80 and port 5000'"),
        (tcp("[::1]:80", "[2001:db8::2]:5000"), "'tcp and host ::1 and port 80 and host 2001:db8::2 and port 5000'"),
        (tcp("[::ffff:10.0.0.1]:80", "[::ffff:10.0.0.2]:9"),
         "'tcp and host 10.0.0.1 and port 80 and host 10.0.0.2 and port 9'"),
        (tcp("0.0.0.0:80"), "'ip and tcp and port 80'"),
        (tcp("[::]:80"), "'tcp and port 80'"),
        (tcp("[::]:80", diag=DiagFacts(1, v6only=True)), "'ip6 and tcp and port 80'"),
        (udp("127.0.0.1:53"), "'udp and host 127.0.0.1 and port 53'"),
        (datagram("mptcp", "10.0.0.1:80"), "'tcp and host 10.0.0.1 and port 80'"),
        (datagram("raw", "10.0.0.1:89"), "'ip proto 89 and host 10.0.0.1'"),
        (datagram("raw", "[::]:89"), "'ip6 proto 89'"),
        (datagram("icmp", "[::1]:7"), "'icmp6 and host ::1'"),
    ],
)  # fmt: skip
def test_tcpdump_is_told_the_ends_as_they_are_on_the_wire(socket: Socket, packets: str) -> None:
    assert commands(socket)["tcpdump"] == f"tcpdump -nni any {packets}"


def test_a_command_that_does_not_fit_is_not_offered() -> None:
    assert commands(tcp("10.0.0.1:80", "10.0.0.2:5000")).keys() == {"ss", "tcpdump"}, "nobody holds it"
    others = (unix("/run/x"), netlink(), packet("ip", 2), datagram("udpl", "[::]:9"), datagram("raw", "0.0.0.0:255"))
    assert not any("tcpdump" in commands(each) for each in (*others, datagram("bound", "10.0.0.1:80")))


def test_a_command_runs_where_the_socket_is() -> None:
    elsewhere = tcp("10.0.0.1:80", netns=5, owners=(owner(77),))
    found = commands(elsewhere)
    assert {tool for tool, text in found.items() if text.startswith("nsenter -t 77 -n ")} == {"ss", "lsof", "tcpdump"}
    assert not commands(elsewhere._replace(owners=())), "there is no way in"


def test_the_name_of_a_device_can_not_run_a_command() -> None:
    evil = tcp("10.0.0.1:80", interface="a;b$(c)")
    assert commands(evil)["tcpdump"].startswith("tcpdump -nni 'a;b$(c)' 'tcp ")


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
