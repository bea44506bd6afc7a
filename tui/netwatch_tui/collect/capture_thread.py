"""A capture that is read by a thread of its own: the kernel's rings must not run over while a tick takes its time."""

from __future__ import annotations

import math
import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice

from netwatch_tui.kernel.capture.capture import Capture, CaptureWay
from netwatch_tui.kernel.namespace import LinuxNamespace
from netwatch_tui.kernel.namespace_questions import Namespace
from netwatch_tui.kernel.source import ProcessReader
from netwatch_tui.sockets.bounded_memory import bytes_of_process
from netwatch_tui.sockets.capture_status import CaptureStatus
from netwatch_tui.sockets.connection_events import CaptureBatch, ConnectionEvent, EventProcess
from netwatch_tui.sockets.ownership import Process

GATHER = 0.005
"""Seconds for which events gather once there is one; what is younger than two milliseconds can't be ordered yet. A
process that ends within them is known by its name alone."""
REST = 0.045
"""Seconds from one reading until the next event is waited for."""
LOOK_ANYWAY = 0.5
"""Seconds after which one reads though the kernel has said nothing: it may be an old one that forgets to."""
MOST_WAITING = 200_000
"""Events that wait for a tick, some 100 MB: those of ten seconds at 10,000 connections a second. The oldest go first,
and are counted."""
MOST_WAIT = 0.03
"""Seconds that a tick waits for what happened before it; what takes longer is told with the next one."""
MOST_KNOWN = 4_096
"""Looks at processes, of which more is remembered than an event tells; after so many all is forgotten."""
MOST_KNOWN_BYTES = 16 * 1024 * 1024
"""The same by what they take: each may have a long command line, and end at once."""
MOST_AT_ONCE = 50
"""Processes at which one reading looks, which takes about a third of a millisecond each."""
_JOIN_WITHIN = 0.2
"""Seconds that the end of the program waits for the thread."""
_NAP = 0.002
"""Seconds between two readings while one waits: what the capture itself holds back for the sake of order."""
_BRIEF = {
    CaptureWay.PERF: "perf",
    CaptureWay.TRACEFS: "ftrace",
    CaptureWay.DESTROYED: "ends only",
    CaptureWay.NONE: "off",
}


