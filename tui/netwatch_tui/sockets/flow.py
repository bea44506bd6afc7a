"""What flows through a TCP connection: counters as the kernel keeps them, and the rates between two readings.

A connection is read again and again, and 100,000 of them may be kept. So the counters stay in the kernel's units, and
what people read is made of them when it is looked at.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from netwatch_tui.sockets.socket import State


class TcpCounters(NamedTuple):
    """A part of struct tcp_info (the kernel's include/uapi/linux/tcp.h), also of MPTCP, as far as that has it.

    None stands for what this kernel does not tell.
    """

    state: State
    """When it was read, which may be later than the line of `/proc`."""
    queued: int
    """Bytes that the application wrote and the peer has not acknowledged; SYN and FIN count as one each."""
    probes: int
    """Keepalive or window probes that wait for an answer."""
    mss: int | None
    retrans: int | None
    """Segments that are sent again and not acknowledged yet."""
    last_sent: int | None
    """Milliseconds since data were sent."""
    last_received: int | None
    """Milliseconds since data were received."""
    rtt: int
    """Microseconds, smoothed; 0 before the first measurement."""
    rtt_var: int
    """Microseconds."""
    cwnd: int | None
    """Segments."""
    retrans_total: int | None
    """Segments."""
    pacing_rate: int | None
    """Bytes a second; all bits set where there is no limit."""
    received: int | None
    """Bytes; the FIN of the peer counts as one."""
    unsent: int | None
    """Bytes written and never sent; the own FIN counts as one."""
    rtt_min: int | None
    """Microseconds; all bits set before the first measurement."""
    delivery_rate: int | None
    """Bytes a second; 0 before the first measurement."""
    busy: int | None
    """Microseconds in which there were data to send or to be acknowledged."""
    limited_by_receiver: int | None
    """Of those, in which the peer's window was full."""
    limited_by_sender: int | None
    """Of those, in which the own send buffer was full."""
    sent: int | None
    """Bytes of data, those that were sent again counted again."""
    bytes_retrans: int | None
    congestion: str | None
    """Name of the algorithm for congestion control."""


class Limit(StrEnum):
    """What keeps a connection from sending more."""

    NETWORK = "network"
    RECEIVER = "receiver"
    SENDER = "sender"


FIN_RECEIVED = frozenset({State.CLOSE_WAIT, State.LAST_ACK, State.CLOSING})
"""The peer has said that it sends no more."""
_FIN_QUEUED = frozenset({State.FIN_WAIT_1, State.LAST_ACK, State.CLOSING, State.SYN_SENT})
"""An own FIN, or SYN, waits to be acknowledged."""
_NO_LIMIT = 0xFFFF_FFFF_FFFF_FFFF
_NO_SAMPLE = 0xFFFF_FFFF


class Flow(NamedTuple):
    """A connection as it was read last. Bytes are those of the payload, without SYN and FIN."""

    cookie: int
    """Of the socket; see `DiagFacts`."""
    read_at: float
    """When it was first read with these counters, in seconds since the epoch."""
    counters: TcpCounters
    rate_in: float | None = None
    """Bytes a second between the last two readings; None before the second one."""
    rate_out: float | None = None
    """The same of bytes that were sent for the first time."""

    @property
    def bytes_in(self) -> int | None:
        """Bytes received in order."""
        received = self.counters.received
        return None if received is None else received - (received > 0 and self.counters.state in FIN_RECEIVED)

    @property
    def bytes_out(self) -> int | None:
        """Bytes sent, each counted once however often it was sent again."""
        sent, again = self.counters.sent, self.counters.bytes_retrans
        return None if sent is None or again is None else max(sent - again, 0)

    @property
    def unsent(self) -> int | None:
        """Bytes that the application wrote and that were never sent."""
        waits = self.counters.unsent
        return None if waits is None else waits - (waits > 0 and self._has_fin)

    @property
    def unacked(self) -> int | None:
        """Bytes that were sent and are not acknowledged."""
        waits = self.counters.unsent
        if waits is None:
            return None
        return max(self.counters.queued - waits - (waits == 0 and self._has_fin), 0)

    @property
    def _has_fin(self) -> bool:
        return self.counters.queued > 0 and self.counters.state in _FIN_QUEUED

    @property
    def rtt(self) -> float | None:
        """Smoothed round-trip time in seconds."""
        return self.counters.rtt / 1e6 if self.counters.rtt else None

    @property
    def rtt_var(self) -> float | None:
        """How far round-trip times lie from the smoothed one, in seconds."""
        return self.counters.rtt_var / 1e6 if self.counters.rtt else None

    @property
    def rtt_min(self) -> float | None:
        """The smallest round-trip time of the last minutes, in seconds."""
        found = self.counters.rtt_min
        return None if found is None or found == _NO_SAMPLE or not self.counters.rtt else found / 1e6

    @property
    def last_sent_at(self) -> float | None:
        """When data were sent last, in seconds since the epoch; None if none were."""
        before = self.counters.last_sent
        return self.read_at - before / 1e3 if self.bytes_out and before is not None else None

    @property
    def last_received_at(self) -> float | None:
        """When data were received last, in seconds since the epoch; None if none were."""
        before = self.counters.last_received
        return self.read_at - before / 1e3 if self.bytes_in and before is not None else None

    @property
    def retrans_share(self) -> float | None:
        """Which part of the bytes sent were sent again, from 0 to 1; None where none were sent."""
        sent, again = self.counters.sent, self.counters.bytes_retrans
        return None if not sent or again is None else again / sent

    @property
    def pacing_rate(self) -> int | None:
        """Bytes a second at which the kernel sends at most; None where nothing limits it."""
        return None if self.counters.pacing_rate == _NO_LIMIT else self.counters.pacing_rate

    @property
    def delivery_rate(self) -> int | None:
        """Bytes a second at which the peer acknowledged them, as measured last."""
        return self.counters.delivery_rate or None

    @property
    def limits(self) -> dict[Limit, float]:
        """Which part of the time in which it had something to send each limit took, from 0 to 1, the greatest first.

        Empty while it never had anything to send. What neither buffer nor window explains is the network's: the
        congestion window and the way (`tcp_chrono` in the kernel's include/linux/tcp.h).
        """
        busy, receiver, sender = self.counters.busy, self.counters.limited_by_receiver, self.counters.limited_by_sender
        if not busy or receiver is None or sender is None:
            return {}
        parts = {Limit.NETWORK: max(busy - receiver - sender, 0), Limit.RECEIVER: receiver, Limit.SENDER: sender}
        return {limit: part / busy for limit, part in sorted(parts.items(), key=lambda each: -each[1])}


class FlowSample(NamedTuple):
    """What was known of a flow at one moment."""

    at: float
    """Seconds since the epoch."""
    rate_in: float | None
    rate_out: float | None
    """Bytes a second."""
    rtt: float | None
    """Seconds."""
