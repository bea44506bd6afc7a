"""All that a person chose of what is shown."""

from __future__ import annotations

from operator import attrgetter
from typing import NamedTuple

from netwatch_tui.fields.catalogue import COLUMNS
from netwatch_tui.fields.field_needs import field_needs
from netwatch_tui.query import EVERYTHING, Query
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.selection import Selection
from netwatch_tui.view.groups import Folding
from netwatch_tui.view.row_choice import RowChoice


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
    linger: float = 3.0
    """Seconds for which a new or changed row stays lit, and a closed one stays."""
    service_names: bool = False
    """Whether names of services stand in place of ports in addresses."""
    subject: int | None = None
    """Id of the socket of which everything is to be found out."""

    @property
    def choice(self) -> RowChoice:
        """Which sockets are wanted."""
        return RowChoice(self.selection, (self.query,))

    @property
    def needs(self) -> Needs:
        """What must be known of sockets to choose, order and show them, and of the one whose details are open."""
        subject = frozenset() if self.subject is None else frozenset({self.subject})
        # Networks are asked for anyway: details, and files that are written from here, tell the scope of any listener.
        always = Needs(of_ids=subject, of_networks=True)
        return always.union(self.choice.needs, field_needs((*self.columns, self.sort)))
