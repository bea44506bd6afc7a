"""The orders that somebody left for another filter or column, and may come back to in a moment."""

from __future__ import annotations

from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.slices import giving_way
from netwatch_tui.view.known_order import KnownOrder
from netwatch_tui.view.view import JUDGES, View, known_order

KEPT_FOR = 30.0
"""Seconds since it was left. One of 100,000 rows takes 12 MB."""
MOST_KEPT = 2
"""Columns of which one is kept, those that were left last."""

MOST_GONE = 10
"""The part of the rows that may be gone and still be kept alive, with all that they hold."""


class LeftOrders:
    """Keeps one of a column at most: the widest, from which all filters choose. For one thread."""

    def __init__(self) -> None:
        """None was left."""
        self._kept: dict[str, tuple[KnownOrder, float]] = {}
        """By column, and until when."""
        self._gone: set[int] = set()
        """Ids of rows that are gone, or are others by now."""

    @property
    def known(self) -> tuple[KnownOrder, ...]:
        """All that are kept."""
        return tuple(order for order, _ in self._kept.values())

    def see(self, before: View | None, view: View, now: float) -> None:
        """A view took the place of another one, at a moment in seconds."""
        if view.spec.history:
            self._kept.clear()  # whose rows are others
        elif before is not None and JUDGES(before.spec) != JUDGES(view.spec):
            left = known_order(before)
            kept = self._kept.pop(left.sort, (left, 0.0))[0]
            self._kept[left.sort] = max(left, kept, key=lambda order: order.size), now + KEPT_FOR
            while len(self._kept) > MOST_KEPT:
                del self._kept[next(iter(self._kept))]

    def tick(self, delta: Delta, now: float) -> None:
        """Let go of what is no more."""
        if not self._kept:
            return
        self._kept = {sort: (order, until) for sort, (order, until) in self._kept.items() if now < until}
        others = (change.before for change in (*delta.changed, *delta.updated))
        self._gone.update(socket.id for socket in giving_way((*delta.closed, *delta.dropped, *others)))
        widest = max((order.size for order, _ in self._kept.values()), default=0)
        if len(self._gone) * MOST_GONE > widest:
            self._kept = {sort: (order.without(self._gone), until) for sort, (order, until) in self._kept.items()}
            self._gone.clear()
