"""Reading a recording: from its lines back to the snapshots. `file_format` says what stands in them."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from netwatch_tui.recording.codec import decode, decode_change, decode_process
from netwatch_tui.recording.file_format import MAGIC, VERSION
from netwatch_tui.recording.line_json import from_json
from netwatch_tui.sockets.delta import Change, Delta
from netwatch_tui.sockets.health import HealthWatch
from netwatch_tui.sockets.ownership import Process
from netwatch_tui.sockets.snapshot import Counts, Problem, Seen, Snapshot
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.sockets.unseen import Unseen

END = "the recording ends here"

_CHUNK = 1 << 16
_GZIP = b"\x1f\x8b"


class RecordingError(ValueError):
    """What was to be read is no recording, or one that this program can't read; the text says which in one line."""


class RecordingBrokenError(ValueError):
    """The rest of a recording is missing or damaged; the text says how."""


def read_lines(fd: int) -> Iterator[bytes]:
    """The lines of a file or stream, as they come, compressed or not; the last may lack its end. Closes it.

    Raises:
        OSError: It can't be read.
        RecordingBrokenError: It is compressed, and the rest is missing or damaged.
    """
    rest: list[bytes] = []
    try:
        for chunk in _plain(fd):
            first, *others = chunk.split(b"\n")
            rest.append(first)
            for other in others:
                yield b"".join(rest) + b"\n"
                rest = [other]
    finally:
        os.close(fd)
    if last := b"".join(rest):
        yield last


def _plain(fd: int) -> Iterator[bytes]:
    """The contents of a file, some at a time, unpacked if they are packed."""
    begin = _read(fd)
    while len(begin) < len(_GZIP) and (more := _read(fd)):
        begin += more
    chunks = _chunks(fd, begin)
    return _unpacked(chunks) if begin.startswith(_GZIP) else chunks


def _read(fd: int) -> bytes:
    return os.read(fd, _CHUNK)


def _chunks(fd: int, begin: bytes) -> Iterator[bytes]:
    chunk = begin
    while chunk:
        yield chunk
        chunk = _read(fd)


def _unpacked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """What gzip made small; files of several parts, one after the other, are one."""
    press = zlib.decompressobj(wbits=31)
    for chunk in chunks:
        data = chunk
        while data:
            if press.eof:
                press = zlib.decompressobj(wbits=31)
            try:
                yield press.decompress(data)
            except zlib.error as error:
                raise RecordingBrokenError("the compressed data is damaged") from error
            data = press.unused_data
    if not press.eof:
        raise RecordingBrokenError("the rest of the compressed data is missing")


