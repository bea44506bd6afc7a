"""All that a person chose of what is shown."""

from __future__ import annotations

from operator import attrgetter
from typing import NamedTuple

from netwatch_tui.fields.catalogue import COLUMNS
from netwatch_tui.query import EVERYTHING, Query
from netwatch_tui.sockets.selection import Selection
from netwatch_tui.view.groups import Folding


class ViewSpec(NamedTuple):
    """All that a person chose of the view; replaced whole, never changed."""

    query: Query = EVERYTHING
    sort: str = "state"
    """Id of the column that orders the rows."""
    descending: bool = False
    selection: Selection = Selection()
    namespaces: str = ""
    """Which network namespaces: the own one for the empty text, all for `*`, else one by name or number."""
    paused: bool = False
    columns: tuple[str, ...] = tuple(map(attrgetter("id"), COLUMNS))
    """Ids of the wanted columns from left to right."""
    grouping: str = ""
    """Id of the grouping; empty for none."""
    folding: Folding = Folding()
    interval: float = 1.0
    """Seconds from one tick to the next."""
    subject: int | None = None
    """Id of the socket of which everything is to be found out."""
