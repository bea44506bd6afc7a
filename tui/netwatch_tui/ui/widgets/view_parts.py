"""Parts of a view by which the table tells what is different in the next one."""

from __future__ import annotations

from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View

TableOf = tuple[bool, str, str | None]
"""Whether it is the history, a grouping, and the group whose rows are shown."""


def table_of(spec: ViewSpec) -> TableOf:
    """The history, groups, the sockets of one of them, and all sockets are tables of their own."""
    return spec.history, spec.grouping, spec.inside


def columns_of(view: View) -> tuple[object, ...]:
    """All of a view that decides which columns there are, and how wide."""
    spec = view.spec
    several = len(view.moment.namespaces) > 1
    return table_of(spec), spec.columns, spec.widths, spec.sorting.column, spec.host_names, several


def kinds_of(view: View) -> tuple[object, ...]:
    """All of a view after whose change rows of other kinds, or with other texts, are in sight."""
    spec = view.spec
    return table_of(spec), spec.selection, spec.namespaces, spec.columns, spec.host_names


def find_again(before: View, after: View, index: int) -> int:
    """Where the row that stood at this place stands now; the same place if it is gone."""
    nearest = max(min(index, len(after.rows) - 1), 0)
    return after.position.get(before.rows[index].id, nearest) if index < len(before.rows) else nearest
