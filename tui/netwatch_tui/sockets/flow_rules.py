"""What is wrong with what flows: rules over counters and over what several sockets have in common.

Each rule is a function of its own. It gives the figures that the rule's meaning speaks of, or None where all is well.
"""

from __future__ import annotations

from collections.abc import Mapping

from netwatch_tui.sockets.flow import Flow
from netwatch_tui.sockets.health import Rule, Severity
from netwatch_tui.sockets.socket import Socket, State

LOST_SHARE = 0.05
"""Part of the bytes that are sent again: with so many losses TCP gets a few segments a round trip through, however fast
the path is (RFC 5348, 3.1, the throughput equation)."""

LOST_SEGMENTS = 20
"""How many segments make a share of them mean something."""

LATE_TIMES, LATE_BY = 4.0, 0.3
"""A round trip is late when it is so many times the smallest one, and so many seconds longer: a queue stands on the way
(RFC 7567, 1.2; RFC 8289, 3). The receiver may hold its acknowledgement back for 0.2 seconds (TCP_DELACK_MAX in the
kernel's include/net/tcp.h), which is no queue."""

RECENTLY = 60.0
"""Seconds for which a measured round trip says something about the path as it is."""

UNANSWERED_KEEPALIVES = 2
"""Probes: the first one may just be under way; with tcp_keepalive_probes (9, tcp(7)) the connection is given up."""

PORTS_USED = 0.8
"""Part of the local ports that TIME-WAIT holds towards one peer and port (ip(7), ip_local_port_range)."""

Figures = Mapping[str, str]

OVERFLOWING = Rule(
    "listen-overflows", Severity.CRITICAL, "recv_q", 0.0,
    "its accept queue is full, and the kernel has dropped {dropped} connections since it was seen so",
    "the process accepts too slowly: look at what it waits for, or raise its backlog and net.core.somaxconn",
)  # fmt: skip
PORTS_EXHAUSTED = Rule(
    "ports-exhausted", Severity.CRITICAL, "peer", 0.0,
    "{used} of {all} local ports are in TIME-WAIT towards this peer and port: new connections to it will fail",
    "keep connections open instead of making new ones, or widen net.ipv4.ip_local_port_range",
)  # fmt: skip
LOSING = Rule(
    "retransmits", Severity.WARNING, "retrans_total", 0.0,
    "{share} of what was sent lately was sent again, {segments} segments in all",
    "packets are lost on the way: look at the device (ip -s link) and the path (mtr)",
)  # fmt: skip
LATE = Rule(
    "round-trip", Severity.WARNING, "rtt", 0.0,
    "a round trip takes {rtt}, and took {least} at best",
    "a queue stands on the way: look for what fills the line, and at the path (mtr)",
)  # fmt: skip
GIVING_UP = Rule(
    "keepalive", Severity.WARNING, "timer", 0.0,
    "{probes} keepalive probes are without an answer: the connection will be given up",
    "the peer has ended or a firewall has forgotten the connection",
)  # fmt: skip
DROPPING = Rule(
    "drops", Severity.WARNING, "drops", 0.0,
    "{dropped} datagrams were dropped lately, because the receive queue was full",
    "the process reads too slowly: look at what it waits for, or raise its SO_RCVBUF and net.core.rmem_max",
)  # fmt: skip

MORE_RULES = (OVERFLOWING, PORTS_EXHAUSTED, LOSING, LATE, GIVING_UP, DROPPING)
"""Every rule that needs more than a line of `/proc`, the worst first."""


def may_be_wrong(flow: Flow) -> bool:
    """Whether any rule about a single flow could find something: most never get there."""
    counters, rtt, least = flow.counters, flow.rtt, flow.rtt_min
    return (
        (counters.retrans_total or 0) >= LOST_SEGMENTS
        or counters.probes >= UNANSWERED_KEEPALIVES
        or (rtt is not None and least is not None and rtt - least >= LATE_BY)
    )


def losing(sent: int, again: int, segments: int | None) -> Figures | None:
    """Whether too much of what was sent was sent again.

    Args:
        sent: Bytes in some time.
        again: Those of them that were sent again.
        segments: That were sent again since the connection began; None where that is not known.
    """
    if segments is None or segments < LOST_SEGMENTS or not sent or again / sent < LOST_SHARE:
        return None
    return {"share": f"{again / sent:.0%}", "segments": f"{segments:,}"}


def late(flow: Flow, now: float) -> Figures | None:
    """Whether a round trip takes far longer than it could; `now` is in seconds since the epoch."""
    rtt, least, sent_at = flow.rtt, flow.rtt_min, flow.last_sent_at
    if rtt is None or least is None or sent_at is None or now - sent_at > RECENTLY:
        return None
    if rtt < LATE_TIMES * least or rtt - least < LATE_BY:
        return None
    return {"rtt": f"{rtt * 1000:.0f}ms", "least": f"{least * 1000:.1f}ms"}


def giving_up(socket: Socket, flow: Flow) -> Figures | None:
    """Whether the peer does not answer keepalive probes."""
    if not (socket.timer and socket.timer.name == "keepalive" and flow.counters.probes >= UNANSWERED_KEEPALIVES):
        return None
    return {"probes": str(flow.counters.probes)}


def is_full(socket: Socket) -> bool:
    """Whether a listener takes no connection any more (the kernel's include/net/sock.h, sk_acceptq_is_full)."""
    waiting, backlog = socket.recv_q, socket.send_q
    return socket.state is State.LISTEN and waiting is not None and backlog is not None and waiting > backlog


def overflowing(before: int, now: int) -> Figures | None:
    """Whether connections are dropped while a queue is full; the arguments are ListenOverflows of its namespace."""
    return {"dropped": f"{now - before:,}"} if now > before else None


def ports_exhausted(used: int, ports: int) -> Figures | None:
    """Whether TIME-WAIT towards one peer and port holds nearly all local ports that there are."""
    return {"used": f"{used:,}", "all": f"{ports:,}"} if ports and used >= PORTS_USED * ports else None
