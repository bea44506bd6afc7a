"""Feeds the screen from a recording: one thread reads it, another plays it, and the screen waits for neither."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from queue import Empty, Full, Queue, SimpleQueue
from typing import NamedTuple

from netwatch_tui.play.news import CollectFailed, PositionMoved, Post, ViewReady, nowhere
from netwatch_tui.play.position import AS_IT_COMES, Position
from netwatch_tui.play.session import Session
from netwatch_tui.recording.reader import Recording
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
LONGEST_WAIT = 10.0
"""Recorded seconds at most from one look to the next: nobody sits through a night in which a laptop slept."""

_AHEAD = 64
"""Looks that are read before they are needed."""

_JOIN_TIMEOUT = 0.2


class _Ask(Enum):
    """What is asked of the player without any more words."""

    PAUSE = "stand still, or go on"
    STEP = "show the next look and stand still"
    FASTER = "the next higher speed"
    SLOWER = "the next lower speed"
    RESTART = "begin anew"
    NEWS = "the reader has something"
    STOP = "end"


class _Total(NamedTuple):
    looks: int


_Wish = _Ask | _Total | ViewSpec


class _Ended(NamedTuple):
    """What the reader gives after the last look."""

    text: str
    is_failure: bool


class _ReadAhead:
    """Reads a recording some looks ahead, in a thread of its own, which may wait for them as long as it likes."""

    def __init__(self, opens: Callable[[], Recording], tell: Callable[[], None]) -> None:
        self.recording: Recording | None = None
        self.looks: Queue[Snapshot | _Ended] = Queue(_AHEAD)
        self.stopping = threading.Event()
        self._opens = opens
        self._tell = tell
        threading.Thread(target=self._run, name="recording", daemon=True).start()

    def _run(self) -> None:
        try:
            self.recording = recording = self._opens()
            self._tell()
            for snapshot in recording:
                if not self._put(snapshot):
                    return
            ended = _Ended(recording.ended or "", recording.is_broken)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the screen must say it
            ended = _Ended(str(error), is_failure=True)
        self._put(ended)

    def _put(self, item: Snapshot | _Ended) -> bool:
        """Hand over as soon as there is room; False if nobody wants it any more."""
        while not self.stopping.is_set():
            with suppress(Full):
                self.looks.put(item, timeout=0.1)
                self._tell()
                return True
        return False


class _Given:
    """Stands where the session expects a collector."""

    namespaces = ""

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
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare.

        Args:
            opens: Opens the recording; called in a thread, once more for each new beginning.
            spec: How it is shown at first.
            live: It is a stream that is being written: no speed, no new beginning.
            count: Counts its looks, in a thread.
            clock: Gives seconds.
        """
        self._opens = opens
        self._spec = spec
        self._live = live
        self._count = count
        self._clock = clock
        self._wishes: SimpleQueue[_Wish] = SimpleQueue()
        self._post: Post = nowhere
        self._thread = threading.Thread(target=self._run, name="replay", daemon=True)
        self._position = Position("", "", None, 0, None, AS_IT_COMES if live else 1.0, paused=False, ended=None)
        self._steps = 0
        self._since, self._base = 0.0, 0.0
        """Seconds of the clock, and the recorded time that it was then."""

    # --- what the screen asks for ---

    @property
    def position(self) -> Position:
        """Where it is now; also sent as `PositionMoved` whenever it is another one."""
        return self._position

    def begin(self, post: Post) -> None:
        """Start to send messages."""
        self._post = post
        self._thread.start()

    def show(self, spec: ViewSpec) -> None:
        """Ask for another view."""
        self._wishes.put(spec)

    def stop(self) -> None:
        """Send nothing any more."""
        self._wishes.put(_Ask.STOP)
        if self._thread.is_alive():
            self._thread.join(_JOIN_TIMEOUT)

    def pause(self) -> None:
        """Stand still, or go on."""
        self._wishes.put(_Ask.PAUSE)

    def step(self) -> None:
        """Show the next look and stand still."""
        self._wishes.put(_Ask.STEP)

    def faster(self) -> None:
        """Take the next higher of `SPEEDS`; nothing for a live stream."""
        self._wishes.put(_Ask.FASTER)

    def slower(self) -> None:
        """Take the next lower of `SPEEDS`; nothing for a live stream."""
        self._wishes.put(_Ask.SLOWER)

    def restart(self) -> None:
        """Begin anew; nothing for a live stream."""
        self._wishes.put(_Ask.RESTART)

    # --- what the thread does ---

    def _run(self) -> None:
        self._begin_anew()
        if self._count is not None:
            threading.Thread(target=self._count_looks, args=(self._count,), name="counting", daemon=True).start()
        while self._handle(self._wish()):
            self._take()
            self._play()
        self._reader.stopping.set()

    def _begin_anew(self) -> None:
        self._given = _Given()
        self._session = Session(self._given, self._spec, _nothing_more)
        self._pending: Snapshot | _Ended | None = None
        self._reader = _ReadAhead(self._opens, lambda: self._wishes.put(_Ask.NEWS))
        self._position = self._position._replace(number=0, time=None, ended=None)

    def _count_looks(self, count: Callable[[], int]) -> None:
        with suppress(Exception):  # the reader tells what is wrong with it
            self._wishes.put(_Total(count()))

    def _wish(self) -> _Wish | None:
        """What was asked for next; None when it is time to show something."""
        try:
            return self._wishes.get(timeout=self._patience())
        except Empty:
            return None

    def _patience(self) -> float | None:
        """Seconds until there is something to do by itself; None for never."""
        if self._steps and isinstance(self._pending, Snapshot):
            return 0.0
        if self._is_still:
            return None
        moments = [] if self._session.next_expiry is None else [self._clock_at(self._session.next_expiry)]
        if isinstance(self._pending, Snapshot):
            moments.append(self._due(self._pending))
        return max(min(moments) - self._clock(), 0.0) if moments else None

    def _handle(self, wish: _Wish | None) -> bool:
        """Do what was asked for; False if that is to end."""
        match wish:
            case _Ask.STOP:
                return False
            case ViewSpec():
                self._spec = wish
                self._send(self._session.show(wish, self._recorded()))
            case _Total(looks):
                self._move(total=looks)
            case _Ask.PAUSE:
                self._set(paused=not self._position.paused)
            case _Ask.STEP:
                self._steps += 1
                self._set(paused=True)
            case _Ask.FASTER if not self._live:
                self._set(speed=min((s for s in SPEEDS if s > self._position.speed), default=SPEEDS[-1]))
            case _Ask.SLOWER if not self._live:
                self._set(speed=max((s for s in SPEEDS if s < self._position.speed), default=SPEEDS[0]))
            case _Ask.RESTART if not self._live:
                self._reader.stopping.set()
                self._begin_anew()
                self._steps = int(self._position.paused)  # what is held is then the first look, not the one before
        return True

    def _take(self) -> None:
        """Take the next look from the reader if none waits to be shown."""
        recording = self._reader.recording
        if recording is not None and self._position.host != recording.host:
            self._move(host=recording.host, started_at=recording.started_at)
        if self._pending is None:
            with suppress(Empty):
                self._pending = self._reader.looks.get_nowait()

    def _play(self) -> None:
        """Show what is due."""
        while isinstance(self._pending, Snapshot) and (
            self._steps or (not self._position.paused and self._due(self._pending) <= self._clock())
        ):
            self._show_look(self._pending)
            self._steps = max(self._steps - 1, 0)
            self._pending = None
            self._take()
        if isinstance(self._pending, _Ended) and self._position.ended is None:
            self._steps = 0
            self._rebase()
            self._move(ended=self._pending.text)
            if self._pending.is_failure or self._live:
                self._post(CollectFailed(self._pending.text))
        elif not self._is_still:
            expiry = self._session.next_expiry
            if expiry is not None and self._recorded() >= expiry:
                self._send(self._session.expire(self._recorded()))

    def _show_look(self, snapshot: Snapshot) -> None:
        now = self._clock()
        due = self._due(snapshot)
        # From the plan, so that the beat is kept; not where the machine was too slow for it.
        self._since = due if 0 <= now - due < 1 and self._position.number else now
        self._base = snapshot.taken_at
        self._given.snapshot = snapshot
        self._send(self._session.tick(snapshot.taken_at))
        self._move(number=self._position.number + 1, time=snapshot.taken_at)

    @property
    def _is_still(self) -> bool:
        """Whether recorded time stands still."""
        position = self._position
        return position.paused or position.ended is not None or (not position.number and self._pending is None)

    def _recorded(self) -> float:
        """The recorded time that it is now."""
        if self._is_still:
            return self._base
        return self._base + (self._clock() - self._since) * (self._position.speed or 1.0)

    def _clock_at(self, recorded: float) -> float:
        """When it will be some recorded time."""
        return self._since + (recorded - self._base) / (self._position.speed or 1.0)

    def _due(self, snapshot: Snapshot) -> float:
        """When a look is to be shown."""
        if not self._position.number or self._position.speed == AS_IT_COMES:
            return self._clock()
        return self._clock_at(self._base + min(snapshot.taken_at - self._base, LONGEST_WAIT))

    def _rebase(self) -> None:
        self._base, self._since = self._recorded(), self._clock()

    def _set(self, *, paused: bool | None = None, speed: float | None = None) -> None:
        """Go on in another way from this moment on."""
        self._rebase()
        position = self._position
        self._move(
            paused=position.paused if paused is None else paused, speed=position.speed if speed is None else speed
        )

    def _move(self, **changes: object) -> None:
        self._position = self._position._replace(**changes)  # type: ignore[arg-type]
        self._post(PositionMoved(self._position))

    def _send(self, view: View | None) -> None:
        if view is not None:
            self._post(ViewReady(view))
