"""What a row can be a pattern for: every condition that is offered is met by the row, and by no row that differs."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netwatch_tui.fields.moment import Moment
from netwatch_tui.query import parse
from netwatch_tui.sockets.ownership import OwnerReason, Process
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.view.similar_conditions import similar_conditions
from tests.support.build import NETNS, netlink, owner, packet, tcp, time_wait, udp, unix

MOMENT = Moment(100.0, {}, {NETNS: "own"})
HELD = owner(7)._replace(process=Process(7, 'a "b" (c), x/y', ("a",), "bob", 0.0, "nginx.service", "docker:0123"))


@pytest.mark.parametrize(
    "socket",
    [
        tcp("10.0.0.1:443", owners=(HELD,), user="bob"),
        tcp("[2001:db8::1]:443", "[2001:db8::2]:5000", owners=(HELD, owner(9)), user="bob"),
        time_wait(tcp("127.0.0.1:80", "127.0.0.1:9"))._replace(owner_reason=OwnerReason.KERNEL),
        udp("0.0.0.0:53", user="1000", owner_reason=OwnerReason.PERMISSION),
        unix("/run/a b*[c]?", owners=(HELD,)),
        unix("@\x00evil\n", owners=(HELD,)),
        netlink(owners=()),
        packet("ip", 2, interface="eth0"),
    ],
)
def test_a_row_is_like_itself(socket: Socket) -> None:
    conditions = similar_conditions(socket, MOMENT)
    assert len(conditions) == len(set(conditions))
    for condition in conditions:
        assert parse(condition).compile(MOMENT)(socket), condition
        assert not parse(f"-{condition}").compile(MOMENT)(socket), condition


@given(st.text(min_size=1))
@example("-")
def test_whatever_a_process_calls_itself_can_be_asked_for(name: str) -> None:
    socket = tcp(owners=(HELD._replace(process=HELD.process._replace(name=name)),))
    condition = similar_conditions(socket, MOMENT)[0]
    assert parse(condition).compile(MOMENT)(socket)


def test_another_value_is_not_alike() -> None:
    one = tcp("10.0.0.1:443", "10.0.0.2:5000", owners=(HELD,), user="bob")
    other = tcp("10.9.9.9:80", "10.9.9.8:6000", owners=(owner(8, name="sshd"),), user="eve", netid="sctp")
    met = [each for each in similar_conditions(one, MOMENT) if parse(each).compile(MOMENT)(other)]
    assert met == ["state:ESTAB", "netns:own"]
