"""Reads a recording before it is needed, so that whoever plays it never waits for a file or a stream."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, Full, Queue
from typing import NamedTuple

from netwatch_tui.recording.checkpoints import Checkpoint, Checkpoints
from netwatch_tui.recording.reader import Recording
from netwatch_tui.sockets.snapshot import Snapshot

_MOST = 64
"""Frames that are read before they are needed."""

_OFFER = 0.1
"""Seconds after which the reader sees that nobody wants its frames any more."""


class Ended(NamedTuple):
    """What comes after the last frame."""

    text: str
    """Why there is none."""
    is_failure: bool


class ReadAhead:
    """Reads some frames ahead, in a thread of its own, which may wait for them as long as it likes."""

    def __init__(
        self,
        opens: Callable[[], Recording],
        tell: Callable[[], object],
        checkpoints: Checkpoints,
        start: Checkpoint | None,
    ) -> None:
        """Begin to read.

        Args:
            opens: Opens the recording; called in the thread.
            tell: Called from the thread whenever there is something new here.
            checkpoints: As in `Recording.read_from`.
            start: As well.
        """
        self.recording: Recording | None = None
        """What is read, as soon as it is open."""
        self._opens = opens
        self._tell = tell
        self._checkpoints = checkpoints
        self._start = start
        self._frames: Queue[Snapshot | Ended] = Queue(_MOST)
        self._stopping = threading.Event()
        threading.Thread(target=self._run, name="recording", daemon=True).start()

    def next(self) -> Snapshot | Ended | None:
        """The next frame, then the end; None as long as it was not read."""
        try:
            return self._frames.get_nowait()
        except Empty:
            return None

    def stop(self) -> None:
        """Read no more; nobody waits for the thread, which may wait for a stream."""
        self._stopping.set()

    def _run(self) -> None:
        try:
            recording = self._opens()
            recording.read_from(self._checkpoints, self._start)
            self.recording = recording
            self._tell()
            for snapshot in recording:
                if not self._put(snapshot):
                    return
            ended = Ended(recording.ended or "", recording.is_broken)
        except Exception as error:  # noqa: BLE001 -- whatever it is, the screen must say it
            ended = Ended(str(error), is_failure=True)
        self._put(ended)

    def _put(self, item: Snapshot | Ended) -> bool:
        """Hand over as soon as there is room; False if nobody wants it any more."""
        while not self._stopping.is_set():
            with suppress(Full):
                self._frames.put(item, timeout=_OFFER)
                self._tell()
                return True
        return False
