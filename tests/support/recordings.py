"""Recordings in memory, written and read back."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from netwatch_tui.recording.reader import Recording
from netwatch_tui.recording.writer import Writer
from netwatch_tui.sockets.snapshot import Snapshot
from tests.support.build import tcp
from tests.support.fake import Watch

HOST = "web-1"
WEB = tcp("10.0.0.1:443", inode=11)
VISIT = tcp("10.0.0.1:443", "10.0.0.9:50000", inode=12)


def record(snapshots: Iterable[Snapshot], *, ends: bool = True) -> bytes:
    """The snapshots as a recording."""
    lines: list[bytes] = []
    writer = Writer(lines.append, HOST, 1_767_258_000.0, 1.0)
    for snapshot in snapshots:
        writer.add(snapshot)
    if ends:
        writer.end(1_767_258_060.0)
    return b"".join(lines)


def lines_of(data: bytes) -> Iterator[bytes]:
    """As a file would give them."""
    return iter(data.splitlines(keepends=True))


def replayed(data: bytes) -> tuple[list[Snapshot], Recording]:
    """What a recording holds, and the recording when it is over."""
    recording = Recording(lines_of(data), "it")
    return list(recording), recording


def packed(data: bytes) -> bytes:
    """As `--record FILE.gz` writes it: each line flushed."""
    press = zlib.compressobj(wbits=31)
    parts = [press.compress(line) + press.flush(zlib.Z_SYNC_FLUSH) for line in lines_of(data)]
    return b"".join((*parts, press.flush()))


def save(path: Path, snapshots: Iterable[Snapshot], *, ends: bool = True) -> Path:
    """The snapshots as a recording in a file, compressed if its name says so."""
    data = record(snapshots, ends=ends)
    path.write_bytes(packed(data) if path.suffix == ".gz" else data)
    return path


def story(frames: int = 6, gap: float = 1.0) -> list[bytes]:
    """The lines of a recording in which a connection comes and goes again and again."""
    watch = Watch()
    snapshots = [watch.tick(*((WEB, VISIT) if at % 2 else (WEB,)), after=gap) for at in range(frames)]
    return list(lines_of(record(snapshots)))
