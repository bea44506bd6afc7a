"""Lines of `/proc/net/tcp`, `udp`, `udplite`, `raw`, `icmp` and their siblings for IPv6.

The formats are those of `get_tcp4_sock` and its siblings in the kernel's `net/ipv4/tcp_ipv4.c`, `net/ipv6/tcp_ipv6.c`,
and of `udp4_format_sock` in `net/ipv4/udp.c`. Up to the user a line has fixed columns. This is the hottest code of the
program: it runs once for every socket, a hundred thousand times for the first look at a busy machine.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from netwatch_tui.kernel.proc_line import ADDRESSES, PORTS, count
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.socket import Family, Socket, State, Timer

#: include/net/tcp_states.h; 0C is TCP_NEW_SYN_RECV, and UDP prints 07 for a socket without a peer.
STATES = {
    b"01": State.ESTAB,
    b"02": State.SYN_SENT,
    b"03": State.SYN_RECV,
    b"04": State.FIN_WAIT_1,
    b"05": State.FIN_WAIT_2,
    b"06": State.TIME_WAIT,
    b"07": State.UNCONN,
    b"08": State.CLOSE_WAIT,
    b"09": State.LAST_ACK,
    b"0A": State.LISTEN,
    b"0B": State.CLOSING,
    b"0C": State.SYN_RECV,
}

_TIMERS = {b"01": "on", b"02": "keepalive", b"03": "timewait", b"04": "persist"}
_TICKS = 100
"""The kernel's USER_HZ: what times in /proc count."""

_NUMBER = rb"([0-9A-Fa-f]{8})"
_MIDDLE = re.compile(rb" ([0-9A-Fa-f]{2}) %b:%b ([0-9A-Fa-f]{2}):%b %b" % (_NUMBER, _NUMBER, _NUMBER, _NUMBER))
"""State, send queue, receive queue, kind of timer, ticks, retransmits."""
MIDDLE_LENGTH = 42


class _Middle(NamedTuple):
    """What stands between the ends and the user."""

    state: State
    recv_q: int
    send_q: int | None
    timer: Timer | None
    retransmits: int
    has_user: bool


class _Middles(dict[bytes, _Middle]):
    """Parsed middles by their text: nearly all sockets of a machine share a few."""

    limit = 4_096
    """After this many it starts anew; timers and queues have many values."""

    def __missing__(self, text: bytes) -> _Middle:
        match = _MIDDLE.fullmatch(text)
        if match is None:
            raise ValueError(text)
        state, send_q, recv_q, kind, ticks, retransmits = match.groups()
        middle = _Middle(
            state=STATES[state.upper()],
            recv_q=int(recv_q, 16),
            # What the file gives for LISTEN is not the limit of the backlog, which is what ss shows there.
            send_q=None if STATES[state.upper()] is State.LISTEN else int(send_q, 16),
            timer=None if kind == b"00" else Timer(_TIMERS.get(kind, "unknown"), int(ticks, 16) / _TICKS),
            retransmits=int(retransmits, 16),
            has_user=kind != b"03",  # a TIME-WAIT socket has user 0 whoever had it
        )
        if len(self) >= self.limit:
            self.clear()
        self[text] = middle
        return middle


MIDDLES = _Middles()
"""What stands between the ends and the user, by its text."""
_NOT_FOUND = OwnerReason.NOT_FOUND
_INET = Family.INET
_new = tuple.__new__


def parse_inet(line: bytes, netns: int, netid: str, family: Family) -> Socket:
    """A TCP line. What follows the inode, references first, can be missing in lines of very old kernels."""
    end = 13 if family is _INET else 37
    after = 2 * end + 1 + MIDDLE_LENGTH
    state, recv_q, send_q, timer, retransmits, has_user = MIDDLES[line[2 * end + 1 : after]]
    uid, _, inode, *rest = line[after:].split(None, 4)
    if line[end : end + 1] != b" " or not (inode + uid).isdigit():
        raise ValueError(line)
    refs = int(rest[0]) if rest else -1
    # Built without the constructor, which takes several times as long.
    return _new(
        Socket,
        (
            0,
            0.0,
            False,
            None,
            (),
            _NOT_FOUND,
            (),
            netns,
            netid,
            family,
            state,
            recv_q,
            send_q,
            ADDRESSES[line[: end - 5]],
            PORTS[line[end - 5 : end]],
            ADDRESSES[line[end + 1 : 2 * end - 4]],
            PORTS[line[2 * end - 4 : 2 * end + 1]],
            int(inode),
            int(uid) if has_user else None,
            None,
            None if refs < 0 else refs,
            timer,
            retransmits,
            None,
            None,
        ),
    )


def parse_udp(line: bytes, netns: int, netid: str, family: Family) -> Socket:
    """A line of a protocol without connections; its last field counts dropped datagrams."""
    socket = parse_inet(line, netns, netid, family)
    return socket._replace(drops=count(line.split()[-1]))
