"""What it costs to keep sockets that the machine has no more, in bytes, and each of them once."""

from __future__ import annotations

from collections.abc import Iterable

from netwatch_tui.sockets.bounded_memory import bytes_of_process
from netwatch_tui.sockets.ownership import Process, processes_of
from netwatch_tui.sockets.socket import Socket

SOCKET_BYTES = 1_500
"""One with its addresses, numbers and what sock_diag tells: 1,150 to 1,400 by tracemalloc on Python 3.11."""

_OWNER_BYTES = 130


class KeptBytes:
    """Counts what is kept by several holders: an object costs as long as one of them keeps it, and costs once."""

    def __init__(self, least: int = 0) -> None:
        """Keep nothing yet; what takes fewer bytes than `least` is not counted."""
        self.total = 0
        self._least = least
        self._holders: dict[int, int] = {}
        """By the `id` of each object, which is alive as long as it stands here."""

    def keep(self, sockets: Iterable[Socket]) -> None:
        """One more holder keeps these and their processes."""
        for socket in sockets:
            for each, size in self._counted(socket):
                holders = self._holders.get(id(each), 0)
                if not holders:
                    self.total += size
                self._holders[id(each)] = holders + 1

    def let_go(self, sockets: Iterable[Socket]) -> None:
        """A holder that kept these keeps them no more."""
        for socket in sockets:
            for each, size in self._counted(socket):
                holders = self._holders[id(each)] - 1
                if holders:
                    self._holders[id(each)] = holders
                else:
                    self.total -= size
                    del self._holders[id(each)]

    def _counted(self, socket: Socket) -> list[tuple[Socket | Process, int]]:
        """What is counted of a socket, and what it takes."""
        owners = socket.owners + socket.evidence
        size = SOCKET_BYTES + _OWNER_BYTES * len(owners)
        found: list[tuple[Socket | Process, int]] = [(socket, size)] if size >= self._least else []
        # Most have one, or the same one twice.
        for process in processes_of(owners) if len(owners) > 1 else [owner.process for owner in owners]:
            size = bytes_of_process(process)
            if size >= self._least:
                found.append((process, size))
        return found
