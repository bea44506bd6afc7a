"""Columns and the order of rows as a person names them: on the command line, in the configuration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from netwatch_tui.fields.catalogue import FIELD_BY_ID


class Sort(NamedTuple):
    """By which column the rows are ordered."""

    column: str
    descending: bool

    @property
    def text(self) -> str:
        """As `sort_named` reads it."""
        return f"{self.column}:{'desc' if self.descending else 'asc'}"


def columns_named(names: Iterable[str]) -> tuple[str, ...]:
    """The ids of these columns.

    Raises:
        ValueError: There is no such column; its text says which there are.
    """
    for id in (ids := tuple(names)):
        if id not in FIELD_BY_ID:
            raise ValueError(f"{id!r} is not a column: {', '.join(FIELD_BY_ID)}")
    return ids


def sort_named(text: str) -> Sort:
    """The order that `COLUMN[:asc|:desc]` stands for; without a direction, amounts come with the greatest first.

    Raises:
        ValueError: There is no such column or direction; its text says which there are.
    """
    id, colon, direction = text.partition(":")
    if id not in FIELD_BY_ID:
        raise ValueError(f"{id!r} is not a column to sort by: {', '.join(FIELD_BY_ID)}")
    if direction not in (("asc", "desc") if colon else ("",)):
        raise ValueError(f"{direction!r} is not a direction: asc, desc")
    return Sort(id, direction == "desc" if colon else FIELD_BY_ID[id].descends)
