"""Feeds the screen from a recording: its thread plays what another one reads, and the screen waits for neither."""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_right
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from math import inf
from typing import NamedTuple

from netwatch_tui.collect.history import MOST_EVENTS, History
from netwatch_tui.collect.past_ticks import MEBIBYTE, REWIND_MEMORY, PastTicks
from netwatch_tui.play.goal import Goal
from netwatch_tui.play.moves import Comparand, CompareWith, Move, NextChange, Seek, Step
from netwatch_tui.play.news import CollectFailed, PositionMoved, Post, Told, ViewReady, nowhere
from netwatch_tui.play.position import AS_IT_COMES, Position
from netwatch_tui.play.read_ahead import Ended, ReadAhead
from netwatch_tui.play.rewinding import merged_moves
from netwatch_tui.play.session import Session
from netwatch_tui.play.ticker import Clock, TickerThread
from netwatch_tui.play.timeline import Timeline
from netwatch_tui.recording.checkpoints import Checkpoint, Checkpoints
from netwatch_tui.recording.reader import Recording
from netwatch_tui.sockets.needs import NOTHING_MORE
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.view.compared import Base
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
LONGEST_WAIT = 10.0
"""Recorded seconds at most from one frame to the next: nobody sits through a night in which a laptop slept."""

_LATE = 1.0
"""Seconds by which a frame may be late and the next one still keep to the plan."""


class _Ask(Enum):
    """What is asked of the player without any more words."""

    PAUSE = "stand still, or go on"
    FASTER = "the next higher speed"
    SLOWER = "the next lower speed"
    RESTART = "begin anew"
    READ = "the reader has something"


class _Total(NamedTuple):
    frames: int


