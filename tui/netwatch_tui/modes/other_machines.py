"""The machines that `--host` and `--hosts` name, in place of this one."""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from netwatch_tui.collect.collector import Collects
from netwatch_tui.fields.format import printable
from netwatch_tui.hosts.fleet import Fleet
from netwatch_tui.hosts.open_hosts import open_hosts
from netwatch_tui.hosts.targets import TargetError
from netwatch_tui.modes.common import complain, tick_interval
from netwatch_tui.sockets.capture_status import CaptureWhen
from netwatch_tui.sockets.health import NO_THRESHOLDS
from netwatch_tui.sockets.hosts import HostPhase, HostStatus
from netwatch_tui.sockets.needs import NOTHING_MORE, Needs
from netwatch_tui.sockets.snapshot import Snapshot

FIRST_TICK_WITHIN = 20.0
"""Seconds in which each machine has to tell of its sockets to who looks once; ssh alone may wait ten for an answer."""

_SLOWEST = 60.0
"""Seconds from tick to tick of a machine that is to stay connected, and nothing more."""

_SECOND_TICK_AFTER = 0.25
"""Seconds after which a machine that has not looked into all processes by then goes on."""


def fleet_of(
    options: argparse.Namespace,
    needs: Needs = NOTHING_MORE,
    interval: float | None = None,
    thresholds: Mapping[str, float] = NO_THRESHOLDS,
    *,
    captures: bool = False,
) -> Fleet:
    """The machines that are named, none of them connected to yet. A wrong name ends the program with a line.

    Args:
        options: Of the command line.
        needs: What must be known of sockets.
        interval: Seconds from tick to tick; as the options say where nothing is said.
        thresholds: From when on something is a problem, as in `HealthWatch`.
        captures: Whether the kernel's events are taken in beside the ticks, unless the options say that they are not.
    """
    capture = CaptureWhen(options.capture or CaptureWhen.AUTO) if captures else CaptureWhen.NEVER
    names, sudo = options.host or (), options.sudo
    try:
        feeds = open_hosts(names, options.hosts, sudo=sudo, thresholds=thresholds, capture=capture)
    except TargetError as error:
        complain(str(error))
        raise SystemExit(2) from error
    if not feeds:
        complain(f"{printable(options.hosts)} names no host")
        raise SystemExit(2)
    seconds = tick_interval(options) if interval is None else interval
    return Fleet(feeds, interval=seconds, namespaces=options.net, needs=needs)


@contextmanager
def following(options: argparse.Namespace, needs: Needs, *, captures: bool) -> Iterator[Fleet]:
    """The machines that are named, connected to while the block runs; see `fleet_of`."""
    fleet = fleet_of(options, needs, captures=captures)
    try:
        fleet.begin(lambda: None)
        yield fleet
    finally:
        fleet.stop()


def name_of(collector: Collects, own: str) -> str:
    """What the machine is called of which a file tells: the one that is followed; of several, this one."""
    names = collector.names if isinstance(collector, Fleet) else []
    return names[0] if len(names) == 1 else own


class Looked(NamedTuple):
    """Machines that were looked at, and are still connected to."""

    fleet: Fleet
    snapshot: Snapshot
    """What each told first, or once there were rates if these are needed."""
    status: int
    """The exit status: 1 if any machine is missing from the snapshot."""


@contextmanager
def looking(options: argparse.Namespace, needs: Needs) -> Iterator[Looked]:
    """The machines that are named, once each has told of its sockets. Which did not answer is said."""
    fleet, has_news = fleet_of(options, needs, None if needs.rates else _SECOND_TICK_AFTER), threading.Event()
    end = time.monotonic() + FIRST_TICK_WITHIN
    first: dict[int, float] = {}
    try:
        fleet.begin(has_news.set)
        while True:
            has_news.clear()
            snapshot = fleet.collect(time.time())
            for number, host in snapshot.hosts.items():
                if host.as_of is not None:
                    first.setdefault(number, host.as_of)
            again = needs.rates or snapshot.unseen.waiting > 0
            waits = [_is_awaited(each, first.get(number), again=again) for number, each in snapshot.hosts.items()]
            left = end - time.monotonic()
            if not any(waits) or left <= 0:
                break
            has_news.wait(left)
        missing = [host for host in snapshot.hosts.values() if host.as_of is None]
        for host in missing:
            complain(f"{host.name}: {host.text or 'no answer'}")
        fleet.interval = _SLOWEST
        with _draining(fleet, has_news):
            yield Looked(fleet, snapshot, int(bool(missing)))
    finally:
        fleet.stop()


@contextmanager
def _draining(fleet: Fleet, has_news: threading.Event) -> Iterator[None]:
    """Take ticks that nobody wants any more while the block runs: a machine whose ticks wait is not heard at all."""
    is_over = False

    def drain() -> None:
        while not is_over:
            fleet.collect(time.time())
            has_news.wait()
            has_news.clear()

    thread = threading.Thread(target=drain, name="drain", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over = True
        has_news.set()
        thread.join()


def first_snapshot(options: argparse.Namespace, needs: Needs) -> tuple[Snapshot, int]:
    """What each machine tells, and the exit status; see `Looked`."""
    with looking(options, needs) as (_, snapshot, status):
        return snapshot, status


def _is_awaited(host: HostStatus, first: float | None, *, again: bool) -> bool:
    """Whether a machine has not told all yet, and may: one that failed is not waited for again.

    Args:
        host: How it stands.
        first: When its first tick was.
        again: Whether it takes a second one: for rates, or because not all processes were looked into in the first.
    """
    if host.phase in (HostPhase.REFUSED, HostPhase.LOST) or (host.phase is HostPhase.CONNECTING and host.text):
        return False
    return first is None or (again and host.as_of == first)
