"""Feeds the screen from a recording: its thread plays what another one reads, and the screen waits for neither."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from typing import NamedTuple

from netwatch_tui.collect.history import MOST_EVENTS, History
from netwatch_tui.play.news import CollectFailed, PositionMoved, Post, ViewReady, nowhere
from netwatch_tui.play.position import AS_IT_COMES, Position
from netwatch_tui.play.read_ahead import Ended, ReadAhead
from netwatch_tui.play.session import Session
from netwatch_tui.play.ticker import Clock, TickerThread
from netwatch_tui.play.timeline import Timeline
from netwatch_tui.recording.reader import Recording
from netwatch_tui.sockets.needs import NOTHING_MORE
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
LONGEST_WAIT = 10.0
"""Recorded seconds at most from one frame to the next: nobody sits through a night in which a laptop slept."""

_LATE = 1.0
"""Seconds by which a frame may be late and the next one still keep to the plan."""


class _Ask(Enum):
    """What is asked of the player without any more words."""

    PAUSE = "stand still, or go on"
    STEP = "show the next frame and stand still"
    FASTER = "the next higher speed"
    SLOWER = "the next lower speed"
    RESTART = "begin anew"
    READ = "the reader has something"


class _Total(NamedTuple):
    frames: int


_Wish = _Ask | _Total | ViewSpec


class _Given:
    """Stands where the session expects a collector."""

    namespaces = ""
    needs = NOTHING_MORE

    def __init__(self) -> None:
        self.snapshot: Snapshot | None = None

    def collect(self, _: float) -> Snapshot:
        assert self.snapshot is not None  # noqa: S101 -- the player sets it first
        return self.snapshot


def _nothing_more(_: int) -> None:
    """A recording holds no more about a process than its sockets tell."""


class Player:
    """Plays a recording to the screen. Every method may be called from any thread and returns at once."""

    def __init__(
        self,
        opens: Callable[[], Recording],
        spec: ViewSpec,
        *,
        live: bool = False,
        count: Callable[[], int] | None = None,
        clock: Clock | None = None,
        history: int = MOST_EVENTS,
    ) -> None:
        """Prepare.

        Args:
            opens: Opens the recording; called in a thread, once more for each new beginning.
            spec: How it is shown at first.
            live: It is a stream that is being written: no speed, no new beginning.
            count: Counts its frames, in a thread.
            clock: What it is played by; a steady one where nothing is said.
            history: How many events are remembered.
        """
        self._opens = opens
        self._spec = spec
        self._live = live
        self._count = count
        self._most_events = history
        self._ticker = TickerThread[_Wish]("replay", clock)
        self._timeline = Timeline()
        self._post: Post = nowhere
        self._position = Position("", "", None, 0, None, AS_IT_COMES if live else 1.0, paused=False, ended=None)
        self._steps = 0
        """Frames to show although it stands still."""

    # --- what the screen asks for ---

    @property
    def position(self) -> Position:
        """Where it is now; also sent as `PositionMoved` whenever it is another one."""
        return self._position

    def begin(self, post: Post) -> None:
        """Start to send messages."""
        self._post = post
        self._ticker.begin(self._run)

    def show(self, spec: ViewSpec) -> None:
        """Ask for another view."""
        self._ticker.ask(spec)

    def stop(self) -> None:
        """Send nothing any more."""
        self._ticker.stop()

    def pause(self) -> None:
        """Stand still, or go on."""
        self._ticker.ask(_Ask.PAUSE)

    def step(self) -> None:
        """Show the next frame and stand still."""
        self._ticker.ask(_Ask.STEP)

    def faster(self) -> None:
        """Take the next higher of `SPEEDS`; nothing for a live stream."""
        self._ticker.ask(_Ask.FASTER)

    def slower(self) -> None:
        """Take the next lower of `SPEEDS`; nothing for a live stream."""
        self._ticker.ask(_Ask.SLOWER)

    def restart(self) -> None:
        """Begin anew; nothing for a live stream."""
        self._ticker.ask(_Ask.RESTART)

    # --- what the thread does ---

    def _run(self) -> None:
        self._begin_anew()
        if self._count is not None:
            threading.Thread(target=self._count_frames, args=(self._count,), name="counting", daemon=True).start()
        self._ticker.run(self._do_due, self._next_due, self._grant)
        self._reader.stop()

    def _begin_anew(self) -> None:
        self._given = _Given()
        self._session = Session(self._given, self._spec, _nothing_more, history=History(self._most_events))
        self._pending: Snapshot | Ended | None = None
        self._reader = ReadAhead(self._opens, lambda: self._ticker.ask(_Ask.READ))
        self._position = self._position._replace(number=0, time=None, ended=None)
        self._timeline.turn(0.0, self._ticker.clock())

    def _count_frames(self, count: Callable[[], int]) -> None:
        with suppress(Exception):  # the reader tells what is wrong with it
            self._ticker.ask(_Total(count()))

    def _grant(self, wishes: list[_Wish]) -> None:
        for wish in wishes:
            self._grant_one(wish)

    def _grant_one(self, wish: _Wish) -> None:
        position = self._position
        match wish:
            case ViewSpec():
                self._spec = wish
                self._send(self._session.show(wish, self._timeline.at(self._ticker.clock())))
            case _Total(frames):
                self._move(total=frames)
            case _Ask.PAUSE:
                self._go_on(paused=not position.paused)
            case _Ask.STEP:
                self._steps += 1
                self._go_on(paused=True)
            case _Ask.FASTER if not self._live:
                self._go_on(speed=min((s for s in SPEEDS if s > position.speed), default=SPEEDS[-1]))
            case _Ask.SLOWER if not self._live:
                self._go_on(speed=max((s for s in SPEEDS if s < position.speed), default=SPEEDS[0]))
            case _Ask.RESTART if not self._live:
                self._reader.stop()
                self._begin_anew()
                self._steps = int(position.paused)  # what is held is then the first frame, not the one before

    def _do_due(self) -> None:
        """Show the frames whose time has come, then the end, or put out lights."""
        self._take()
        while isinstance(self._pending, Snapshot) and self._is_due(self._pending):
            self._show_frame(self._pending)
            self._steps = max(self._steps - 1, 0)
            self._pending = None
            self._take()
        if isinstance(self._pending, Ended) and self._position.ended is None:
            self._end(self._pending)
        elif (expiry := self._session.next_expiry) is not None:
            recorded = self._timeline.at(self._ticker.clock())
            if recorded >= expiry:
                self._send(self._session.expire(recorded))

    def _next_due(self) -> float | None:
        """The next frame, or the next light that goes out; never while both stand still."""
        moments: list[float | None] = []
        if isinstance(self._pending, Snapshot):
            moments.append(self._due(self._pending))
        if self._session.next_expiry is not None:
            moments.append(self._timeline.when(self._session.next_expiry))
        return min((moment for moment in moments if moment is not None), default=None)

    def _take(self) -> None:
        """Take the next frame from the reader if none waits to be shown."""
        recording = self._reader.recording
        if recording is not None and self._position.host != recording.host:
            self._move(host=recording.host, started_at=recording.started_at)
        if self._pending is None:
            self._pending = self._reader.next()

    def _is_due(self, snapshot: Snapshot) -> bool:
        due = self._due(snapshot)
        return due is not None and due <= self._ticker.clock()

    def _due(self, snapshot: Snapshot) -> float | None:
        """When a frame is to be shown; None for not before something is asked for."""
        position, now = self._position, self._ticker.clock()
        if self._steps:
            return now
        if position.paused:
            return None
        if not position.number or position.speed == AS_IT_COMES:
            return now
        return self._timeline.when(snapshot.taken_at, LONGEST_WAIT)

    def _show_frame(self, snapshot: Snapshot) -> None:
        now, due = self._ticker.clock(), self._due(snapshot)
        # From the plan, so that it is kept; not where the machine was too slow for it.
        self._timeline.jump(snapshot.taken_at, due if due is not None and 0 <= now - due < _LATE else now)
        self._given.snapshot = snapshot
        self._send(self._session.tick(snapshot.taken_at))
        self._go_on(number=self._position.number + 1, time=snapshot.taken_at)

    def _end(self, ended: Ended) -> None:
        """Stand at the last frame."""
        self._steps = 0
        self._go_on(ended=ended.text)
        if ended.is_failure or self._live:
            self._post(CollectFailed(ended.text))

    def _go_on(self, **changes: object) -> None:
        """Be at another position, and let recorded time go on from now on as it says there."""
        self._move(**changes)
        position = self._position
        stands = position.paused or position.ended is not None or not position.number
        self._timeline.turn(0.0 if stands else position.speed or 1.0, self._ticker.clock())

    def _move(self, **changes: object) -> None:
        self._position = self._position._replace(**changes)  # type: ignore[arg-type]
        self._post(PositionMoved(self._position))

    def _send(self, view: View | None) -> None:
        if view is not None:
            self._post(ViewReady(view))
