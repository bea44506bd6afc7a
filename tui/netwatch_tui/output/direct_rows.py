"""Rows of the plain table made from the kernel's lines, without the Socket objects between them.

Half of the time of `--once` went into objects that were printed once. Nearly all sockets of a busy machine are TCP
connections that a process holds, about which there is nothing to find out but their holders: their lines go past the
collector, and their cells are made by the same parser's tables. What is anything else, or stands there twice, goes the
usual way, so that there is one judge of it. tests/unit/test_direct_rows.py compares both ways on any tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from netwatch_tui.fields.format import BLANK, endpoint
from netwatch_tui.fields.holders import owners_text
from netwatch_tui.kernel.inet_lines import MIDDLE_LENGTH, MIDDLES
from netwatch_tui.kernel.proc_line import ADDRESSES, PORTS
from netwatch_tui.kernel.proc_net import DAMAGE, Table
from netwatch_tui.output.ss_table import Cells
from netwatch_tui.sockets.ownership import Owner
from netwatch_tui.sockets.socket import Family, State

OwnersOf = Callable[[int], tuple[Owner, ...]]

_PORT = 5
"""Signs of a port, `:01BB`."""


class _Direct(NamedTuple):
    """A line that goes past the collector."""

    ends: bytes
    inode: int
    state: State
    middle: tuple[str, str, str]
    """State and queues as they are shown."""


class _EndTexts(dict[bytes, str]):
    """Ends as they are shown, by their spelling in the line."""

    def __missing__(self, text: bytes) -> str:
        address, port = ADDRESSES[text[:-_PORT]], PORTS[text[-_PORT:]]
        shown = f"{address.text}:{port or '*'}" if address.version == 4 else endpoint(address, port)
        self[text] = shown
        return shown


class _MiddleTexts(dict[bytes, tuple[State, tuple[str, str, str]]]):
    """States and queues as they are shown, by their spelling in the line."""

    limit = 4_096

    def __missing__(self, text: bytes) -> tuple[State, tuple[str, str, str]]:
        middle = MIDDLES[text]
        send_q = BLANK if middle.send_q is None else str(middle.send_q)
        shown = middle.state, (middle.state.value, str(middle.recv_q), send_q)
        if len(self) >= self.limit:
            self.clear()
        self[text] = shown
        return shown


class DirectRows:
    """Keeps the lines of held TCP connections to itself, and makes their rows when the holders are known."""

    def __init__(self, held: set[int]) -> None:
        """Begin with the inodes of sockets that some process was seen to hold."""
        self._held = held
        self._through: set[int] = set()
        """Inodes that go the usual way from now on."""
        self._rows: dict[str, list[_Direct]] = {}
        """By the name of the table."""
        self._ends = _EndTexts()
        self._middles = _MiddleTexts()

    def sieve(self, table: Table, parts: Iterator[list[bytes]]) -> Iterator[list[bytes]]:
        """The lines of a table that go the usual way. Those of other tables than TCP's all do."""
        if table.netid != "tcp" or not table.has_file:
            yield from parts
            return
        kept: list[tuple[bytes, _Direct]] = []
        usual: list[bytes] = []
        for lines in parts:
            self._sort(lines, 13 if table.family is Family.INET else 37, kept, usual)
        self._rows[table.name], doubled = self._unique(kept, usual, table.family)
        usual += doubled
        self._through.update(_inode_of(line) for line in usual)
        yield usual

    def _sort(self, lines: list[bytes], end: int, kept: list[tuple[bytes, _Direct]], usual: list[bytes]) -> None:
        """Tell lines whose rows can be made here from the others."""
        held, through, middles, listens = self._held, self._through, self._middles, State.LISTEN
        first, after = 2 * end + 1, 2 * end + 1 + MIDDLE_LENGTH
        for line in lines:
            try:
                state, middle = middles[line[first:after]]
                inode = int(line[after:].split(None, 3)[2])
            except DAMAGE:
                usual.append(line)
                continue
            if inode and inode in held and inode not in through and state is not listens and line[end] == 32:
                kept.append((line, _Direct(line[:first], inode, state, middle)))
            else:
                usual.append(line)

    def _unique(
        self, kept: list[tuple[bytes, _Direct]], usual: list[bytes], family: Family
    ) -> tuple[list[_Direct], list[bytes]]:
        """Those of which there is one with its inode and one with its ends, and the lines of the others."""
        end = 27 if family is Family.INET else 75
        inodes = {direct.inode for _, direct in kept}
        ends = {direct.ends for _, direct in kept}
        also = {line[:end] for line in usual}
        if len(inodes) == len(ends) == len(kept) and ends.isdisjoint(also):
            return [direct for _, direct in kept], []
        from collections import Counter

        times = Counter(direct.inode for _, direct in kept) + Counter(direct.ends for _, direct in kept)
        alone = [times[direct.inode] == 1 == times[direct.ends] and direct.ends not in also for _, direct in kept]
        return (
            [direct for (_, direct), is_alone in zip(kept, alone, strict=True) if is_alone],
            [line for (line, _), is_alone in zip(kept, alone, strict=True) if not is_alone],
        )

    def are_explained(self, owners_of: OwnersOf) -> bool:
        """Whether all whose rows are made here have a holder; the others go the usual way from now on."""
        lost = {direct.inode for rows in self._rows.values() for direct in rows if not owners_of(direct.inode)}
        self._through |= lost
        return not lost

    def by_state(self, owners_of: OwnersOf) -> dict[State, list[Cells]]:
        """The rows of all lines that were kept, by their state."""
        found: dict[State, list[Cells]] = {}
        ends_text = self._ends
        for rows in self._rows.values():
            for ends, inode, state, middle in rows:
                local, _, peer = ends.partition(b" ")
                users = owners_text(owners_of(inode))
                found.setdefault(state, []).append(("tcp", *middle, ends_text[local], ends_text[peer], users))
        return found


def _inode_of(line: bytes) -> int:
    """Of a line that may be damaged; 0 where there is none."""
    fields = line.split(None, 9)
    return int(fields[8]) if len(fields) > 8 and fields[8].isdigit() else 0