class Recording:
    """The snapshots of a recording, one after the other: iterate over it, once."""

    def __init__(self, lines: Iterator[bytes], name: str) -> None:
        """Read the header; waits for it.

        Args:
            lines: As `read_lines` gives them.
            name: What a person calls it.

        Raises:
            OSError: It can't be read.
            RecordingError: It is none, or from a newer version of the program.
        """
        header = _header(lines, name)
        self.host = str(header.get("host", ""))
        """The name of the machine that was recorded."""
        interval = header.get("interval")
        self.interval = float(interval) if isinstance(interval, int | float) and interval > 0 else 1.0
        """Seconds from tick to tick."""
        self.started_at = str(header.get("started_at", ""))
        """ISO 8601."""
        self.ended: str | None = None
        """When the last snapshot was given, why there is none after it."""
        self.is_broken = False
        """Whether it ended otherwise than the one who recorded meant it to."""
        self._lines = lines
        self._sockets: dict[int, Socket] = {}
        self._processes: dict[int, Process] = {}
        self._last: Snapshot | None = None
        self._health = HealthWatch()

    def __iter__(self) -> Iterator[Snapshot]:
        try:
            yield from self._snapshots()
        except RecordingBrokenError as error:
            self._break(str(error))
        except OSError as error:
            self._break(error.strerror or str(error))

    def _snapshots(self) -> Iterator[Snapshot]:
        for number, line in enumerate(self._lines, 2):
            frame = _object(line)
            if frame is None:
                complete = line.endswith(b"\n")
                raise RecordingBrokenError(f"line {number} is damaged" if complete else "its last line is not complete")
            if "ended_at" in frame:
                self.ended = END
                return
            yield self._snapshot(frame, number)
        raise RecordingBrokenError("its writer was stopped before it could end it")

    def _break(self, why: str) -> None:
        self.ended, self.is_broken = f"the recording breaks off: {why}", True

    def _snapshot(self, frame: Mapping[str, Any], number: int) -> Snapshot:
        try:
            self._last = self._next(frame)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise RecordingBrokenError(f"line {number} is damaged") from error
        return self._last

    def _next(self, frame: Mapping[str, Any]) -> Snapshot:
        """The snapshot of a frame, of which any part may be wrong."""
        before, last = self._sockets, self._last
        is_whole = "sockets" in frame
        if last is None and not is_whole:
            raise ValueError(frame)
        if is_whole:
            self._processes = {}
        self._processes.update({int(id): decode_process(told) for id, told in frame.get("processes", {}).items()})
        if is_whole:
            every = [decode(told, self._processes) for told in frame["sockets"]]
            after = {socket.id: socket for socket in every}
            delta = self._delta(frame, before, after)
            counts = Counts().after(Delta(opened=tuple(every)))
        else:
            delta = self._delta(frame, before, {})
            after = dict(before)
            delta.apply(after)
            counts = last.counts if last else Counts()
            counts = counts if delta.is_empty else counts.after(delta)
        self._sockets = after
        return Snapshot(
            taken_at=frame["t"] + 0.0,
            sockets=last.sockets if last and not is_whole and delta.is_empty else tuple(after.values()),
            delta=delta,
            counts=counts,
            cost=frame["cost"] + 0.0,
            problems=tuple(Problem(str(text), int(times)) for text, times in frame.get("problems", ())),
            namespaces=_seen(frame["namespaces"]) if "namespaces" in frame or last is None else last.namespaces,
            unseen=_unseen(frame["unseen"]) if "unseen" in frame else last.unseen if last else Unseen(),
            findings=self._health.tick(delta if last else Delta(opened=tuple(after.values())), frame["t"] + 0.0),
        )

    def _delta(self, frame: Mapping[str, Any], before: Mapping[int, Socket], here: Mapping[int, Socket]) -> Delta:
        return Delta(
            opened=tuple(self._socket(told, here) for told in frame.get("opened", ())),
            changed=tuple(self._change(told, before, here) for told in frame.get("changed", ())),
            updated=tuple(self._change(told, before, here) for told in frame.get("updated", ())),
            closed=tuple(self._socket(told, before) for told in frame.get("closed", ())),
            dropped=tuple(self._socket(told, before) for told in frame.get("dropped", ())),
        )

    def _socket(self, told: Any, known: Mapping[int, Socket]) -> Socket:
        return known[told] if isinstance(told, int) else decode(told, self._processes)

    def _change(self, told: Any, before: Mapping[int, Socket], here: Mapping[int, Socket]) -> Change:
        if isinstance(told, list):
            old, new = told
            return Change(decode(old, self._processes), decode(new, self._processes))
        if isinstance(told, int):
            return Change(before[told], here[told])
        old = before[told["id"]]
        return Change(old, decode_change(old, told, self._processes))


def open_recording(path: str) -> Recording:
    """Open a recording; `-` is standard input. Waits for its header.

    Raises:
        OSError: It can't be read.
        RecordingError: It is none, or from a newer version of the program.
    """
    fd = os.dup(0) if path == "-" else os.open(path, os.O_RDONLY)
    return Recording(read_lines(fd), "standard input" if path == "-" else path)


def _header(lines: Iterator[bytes], name: str) -> dict[str, Any]:
    try:
        header = _object(next(lines, b""))
    except RecordingBrokenError as error:
        raise RecordingError(f"{name} is no recording of netwatch-tui: {error}") from error
    if header is None or header.get(MAGIC) != "recording" or not isinstance(header.get("version"), int):
        raise RecordingError(f"{name} is no recording of netwatch-tui")
    if header["version"] > VERSION:
        raise RecordingError(
            f"{name} was recorded by a newer netwatch-tui: its form is number {header['version']}, "
            f"and this one reads {VERSION}"
        )
    return header


def _object(line: bytes) -> dict[str, Any] | None:
    """The JSON object of a line; None if it is none."""
    try:
        value = from_json(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _seen(told: Mapping[str, Any]) -> Seen:
    names = {int(inode): str(name) for inode, name in told["names"].items()}
    return Seen(**{**{name: told[name] for name in Seen._fields if name in told}, "names": names})


def _unseen(told: Mapping[str, Any]) -> Unseen:
    kinds = {name: type(default) for name, default in Unseen._field_defaults.items()}
    return Unseen(**{name: kind(told[name]) for name, kind in kinds.items() if name in told})


def count_frames(path: str) -> int:
    """How many frames a file holds, without looking into them.

    Raises:
        OSError: It can't be read.
    """
    count, last = -1, b""  # the header is none
    with suppress(RecordingBrokenError):
        for last in read_lines(os.open(path, os.O_RDONLY)):  # noqa: B007 -- wanted after the loop
            count += 1
    return max(count - last.startswith(b'{"ended_at"'), 0)
