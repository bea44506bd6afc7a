"""Counters of TCP connections, and the answers of sock_diag that bring them, as tests make them up."""

from __future__ import annotations

from typing import Any

from netwatch_tui.kernel.sock_diag_messages import packed_ends
from netwatch_tui.kernel.tcp_info import STATES, TcpAnswer
from netwatch_tui.sockets.flow import Flow, TcpCounters
from netwatch_tui.sockets.socket import Socket, State

NO_SAMPLE = 0xFFFF_FFFF
NO_LIMIT = 0xFFFF_FFFF_FFFF_FFFF

_FRESH = TcpCounters(
    state=State.ESTAB, queued=0, probes=0, mss=1448, retrans=0, last_sent=0, last_received=0, rtt=0, rtt_var=250_000,
    cwnd=10, retrans_total=0, pacing_rate=NO_LIMIT, received=0, unsent=0, rtt_min=NO_SAMPLE, delivery_rate=0, busy=0,
    limited_by_receiver=0, limited_by_sender=0, sent=0, bytes_retrans=0, congestion="cubic",
)  # fmt: skip
"""Of a connection through which nothing has gone yet."""


def counters(**fields: Any) -> TcpCounters:
    """The counters of a connection."""
    return _FRESH._replace(**fields)


def flow(rate_in: float | None = None, rate_out: float | None = None, *, read_at: float = 100.0, **fields: Any) -> Flow:
    """A connection as it was read last."""
    return Flow(1, read_at, counters(**fields), rate_in, rate_out)


def tcp_answer(socket: Socket, told: TcpCounters, cookie: int) -> TcpAnswer:
    """What sock_diag says of a connection."""
    number = next(number for number, state in STATES.items() if state is told.state)
    name = None if told.congestion is None else told.congestion.encode() + b"\0"
    head = (number, packed_ends(socket), cookie, told.queued, socket.inode, 0)
    return TcpAnswer._make((*head, *told[2:-1], 0, name))