class CaptureThread:
    """Reads a capture until it is stopped, and keeps what it told for the thread that collects."""

    def __init__(self, capture: Capture, open_reader: Callable[[], ProcessReader], *, is_wanted: bool = True) -> None:
        """Start the thread.

        Args:
            capture: Belongs to this object from now on.
            open_reader: Gives who tells about processes.
            is_wanted: Whether a person wants as much as can be had.
        """
        self._capture = capture
        self.is_on = capture.way is not CaptureWay.NONE
        is_whole = capture.way in (CaptureWay.PERF, CaptureWay.TRACEFS)
        self.status = CaptureStatus(_BRIEF[capture.way], capture.sentence, is_partial=is_wanted and not is_whole)
        self._open_reader = open_reader
        self._processes = open_reader()
        self._known: dict[EventProcess, Process] = {}
        """Processes as they were when they did something."""
        self._looks = 0
        """At processes, since nothing was known: also of those that go by another name by now the reader knows all."""
        self._bytes = 0
        """What they take."""
        self._lock = threading.Lock()
        self._events: deque[ConnectionEvent] = deque(maxlen=MOST_WAITING)
        self._rest = CaptureBatch((), complete_until=0.0)
        """All that was told besides the events since the last time."""
        self._followed: frozenset[int] = frozenset()
        self._is_last = False
        self._stopping = threading.Event()
        self._end = os.eventfd(0, os.EFD_CLOEXEC)
        """Readable when it is to end; -1 after that."""
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        if self.is_on:
            self._thread.start()

    def follow(self, namespaces: Sequence[Namespace]) -> None:
        """Learn totals and ends in these network namespaces; see `Capture.listen_in`."""
        inodes = frozenset(namespace.inode for namespace in namespaces)
        if self.is_on and inodes != self._followed:
            self._followed = inodes
            with self._lock:
                self._capture.listen_in([each for each in namespaces if isinstance(each, LinuxNamespace)])

    def now(self) -> float:
        """Seconds since the epoch, as the kernel's events have them."""
        return time.time()

    def process(self, who: EventProcess) -> Process:
        """What is known of who did something; of who was gone too soon, number and name."""
        return self._known.get(who) or Process(who.pid, who.name or "", (), "", 0.0)

    def finish(self) -> None:
        """Give everything the next time; see `Capture.read`."""
        self._is_last = True

    def take(self, until: float) -> CaptureBatch:
        """All that was told since the last time, for the thread that collects; see `EventFeed`."""
        deadline = time.monotonic() + MOST_WAIT
        while True:
            with self._lock:
                self._read()
                is_near = self._rest.complete_until >= until - MOST_WAIT  # else it waits for what comes much later
                is_over = time.monotonic() >= deadline or self._stopping.is_set()
                if self._rest.complete_until >= until or is_over or not is_near:
                    batch = self._rest._replace(events=tuple(self._events))
                    self._events.clear()
                    self._rest = CaptureBatch((), complete_until=batch.complete_until)
                    return batch
            time.sleep(_NAP)

    def stop(self) -> None:
        """End the capture; nothing of it is left on the machine."""
        self._stopping.set()
        if self._end >= 0:
            os.eventfd_write(self._end, 1)
        if self._thread.ident is not None:
            self._thread.join(_JOIN_WITHIN)
        if self._end >= 0 and not self._thread.is_alive():
            os.close(self._end)
            self._end = -1
        if self._lock.acquire(timeout=_JOIN_WITHIN):  # were it stuck, the end of the program would end it
            try:
                self._capture.close()
                self.is_on = False
            finally:
                self._lock.release()

    def _run(self) -> None:
        while self.is_on and not self._stopping.is_set():
            with self._lock:
                poll = self._capture.poller()
            if poll is not None:
                self._wait(poll)
            if not self._stopping.wait(GATHER):
                with self._lock:
                    self._read()
                self._stopping.wait(REST)

    def _wait(self, poll: select.poll) -> None:
        """Wait until there is something to read, or it is to end."""
        poll.register(self._end, select.POLLIN)
        ready = poll.poll(LOOK_ANYWAY * 1000)
        if ready and not any(mask & select.POLLIN for _, mask in ready):
            self._stopping.wait(LOOK_ANYWAY)  # a processor was stopped, whose descriptors say nothing else any more

    def _read(self) -> None:
        """Take in what there is; after a failure there is nothing more."""
        if not self.is_on:
            return
        try:
            batch = self._capture.read(is_last=self._is_last)
        except OSError as error:
            self.is_on = False
            why = f"connection events can't be read any more: {error.strerror or error}"
            self.status = CaptureStatus("off", f"What lives between two ticks is not seen: {why}.", is_partial=True)
            self._rest = self._rest._replace(gaps=(*self._rest.gaps, why), complete_until=math.inf)
            return
        self._look_at(batch.events)
        had = self._rest
        surplus = max(len(self._events) + len(batch.events) - MOST_WAITING, 0)
        self._events.extend(batch.events)
        self._rest = CaptureBatch(
            (),
            had.lost + batch.lost + surplus,
            had.lost_udp + batch.lost_udp,
            tuple(dict.fromkeys((*had.gaps, *batch.gaps))),
            math.inf if self._is_last else batch.complete_until,
        )

    def _look_at(self, events: Sequence[ConnectionEvent]) -> None:
        """Find out about some of those who did something for the first time, as long as they are there."""
        new = {each for event in events for each in (event.owner, event.closer) if each and each not in self._known}
        for who in islice(new, MOST_AT_ONCE):
            if self._looks >= MOST_KNOWN or self._bytes >= MOST_KNOWN_BYTES:
                self._looks, self._bytes, self._processes = 0, 0, self._open_reader()
                self._known.clear()
            found = self._processes.read(who.pid)
            self._looks += 1
            if found is None:
                continue
            self._bytes += bytes_of_process(found)
            if who.name is not None and found.name.startswith(who.name):
                self._known[who] = found