_Wish = _Ask | _Total | Move | Comparand | ViewSpec


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
        rewind_memory: float = REWIND_MEMORY,
        history: int = MOST_EVENTS,
    ) -> None:
        """Prepare.

        Args:
            opens: Opens the recording; called in a thread, once more for each new beginning.
            spec: How it is shown at first.
            live: It is a stream that is being written: no speed, no new beginning.
            count: Counts its frames, in a thread.
            clock: What it is played by; a steady one where nothing is said.
            rewind_memory: MiB that frames may take to which one can go back without reading them again.
            history: How many events are remembered.
        """
        self._opens = opens
        self._spec = spec
        self._live = live
        self._count = count
        self._rewind_memory = rewind_memory
        self._most_events = history
        self._ticker = TickerThread[_Wish]("replay", clock)
        self._timeline = Timeline()
        self._post: Post = nowhere
        self._position = Position("", "", None, 0, None, AS_IT_COMES if live else 1.0, paused=False, ended=None)
        self._steps = 0
        """Frames to show although it stands still."""
        self._goal: Goal | None = None
        """Where it is going without showing what lies between."""
        self._moments = array("d")
        """When each frame that was read so far was recorded, none earlier than the one before."""
        self._checkpoints = Checkpoints()
        self._base: Base | None = None
        """What is compared with, also when it is read again."""

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

    def move(self, move: Move) -> None:
        """Show another frame, and stand still."""
        self._ticker.ask(move)

    def compare(self, comparand: Comparand) -> None:
        """Ask for what is different from something, or no more."""
        self._ticker.ask(comparand)

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

    def _begin_anew(self, start: Checkpoint | None = None) -> None:
        """Read from the beginning, or from a frame that is known."""
        first, kept_after = (start.number, start.taken_at + self._spec.linger) if start else (1, -inf)
        past = PastTicks(self._rewind_memory * MEBIBYTE)
        self._given = _Given()
        events = History(self._most_events)
        self._session = Session(
            self._given, self._spec, _nothing_more, past, history=events, first=first, kept_after=kept_after
        )
        self._session.base = self._base
        self._pending: Snapshot | Ended | None = None
        self._reader = ReadAhead(self._opens, lambda: self._ticker.ask(_Ask.READ), self._checkpoints, start)
        self._position = self._position._replace(number=first - 1, time=None, ended=None)
        self._timeline.turn(0.0, self._ticker.clock())

    def _count_frames(self, count: Callable[[], int]) -> None:
        with suppress(Exception):  # the reader tells what is wrong with it
            self._ticker.ask(_Total(count()))

    def _grant(self, wishes: list[_Wish]) -> None:
        for wish in merged_moves(wishes):
            self._grant_one(wish)

    def _grant_one(self, wish: _Wish) -> None:
        position = self._position
        match wish:
            case ViewSpec():
                self._spec = wish
                view = self._session.show(wish, self._timeline.at(self._ticker.clock()))
                self._send(view if self._goal is None else None)
            case _Total(frames):
                self._move(total=frames)
            case Step() | Seek() | NextChange():
                self._travel(wish)
            case CompareWith() | Base():
                self._send(self._session.compare(wish, self._timeline.at(self._ticker.clock())))
                self._base = self._session.base
            case _Ask.PAUSE if self._goal is not None:
                self._arrive()
            case _Ask.PAUSE:
                self._steps = 0
                self._go_on(paused=not position.paused)
            case _Ask.FASTER if not self._live:
                self._go_on(speed=min((s for s in SPEEDS if s > position.speed), default=SPEEDS[-1]))
            case _Ask.SLOWER if not self._live:
                self._go_on(speed=max((s for s in SPEEDS if s < position.speed), default=SPEEDS[0]))
            case _Ask.RESTART if not self._live:
                self._reader.stop()
                self._begin_anew()
                self._goal = None
                self._steps = int(position.paused)  # what is held is then the first frame, not the one before

    def _travel(self, move: Move) -> None:
        """Go to another frame, and stand still there."""
        session, shown = self._session, self._session.shown
        self._go_on(paused=True)
        match move:
            case _ if shown is None:
                self._steps += 1
            case Step(ticks) if ticks > 0 and self._position.ended is not None and not session.is_behind:
                self._post(Told("This is the last frame."))
            case Step(ticks) if ticks > 0:
                self._steps += ticks
            case Step(ticks):
                self._go_back(shown.number + ticks)
            case Seek(moment) if moment < shown.snapshot.taken_at:
                self._go_back(bisect_right(self._moments, moment))
            case Seek(moment) if session.is_behind and moment < self._moments[session.kept.stop - 2]:
                self._show_kept(session.number_at(moment))
            case Seek(moment):
                self._go_on_to(Goal(moment=moment))
            case NextChange() if (number := session.next_change()) is not None:
                self._show_kept(number)
            case NextChange():
                self._go_on_to(Goal())

    def _go_back(self, number: int) -> None:
        """Show an earlier frame; one that is not kept is read again, from the last one with all sockets before it."""
        self._steps, self._goal = 0, None
        session, shown = self._session, self._session.shown
        if number < 1 and shown is not None and shown.number == 1:
            self._post(Told("This is the first frame."))
            return
        number = max(number, 1)
        if self._live and number not in session.kept:
            self._post(Told("Nothing older was kept of the stream."))
            if session.kept:
                self._show_kept(session.kept.start)
        elif number in session.kept:
            self._show_kept(number)
        else:
            start = self._checkpoints.before(number, self._moments[number - 1] - self._spec.linger)
            self._reader.stop()
            self._begin_anew(start)
            self._goal = Goal(number)

    def _go_on_to(self, goal: Goal) -> None:
        """Pass by frames that were not read yet."""
        self._steps, self._goal = 0, goal
        if self._session.is_rewound:
            self._session.resume(self._moments[self._session.kept.stop - 2])

    def _show_kept(self, number: int) -> None:
        self._session.go_to(number, self._ticker.clock())
        self._arrive()

    def _arrive(self) -> None:
        """Show the frame that is reached, which was not played."""
        session, shown = self._session, self._session.shown
        self._goal = None
        if shown is not None:
            taken_at = shown.snapshot.taken_at
            self._timeline.jump(taken_at, self._ticker.clock())
            self._go_on(number=shown.number, time=taken_at, ended=None)
            self._send(session.show(self._spec, shown.now))

    def _do_due(self) -> None:
        """Show the frames whose time has come, then the end, or put out lights."""
        self._take()
        while self._goal is not None and self._goes_on(self._goal):
            self._take()
        while self._goal is None and (at := self._next_at) is not None and self._is_due(at):
            self._show_next(at)
            self._steps = max(self._steps - 1, 0)
            self._take()
        if isinstance(self._pending, Ended) and not self._session.is_behind and self._position.ended is None:
            self._end(self._pending)
        elif self._goal is None and (expiry := self._session.next_expiry) is not None:
            recorded = self._timeline.at(self._ticker.clock())
            if recorded >= expiry:
                self._send(self._session.expire(recorded))

    def _goes_on(self, goal: Goal) -> bool:
        """Pass by the next frame on the way to a goal; tells whether there may be more of them."""
        session, shown, ahead = self._session, self._session.shown, self._pending
        if shown is not None and shown.number == goal.number:
            self._arrive()
        elif isinstance(ahead, Snapshot) and (shown is None or goal.is_behind(ahead)):
            self._pass_by(ahead)
            if goal.is_next_change and session.brings_change(ahead):
                self._arrive()
        elif ahead is None:
            return False  # not read yet
        else:
            if isinstance(ahead, Ended):
                self._post(Told(goal.missed))
            self._arrive()
        return self._goal is not None

    def _pass_by(self, snapshot: Snapshot) -> None:
        self._pending, at = None, snapshot.taken_at
        self._session.pass_by(snapshot, at)
        self._move(number=self._seen(at), time=at)

    def _seen(self, at: float) -> int:
        """Know when the frame that is shown now was recorded; returns its number."""
        shown = self._session.shown
        assert shown is not None  # noqa: S101 -- it was just taken
        if shown.number == len(self._moments) + 1:
            self._moments.append(max(at, self._moments[-1]) if self._moments else at)
        return shown.number

    def _next_due(self) -> float | None:
        """The next frame, or the next light that goes out; never while both stand still."""
        moments: list[float | None] = []
        if (at := self._next_at) is not None:
            moments.append(self._due(at))
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

    @property
    def _next_at(self) -> float | None:
        """When the frame after the one that is shown was recorded; None where there is none (yet)."""
        if self._session.is_behind:
            return self._moments[self._position.number]
        return self._pending.taken_at if isinstance(self._pending, Snapshot) else None

    def _is_due(self, at: float) -> bool:
        due = self._due(at)
        return due is not None and due <= self._ticker.clock()

    def _due(self, at: float) -> float | None:
        """When a frame that was recorded then is to be shown; None for not before something is asked for."""
        position, now = self._position, self._ticker.clock()
        if self._steps:
            return now
        if self._goal is not None or position.paused:
            return None
        if not position.number or position.speed == AS_IT_COMES:
            return now
        return self._timeline.when(at, LONGEST_WAIT)

    def _show_next(self, at: float) -> None:
        """Show the next frame, which was recorded then."""
        session, now, due = self._session, self._ticker.clock(), self._due(at)
        # From the plan, so that it is kept; not where the machine was too slow for it.
        self._timeline.jump(at, due if due is not None and 0 <= now - due < _LATE else now)
        if session.is_behind and session.shown is not None:
            self._send(session.go_to(session.shown.number + 1, now))
        elif isinstance(self._pending, Snapshot):
            self._given.snapshot, self._pending = self._pending, None
            if session.is_rewound:
                session.resume(at)
            self._send(session.tick(at))
        self._go_on(number=self._seen(at), time=at)

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
