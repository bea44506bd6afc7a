"""Feeds the screen from this machine. One thread collects, another one makes views of it; no object is in use by both.

Specs go in, news comes out. While a tick takes its time, what is there can still be sorted and filtered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

from netwatch_tui.collect.collector import Collector, Collects
from netwatch_tui.collect.event_feed import EventFeed
from netwatch_tui.collect.history import MOST_EVENTS, History
from netwatch_tui.collect.host_name_cache import HostNameCache
from netwatch_tui.collect.past_ticks import MEBIBYTE, REWIND_MEMORY, PastTicks
from netwatch_tui.hosts.fleet import Fleet
from netwatch_tui.kernel.hosts_file import HostsFile
from netwatch_tui.kernel.limits import DESCRIPTORS_A_TICK
from netwatch_tui.kernel.proc_net import Table
from netwatch_tui.kernel.reverse_lookup import LookUp, look_up, look_up_behind
from netwatch_tui.kernel.source import Source
from netwatch_tui.play.alerting import Alerting
from netwatch_tui.play.background_collector import BackgroundCollector, Collected
from netwatch_tui.play.garbage import Garbage
from netwatch_tui.play.moves import Comparand, CompareWith, Move
from netwatch_tui.play.news import CollectFailed, DataAged, Post, Told, ViewReady, nowhere
from netwatch_tui.play.rewinding import merged_moves, moved
from netwatch_tui.play.session import Session
from netwatch_tui.play.ticker import Clock, TickerThread, TickPlan
from netwatch_tui.play.turns import TURNS, Rank
from netwatch_tui.sockets.health import NO_THRESHOLDS
from netwatch_tui.sockets.host_names import NameAnswer
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.ownership import ProcessDetails, ProcessResources
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.view.alert_rule import AlertRule
from netwatch_tui.view.compared import Base
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View

_Answer = TypeVar("_Answer")

LATE = 1.0
"""Seconds that a tick may be late before the age of the data is told, and from then on from word to word."""


NEWS_SHARE = 0.1
"""How much of the time looks at what other machines sent may take, where these come oftener than an interval."""


class _News(NamedTuple):
    """That another machine has sent something."""


class _Watched(NamedTuple):
    """The rules of filters that are watched besides the configured ones."""

    rules: tuple[AlertRule, ...]


_Wish = ViewSpec | Move | Comparand | Collected | NameAnswer | _Watched | _News
"""What wakes the thread that makes views."""


class _Wanted:
    """What the next tick has to tell. Stands where the session expects a collector."""

    def __init__(self, namespaces: str, needs: Needs) -> None:
        self.namespaces = namespaces
        self.needs = needs

    def collect(self, now: float) -> Snapshot:
        """Nobody asks: snapshots come from the other thread."""
        raise NotImplementedError(now)


class LiveFeed:
    """Ticks at the interval, and whenever the person wants to see something else."""

    def __init__(
        self,
        source: Source | Fleet,
        tables: Sequence[Table],
        spec: ViewSpec,
        clock: Clock | None = None,
        record: Callable[[Collects], Collects] | None = None,
        thresholds: Mapping[str, float] = NO_THRESHOLDS,
        find_name: LookUp = look_up,
        rewind_memory: float = REWIND_MEMORY,
        alerts: Alerting | None = None,
        events: EventFeed | None = None,
        history: int = MOST_EVENTS,
    ) -> None:
        """Begin nothing yet.

        Args:
            source: The machine, or other ones, which begin and end with the feed.
            tables: The socket tables to read; of other machines those that each has.
            spec: What is shown at first.
            clock: What ticks go by; a steady one where nothing is said.
            record: Puts something around the collector that writes down what it sees.
            thresholds: From when on something is a problem, as in `HealthWatch`.
            find_name: Finds the name of an address; called in threads.
            rewind_memory: MiB that the ticks to which one can go back may take.
            alerts: Judges snapshots by watched filters; its thread ends with the others.
            events: Tells what happens between two ticks.
            history: How many events are remembered.
        """
        self._ticker = TickerThread[_Wish]("views", clock)
        self._source = source
        self._background = BackgroundCollector(self._ticker.clock)
        self._fleet = source if isinstance(source, Fleet) else None
        collector = (
            source
            if isinstance(source, Fleet)
            else Collector(
                source,
                tables,
                namespaces=spec.namespaces,
                needs=spec.needs,
                check=self._background.check,
                budget=DESCRIPTORS_A_TICK,
                sockets_first=record is None,  # whose first frame is whole
                thresholds=thresholds,
                events=events,
            )
        )
        self._collector = record(collector) if record else collector
        self._wanted = _Wanted(spec.namespaces, spec.needs)
        self._alerts = alerts or Alerting()
        names = HostNameCache(HostsFile(), partial(look_up_behind, tell=self._ticker.ask, find=find_name))
        past = PastTicks(rewind_memory * MEBIBYTE)
        self._session = Session(self._wanted, spec, self._ask, past, self._measure, names, History(history))
        self._plan = TickPlan(spec.interval, self._ticker.clock())
        self._is_first = True
        """Whether no tick has succeeded so far."""
        self._must_repeat = False
        """Whether the tick under way does not tell all that is wanted by now."""
        self._fresh_at = self._plan.due
        """When the last tick that succeeded began; before the first one, when that was due."""
        self._took = 0.0
        """Seconds that it took to collect and to show what the last tick that succeeded brought."""
        self._words = 0
        """How often the age of what it brought could have been told; a machine that slept is told of once."""
        self._post: Post = nowhere

    def begin(self, post: Post) -> None:
        """Start both threads."""
        self._post = post
        self._alerts.begin(post)
        self._background.begin(self._collector, self._ticker.ask)
        self._ticker.begin(self._run)
        if self._fleet:
            self._fleet.begin(lambda: self._ticker.ask(_News()))

    def show(self, spec: ViewSpec) -> None:
        """Ask for another view; of several asked for at once, only the last is made."""
        self._ticker.ask(spec)

    def move(self, move: Move) -> None:
        """Ask for another moment of what was seen."""
        self._ticker.ask(move)

    def compare(self, comparand: Comparand) -> None:
        """Ask for what is different from something, or no more."""
        self._ticker.ask(comparand)

    def watch(self, rules: Sequence[AlertRule]) -> None:
        """Watch by these rules as well as by the configured ones, and by no others any more."""
        self._ticker.ask(_Watched(tuple(rules)))

    def stop(self) -> None:
        """End all threads, in the middle of a tick if need be, and wait for them."""
        self._background.stop()
        self._ticker.stop()
        self._alerts.stop()
        if self._fleet:
            self._fleet.stop()

    def _run(self) -> None:
        TURNS.enter(Rank.VIEWS)
        self._garbage = Garbage(is_typing=lambda: TURNS.is_typing)
        try:
            self._ticker.run(self._do_due, self._next_due, self._grant)
        finally:
            self._garbage.hand_back()

    def _do_due(self) -> None:
        """Have a tick made, tell that it is late, or put out lights whose time is over."""
        now, expiry = self._ticker.clock(), self._session.next_expiry
        if now >= self._plan.due and not self._background.is_busy:
            self._must_repeat = False
            self._background.collect(now, self._wanted.namespaces, self._wanted.needs.union(self._alerts.needs))
        elif expiry is not None and now >= expiry:
            self._attempt(self._session.expire)
        if now >= self._late_at:
            self._words = int((now - self._fresh_at - self._plan.interval) / LATE)
            self._post(DataAged(now - self._fresh_at))

    @property
    def _late_at(self) -> float:
        """When to tell the age of the data next."""
        return self._fresh_at + self._plan.interval + LATE * (1 + self._words)

    def _next_due(self) -> float:
        """The next tick, the next light that goes out, or the next word on the age."""
        expiry = self._session.next_expiry
        moments = [self._late_at] if expiry is None else [self._late_at, expiry]
        return min(moments if self._background.is_busy else [*moments, self._plan.due])

    def _grant(self, wishes: list[_Wish]) -> None:
        """Show what came of ticks and look-ups, then what was asked for, of several views in a row only the last."""
        asked: list[ViewSpec | Move | Comparand] = []
        answers: list[NameAnswer] = []
        has_news = False
        for wish in wishes:
            if isinstance(wish, Collected):
                self._take(wish)
            elif isinstance(wish, _News):
                has_news = True
            elif isinstance(wish, NameAnswer):
                answers.append(wish)
            elif isinstance(wish, _Watched):
                self._alerts.have(wish.rules)
            elif isinstance(wish, ViewSpec) and asked and isinstance(asked[-1], ViewSpec):
                asked[-1] = wish
            else:
                asked.append(wish)
        if has_news:
            self._plan.have_by(self._fresh_at + self._took / NEWS_SHARE, self._ticker.clock())
        if answers:
            self._attempt(partial(self._session.hear, answers))
        if asked:
            with TURNS.taken(Rank.VIEWS):  # somebody waits for it
                self._grant_to_person(asked)

    def _grant_to_person(self, asked: list[ViewSpec | Move | Comparand]) -> None:
        for each in merged_moves(asked):
            if isinstance(each, ViewSpec):
                self._show(each)
            elif isinstance(each, CompareWith | Base):
                self._attempt(partial(self._session.compare, each))
            else:
                self._move(each)

    def _move(self, move: Move) -> None:
        """Go to another moment, and say why not."""
        text = ""

        def go(now: float) -> View | None:
            nonlocal text
            view, text = moved(self._session, move, now)
            return view

        self._attempt(go)
        if text:
            self._post(Told(text))

    def _take(self, collected: Collected) -> None:
        self._background.is_busy = False
        now = self._ticker.clock()
        self._plan.ticked(now)
        if collected.snapshot is None:
            self._session.fail()
            self._alerts.miss()
            self._post(CollectFailed(collected.failure))
        elif self._is_first:
            self._must_repeat |= bool(collected.snapshot.unseen.waiting)  # the owners come with the next tick
            self._is_first = False
        if self._must_repeat:
            self._plan.hasten(now)
        if collected.snapshot is None:
            return
        self._fresh_at, self._words = collected.snapshot.taken_at, 0
        self._attempt(partial(self._session.take, collected.snapshot))
        self._took = collected.snapshot.cost + self._ticker.clock() - now
        self._attempt(partial(self._judge, collected.snapshot))
        if all(host.as_of is not None or host.text for host in collected.snapshot.hosts.values()):
            self._garbage.collect()  # which leaves out what is there the first time: most sockets, not none of them

    def _judge(self, snapshot: Snapshot, _: float) -> None:
        """See what begins to match watched filters; a fault costs only the alerts of this tick."""
        try:
            self._alerts.look(snapshot)
        except Exception:  # whatever it is, it is raised again, and `_attempt` tells it
            self._alerts.miss()
            raise

    def _show(self, spec: ViewSpec) -> None:
        """Show a view, and tick at once if it needs what was not collected yet."""
        now = self._ticker.clock()
        if spec.interval != self._plan.interval:
            self._plan.pace(spec.interval, now)
            if self._fleet:
                self._fleet.interval = spec.interval
        if self._session.needs_tick(spec):
            self._must_repeat = True
            self._plan.hasten(now)
        self._attempt(partial(self._session.show, spec))

    def _ask(self, pid: int) -> ProcessDetails | None:
        """Find out about a process."""
        return self._answered(self._source.process_details, pid)

    def _measure(self, pid: int) -> ProcessResources | None:
        """Find out what a process has now."""
        return self._answered(self._source.process_resources, pid)

    def _answered(self, question: Callable[[int], _Answer | None], pid: int) -> _Answer | None:
        """What is told of a process; a failure is told as well, and costs no more than the details."""
        try:
            return question(pid)
        except Exception as error:  # noqa: BLE001 -- as in _attempt
            self._post(CollectFailed(f"{type(error).__name__}: {error}"))
            return None

    def _attempt(self, step: Callable[[float], View | None]) -> None:
        """Do one thing and show what came of it, also when it failed."""
        try:
            view = step(self._ticker.clock())
        except Exception as error:  # noqa: BLE001 -- the program must outlive any fault of a view, and shows it
            self._post(CollectFailed(f"{type(error).__name__}: {error}"))
            return
        if view is not None:
            self._post(ViewReady(view))
