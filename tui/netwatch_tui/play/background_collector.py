"""A collector on a thread of its own: what was collected can be shown in other ways while the next tick takes its time.

A tick can hang in the kernel, for as long as a process or a file system does. Whoever asks for ticks then still knows
how old the last one is, and has it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from netwatch_tui.collect.collector import Collects
from netwatch_tui.play.ticker import Clock, TickerThread
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.slices import give_way
from netwatch_tui.sockets.snapshot import Snapshot


class Collected(NamedTuple):
    """What came of a tick."""

    snapshot: Snapshot | None
    """None if it failed."""
    failure: str = ""
    """Why, in one line."""


class _Order(NamedTuple):
    now: float
    namespaces: str
    needs: Needs


class BackgroundCollector:
    """Collects when it is told to, one tick at a time."""

    def __init__(self, clock: Clock | None = None) -> None:
        """Begin nothing yet; the clock is that of whoever asks."""
        self._ticker = TickerThread[_Order]("collector", clock)
        self.is_busy = False
        """Whether a tick is under way. For the thread that asks."""

    def check(self) -> None:
        """To be called often by the collector: ends a tick that nobody wants any more, and lets who is in a hurry go.

        Raises:
            Stopped: Nobody wants it.
        """
        self._ticker.check()
        give_way()

    def begin(self, collector: Collects, tell: Callable[[Collected], object]) -> None:
        """Start the thread.

        Args:
            collector: Used by that thread alone from now on.
            tell: Takes what came of a tick; called on that thread, and must not wait.
        """

        def collect(orders: list[_Order]) -> None:
            for order in orders:
                tell(_attempted(collector, order))

        self._ticker.begin(lambda: self._ticker.run(lambda: None, lambda: None, collect))

    def collect(self, now: float, namespaces: str, needs: Needs) -> None:
        """Ask for a tick, if none is under way; see `Collector` for what is asked."""
        if not self.is_busy:
            self.is_busy = True
            self._ticker.ask(_Order(now, namespaces, needs))

    def stop(self) -> None:
        """End the thread, in the middle of a tick if need be, and wait a little for it."""
        self._ticker.stop()


def _attempted(collector: Collects, order: _Order) -> Collected:
    try:
        collector.namespaces, collector.needs = order.namespaces, order.needs
        return Collected(collector.collect(order.now))
    except Exception as error:  # noqa: BLE001 -- the program must outlive any fault of a tick, and shows it
        return Collected(None, f"{type(error).__name__}: {error}")
