"""What is shown, and how: order, columns, groups, kinds, namespaces."""

from __future__ import annotations

from collections.abc import Sequence

from netwatch_tui.fields.catalogue import FIELDS
from netwatch_tui.sockets.kinds import OTHER_KINDS
from netwatch_tui.sockets.selection import ESTABLISHED, EVERY_KIND, LISTENING, Selection
from netwatch_tui.sockets.socket import State
from netwatch_tui.ui.screens.column_chooser import ColumnsScreen
from netwatch_tui.ui.screens.picker import Choice, Picker
from netwatch_tui.ui.screens.viewer import TableCursor, Viewer
from netwatch_tui.view.group_columns import group_columns
from netwatch_tui.view.groupings import GROUPINGS
from netwatch_tui.view.layout import Column

_NO_GROUPS = "none"


class ViewChoices:
    """Each action gives one other view specification, or says why not."""

    def __init__(self, viewer: Viewer, table: TableCursor, *, is_recorded: bool) -> None:
        """Choose for a viewer with this table, of this machine or of a recording."""
        self._viewer = viewer
        self._table = table
        self._is_recorded = is_recorded
        self._last_grouping = "process"

    # Order

    def action_pick_sort(self) -> None:
        """Choose from the list of columns."""
        choices = [Choice(column.id, column.title.strip() or "Mark", column.meaning) for column in self.sortable]
        self._viewer.ask(Picker("Sort by", choices, self._viewer.spec.sorting.column), self.sort_by)

    @property
    def sortable(self) -> Sequence[Column]:
        """All columns that can order the rows that are shown."""
        spec = self._viewer.spec
        if not spec.shows_groups:
            return FIELDS
        return group_columns(spec.grouping, flows=spec.has_flows, history=spec.history)

    def action_reverse_sort(self) -> None:
        """Turn the order round."""
        spec = self._viewer.spec
        self._viewer.choose(spec.sorted_by(spec.sorting.column, descending=not spec.sorting.descending))

    def action_step_sort(self, step: int) -> None:
        """Sort by the column beside, round the ends."""
        sort = self._viewer.spec.sorting.column
        ids = [column.id for column in self._table.columns] or [sort]
        at = ids.index(sort) if sort in ids else 0
        self.sort_by(ids[(at + step) % len(ids)])

    def sort_by(self, column: str | None) -> None:
        """Sort by the column of this id, what matters most in it first; nothing for None."""
        spec = self._viewer.spec
        if column is not None and column != spec.sorting.column:
            descends = next((each.descends for each in self.sortable if each.id == column), None)
            if descends is not None:  # a heading that was clicked just before the other kind of rows came
                self._viewer.choose(spec.sorted_by(column, descending=descends))

    def click_heading(self, column: str) -> None:
        """Sort by the column of this id; if it sorts already, the other way round."""
        if column == self._viewer.spec.sorting.column:
            self.action_reverse_sort()
        else:
            self.sort_by(column)

    # Columns

    def action_pick_columns(self) -> None:
        """Show, hide and move columns."""
        if self._viewer.spec.shows_groups:
            self._viewer.say("Groups have columns of their own; those of sockets are chosen inside a group.")
            return
        self._viewer.ask(ColumnsScreen(self._viewer.spec.columns, self._show_columns))

    def _show_columns(self, columns: tuple[str, ...]) -> None:
        self._viewer.choose(self._viewer.spec._replace(columns=columns))

    def toggle_column(self, column: str) -> None:
        """Show or hide the column of this id; shown again, it is the last."""
        shown = self._viewer.spec.columns
        if column in shown:
            self._show_columns(tuple(id for id in shown if id != column))
        else:
            self._show_columns((*shown, column))

    def widen(self, column: str, cells: int | None) -> None:
        """Give the column of this id so many cells; None for what its texts need."""
        spec = self._viewer.spec
        widths = {id: width for id, width in spec.widths.items() if id != column}
        self._viewer.choose(spec._replace(widths=widths if cells is None else widths | {column: cells}))

    # Groups

    def action_pick_group(self) -> None:
        """Choose what rows are put together by."""
        choices = [Choice(_NO_GROUPS, "None", "no groups")]
        choices += [Choice(each.id, each.title, each.meaning) for each in GROUPINGS.values()]
        self._viewer.ask(Picker("Group by", choices, self._viewer.spec.grouping or _NO_GROUPS), self.group_by)

    def group_by(self, grouping: str | None) -> None:
        """Show the groups that this makes; nothing for None."""
        if grouping is not None:
            self._group("" if grouping == _NO_GROUPS else grouping)

    def action_toggle_groups(self) -> None:
        """Show all sockets in one table, or the groups again that were shown last."""
        self._group("" if self._viewer.spec.grouping else self._last_grouping)

    def _group(self, grouping: str) -> None:
        spec = self._viewer.spec
        self._last_grouping = grouping or spec.grouping or self._last_grouping
        self._viewer.choose(spec.grouped_by(grouping))

    def enter(self, group: str) -> None:
        """Show the sockets of the group of this name, unless groups are wanted no more by now."""
        if self._viewer.spec.shows_groups:
            self._viewer.choose(self._viewer.spec._replace(inside=group))

    def action_leave_group(self) -> None:
        """Show all groups again."""
        self.leave_group()

    def leave_group(self) -> bool:
        """Show all groups again; tells whether the sockets of one were shown."""
        spec = self._viewer.spec
        if spec.inside is None:
            return False
        self._viewer.choose(spec._replace(inside=None))
        return True

    # Kinds and states

    def action_toggle_kind(self, kind: str) -> None:
        """Show or hide one kind of sockets."""
        self._select(self._viewer.spec.selection.toggled(kind))

    def action_toggle_others(self) -> None:
        """Show or hide the kinds that have no key of their own."""
        self._select(self._viewer.spec.selection.toggled(*OTHER_KINDS))

    def action_only_listening(self) -> None:
        """Show only what listens, or all states again."""
        self._select(self._viewer.spec.selection.only(LISTENING))

    def action_only_established(self) -> None:
        """Show only what is established, or all states again."""
        self._select(self._viewer.spec.selection.only(ESTABLISHED))

    def action_only_state(self, state: str) -> None:
        """Show only sockets in this state, or all states again."""
        self._select(self._viewer.spec.selection.only(frozenset({State(state)})))

    def action_show_all(self) -> None:
        """Show every kind in every state."""
        if self._viewer.spec.selection == EVERY_KIND:
            self._viewer.say("All kinds and states are already shown.")
        self._select(EVERY_KIND)

    def _select(self, selection: Selection) -> None:
        self._viewer.choose(self._viewer.spec._replace(selection=selection))

    def action_namespaces(self) -> None:
        """Show every network namespace, or this one only."""
        if self._is_recorded:
            self._viewer.say("A recording has only the namespaces that were recorded.")
            return
        spec, view = self._viewer.spec, self._viewer.view
        if view is not None and not spec.namespaces and not view.snapshot.namespaces.others:
            self._viewer.say("No other network namespace is visible.")
            return
        self._viewer.choose(spec._replace(namespaces="" if spec.namespaces else "*"))
