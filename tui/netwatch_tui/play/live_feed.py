"""Feeds the screen from this machine. Its thread owns the session; specs go in, news comes out, no more is shared."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from netwatch_tui.collect.collector import Collector, Collects
from netwatch_tui.kernel.proc_net import Table
from netwatch_tui.kernel.source import Source
from netwatch_tui.play.garbage import Garbage
from netwatch_tui.play.news import CollectFailed, Post, ViewReady, nowhere
from netwatch_tui.play.session import Session
from netwatch_tui.play.ticker import Clock, TickerThread, TickPlan
from netwatch_tui.sockets.health import NO_THRESHOLDS
from netwatch_tui.sockets.ownership import ProcessDetails
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View


class LiveFeed:
    """Ticks at the interval, and whenever the person wants to see something else."""

    def __init__(
        self,
        source: Source,
        tables: Sequence[Table],
        spec: ViewSpec,
        clock: Clock | None = None,
        record: Callable[[Collects], Collects] | None = None,
        thresholds: Mapping[str, float] = NO_THRESHOLDS,
    ) -> None:
        """Begin nothing yet.

        Args:
            source: The machine.
            tables: The socket tables to read.
            spec: What is shown at first.
            clock: What ticks go by; a steady one where nothing is said.
            record: Puts something around the collector that writes down what it sees.
            thresholds: From when on something is a problem, as in `HealthWatch`.
        """
        self._ticker = TickerThread[ViewSpec]("collector", clock)
        self._source = source
        collector = Collector(
            source,
            tables,
            namespaces=spec.namespaces,
            needs=spec.needs,
            check=self._ticker.check,
            thresholds=thresholds,
        )
        self._session = Session(record(collector) if record else collector, spec, self._ask)
        self._plan = TickPlan(spec.interval, self._ticker.clock())
        self._post: Post = nowhere

    def begin(self, post: Post) -> None:
        """Start the thread."""
        self._post = post
        self._ticker.begin(self._run)

    def show(self, spec: ViewSpec) -> None:
        """Ask for another view; of several asked for at once, only the last is made."""
        self._ticker.ask(spec)

    def stop(self) -> None:
        """End the thread, in the middle of a tick if need be, and wait for it."""
        self._ticker.stop()

    def _run(self) -> None:
        self._garbage = Garbage()
        try:
            self._ticker.run(self._do_due, self._next_due, self._grant)
        finally:
            self._garbage.hand_back()

    def _do_due(self) -> None:
        """Tick, or put out lights whose time is over."""
        now, expiry = self._ticker.clock(), self._session.next_expiry
        if now >= self._plan.due:
            self._attempt(self._session.tick)
            self._garbage.collect()
            self._plan.ticked(self._ticker.clock())
        elif expiry is not None and now >= expiry:
            self._attempt(self._session.expire)

    def _next_due(self) -> float:
        """The next tick, or the next light that goes out."""
        expiry = self._session.next_expiry
        return self._plan.due if expiry is None else min(self._plan.due, expiry)

    def _grant(self, wishes: list[ViewSpec]) -> None:
        """Show what was asked for last, and tick at once if it needs what was not collected yet."""
        spec, now = wishes[-1], self._ticker.clock()
        if spec.interval != self._plan.interval:
            self._plan.pace(spec.interval, now)
        if self._session.needs_tick(spec):
            self._plan.hasten(now)
        self._attempt(partial(self._session.show, spec))

    def _ask(self, pid: int) -> ProcessDetails | None:
        """Find out about a process; a failure is told, and costs no more than the details."""
        try:
            return self._source.process_details(pid)
        except Exception as error:  # noqa: BLE001 -- as in _attempt
            self._post(CollectFailed(f"{type(error).__name__}: {error}"))
            return None

    def _attempt(self, step: Callable[[float], View | None]) -> None:
        """Do one thing and show what came of it, also when it failed."""
        try:
            view = step(self._ticker.clock())
        except Exception as error:  # noqa: BLE001 -- the program must outlive any fault of a tick, and shows it
            self._post(CollectFailed(f"{type(error).__name__}: {error}"))
            return
        if view is not None:
            self._post(ViewReady(view))
