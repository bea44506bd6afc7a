"""What is remembered of others for as long as there is room: a bound by number alone lets each of them be large."""

from __future__ import annotations

from typing import TypeVar

from netwatch_tui.sockets.ownership import Process

_PROCESS_BYTES = 600
_ARGUMENT_BYTES = 60
"""Of a string besides its characters."""
_CHARACTER_BYTES = 2
"""Latin letters take one, others up to four, and few have many of these."""

_KeyT = TypeVar("_KeyT")
_ValueT = TypeVar("_ValueT")


def bytes_of_process(process: Process) -> int:
    """What a process takes in memory, which is up to 80 KiB where its command line is as long as is kept."""
    cmdline = process.cmdline
    return _PROCESS_BYTES + _ARGUMENT_BYTES * len(cmdline) + _CHARACTER_BYTES * sum(map(len, cmdline))


class BoundedMemory(dict[_KeyT, _ValueT]):
    """Remembers by key what has come so far; when it would take too much, all is forgotten."""

    def __init__(self, most: int, most_bytes: int) -> None:
        """Remember nothing yet, and at most so many things, of so many bytes together."""
        super().__init__()
        self._most = most
        self._most_bytes = self._room = most_bytes

    def keep(self, key: _KeyT, value: _ValueT, size: int) -> None:
        """Remember one more thing, that takes so many bytes."""
        self._room -= size
        if self._room < 0 or len(self) >= self._most:
            self.clear()
            self._room = self._most_bytes - size
        self[key] = value
