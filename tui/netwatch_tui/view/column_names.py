"""Columns and the order of rows as a person names them: on the command line, in the configuration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from netwatch_tui.fields.catalogue import FIELD_BY_ID, field_id


class Sort(NamedTuple):
    """By which column the rows are ordered."""

    column: str
    descending: bool

    @property
    def text(self) -> str:
        """As `sort_named` reads it."""
        return f"{self.column}:{'desc' if self.descending else 'asc'}"


def columns_named(names: Iterable[str]) -> tuple[str, ...]:
    """The ids of these columns, none twice.

    Raises:
        ValueError: There is no such column; its text says which there are. Or one is there twice.
    """
    ids = tuple(map(_column_named, names))
    for id in ids:
        if ids.count(id) > 1:
            raise ValueError(f"column {id} is named twice")
    return ids


def sort_named(text: str) -> Sort:
    """The order that `COLUMN[:asc|:desc]` stands for; without a direction, amounts come with the greatest first.

    Raises:
        ValueError: There is no such column or direction; its text says which there are.
    """
    name, colon, direction = text.partition(":")
    id = _column_named(name)
    if direction not in (("asc", "desc") if colon else ("",)):
        raise ValueError(f"{direction!r} is not a direction: asc, desc")
    return Sort(id, direction == "desc" if colon else FIELD_BY_ID[id].descends)


def _column_named(name: str) -> str:
    try:
        return field_id(name)
    except KeyError as error:
        raise ValueError(f"{name!r} is not a column: {', '.join(FIELD_BY_ID)}") from error
