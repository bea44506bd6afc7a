"""A machine that is followed over a connection: made, kept, and made again when it breaks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import takewhile
from typing import NamedTuple

from netwatch_tui.actions.aim import Aim
from netwatch_tui.actions.open_trace import Trace
from netwatch_tui.actions.probes import Probes
from netwatch_tui.actions.subject import Subject
from netwatch_tui.fields.format import clip, printable
from netwatch_tui.hosts.allowance import Allowance
from netwatch_tui.hosts.host_feed import HostNews
from netwatch_tui.hosts.host_times import time_here
from netwatch_tui.hosts.orders import Orders, Stopping
from netwatch_tui.hosts.pauses import Pauses
from netwatch_tui.hosts.remote_aim import aim_over
from netwatch_tui.hosts.remote_probe import RemoteProbe
from netwatch_tui.hosts.remote_process import RemoteProcess
from netwatch_tui.hosts.remote_stream import ConnectionEndedError, Patience, RemoteStream
from netwatch_tui.hosts.remote_trace import RemoteTrace
from netwatch_tui.hosts.targets import Target
from netwatch_tui.hosts.wire_format import About, Follow
from netwatch_tui.recording.checkpoints import Checkpoint, Checkpoints
from netwatch_tui.recording.reader import Recording, RecordingError
from netwatch_tui.sockets.capture_status import CaptureWhen
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.health import NO_THRESHOLDS
from netwatch_tui.sockets.hosts import HostPhase, HostStatus
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.ownership import ProcessDetails, ProcessResources
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket

ANSWER_WITHIN = 1.0
"""Seconds that somebody who asks waits for the answer."""
JOIN_WITHIN = 1.0
"""Seconds for which to stop waits; a process that does not end is killed before."""

MOST_UNTAKEN = 16
"""Ticks that may wait to be taken; nothing is read while there are so many, and the machine waits as well."""

_GLANCE = 0.2
"""Seconds from one look to the next whether a connection that waits for its turn is wanted at all."""

_WHAT_COMES = "what it sends"
_LATE = "a tick is overdue"
_MOST_REASON = 200
"""Letters of a reason."""


class _NoCheckpoints(Checkpoints):
    """Of what comes now nothing is read a second time."""

    def add(self, checkpoint: Checkpoint) -> None:
        """Remember nothing."""


class _Tick(NamedTuple):
    connection: int
    """Of which connection it is, by number."""
    snapshot: Snapshot


class HostConnection:
    """Follows a machine by a thread of its own; see `HostFeed`."""

    def __init__(
        self,
        target: Target,
        command: tuple[str, ...],
        turns: threading.BoundedSemaphore,
        thresholds: Mapping[str, float] = NO_THRESHOLDS,
        capture: CaptureWhen = CaptureWhen.NEVER,
        patience: Patience = Patience(),  # noqa: B008 -- it can't be changed
    ) -> None:
        """Begin nothing yet.

        Args:
            target: The machine.
            command: What to start for a connection; its standard input and output lead there.
            turns: Bounds how many connections are made at a time.
            thresholds: From when on something is a problem, as in `HealthWatch`.
            capture: Whether it takes in its kernel's events beside the ticks.
            patience: For how long is waited for what.
        """
        self._target = target
        self._command = command
        self._turns = turns
        self._thresholds = thresholds
        self._patience = patience
        self._capture = capture
        self._orders = Orders()
        self._allowance = Allowance()
        self._lock = threading.Lock()
        self._ticks: list[_Tick] = []
        self._status = HostStatus(target.text, HostPhase.CONNECTING)
        self._taken_connection = 0
        self._connection = 0
        self._live_from: float | None = None
        """When the recording of this connection began, by the monotonic clock."""
        self._given = 0
        """Ticks that came, of all connections."""
        self._wake: Callable[[], object] = lambda: None
        # A daemon: were it ever stuck, the program could still end.
        self._thread = threading.Thread(target=self._run, name=f"host {target.text}", daemon=True)

    @property
    def name(self) -> str:
        """As the person wrote it."""
        return self._target.text

    def begin(self, wake: Callable[[], object]) -> None:
        """Connect, and go on trying."""
        self._wake = wake
        self._thread.start()

    def want(self, namespaces: str, needs: Needs, interval: float) -> None:
        """Have the machine tell this from now on."""
        self._orders.follow = Follow(interval, namespaces, needs, self._capture)

    def take(self) -> HostNews:
        """What came since the last call; of several connections what is of the first of them."""
        with self._lock:
            first = self._ticks[0].connection if self._ticks else self._taken_connection
            taken = list(takewhile(lambda tick: tick.connection == first, self._ticks))
            del self._ticks[: len(taken)]
            begins_anew, self._taken_connection = first != self._taken_connection, first
            is_full = len(self._ticks) + len(taken) >= MOST_UNTAKEN
            news = HostNews(tuple(tick.snapshot for tick in taken), begins_anew, self._status)
            has_more = bool(self._ticks)
        if is_full:
            self._orders.ring()
        if has_more:
            self._wake()
        return news

    def process_details(self, pid: int) -> ProcessDetails | None:
        """What takes longer to find out about a process there."""
        details: ProcessDetails | None = self._orders.ask(About.DETAILS, pid, ANSWER_WITHIN)
        return details

    def process_resources(self, pid: int) -> ProcessResources | None:
        """What a process there has now."""
        resources: ProcessResources | None = self._orders.ask(About.RESOURCES, pid, ANSWER_WITHIN)
        return resources

    def take_aim(self, subject: Subject) -> Aim:
        """Hold what a subject means there; see `aim_over`."""
        return aim_over(self._orders, subject)

    def open_trace(self, pids: Sequence[int], inode: int | None) -> Trace:
        """Begin to trace processes there; see `RemoteTrace`."""
        return RemoteTrace(self._orders, pids, inode)

    def plan_probe(self, listeners: Sequence[Socket]) -> Probes:
        """Plan attempts at listeners there; see `RemoteProbe`."""
        return RemoteProbe(self._orders, listeners)

    def stop(self) -> None:
        """End the connection and what was started for it."""
        self._orders.stop()
        if self._thread.ident is None:
            self._orders.close()
        else:
            self._thread.join(JOIN_WITHIN)

    def _run(self) -> None:
        pauses = Pauses()
        try:
            while True:
                self._tell(HostPhase.CONNECTING, self._status.text)
                reason = clip(printable(self._connect()), _MOST_REASON)
                pause = pauses.after(0.0 if self._live_from is None else time.monotonic() - self._live_from)
                phase = HostPhase.REFUSED if self._status.as_of is None else HostPhase.LOST
                self._tell(phase, reason, time.time() + pause)
                self._orders.sleep(pause)
        except Stopping:
            self._orders.close()

    def _connect(self) -> str:
        """Make a connection and take what comes of it; gives why it ended.

        Raises:
            Stopping: Nobody wants it any more.
        """
        with ExitStack() as turn:
            while not self._turns.acquire(timeout=_GLANCE):
                self._orders.check()
            turn.callback(self._turns.release)
            self._orders.check()
            self._live_from = None
            try:
                process = RemoteProcess(self._command)
            except OSError as error:
                return f"{self._command[0]} can't be started: {error.strerror}"
            reason = None
            try:
                reason = self._follow(process, turn.close)
            finally:
                process.end(patiently=reason == "")
                self._orders.shut()
        return reason or process.last_words() or process.how_it_ended()

    def _follow(self, process: RemoteProcess, has_begun: Callable[[], object]) -> str:
        """Take what comes, to the end of it; gives why it ended, and nothing where the process may have said it."""
        transport = self._target.transport
        stream = RemoteStream(
            process, transport, self._orders, self._patience, self._has_room, self._tell_late, self._allowance
        )
        try:
            recording = Recording(self._undamaged(stream.lines()), _WHAT_COMES, self._thresholds)
            recording.read_from(_NoCheckpoints(), None)
            has_begun()
            self._live_from = time.monotonic()
            self._connection += 1
            for number, snapshot in enumerate(recording):
                # The first one of a connection has nothing before it, whatever it says.
                self._take_in(snapshot if number else snapshot._replace(delta=Delta()), stream.clock_offset)
        except ConnectionEndedError as error:
            return str(error)
        except Exception as error:  # noqa: BLE001 -- what one machine sends is to cost no more than its connection
            return str(error) if isinstance(error, RecordingError) else f"{type(error).__name__}: {error}"
        return recording.ended or ""

    def _undamaged(self, lines: Iterator[bytes]) -> Iterator[bytes]:
        """The lines up to the first of which came no snapshot: a new connection begins with all sockets."""
        yield next(lines)
        for line in lines:
            before = self._given
            yield line
            if self._given == before:
                raise ConnectionEndedError("it sent a frame that is damaged")

    def _take_in(self, snapshot: Snapshot, clock_offset: float | None) -> None:
        now = time.time()
        offset = self._status.clock_offset if clock_offset is None else clock_offset
        as_of = now if offset is None else min(time_here(snapshot.taken_at, offset), now)
        with self._lock:
            self._given += 1
            self._ticks.append(_Tick(self._connection, snapshot))
            self._status = HostStatus(self.name, HostPhase.LIVE, as_of=as_of, clock_offset=offset)
        self._wake()

    def _has_room(self) -> bool:
        return len(self._ticks) < MOST_UNTAKEN

    def _tell_late(self, reason: str) -> None:
        self._tell(HostPhase.LATE, reason or _LATE)

    def _tell(self, phase: HostPhase, text: str, retry_at: float | None = None) -> None:
        with self._lock:
            self._status = self._status._replace(phase=phase, text=text, retry_at=retry_at)
        self._wake()
