"""How other machines stand, in words."""

from __future__ import annotations

from collections.abc import Callable

from netwatch_tui.fields.format import printable
from netwatch_tui.sockets.hosts import HostPhase, Hosts, HostStatus

CLOCK_OFFSET_TOLD = 1.0
"""Seconds by which another machine's clock may be off without a word; as much as two ticks lie apart."""

_MOST_TOLD = 3
"""Machines that are told of one by one; all of them have a page."""

_PHASES = {
    HostPhase.CONNECTING: "connecting",
    HostPhase.LIVE: "live",
    HostPhase.LATE: "late",
    HostPhase.LOST: "lost",
    HostPhase.REFUSED: "not connected",
}

Clock = Callable[[float], str]
"""Tells a moment, in seconds since the epoch, as the clocks of the person's place show it."""


def live_hosts(hosts: Hosts) -> str:
    """`4 hosts`, `3 of 4 hosts live`; the name where there is only one, and nothing where there is none."""
    if len(hosts) == 1:
        return next(printable(host.name) for host in hosts.values())
    live = sum(host.is_live for host in hosts.values())
    count = f"{len(hosts):,} hosts"
    return f"{live:,} of {count} live" if live < len(hosts) else count if hosts else ""


def away_text(hosts: Hosts, now: float, clock: Clock) -> str:
    """Which machines are not live, and why: `3 of 4 hosts live; web03 as of 12:00:07, lost: Connection refused`.

    Args:
        hosts: All of them.
        now: Seconds since the epoch.
        clock: Tells moments.
    """
    away = [host for host in hosts.values() if not host.is_live]
    told = [f"{printable(host.name)} {_stands(host, now, clock)}" for host in away[:_MOST_TOLD]]
    more = [f"and {len(away) - _MOST_TOLD:,} more"] if len(away) > _MOST_TOLD else []
    counted = [live_hosts(hosts)] if len(hosts) > 1 else []
    return "; ".join([*counted, *told, *more]) if away else ""


def host_text(host: HostStatus, now: float, clock: Clock) -> str:
    """All about how one machine stands, the reason last, which may be long; the arguments are those of `away_text`."""
    sockets = f"{host.sockets:,} socket{'' if host.sockets == 1 else 's'}" if host.as_of is not None else ""
    told = (_PHASES[host.phase], _as_of(host, clock), sockets, clock_text(host), _again(host, now))
    return ", ".join(filter(None, told)) + _why(host)


def clock_text(host: HostStatus) -> str:
    """`clock 3.2 s ahead`; nothing where it is about right, or that is not known."""
    offset = host.clock_offset
    if offset is None or abs(offset) < CLOCK_OFFSET_TOLD:
        return ""
    return f"clock {abs(offset):,.1f} s {'ahead' if offset > 0 else 'behind'}"


def _stands(host: HostStatus, now: float, clock: Clock) -> str:
    """`live`; `as of 12:00:07, lost: Connection refused, again in 8 s`."""
    stands = f"{_PHASES[host.phase]}{_why(host)}"
    return ", ".join(filter(None, (_as_of(host, clock), stands, _again(host, now))))


def _as_of(host: HostStatus, clock: Clock) -> str:
    return "" if host.as_of is None or host.is_live else f"as of {clock(host.as_of)}"


def _why(host: HostStatus) -> str:
    return f": {printable(host.text)}" if host.text else ""


def _again(host: HostStatus, now: float) -> str:
    return "" if host.retry_at is None or host.is_live else f"again in {max(host.retry_at - now, 0.0):.0f} s"
