"""Views with a name: which rows, which columns, in which order, put together by what."""

from __future__ import annotations

from typing import NamedTuple

from netwatch_tui.fields.catalogue import COLUMNS
from netwatch_tui.query import EVERYTHING, MachineNames, Query, parse
from netwatch_tui.sockets.kinds import KINDS
from netwatch_tui.sockets.selection import LISTENING, Selection
from netwatch_tui.sockets.socket import State
from netwatch_tui.view.spec import ViewSpec

CONNECTED = frozenset(State) - LISTENING
"""States of a socket that has, had or wants a peer."""

_ALL = tuple(column.id for column in COLUMNS)


class NamedView(NamedTuple):
    """What a view shows when it is opened. A person may change what is shown, and come back to this."""

    name: str
    filter: str = ""
    selection: Selection = Selection()
    columns: tuple[str, ...] = _ALL
    sort: str = "state"
    descending: bool = False
    grouping: str = ""
    namespaces: str = ""
    """As in `ViewSpec`."""

    @classmethod
    def of(cls, name: str, spec: ViewSpec) -> NamedView:
        """What is shown, under a name."""
        return cls(
            name, spec.query.text, spec.selection, spec.columns, spec.sort, spec.descending, spec.grouping,
            spec.namespaces,
        )  # fmt: skip

    def spec(self, before: ViewSpec) -> ViewSpec:
        """What is wanted when the view is opened, where `before` was shown: how fast, and whether paused, stays."""
        return before._replace(
            query=parse(self.filter, before.query.names) if self.filter else _everything(before.query.names),
            selection=self.selection,
            columns=self.columns,
            sort=self.sort,
            descending=self.descending,
            grouping=self.grouping,
            inside=None,
            namespaces=self.namespaces,
            subject=None,
            history=False,
        )


def _everything(names: MachineNames) -> Query:
    return EVERYTHING._replace(names=names)


PROBLEMS = "Problems"
"""The name of the view that shows what is wrong."""

VIEWS: tuple[NamedView, ...] = (
    NamedView("All"),
    NamedView(
        "Listening",
        selection=Selection(states=LISTENING),
        columns=(
            "mark", "netid", "state", "recv_q", "send_q", "local", "scope", "service", "process", "pid", "user", "unit",
            "cmdline",
        ),
        sort="local_port",
    ),
    NamedView("Connections", selection=Selection(states=CONNECTED)),
    NamedView(
        PROBLEMS,
        filter="is:problem",
        selection=Selection(netids=Selection().netids | frozenset(KINDS["unix"])),
        columns=(
            "mark", "netid", "state", "recv_q", "send_q", "local", "peer", "pid", "process", "age", "problem",
            "cmdline",
        ),
        sort="problem",
        descending=True,
    ),
    NamedView(
        "Busiest",
        selection=Selection(states=CONNECTED),
        columns=ViewSpec(columns=_ALL).with_flows().columns,
        sort="rate_in",
        descending=True,
    ),
    NamedView("Containers", grouping="container", namespaces="*"),
    NamedView("Unix", selection=Selection(netids=frozenset(KINDS["unix"])), sort="local"),
)  # fmt: skip
"""The views that come with the program, in the order of their number keys."""
