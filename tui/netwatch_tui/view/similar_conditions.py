"""Conditions of the filter language that a row meets: what to keep or exclude rows like it by."""

from __future__ import annotations

from netwatch_tui.fields.catalogue import FIELDS
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


def similar_conditions(socket: Socket, moment: Moment) -> list[str]:
    """One condition for each value by which others may be like a socket, the most asked for first."""
    return [
        term(key, str(value), is_known=True)
        for _, key, filter in _LIKENESSES
        for value in filter.read(socket, moment)
        if value is not None
    ]
