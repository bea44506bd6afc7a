"""How many sockets are behind lines that look like one: the same ends, and no inode that tells them apart.

Two connections can have the same ends at two devices (SO_BINDTODEVICE, VRFs, link-local addresses), and where pointers
are hidden (`kernel.kptr_restrict`) their lines can be the same to the last letter. But a read that is torn lists one
socket twice as well. Where sock_diag knows how many there are, its word decides; else a second read, because the same
socket is hardly ever listed twice in both.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

_POINTER = re.compile(rb"(?:^| )([0-9a-f]{16})(?=[: \n]|$)")
"""As `%pK` prints it on machines with 64 bits. With 32 bits other numbers look alike: there it counts as hidden."""
_HIDDEN = b"0" * 16


def pointer_of(line: bytes) -> bytes:
    """The pointer that tells the lines of two sockets apart; empty where the kernel hides it."""
    found = _POINTER.search(line)
    return found[1] if found and found[1] != _HIDDEN else b""


def are_one(line: bytes, other: bytes) -> bool:
    """Whether two lines are of one socket for sure, whatever else is different."""
    pointer = pointer_of(line)
    return bool(pointer) and pointer == pointer_of(other)


def place_of(line: bytes) -> bytes:
    """The part that lines of connections with the same ends have in common: both ends, and the blank after them."""
    return line[: line.find(b" ", line.find(b" ") + 1) + 1]


def numbered(line: bytes, number: int) -> bytes:
    """What stands for the second, third... of equal lines: no line has a newline of its own."""
    return b"%b\n%d" % (line, number)


def repeated(lines: Sequence[bytes]) -> dict[bytes, int]:
    """The lines that stand there more than once, and how often."""
    return {line: times for line, times in Counter(lines).items() if times > 1}


class Spare:
    """How many more sockets there are at some places than are known to be there."""

    def __init__(self, counts: Mapping[bytes, int | None], second: Iterable[bytes], known: Iterable[bytes]) -> None:
        """Count them.

        Args:
            counts: By how their lines begin, how many there are at a place; None where sock_diag does not tell.
            second: The lines of a second read, which tells it then.
            known: A line for each socket that is known to be there.
        """
        self._left = {place: count or 0 for place, count in counts.items()}
        every = tuple(place for place, count in counts.items() if count is None)
        if every:
            shown = [line for line in second if line.startswith(every)]
            self._add(list({pointer_of(line) or number: line for number, line in enumerate(shown)}.values()), 1, every)
        if counts:
            self._add(known, -1, tuple(counts))

    def _add(self, lines: Iterable[bytes], step: int, places: tuple[bytes, ...]) -> None:
        for line in lines:
            if line.startswith(places):
                for place in places:
                    self._left[place] += step * line.startswith(place)

    def take(self, place: bytes) -> bool:
        """Whether there is one more at this place; it is not there for the next who asks. True for any other place."""
        left = self._left.get(place)
        if left is None:
            return True
        self._left[place] = left - 1
        return left > 0
