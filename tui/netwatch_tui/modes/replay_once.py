"""`--replay` without the screen: the snapshots of a recording, and what to say when they end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Never

from netwatch_tui.modes.common import complain
from netwatch_tui.play.ticker import Ticker
from netwatch_tui.recording.reader import Recording, RecordingError, open_recording
from netwatch_tui.sockets.snapshot import Snapshot


def opened(path: str) -> Recording:
    """A recording. One that can't be read ends the program with a line that says why."""
    try:
        return open_recording(path)
    except RecordingError as error:
        complain(str(error))
    except OSError as error:
        complain(f"can't read {path}: {error.strerror}")
    raise SystemExit(2)


def told(recording: Recording, ticker: Ticker[Never]) -> Iterator[Snapshot]:
    """The snapshots of a recording until it is stopped; a break is told at the end."""
    for snapshot in recording:
        ticker.check()
        yield snapshot
    if recording.is_broken:
        complain(str(recording.ended))


def last_of(recording: Recording) -> Snapshot:
    """The last snapshot. A recording without any ends the program with a line that says so."""
    last = None
    for last in recording:  # noqa: B007 -- wanted after the loop
        pass
    if recording.is_broken:
        complain(str(recording.ended))
    if last is None:
        complain("the recording has no frames")
        raise SystemExit(1)
    return last
