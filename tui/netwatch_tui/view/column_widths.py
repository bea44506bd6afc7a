"""How wide the texts in sight are, remembered for some ticks, so that columns stay where they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from netwatch_tui.view.layout import Column

PATIENCE = 5
"""Ticks for which a column keeps the room of a wide text that has gone."""

_ENDPOINT_STEPS = (14, 18, 21, 24, 28, 33, 40, 47, 60, 80)
"""Widths for address:port, from any IPv4 to any IPv6 and beyond to paths; few steps, so that columns seldom move."""


class ColumnWidths:
    """Cells that each column needs: more at once, less only when nothing has needed more for `PATIENCE` ticks."""

    def __init__(self) -> None:
        self._needed: dict[str, int] = {}
        self._lately: dict[str, list[int]] = {}
        """What was needed in the last ticks, by column."""

    @property
    def needed(self) -> Mapping[str, int]:
        """Cells of the widest text in each column, by its id."""
        return self._needed

    def tick(self, seen: Iterable[tuple[Column, int]]) -> bool:
        """Take notice of the widest text of each column after a tick; tells whether any column needs another width."""
        return self._take(seen, is_tick=True)

    def grow(self, seen: Iterable[tuple[Column, int]]) -> bool:
        """Take notice of texts that came into sight between two ticks; tells whether any column needs more."""
        return self._take(seen, is_tick=False)

    def forget(self) -> None:
        """Begin anew: what is in sight from now on is something else."""
        self._needed.clear()
        self._lately.clear()

    def _take(self, seen: Iterable[tuple[Column, int]], *, is_tick: bool) -> bool:
        before = dict(self._needed)
        for column, cells in seen:
            step = _step(cells) if column.is_endpoint else cells
            lately = self._lately.setdefault(column.id, [0])
            if is_tick:
                lately.append(step)
                del lately[:-PATIENCE]
            else:
                lately[-1] = max(lately[-1], step)
            self._needed[column.id] = max(lately)
        return self._needed != before


def _step(cells: int) -> int:
    return next((step for step in _ENDPOINT_STEPS if step >= cells), cells)
