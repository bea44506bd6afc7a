"""The actions with which a person chooses what is shown, and how: order, columns, groups, kinds, pace."""

from __future__ import annotations

from textual import on

from netwatch_tui.fields.catalogue import FIELD_BY_ID, FIELDS
from netwatch_tui.sockets.kinds import OTHER_KINDS
from netwatch_tui.sockets.selection import ESTABLISHED, EVERY_KIND, LISTENING, Selection
from netwatch_tui.ui.messages import SortWanted
from netwatch_tui.ui.screens.base import SpecScreen
from netwatch_tui.ui.screens.column_chooser import ColumnsScreen
from netwatch_tui.ui.screens.picker import Choice, Picker
from netwatch_tui.view.groups import GROUPINGS, Folding

_NO_GROUPS = "none"


class ViewActions(SpecScreen):
    """Each gives one other view specification, or says why not."""

    # Order

    def action_pick_sort(self) -> None:
        """Choose from the list of columns."""
        choices = [Choice(column.id, column.title.strip() or "Mark", column.meaning) for column in FIELDS]
        self.app.push_screen(Picker("Sort by", choices, self._spec.sort), self.sort_by)

    def action_reverse_sort(self) -> None:
        """Turn the order round."""
        self._choose(self._spec._replace(descending=not self._spec.descending))

    def action_step_sort(self, step: int) -> None:
        """Sort by the column beside, round the ends."""
        ids = [column.id for column in self._table.columns] or ["state"]
        at = ids.index(self._spec.sort) if self._spec.sort in ids else 0
        self.sort_by(ids[(at + step) % len(ids)])

    def sort_by(self, column: str | None) -> None:
        """Sort by the column of this id, what matters most in it first; nothing for None."""
        if column is not None and column != self._spec.sort:
            self._choose(self._spec._replace(sort=column, descending=FIELD_BY_ID[column].descends))

    @on(SortWanted)
    def _sort_clicked(self, message: SortWanted) -> None:
        if message.column.id == self._spec.sort:
            self.action_reverse_sort()
        else:
            self.sort_by(message.column.id)

    # Columns

    def action_pick_columns(self) -> None:
        """Show, hide and move columns."""
        self.app.push_screen(ColumnsScreen(self._spec.columns, self._show_columns))

    def _show_columns(self, columns: tuple[str, ...]) -> None:
        self._choose(self._spec._replace(columns=columns))

    def toggle_column(self, column: str) -> None:
        """Show or hide the column of this id; shown again, it is the last."""
        shown = self._spec.columns
        if column in shown:
            self._show_columns(tuple(id for id in shown if id != column))
        else:
            self._show_columns((*shown, column))

    # Groups

    def action_pick_group(self) -> None:
        """Choose what rows are put together by."""
        choices = [Choice(_NO_GROUPS, "None", "every socket by itself")]
        choices += [
            Choice(each.id, each.title, "rows under a line with counts and sums") for each in GROUPINGS.values()
        ]
        self.app.push_screen(Picker("Group by", choices, self._spec.grouping or _NO_GROUPS), self.group_by)

    def group_by(self, grouping: str | None) -> None:
        """Put rows together by this, with all groups open; nothing for None."""
        if grouping is not None:
            wanted = "" if grouping == _NO_GROUPS else grouping
            self._choose(self._spec._replace(grouping=wanted, folding=Folding()))

    def action_fold_groups(self) -> None:
        """Shut all groups, or open all again."""
        if self._spec.grouping:
            self._choose(self._spec._replace(folding=Folding(shut=not self._spec.folding.shut)))
        else:
            self.say("There are no groups to fold; b makes some.")

    def _fold(self, group: str) -> None:
        self._choose(self._spec._replace(folding=self._spec.folding.toggled(group)))

    # Kinds and states

    def action_toggle_kind(self, kind: str) -> None:
        """Show or hide one kind of sockets."""
        self._select(self._spec.selection.toggled(kind))

    def action_toggle_others(self) -> None:
        """Show or hide the kinds that have no key of their own."""
        self._select(self._spec.selection.toggled(*OTHER_KINDS))

    def action_only_listening(self) -> None:
        """Show only what listens, or all states again."""
        self._select(self._spec.selection.only(LISTENING))

    def action_only_established(self) -> None:
        """Show only what is established, or all states again."""
        self._select(self._spec.selection.only(ESTABLISHED))

    def action_show_all(self) -> None:
        """Show every kind in every state."""
        if self._spec.selection == EVERY_KIND:
            self.say("Every kind in every state is shown already.")
        self._select(EVERY_KIND)

    def _select(self, selection: Selection) -> None:
        self._choose(self._spec._replace(selection=selection))

    def action_namespaces(self) -> None:
        """Look at every network namespace, or only at the own one."""
        if self._player is not None:
            self.say("A recording holds the namespaces that were looked at, and no others.")
            return
        if self._view is not None and not self._spec.namespaces and not self._view.snapshot.namespaces.others:
            self.say("There is no other network namespace that can be seen.")
            return
        self._choose(self._spec._replace(namespaces="" if self._spec.namespaces else "*"))
