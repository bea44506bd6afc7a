"""What is shown, in which order: a snapshot seen through what the person chose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from netwatch_tui.model.columns import COLUMN_BY_ID, Column, Moment
from netwatch_tui.model.marks import Marks
from netwatch_tui.model.query import EVERYTHING, Query
from netwatch_tui.model.selection import Selection
from netwatch_tui.model.snapshot import Snapshot
from netwatch_tui.model.socket import Socket


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


class View(NamedTuple):
    """The rows of the table, in order, with all that their cells depend on."""

    spec: ViewSpec
    snapshot: Snapshot
    rows: tuple[Socket, ...]
    """The sockets that match, and those that closed a moment ago."""
    position: Mapping[int, int]
    """Where in `rows` a socket id stands."""
    moment: Moment
    shown: int
    """How many of the snapshot's sockets match; lingering rows are not counted."""
    paused_since: float | None
    """When the screen was stopped, in seconds since the epoch; None while it is live."""


def arrange(
    snapshot: Snapshot,
    marks: Marks,
    spec: ViewSpec,
    now: float,
    paused_since: float | None = None,
) -> View:
    """Choose and order the rows."""
    moment = Moment(now, marks.by_id, snapshot.namespaces.names)
    live = select(snapshot.sockets, spec, moment)
    lingering = select(marks.closed, spec, moment)
    rows = order([*live, *lingering], COLUMN_BY_ID[spec.sort], moment, descending=spec.descending)
    position = {socket.id: index for index, socket in enumerate(rows)}
    return View(spec, snapshot, rows, position, moment, len(live), paused_since)


def select(sockets: Iterable[Socket], spec: ViewSpec, moment: Moment) -> list[Socket]:
    """The sockets that a person chose to see, in the order given."""
    chosen = spec.selection.choose(sockets)
    if spec.query.is_everything:
        return chosen
    matches = spec.query.compile(moment)
    return [socket for socket in chosen if matches(socket)]


def order(sockets: Iterable[Socket], column: Column, moment: Moment, *, descending: bool = False) -> tuple[Socket, ...]:
    """Sort by a column; equal rows in one fixed order, blanks last in both directions."""
    keyed: list[tuple[Any, Socket]] = []
    blank: list[Socket] = []
    for socket in sorted(sockets, key=_fixed_order):
        key = column.key(socket, moment)
        if key is None:
            blank.append(socket)
        else:
            keyed.append((key, socket))
    keyed.sort(key=_first, reverse=descending)
    return (*(socket for _, socket in keyed), *blank)


def _first(pair: tuple[Any, Socket]) -> Any:
    return pair[0]


def _fixed_order(socket: Socket) -> tuple[Any, ...]:
    return (socket.local, socket.local_port, socket.peer, socket.peer_port, socket.id)
