"""The edge of a column's heading while a person moves it."""

from __future__ import annotations

from netwatch_tui.view.layout import Column, Placed

LEAST = 2
"""Cells of a column that was made as narrow as it gets: a sign, and one that says that something is cut."""


class HeadingDrag:
    """Knows where the column begins, and how wide it is under the mouse."""

    def __init__(self, edge: Placed) -> None:
        """Take hold of the edge of this column."""
        self._start = edge.x
        self.column: Column = edge.column
        self.cells = edge.width
        """Its width now."""
        self.has_moved = False

    def move_to(self, x: int) -> bool:
        """Follow the mouse to this cell; tells whether that makes another width."""
        before, self.cells = self.cells, max(x - self._start, LEAST)
        self.has_moved |= self.cells != before
        return self.cells != before
