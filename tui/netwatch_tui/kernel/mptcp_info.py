"""What the kernel counts of Multipath TCP connections: struct mptcp_info in the answers of sock_diag(7).

It is in the kernel's include/uapi/linux/mptcp.h, and grows only at its end, so that its length tells what is in it.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from netwatch_tui.kernel.inet_answers import attributes
from netwatch_tui.kernel.listed_answers import NO_PROTOCOL
from netwatch_tui.kernel.tcp_info import STATE_MASK, STATES
from netwatch_tui.sockets.flow import FIN_RECEIVED, TcpCounters

_INFO = 2
"""INET_DIAG_INFO."""
_PROTOCOL = 262
_REQUEST = struct.Struct("=BBBxI48xHHI")
"""struct inet_diag_req_v2 with any id, then INET_DIAG_REQ_PROTOCOL (3), as the number does not fit into a byte."""
_MESSAGE = struct.Struct("=xB2x36s4xQ16xI")
"""struct inet_diag_msg: state; ports and addresses; cookie; inode."""
_MESSAGE_SIZE = _MESSAGE.size

_I, _Q = struct.Struct("=I"), struct.Struct("=Q")
_FIELDS = (
    (16, _Q),  # write_seq, Linux 5.9
    (24, _Q),  # snd_una
    (48, _Q),  # bytes_retrans, 6.5
    (56, _Q),  # bytes_sent, without those that were sent again
    (64, _Q),  # bytes_received, without DATA_FIN
    (84, _I),  # last_data_sent, 6.10
    (88, _I),  # last_data_recv
)
"""Offset and format in struct mptcp_info."""
_LEAST = 40
"""Bytes of the oldest struct mptcp_info that is understood, which ends with rcv_nxt."""


class MptcpAnswer(NamedTuple):
    """What sock_diag says of one connection."""

    ends: bytes
    """Ports and addresses, see `sock_diag.packed_ends`."""
    cookie: int
    inode: int
    counters: TcpCounters

    def says_the_same(self, before: TcpCounters) -> bool:
        """Whether nothing has moved since those counters were read: all but how long ago that was."""
        return self.counters._replace(last_sent=before.last_sent, last_received=before.last_received) == before


def mptcp_request(family: int) -> bytes:
    """The request for all MPTCP connections of a family, with their counters."""
    return _REQUEST.pack(family, NO_PROTOCOL, 1 << (_INFO - 1), STATE_MASK, 8, 3, _PROTOCOL)


def read_mptcp(message: bytes) -> MptcpAnswer | None:
    """One answer, without its netlink header; None if it is about something that has no counters.

    Raises:
        ValueError: It has a mptcp_info that is not understood.
    """
    if len(message) < _MESSAGE_SIZE:
        raise ValueError(f"an answer of {len(message)} bytes, where at least {_MESSAGE_SIZE} are known")
    state, ends, cookie, inode = _MESSAGE.unpack_from(message)
    info = next((value for kind, value in attributes(message[_MESSAGE_SIZE:]) if kind == _INFO), None)
    if state not in STATES or info is None:
        return None
    return MptcpAnswer(ends, cookie, inode, _counters(state, info))


def _counters(number: int, info: bytes) -> TcpCounters:
    """The counters as TCP would have them: the peer's FIN is a byte, and what was sent again was sent twice.

    Windows, segments and round trips are those of the subflows, which are rows of their own.
    """
    written, acknowledged, again, sent, received, last_sent, last_received = _told(info)
    state = STATES[number]
    return TcpCounters(
        state=state,
        queued=0 if written is None or acknowledged is None else max(written - acknowledged, 0),
        probes=0,
        mss=None,
        retrans=None,
        last_sent=last_sent,
        last_received=last_received,
        rtt=0,
        rtt_var=0,
        cwnd=None,
        retrans_total=None,
        pacing_rate=None,
        received=None if received is None else received + (state in FIN_RECEIVED),
        unsent=None,
        rtt_min=None,
        delivery_rate=None,
        busy=None,
        limited_by_receiver=None,
        limited_by_sender=None,
        sent=None if sent is None or again is None else sent + again,
        bytes_retrans=again,
        congestion=None,
    )


def _told(info: bytes) -> list[int | None]:
    """The fields of `_FIELDS`; None for those that this kernel does not have."""
    if len(info) < _LEAST:
        raise ValueError(f"a mptcp_info of {len(info)} bytes, where at least {_LEAST} are known")
    return [field.unpack_from(info, at)[0] if at + field.size <= len(info) else None for at, field in _FIELDS]
