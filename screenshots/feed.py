"""Feeds the screen one tick a call, without a thread and without a clock: for pictures and for tests."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from netwatch_tui.collect.collector import Collector, Collects
from netwatch_tui.collect.host_name_cache import HostNameCache
from netwatch_tui.collect.past_ticks import MEBIBYTE, REWIND_MEMORY, PastTicks
from netwatch_tui.kernel.proc_net import TABLES
from netwatch_tui.kernel.source import Source
from netwatch_tui.play.moves import Comparand, Move
from netwatch_tui.play.news import Post, Told, ViewReady
from netwatch_tui.play.rewinding import moved
from netwatch_tui.play.session import AskProcess, Measure, Session, unmeasured
from netwatch_tui.recording.reader import open_recording
from netwatch_tui.sockets.host_names import NameAnswer
from netwatch_tui.sockets.needs import NOTHING_MORE
from netwatch_tui.sockets.ownership import ProcessDetails
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View
from screenshots.story import LEAD, TIMES

DAY = Path(__file__).with_name("day.ndjson")
"""The recording that the pictures are made of; `record.py` made it."""


class Played:
    """The frames of a recording, one after the other, whenever a tick asks for one."""

    namespaces = ""
    needs = NOTHING_MORE

    def __init__(self, path: Path = DAY) -> None:
        self._frames = iter(open_recording(str(path)))

    def collect(self, now: float) -> Snapshot:  # noqa: ARG002 -- a recording has its own time
        """The next one."""
        return next(self._frames)


class StepFeed:
    """Gives a view whenever it is told to."""

    def __init__(
        self,
        collector: Collects,
        spec: ViewSpec,
        now: float,
        ask: AskProcess,
        lead: Sequence[float] = (0.0,),
        measure: Measure = unmeasured,
        names: HostNameCache | None = None,
    ) -> None:
        self._lead = lead
        """Seconds before each tick with which it begins."""
        self._session = Session(collector, spec, ask, PastTicks(REWIND_MEMORY * MEBIBYTE), measure, names)
        self._post: Post = lambda _: None
        self.now = now

    def begin(self, post: Post) -> None:
        """Tick for the first time, or as often as the story needs until something can happen."""
        self._post = post
        for seconds in self._lead:
            self.step(seconds)

    def step(self, seconds: float = 1.0) -> None:
        """Let time go by and tick again."""
        self.now += seconds
        self._send(self._session.tick(self.now))

    def show(self, spec: ViewSpec) -> None:
        """Show what was collected in another way."""
        self._send(self._session.show(spec, self.now))

    def hear(self, answer: NameAnswer) -> None:
        """Show what came of the look-up of an address."""
        self._send(self._session.hear([answer], self.now))

    def move(self, move: Move) -> None:
        """Show another moment."""
        view, text = moved(self._session, move, self.now)
        self._send(view)
        if text:
            self._post(Told(text))

    def compare(self, comparand: Comparand) -> None:
        """Show what is different from something, or no more."""
        self._send(self._session.compare(comparand, self.now))

    def _send(self, view: View | None) -> None:
        if view is not None:
            self._post(ViewReady(view))

    def stop(self) -> None:
        """There is nothing to stop."""


def on_machine(source: Source, spec: ViewSpec, now: float, names: HostNameCache | None = None) -> StepFeed:
    """What a machine shows."""

    def stopwatch() -> float:
        return feed.now  # time stands still during a tick, which so costs nothing

    feed = StepFeed(
        Collector(source, TABLES, stopwatch=stopwatch),
        spec,
        now,
        source.process_details,
        measure=source.process_resources,
        names=names,
    )
    return feed


def on_recording(spec: ViewSpec, path: Path = DAY) -> StepFeed:
    """What was recorded, up to the last frame in which nothing has happened yet."""

    def nothing_more(_: int) -> ProcessDetails | None:
        return None

    played = Played(path)
    lead = [after - before for before, after in pairwise((TIMES[0], *TIMES[:LEAD]))]
    return StepFeed(played, spec, START + TIMES[0], nothing_more, lead)


START = 1_767_258_000.0
"""When the recording was made: 2026-01-01 09:00:00 UTC."""
