"""Tries ports by connect(2), many at a time, and lets each connection go as soon as it is made.

The connection is closed in order, so that a server sees one that came and left (it reads the end of the stream) and
none that was reset, which many take for a fault. It costs a socket in TIME-WAIT on this side, for a minute.

No packet passes a router, whatever rules and routes make of its address: its time to live is 1.
"""

from __future__ import annotations

import errno
import selectors
import socket
import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

from netwatch_tui.kernel.faults import reason
from netwatch_tui.sockets.probe_results import TIMED_OUT, Outcome, PortState, ProbeEnd

AT_A_TIME = 64
"""Attempts under way at one time."""
PATIENCE = 1.0
"""Seconds after which an attempt is given up; after as many the kernel would send a lost SYN again."""
_CHECK_EVERY = 0.1
"""Seconds after which it is asked at the latest whether all this is still wanted."""

_FAMILIES = {4: socket.AF_INET, 16: socket.AF_INET6}
_IP_RECVERR, _IPV6_RECVERR = 11, 25
_IP_BIND_ADDRESS_NO_PORT = 24
"""Leaves the choice of the port to connect(2), as without bind(2); for IPv6 as well."""
_EXTENDED_ERROR = struct.Struct("=IBBB")  # struct sock_extended_err: errno, origin, type, code
_ICMP, _ICMP6 = 2, 3
"""Origins of such errors."""
_UNREACHABLE = {_ICMP: 3, _ICMP6: 1}
"""The type of ICMP message that says so: RFC 792, RFC 4443."""
_ICMP_REASONS = {
    (_ICMP, 0): "net-unreach", (_ICMP, 1): "host-unreach", (_ICMP, 2): "proto-unreach", (_ICMP, 3): "port-unreach",
    (_ICMP, 9): "net-prohibited", (_ICMP, 10): "host-prohibited", (_ICMP, 13): "admin-prohibited",
    (_ICMP6, 0): "net-unreach", (_ICMP6, 1): "admin-prohibited", (_ICMP6, 3): "addr-unreach",
    (_ICMP6, 4): "port-unreach",
}  # fmt: skip
"""By origin and code, in nmap's words."""
_ERROR_REASONS = {
    errno.EHOSTUNREACH: "host-unreach",
    errno.ENETUNREACH: "net-unreach",
    errno.EACCES: "admin-prohibited",
    errno.EPERM: "admin-prohibited",
}
"""What connect(2) fails with where a rule or route of this machine stands in the way."""
_REFUSED = "conn-refused"

_T = TypeVar("_T")


class ProbeOrigin(Protocol):
    """A network namespace to connect from."""

    def run(self, make: Callable[[], _T]) -> _T:
        """What a function gives that runs inside.

        Raises:
            OSError: It may not be entered, or what the function raised.
        """


class _UnderWay(NamedTuple):
    """An attempt, and when it began by the monotonic clock."""

    end: ProbeEnd
    connection: socket.socket
    started: float


_Prepared = tuple[socket.socket, tuple[Any, ...]]
"""A socket, and the address to which it is to connect."""


def try_ports(
    ends: Sequence[ProbeEnd], origins: Mapping[int, ProbeOrigin], check: Callable[[], None]
) -> Iterator[tuple[ProbeEnd, Outcome]]:
    """Connect to every one of these, each for at most `PATIENCE`, and tell what came of it, in no particular order.

    Args:
        ends: Listening ports of this machine at its own addresses.
        origins: By number, the namespaces that the attempts are made from.
        check: Is called often; raises what ends it all.
    """
    for at in range(0, len(ends), AT_A_TIME):
        yield from _tried(ends[at : at + AT_A_TIME], origins, check)


def _tried(
    ends: Sequence[ProbeEnd], origins: Mapping[int, ProbeOrigin], check: Callable[[], None]
) -> Iterator[tuple[ProbeEnd, Outcome]]:
    with ExitStack() as opened:
        selector = opened.enter_context(selectors.DefaultSelector())
        for inode in dict.fromkeys(end.origin for end in ends):
            own = [end for end in ends if end.origin == inode]
            try:
                made = origins[inode].run(partial(_all_prepared, own))
            except OSError as error:
                yield from ((end, _untried(error.errno or errno.EIO)) for end in own)
                continue
            for end, prepared in made:
                if isinstance(prepared, OSError):
                    yield end, _untried(prepared.errno or errno.EIO)
                    continue
                connection, target = prepared
                opened.callback(connection.close)
                under_way = _UnderWay(end, connection, time.monotonic())
                if (code := connection.connect_ex(target)) in (0, errno.EINPROGRESS):
                    selector.register(connection, selectors.EVENT_WRITE, under_way)
                else:
                    yield end, _failed(code, 0.0)
        yield from _answers(selector, check)


