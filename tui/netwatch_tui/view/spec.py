"""All that a person chose of what is shown."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import NamedTuple

from netwatch_tui.fields.catalogue import COLUMNS
from netwatch_tui.fields.field_needs import field_needs
from netwatch_tui.fields.flow_fields import INFO_COLUMNS
from netwatch_tui.query import EVERYTHING, Query
from netwatch_tui.sockets.needs import NOTHING_MORE, Needs
from netwatch_tui.sockets.selection import Selection
from netwatch_tui.view.column_names import Sort
from netwatch_tui.view.group_columns import USUAL_SORT
from netwatch_tui.view.groupings import GROUPINGS, OneGroup
from netwatch_tui.view.layout import AS_NEEDED
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
    widths: Mapping[str, int] = AS_NEEDED
    """Cells of the columns that the person gave a width, by id."""
    grouping: str = ""
    """Id of the grouping; empty for none."""
    group_sort: str = USUAL_SORT
    """Id of the column that orders the groups."""
    group_descending: bool = True
    inside: str | None = None
    """The group whose sockets are shown; None where all groups are, or there are none."""
    interval: float = 1.0
    """Seconds from one tick to the next."""
    linger: float = 3.0
    """Seconds for which a new or changed row stays lit, and a closed one stays."""
    service_names: bool = False
    """Whether names of services stand in place of ports in addresses."""
    host_names: bool = False
    """Whether names of hosts stand beside addresses, for which the network is asked."""
    named_addresses: frozenset[bytes] = frozenset()
    """Of which addresses: those of the rows on the screen; see `host_names.nameable`."""
    subject: int | None = None
    """Id of the socket of which everything is to be found out."""
    looked_at: frozenset[int] = frozenset()
    """Ids of the sockets whose rows are on the screen."""
    history: bool = False
    """Whether the rows are what happened, and not the sockets that there are."""

    @property
    def choice(self) -> RowChoice:
        """Which sockets are wanted."""
        return RowChoice(self.selection, (self.query,), self._group)

    @property
    def _group(self) -> OneGroup | None:
        return OneGroup(GROUPINGS[self.grouping], self.inside) if self.grouping and self.inside is not None else None

    @property
    def shows_groups(self) -> bool:
        """Whether the rows are groups."""
        return bool(self.grouping) and self.inside is None

    @property
    def sorting(self) -> Sort:
        """What orders the rows that are shown: groups have columns and an order of their own."""
        if self.shows_groups:
            return Sort(self.group_sort, self.group_descending)
        return Sort(self.sort, self.descending)

    def sorted_by(self, column: str, *, descending: bool) -> ViewSpec:
        """The same with the rows that are shown in another order."""
        if self.shows_groups:
            return self._replace(group_sort=column, group_descending=descending)
        return self._replace(sort=column, descending=descending)

    def grouped_by(self, grouping: str) -> ViewSpec:
        """The same with all groups of another grouping; the empty id for none."""
        return self._replace(grouping=grouping, inside=None)

    def named_as(self, other: ViewSpec) -> ViewSpec:
        """The same with names where another one has them, whose addresses are looked up no longer."""
        return self._replace(
            service_names=other.service_names, host_names=other.host_names, named_addresses=frozenset()
        )

    @property
    def has_flows(self) -> bool:
        """Whether a column shows what flows."""
        return field_needs(self.columns).flows_of_all

    def with_flows(self) -> ViewSpec:
        """The same with the columns of what flows, behind the other end."""
        columns = [id for id in self.columns if id not in INFO_COLUMNS]
        at = columns.index("peer") + 1 if "peer" in columns else len(columns)
        return self._replace(columns=(*columns[:at], *INFO_COLUMNS, *columns[at:]))

    def without_flows(self) -> ViewSpec:
        """The same without any column of what flows."""
        return self._replace(columns=tuple(id for id in self.columns if not field_needs((id,)).flows_of_all))

    @property
    def is_judged_by_flows(self) -> bool:
        """Whether it depends on what flows which rows there are, or in which order."""
        return self.choice.needs.flows_of_all or field_needs((self.sort,)).flows_of_all

    @property
    def needs(self) -> Needs:
        """What must be known of sockets to choose, order and show them, and of the one whose details are open."""
        subject = frozenset() if self.subject is None else frozenset({self.subject})
        shown = field_needs(self.columns)
        # What flows is read of the rows on the screen only, unless it chooses or orders them.
        looked_at = self.looked_at if shown.flows_of_all else frozenset()
        added_up = shown.flows_of_all and bool(self.grouping)
        shown = shown._replace(traffic=shown.flows_of_all)  # the head of the screen tells of it beside such columns
        shown = shown._replace(flows_of_all=added_up, flows_of_ids=looked_at | subject, of_ids=subject)
        grouping = GROUPINGS[self.grouping].needs if self.grouping else NOTHING_MORE
        # Networks are asked for anyway: details, and files that are written from here, tell the scope of any listener.
        # Who asks for a port alone mostly wants to know who has it, or why it can't be bound.
        always = Needs(of_networks=True, of_port=self.query.only_port)
        return shown.union(always, self.choice.needs, grouping, field_needs((self.sort,)))


USUAL_SPEC = ViewSpec()
"""What is shown to who chose nothing."""
