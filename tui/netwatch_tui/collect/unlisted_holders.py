"""Who holds sockets where the descriptors of a process do not show them: the memory of `unlisted_descriptors`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from netwatch_tui.kernel.source import Source
from netwatch_tui.sockets.ownership import Owner

if TYPE_CHECKING:  # it is imported when something is looked for, which on most machines is seldom
    from netwatch_tui.kernel.unlisted_descriptors import HidingPlace

_OUT_OF_REACH = (FileNotFoundError, ProcessLookupError, PermissionError)


class UnlistedHolders:
    """Places in which sockets were found, and what is in them now."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._places: dict[HidingPlace, list[tuple[int, Owner]]] = {}
        """What each place holds: inodes, each with the descriptor by which it is held."""
        self.owners: Mapping[int, tuple[Owner, ...]] = {}
        """By the inode of the socket, in no order."""
        self.touched: set[int] = set()
        """Inodes of which they are different; whoever shows them clears it."""

    def discover(self, pid: int, rings: Iterable[int]) -> bool:
        """Look for such places in a process; returns whether one was found that was not known."""
        try:
            places = self._source.hiding_places(pid, rings)
        except _OUT_OF_REACH:
            return False
        fresh = {place: held for place in places if place not in self._places and (held := self._read(place))}
        if fresh:
            self._become({**self._places, **fresh})
        return bool(fresh)

    def read_again(self) -> None:
        """Look at what is in the known places now."""
        if self._places:
            self._become({place: held for place in self._places if (held := self._read(place))})

    def _read(self, place: HidingPlace) -> list[tuple[int, Owner]]:
        """The sockets in a place; none where it is gone. What a ring holds, it holds by the ring's descriptor."""
        try:
            found = self._source.read_hiding_place(place)
        except _OUT_OF_REACH:
            return []
        process = self._source.process(place.pid) if found else None
        if process is None:
            return []
        ring = place.ring
        return [(inode, Owner(place.pid, fd if ring is None else ring, process)) for fd, inode in found.items()]

    def _become(self, places: dict[HidingPlace, list[tuple[int, Owner]]]) -> None:
        owners: dict[int, tuple[Owner, ...]] = defaultdict(tuple)
        for held in places.values():
            for inode, owner in held:
                owners[inode] += (owner,)
        before, self._places, self.owners = self.owners, places, dict(owners)
        self.touched |= {inode for inode in before.keys() | owners.keys() if before.get(inode) != owners.get(inode)}
