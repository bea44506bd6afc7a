"""Who holds sockets where the descriptors of a process do not show them: the memory of `unlisted_descriptors`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from netwatch_tui.kernel.faults import FAULTS, GONE, error_number
from netwatch_tui.kernel.source import Source
from netwatch_tui.sockets.ownership import Owner

if TYPE_CHECKING:  # it is imported when something is looked for, which on most machines is seldom
    from netwatch_tui.kernel.unlisted_descriptors import HidingPlace

_Held = list[tuple[int, Owner]]
"""What a place holds: inodes, each with the descriptor by which it is held."""


class UnlistedHolders:
    """Places in which sockets were found, and what is in them now."""

    def __init__(self, source: Source, check: Callable[[], None], budget: int | None) -> None:
        """Know no place yet.

        Args:
            source: Where they are read.
            check: Called often; what it raises ends the look.
            budget: Descriptors at which one look at the known places may look; None for all.
        """
        self._source = source
        self._check = check
        self._budget = budget
        self._spent = 0
        self.faults: dict[int, int] = {}
        """Processes of which the places could not be found, each with the error number."""
        self._places: dict[HidingPlace, _Held] = {}
        self._discovered: dict[HidingPlace, _Held] = {}
        """Places that do not count yet."""
        self.owners: Mapping[int, tuple[Owner, ...]] = {}
        """By the inode of the socket, in no order."""
        self.touched: set[int] = set()
        """Inodes of which they are different; whoever shows them clears it."""

    def discover(self, pid: int, rings: Iterable[int]) -> set[int]:
        """Look for such places in a process; returns the inodes in those that were not known. `enter` makes them count.

        Whether a process may be looked into is told where its listed descriptors are read.
        """
        self.faults.pop(pid, None)
        try:
            places = self._source.hiding_places(pid, rings, self._check)
        except (*GONE, PermissionError):
            return set()
        except FAULTS as error:
            self.faults[pid] = error_number(error)
            return set()
        fresh = {place: held for place in places if place not in self._places and (held := self._read(place))}
        self._discovered.update(fresh)
        return {inode for held in fresh.values() for inode, _ in held}

    def enter(self) -> None:
        """Count who holds something in the places that were discovered as owners, too."""
        if self._discovered:
            self._become({**self._places, **self._discovered})
            self._discovered = {}

    def read_again(self) -> None:
        """Look at what is in the known places now, as far as the budget goes; at the others first the next time."""
        self._spent = 0
        waiting = dict(self._places)
        seen: dict[HidingPlace, _Held] = {}
        while waiting and (self._budget is None or self._spent < self._budget):
            place = next(iter(waiting))
            if held := self._read(place):
                seen[place] = held
            del waiting[place]
        self._become({**waiting, **seen})

    def forget(self, pid: int) -> None:
        """A process is gone."""
        self.faults.pop(pid, None)

    def _read(self, place: HidingPlace) -> _Held:
        """The sockets in a place; none where it is gone. What a ring holds, it holds by the ring's descriptor."""
        try:
            found = self._source.read_hiding_place(place, self._check)
        except FAULTS:
            return []
        self._spent += len(found) + 1
        process = self._source.process(place.pid) if max(found.values(), default=0) > 0 else None
        if process is None:
            return []
        ring = place.ring
        return [
            (inode, Owner(place.pid, fd if ring is None else ring, process)) for fd, inode in found.items() if inode > 0
        ]

    def _become(self, places: dict[HidingPlace, _Held]) -> None:
        before, is_same = self.owners, places == self._places
        self._places = places
        if is_same:
            return
        owners: dict[int, list[Owner]] = defaultdict(list)
        for held in places.values():
            for inode, owner in held:
                owners[inode].append(owner)
        self.owners = {inode: tuple(dict.fromkeys(holders)) for inode, holders in owners.items()}
        self.touched |= {
            inode for inode in before.keys() | owners.keys() if before.get(inode) != self.owners.get(inode)
        }
