"""Numbers that no kernel should print cost a row at most, and what is read of them can be shown everywhere."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.fields.catalogue import FIELDS
from netwatch_tui.fields.moment import Moment
from netwatch_tui.output.objects import dump
from netwatch_tui.output.ss_table import table_lines
from netwatch_tui.sockets.needs import EVERY_NEED
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import State
from tests.support.build import NETNS, datagram, line, netlink, packet, tcp, time_wait, udp, unix
from tests.support.fake import busy

SCTP = {
    "sctp/eps": b"ffff8880 ffff8881 2   10  43   38412 0     39010 0.0.0.0",
    "sctp/assocs": (
        b"ffff8880 ffff8881 2   1   3  9      7       0        0    1000 39011 38412 50000 10.0.0.1 <-> *10.0.0.2 \t"
        b" 7500 10 10 5 0 0 0 0"
    ),
}
LINES = {
    "tcp": line(tcp("10.0.0.1:80", "10.0.0.2:5000", inode=11)),
    "tcp6": line(time_wait(tcp("[::1]:80", "[::1]:5000"))),
    "udp": line(udp("10.0.0.1:53", inode=12)),
    "raw6": line(datagram("raw", "[::]:1", inode=13)),
    "unix": line(unix("/run/x", inode=14, state=State.LISTEN)),
    "packet": line(packet("ip", 2, inode=15)),
    "netlink": line(netlink(4, 17, inode=16)),
    **SCTP,
}
NUMBER = re.compile(rb"(?<![0-9A-Za-z./:])[0-9A-F]+(?![0-9A-Za-z./])")
EXTREMES = [
    b"-1", b"4294967295", b"4294967296", b"2147483648", b"-2147483648", b"18446744073709551616",
    b"-99999999999999999999", b"9" * 400, b"FFFFFFFF", b"0", b"FFFFFFFFFFFFFFFF", b"", b"9" * 5_000,
]  # fmt: skip
GOOD = tcp("127.0.0.1:22", inode=777)


def shown(snapshot: Snapshot) -> None:
    """Show every socket of a snapshot in every way."""
    moment = Moment(snapshot.taken_at, {}, snapshot.namespaces.names)
    for socket in snapshot.sockets:
        for field in FIELDS:
            value = field.value(socket, moment)
            dump(value)
            assert not isinstance(value, int | float) or value >= 0, field.id
            field.text(socket, moment)
            field.key(socket, moment)
            if field.sentence:
                field.sentence(socket, moment)
    list(table_lines(snapshot.sockets))


@given(st.sampled_from(sorted(LINES)), st.data())
def test_a_number_costs_a_row_at_most(table: str, data: st.DataObject) -> None:
    text = LINES[table]
    places = list(NUMBER.finditer(text))
    place = data.draw(st.sampled_from(places))
    number = data.draw(st.sampled_from(EXTREMES))
    watch = busy(GOOD)
    watch.source.silent = data.draw(st.sampled_from([set[int](), {NETNS}]))
    watch.source.tables[table] += [text[: place.start()] + number + text[place.end() :], text]
    watch.collector.needs = EVERY_NEED
    snapshot = watch.again()
    assert [socket.inode for socket in snapshot.sockets if socket.netid == "tcp"].count(777) == 1
    damaged = sum(problem.times for problem in snapshot.problems if "understood" in problem.text)
    assert len(snapshot.sockets) + damaged >= 2
    shown(snapshot)
    assert watch.again().delta.closed == ()
