"""What is shown, and how: order, columns, groups, kinds, namespaces."""

from __future__ import annotations

from netwatch_tui.fields.catalogue import FIELD_BY_ID, FIELDS
from netwatch_tui.sockets.kinds import OTHER_KINDS
from netwatch_tui.sockets.selection import ESTABLISHED, EVERY_KIND, LISTENING, Selection
from netwatch_tui.sockets.socket import State
from netwatch_tui.ui.screens.column_chooser import ColumnsScreen
from netwatch_tui.ui.screens.picker import Choice, Picker
from netwatch_tui.ui.screens.viewer import TableCursor, Viewer
from netwatch_tui.view.groups import GROUPINGS, Folding

_NO_GROUPS = "none"


class ViewChoices:
    """Each action gives one other view specification, or says why not."""

    def __init__(self, viewer: Viewer, table: TableCursor, *, is_recorded: bool) -> None:
        """Choose for a viewer with this table, of this machine or of a recording."""
        self._viewer = viewer
        self._table = table
        self._is_recorded = is_recorded

    # Order

    def action_pick_sort(self) -> None:
        """Choose from the list of columns."""
        choices = [Choice(column.id, column.title.strip() or "Mark", column.meaning) for column in FIELDS]
        self._viewer.ask(Picker("Sort by", choices, self._viewer.spec.sort), self.sort_by)

    def action_reverse_sort(self) -> None:
        """Turn the order round."""
        self._viewer.choose(self._viewer.spec._replace(descending=not self._viewer.spec.descending))

    def action_step_sort(self, step: int) -> None:
        """Sort by the column beside, round the ends."""
        ids = [column.id for column in self._table.columns] or ["state"]
        at = ids.index(self._viewer.spec.sort) if self._viewer.spec.sort in ids else 0
        self.sort_by(ids[(at + step) % len(ids)])

    def sort_by(self, column: str | None) -> None:
        """Sort by the column of this id, what matters most in it first; nothing for None."""
        if column is not None and column != self._viewer.spec.sort:
            self._viewer.choose(self._viewer.spec._replace(sort=column, descending=FIELD_BY_ID[column].descends))

    def click_heading(self, column: str) -> None:
        """Sort by the column of this id; if it sorts already, the other way round."""
        if column == self._viewer.spec.sort:
            self.action_reverse_sort()
        else:
            self.sort_by(column)

    # Columns

    def action_pick_columns(self) -> None:
        """Show, hide and move columns."""
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

    # Names

    def action_toggle_services(self) -> None:
        """Show names of services in place of ports, or the ports again."""
        spec = self._viewer.spec
        if not spec.query.names.port_names:
            self._viewer.say("No services are known: /etc/services is missing or can't be read.")
            return
        self._viewer.choose(spec._replace(service_names=not spec.service_names))

    # Groups

    def action_pick_group(self) -> None:
        """Choose what rows are put together by."""
        choices = [Choice(_NO_GROUPS, "None", "no groups")]
        choices += [Choice(each.id, each.title, "rows grouped, with counts and sums") for each in GROUPINGS.values()]
        self._viewer.ask(Picker("Group by", choices, self._viewer.spec.grouping or _NO_GROUPS), self.group_by)

    def group_by(self, grouping: str | None) -> None:
        """Put rows together by this, with all groups open; nothing for None."""
        if grouping is not None:
            wanted = "" if grouping == _NO_GROUPS else grouping
            self._viewer.choose(self._viewer.spec._replace(grouping=wanted, folding=Folding()))

    def action_fold_groups(self) -> None:
        """Collapse all groups, or expand all again."""
        if self._viewer.spec.grouping:
            self._viewer.choose(
                self._viewer.spec._replace(folding=Folding(collapsed=not self._viewer.spec.folding.collapsed))
            )
        else:
            self._viewer.say(f"No groups to collapse; {self._viewer.keymap.first('group.pick')} groups the rows.")

    def fold(self, group: str) -> None:
        """Collapse the group of this id, or expand it."""
        self._viewer.choose(self._viewer.spec._replace(folding=self._viewer.spec.folding.toggled(group)))

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
