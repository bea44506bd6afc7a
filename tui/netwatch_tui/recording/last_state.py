"""The last state of the machine that a file tells of: a recording, or a snapshot in JSON."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

from netwatch_tui.files.bounded_reader import open_input
from netwatch_tui.files.strict_json import TooMuchError
from netwatch_tui.files.text_lines import MOST_LINE, OVERLONG, BrokenFileError, read_lines
from netwatch_tui.recording.file_format import MAGIC
from netwatch_tui.recording.line_json import from_json
from netwatch_tui.recording.reader import Recording, RecordingError, called
from netwatch_tui.recording.shapes import ShapeError, named
from netwatch_tui.recording.snapshot_document import SNAPSHOT_VERSION, document_snapshot, document_version
from netwatch_tui.sockets.snapshot import Snapshot


class Last(NamedTuple):
    """The last that is known."""

    snapshot: Snapshot
    note: str | None
    """What a person should know about it: that the recording breaks off, or what is damaged and left out."""


def last_state(path: str) -> Last:
    """Read a file, or standard input for `-`.

    Raises:
        OSError: It can't be read.
        RecordingError: It is neither a recording nor a snapshot, or it holds no frame.
    """
    name = called(path)
    lines = read_lines(open_input(path))
    try:
        first = next(lines, b"")
        if _is_header(first):
            return _last_of(Recording(chain((first,), lines), name), name)
        text = _joined(chain((first,), lines))
    except BrokenFileError as error:
        raise RecordingError(f"{name} is neither a recording nor a snapshot: {error}") from error
    return _last_in(text, name)


def _is_header(line: bytes) -> bool:
    try:
        return MAGIC in named(from_json(line))
    except ValueError:
        return False


def _last_of(recording: Recording, name: str) -> Last:
    last = None
    for last in recording:  # noqa: B007 -- wanted after the loop
        pass
    if last is None:
        raise RecordingError(f"{name} has no snapshot: {recording.ended}")
    note = f"{name}: {recording.ended}" if recording.is_broken else None
    return Last(last, note)


def _joined(lines: Iterable[bytes]) -> bytes:
    """All lines of a document.

    Raises:
        BrokenFileError: There is too much of it.
    """
    parts, size = [], 0
    for line in lines:
        size += len(line)
        if line == OVERLONG or size > MOST_LINE:
            raise BrokenFileError(f"it has more than {MOST_LINE:,} bytes")
        parts.append(line)
    return b"".join(parts)


def _last_in(text: bytes, name: str) -> Last:
    try:
        document = named(from_json(text))
        _refuse_newer(document_version(document), name)
        snapshot, note = document_snapshot(document)
    except (ShapeError, TooMuchError) as error:
        raise RecordingError(f"{name} is neither a recording nor a whole snapshot in JSON: {error}") from error
    except RecordingError:
        raise
    except ValueError as error:
        raise RecordingError(f"{name} is neither a recording nor a whole snapshot in JSON") from error
    return Last(snapshot, f"{name}: {note}" if note else None)


def _refuse_newer(version: int, name: str) -> None:
    if version > SNAPSHOT_VERSION:
        raise RecordingError(
            f"{name} was written by a newer netwatch-tui: its format version is {version}, "
            f"and this one reads {SNAPSHOT_VERSION}"
        )
