"""A view with a name: what a person wants to see again with one key."""

from __future__ import annotations

from typing import NamedTuple

from netwatch_tui.view.column_names import Sort


class NamedView(NamedTuple):
    """What it says of the view. What it leaves out (None) is as it is without a view."""

    name: str
    filter: str = ""
    """In the filter's language, already known to be understood."""
    netids: frozenset[str] | None = None
    """Of the kinds of sockets that are shown."""
    columns: tuple[str, ...] | None = None
    """Ids from left to right."""
    sort: Sort | None = None
    group: str = ""
    """Id of the grouping; empty for none."""
