"""Socket tables of the own network namespace, read by a second process: nearly all of that is time in the kernel."""

from __future__ import annotations

import marshal
import os
from collections.abc import Sequence
from functools import partial

from netwatch_tui.kernel.limits import TABLE
from netwatch_tui.kernel.second_process import SecondProcess

_AT_ONCE = 1 << 20


class TableScan:
    """Reads that go on in a second process, or none, where there can be no second process."""

    def __init__(self, names: Sequence[str], proc: str = "/proc") -> None:
        """Begin to read these files below `/proc/net`."""
        self._process = SecondProcess(partial(_read, proc, names))

    def take(self) -> dict[str, bytes]:
        """What could be read, once, by the names of the files."""
        data = self._process.take()
        if data is None:
            return {}
        try:
            found: dict[str, bytes] = marshal.loads(data)  # noqa: S302 -- from our own child
        except (EOFError, ValueError, TypeError):  # it was killed, before or in the middle of a word
            return {}
        return found

    def end(self) -> None:
        """Read no further if nobody has taken what is found."""
        self._process.end()


def _read(proc: str, names: Sequence[str]) -> bytes:
    """Each file whole; one that can't be read, or is larger than any table, is left to who says why."""
    found: dict[str, bytes] = {}
    for name in names:
        try:
            found[name] = _whole(f"{proc}/self/net/{name}")
        except OSError:
            continue
    return marshal.dumps(found)


def _whole(path: str) -> bytes:
    parts: list[bytes] = []
    total = 0
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        while data := os.read(file, _AT_ONCE):
            parts.append(data)
            total += len(data)
            if total > TABLE:
                raise OSError(path)
    finally:
        os.close(file)
    return b"".join(parts)
