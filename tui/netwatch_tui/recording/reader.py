"""Reading a recording: from its lines back to the snapshots. `file_format` says what stands in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from copy import copy
from typing import Any

from netwatch_tui.files.bounded_reader import STANDARD_STREAM, open_input
from netwatch_tui.files.strict_json import TooMuchError
from netwatch_tui.files.text_lines import MOST_LINE, OVERLONG, BrokenFileError, read_lines
from netwatch_tui.recording.checkpoints import Checkpoint, Checkpoints
from netwatch_tui.recording.damage import Damage
from netwatch_tui.recording.file_format import MAGIC, VERSION
from netwatch_tui.recording.frames import ALL_SOCKETS, Frames
from netwatch_tui.recording.line_json import from_json
from netwatch_tui.recording.shapes import MOST_SECONDS, NAME, Shape, ShapeError, members, named, seconds_of, shown
from netwatch_tui.sockets.health import NO_THRESHOLDS
from netwatch_tui.sockets.snapshot import Problem, Snapshot

END = "the recording ends here"


class RecordingError(ValueError):
    """What was to be read is no recording, or one that this program can't read; the text says which in one line."""


_HEADER: dict[str, Shape] = {"host": NAME, "interval": seconds_of(1e-6, MOST_SECONDS), "started_at": NAME}


class Recording:
    """The snapshots of a recording, one after the other: iterate over it, once.

    What is damaged is said and left out, and with it what can't be known without it: all frames up to the next one that
    has all sockets.
    """

    def __init__(self, lines: Iterator[bytes], name: str, thresholds: Mapping[str, float] = NO_THRESHOLDS) -> None:
        """Read the header; waits for it.

        Args:
            lines: As `read_lines` gives them.
            name: What a person calls it.
            thresholds: From when on something is a problem, as in `HealthWatch`.

        Raises:
            OSError: It can't be read.
            RecordingError: It is none, or from a newer version of the program.
        """
        self._damage = Damage()
        header = _header(lines, name)
        told: dict[str, Any] = {}
        for member, shape in _HEADER.items():
            try:
                told |= members({member: shape}, header)
            except ShapeError as error:
                self._damage.found(1, str(error))
        self.host: str = told.get("host", "")
        """The name of the machine that was recorded."""
        self.interval: float = told.get("interval", 1.0)
        """Seconds from tick to tick."""
        self.started_at: str = told.get("started_at", "")
        """ISO 8601."""
        self.ended: str | None = None
        """When the last snapshot was given, why there is none after it, and what was left out."""
        self.is_broken = False
        """Whether it ended otherwise than the one who recorded meant it to, or something was left out."""
        self._lines = lines
        self._frames = Frames(thresholds)
        self._checkpoints = Checkpoints()
        self._start: Checkpoint | None = None

    def read_from(self, checkpoints: Checkpoints, start: Checkpoint | None) -> None:
        """Begin with another frame than the first, whose delta is empty then; before anything is read.

        Args:
            checkpoints: Takes those in that are come by.
            start: The frame, of the same recording; None for the first.
        """
        self._checkpoints, self._start = checkpoints, start
        if start is not None:
            self._frames.resume(start.health)
            self._damage = copy(start.damage)

    def __iter__(self) -> Iterator[Snapshot]:
        try:
            yield from self._snapshots()
        except BrokenFileError as error:
            self._end(f"the recording breaks off: {error}", is_broken=True)
        except OSError as error:
            self._end(f"the recording breaks off: {error.strerror or error}", is_broken=True)

    def _snapshots(self) -> Iterator[Snapshot]:
        given = self._start.number - 1 if self._start else 0
        for number, line in enumerate(self._lines, 2):
            if self._start and number < self._start.line:
                continue
            try:
                frame = _object(line)
            except ShapeError as error:
                if line and not line.endswith(b"\n"):
                    raise BrokenFileError("its last line is not complete") from error
                self._damage.found(number, str(error))
                continue
            if "ended_at" in frame:
                self._end(END, is_broken=False)
                return
            snapshot = self._snapshot(frame, number)
            if snapshot is not None:
                given += 1
                if ALL_SOCKETS in frame:
                    health, damage = self._frames.health.copy(), copy(self._damage)
                    self._checkpoints.add(Checkpoint(number, given, snapshot.taken_at, health, damage))
                # Who follows a hundred machines waits for the next frame of each, and need not keep this one's text.
                del frame, line
                yield snapshot
        raise BrokenFileError("its writer was stopped before it could end it")

    def _snapshot(self, frame: Mapping[str, Any], number: int) -> Snapshot | None:
        """The snapshot of a frame; None if it is damaged, or means nothing without one that was."""
        is_skipping = self._damage.is_open
        if is_skipping and ALL_SOCKETS not in frame:
            self._damage.skipped()
            return None
        try:
            snapshot = self._frames.next(frame, skipped=is_skipping)
        except ShapeError as error:
            self._damage.found(number, str(error))
            return None
        if not is_skipping:
            return snapshot
        return snapshot._replace(problems=(*snapshot.problems, Problem(self._damage.closed(), 1)))

    def _end(self, why: str, *, is_broken: bool) -> None:
        damage = self._damage.said()
        self.ended, self.is_broken = f"{why}; {damage}" if damage else why, is_broken or bool(damage)


def open_recording(path: str, thresholds: Mapping[str, float] = NO_THRESHOLDS) -> Recording:
    """Open a recording; `-` is standard input. Waits for its header.

    Raises:
        OSError: It can't be read.
        RecordingError: It is none, or from a newer version of the program.
    """
    return Recording(read_lines(open_input(path)), called(path), thresholds)


def called(path: str) -> str:
    """What a person calls what is read."""
    return "standard input" if path == STANDARD_STREAM else path


def _header(lines: Iterator[bytes], name: str) -> dict[str, Any]:
    try:
        header = _object(next(lines, b""))
    except BrokenFileError as error:
        raise RecordingError(f"{name} is not a recording of netwatch-tui: {error}") from error
    except ShapeError as error:
        raise RecordingError(f"{name} is not a recording of netwatch-tui") from error
    version = header.get("version")
    if header.get(MAGIC) != "recording" or type(version) is not int:
        raise RecordingError(f"{name} is not a recording of netwatch-tui")
    if version > VERSION:
        raise RecordingError(
            f"{name} was recorded by a newer netwatch-tui: its format version is {shown(version)}, "
            f"and this one reads {VERSION}"
        )
    return header


def _object(line: bytes) -> dict[str, Any]:
    """The JSON object of a line.

    Raises:
        ShapeError: It is none.
    """
    if line == OVERLONG:
        raise ShapeError(f"it is longer than {MOST_LINE:,} bytes")
    try:
        return named(from_json(line))
    except TooMuchError as error:
        raise ShapeError(str(error)) from error
    except ShapeError:
        raise
    except ValueError as error:
        raise ShapeError("it is no JSON") from error


def count_frames(path: str) -> int:
    """How many frames a file holds, without looking into them.

    Raises:
        OSError: It can't be read.
    """
    count, last = -1, b""  # the header is none
    with suppress(BrokenFileError):
        for last in read_lines(open_input(path)):  # noqa: B007 -- wanted after the loop
            count += 1
    return max(count - last.startswith(b'{"ended_at"'), 0)
