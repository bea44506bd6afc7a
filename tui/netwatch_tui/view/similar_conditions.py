"""Conditions of the filter language that a row meets: what to keep or exclude rows like it by."""

from __future__ import annotations

from itertools import islice

from netwatch_tui.fields.catalogue import FIELD_BY_ID, FIELDS
from netwatch_tui.fields.field import Filter
from netwatch_tui.fields.moment import Moment
from netwatch_tui.query import term
from netwatch_tui.sockets.socket import Socket

_LIKENESSES: list[tuple[int, str, Filter]] = sorted(
    (
        (field.filter.likeness, field.id, field.filter)
        for field in FIELDS
        if field.filter is not None and field.filter.likeness is not None
    ),
    key=lambda likeness: likeness[0],
)


MOST_VALUES = 100
"""Of one field; any number of processes may share a socket."""

_ALSO = {"local": ("local_port",), "peer": ("peer_port",)}
"""Fields that the cell of another one shows, too."""


def conditions_of_column(column: str, socket: Socket, moment: Moment) -> list[str]:
    """One condition for each value that the cell of this column shows of a socket."""
    filters = ((id, FIELD_BY_ID[id].filter) for id in (column, *_ALSO.get(column, ())) if id in FIELD_BY_ID)
    found = (
        condition
        for key, filter in filters
        if filter is not None and filter.likeness is not None
        for condition in _conditions(key, filter, socket, moment)
    )
    return list(dict.fromkeys(found))


def similar_conditions(socket: Socket, moment: Moment) -> list[str]:
    """One condition for each value by which others may be like a socket, the most asked for first."""
    return [condition for _, key, filter in _LIKENESSES for condition in _conditions(key, filter, socket, moment)]


def _conditions(key: str, filter: Filter, socket: Socket, moment: Moment) -> list[str]:
    """Those of one field."""
    values = (value for value in filter.read(socket, moment) if value is not None)
    return [term(key, str(value), is_known=True) for value in islice(values, MOST_VALUES)]
