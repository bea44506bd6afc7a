"""What it costs to keep sockets that the machine has no more, in bytes, and each of them once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from netwatch_tui.sockets.ownership import Process
from netwatch_tui.sockets.slices import giving_way
from netwatch_tui.sockets.socket import Socket

SOCKET_BYTES = 1_500
"""One with its addresses, numbers and what sock_diag tells: 1,150 to 1,400 by tracemalloc on Python 3.11."""

_OWNER_BYTES = 130
_PROCESS_BYTES = 600
_ARGUMENT_BYTES = 60
"""Of a string besides its characters."""

_CHARACTER_BYTES = 2
"""Latin letters take one, others up to four, and few have many of these."""


class KeptBytes:
    """Counts what is kept by several holders: an object costs as long as one of them keeps it, and costs once."""

    def __init__(self) -> None:
        self.total = 0
        self._holders: dict[int, int] = {}
        """By the `id` of each object, which is alive as long as it stands here."""

    def keep(self, sockets: Iterable[Socket]) -> None:
        """One more holder keeps these and their processes."""
        for each in _parts(sockets):
            holders = self._holders.get(id(each), 0)
            if not holders:
                self.total += _bytes_of(each)
            self._holders[id(each)] = holders + 1

    def let_go(self, sockets: Iterable[Socket]) -> None:
        """A holder that kept these keeps them no more."""
        for each in _parts(sockets):
            holders = self._holders[id(each)] - 1
            if holders:
                self._holders[id(each)] = holders
            else:
                self.total -= _bytes_of(each)
                del self._holders[id(each)]


def _parts(sockets: Iterable[Socket]) -> Iterator[Socket | Process]:
    for socket in giving_way(sockets):
        yield socket
        for owner in (*socket.owners, *socket.evidence):
            yield owner.process


def _bytes_of(kept: Socket | Process) -> int:
    if isinstance(kept, Process):
        return _PROCESS_BYTES + sum(_ARGUMENT_BYTES + _CHARACTER_BYTES * len(text) for text in kept.cmdline)
    return SOCKET_BYTES + _OWNER_BYTES * (len(kept.owners) + len(kept.evidence))
