"""An order that was made earlier, or for other rows, and what of it still holds.

To sort 100,000 rows takes a third of a second, and a tenth of that to pick those that are wanted out of rows that are
sorted already. So a filter that is typed, widened or taken back sorts next to nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from netwatch_tui.fields.field import Field
from netwatch_tui.fields.moment import Moment
from netwatch_tui.sockets.slices import giving_way
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.view.order import Order

PLACES = attrgetter("namespaces", "networks", "process_details")
"""All of a moment besides lights, findings and flows by which a row may be chosen or ordered whatever the time."""


class KnownOrder(NamedTuple):
    """Rows in the order of a column, of any time."""

    order: Order
    sort: str
    """The column."""
    moment: Moment
    """By which they were ordered."""

    @property
    def size(self) -> int:
        """How many rows it has."""
        return len(self.order.entries)

    def fits(self, sort: str, moment: Moment) -> bool:
        """Whether rows are ordered by the same now, but for those of which `differing` tells."""
        return self.sort == sort and PLACES(self.moment) == PLACES(moment)

    def without(self, ids: Collection[int]) -> KnownOrder:
        """The same without these rows."""
        return self._replace(order=self.order.without(ids))

    def of(self, sockets: list[Socket], column: Field, moment: Moment) -> Order:
        """These sockets in their order: as here, and what is not here, or may stand elsewhere by now, in its place."""
        places = _objects(sockets)
        still = self.order.without(differing(self.moment, moment))
        kept = [entry for entry in giving_way(still.entries) if id(entry[-1]) in places]
        known = _objects(map(itemgetter(-1), kept))
        fresh = [socket for socket in giving_way(sockets) if id(socket) not in known]
        return Order(kept).replaced((), fresh, column, moment)


def nearest(orders: Iterable[KnownOrder], sort: str, moment: Moment, wanted: int) -> KnownOrder | None:
    """Of some orders that which has the fewest rows, but as many as are wanted; else that which has the most."""
    fitting = [order for order in orders if order.fits(sort, moment)]
    return min(fitting, key=lambda order: (order.size < wanted, abs(order.size - wanted)), default=None)


def _objects(sockets: Iterable[Socket]) -> set[int]:
    """Which objects these are: a socket of which anything is different is another one."""
    return set(map(id, giving_way(sockets)))


def differing(was: Moment, now: Moment) -> set[int]:
    """Ids of sockets that are lit otherwise, or of which other findings or other flows are known."""
    return unlike(was.marked, now.marked) | unlike(was.findings, now.findings) | unlike(was.flows, now.flows)


def unlike(before: Mapping[int, Any], after: Mapping[int, Any]) -> set[int]:
    """Ids of which two mappings say different things; costs nothing where they are one object."""
    if before is after:
        return set()
    return {id for id in giving_way(before.keys() | after.keys()) if before.get(id) != after.get(id)}