def _all_prepared(ends: Sequence[ProbeEnd]) -> list[tuple[ProbeEnd, _Prepared | OSError]]:
    """What each attempt needs, of the namespace of the thread that runs this, or why it can't be had."""
    made: list[tuple[ProbeEnd, _Prepared | OSError]] = []
    for end in ends:
        try:
            made.append((end, _prepared(end)))
        except OSError as error:  # there are no more descriptors, or the device or the address is gone
            made.append((end, error))
    return made


def _prepared(end: ProbeEnd) -> _Prepared:
    family = _FAMILIES[len(end.address)]
    text = socket.inet_ntop(family, end.address)
    if family == socket.AF_INET:
        target: tuple[Any, ...] = (text, end.port)
        options = ((socket.IPPROTO_IP, socket.IP_TTL), (socket.IPPROTO_IP, _IP_RECVERR))
    else:
        target = (text, end.port, 0, socket.if_nametoindex(end.device) if end.device else 0)
        options = ((socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS), (socket.IPPROTO_IPV6, _IPV6_RECVERR))
    connection = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        for level, option in options:
            connection.setsockopt(level, option, 1)
        if end.origin == end.netns:
            # From the very address that is tried, so that nothing is sent if the machine has lost it meanwhile.
            connection.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
            connection.bind((text, 0, *target[2:]))
    except OSError:
        connection.close()
        raise
    return connection, target


def _answers(selector: selectors.BaseSelector, check: Callable[[], None]) -> Iterator[tuple[ProbeEnd, Outcome]]:
    """What comes of the attempts that are under way."""
    deadline = time.monotonic() + PATIENCE
    while selector.get_map():
        check()
        left = deadline - time.monotonic()
        for key, _ in selector.select(max(min(left, _CHECK_EVERY), 0)):
            end, connection, started = key.data
            selector.unregister(connection)
            seconds = _since(started)
            yield end, _outcome(connection, seconds)
            connection.close()  # at once, though the others may take their time
        if left <= 0:
            break
    for key in list(selector.get_map().values()):
        yield key.data.end, TIMED_OUT._replace(seconds=_since(key.data.started))


def _since(started: float) -> float:
    """Seconds, to the microsecond."""
    return round(time.monotonic() - started, 6)


def _outcome(connection: socket.socket, seconds: float) -> Outcome:
    """What came of a connection that is made, or failed."""
    code = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        return _failed(code, seconds, _icmp_reason(connection))
    if connection.getsockname() == connection.getpeername():
        # Its own port was free to be the other end, so nothing listened: RFC 9293, 3.5, simultaneous open.
        return Outcome(PortState.REFUSED, _REFUSED, seconds)
    return Outcome(PortState.OPEN, "syn-ack", seconds)


def _failed(code: int, seconds: float, icmp: str = "") -> Outcome:
    if icmp:
        return Outcome(PortState.FILTERED, icmp, seconds)
    if code == errno.ECONNREFUSED:
        return Outcome(PortState.REFUSED, _REFUSED, seconds)
    if code == errno.ETIMEDOUT:
        return TIMED_OUT._replace(seconds=seconds)
    if code in _ERROR_REASONS:
        return Outcome(PortState.FILTERED, _ERROR_REASONS[code], seconds)
    return _untried(code)


def _untried(code: int) -> Outcome:
    return Outcome(PortState.UNTRIED, reason(code))


def _icmp_reason(connection: socket.socket) -> str:
    """Which ICMP message ended an attempt; empty if none did: a refusal by one is a firewall's, not the listener's."""
    try:
        _, told, _, _ = connection.recvmsg(0, 512, socket.MSG_ERRQUEUE)
    except OSError:
        return ""
    for level, kind, data in told:
        if (level, kind) in ((socket.IPPROTO_IP, _IP_RECVERR), (socket.IPPROTO_IPV6, _IPV6_RECVERR)):
            _, origin, icmp_type, icmp_code = _EXTENDED_ERROR.unpack_from(data)
            if icmp_type == _UNREACHABLE.get(origin):
                return _ICMP_REASONS.get((origin, icmp_code), "unreachable")
    return ""
