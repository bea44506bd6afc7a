"""Filtering: from what is typed, chosen or pointed at to the filter of the view."""

from __future__ import annotations

from collections import deque
from typing import Protocol

from netwatch_tui.query import Query, QueryError, parse, term
from netwatch_tui.sockets.socket import PORT_NETIDS
from netwatch_tui.ui.screens.completer import Completer, Recall
from netwatch_tui.ui.screens.help_page import LanguageScreen
from netwatch_tui.ui.screens.picker import Choice, Command, Picker
from netwatch_tui.ui.screens.saved_filters import SavedFilters
from netwatch_tui.ui.screens.viewer import TableCursor, Viewer
from netwatch_tui.view.similar_conditions import similar_conditions
from netwatch_tui.view.view import View

MOST_STEPS = 32
"""Filters that can be taken back: each keeps what it was made into, such as an automaton with what that has met."""


class FilterField(Protocol):
    """The line in which a filter is typed."""

    @property
    def text(self) -> str:
        """What is typed."""

    @property
    def cursor(self) -> int:
        """Where in the text the cursor is."""

    @property
    def is_open(self) -> bool:
        """Whether it is being typed in."""

    def edit(self, text: str, selected: str = "") -> None:
        """Begin to type, with this text; its end, if it is `selected`, is replaced by what is typed."""

    def leave(self, text: str, note: str) -> None:
        """Stop typing: this filter holds now, of which there is something to say."""

    def put(self, text: str, cursor: int) -> None:
        """Have another text in the line; that it changed is not told."""

    def note(self, text: str, start: int = 0, end: int = 0) -> None:
        """Say what is wrong, and mark it from `start` to before `end`; the empty text for nothing."""


class FilterEditing:
    """Knows the filter that holds, that which is being typed, and the steps that led to it."""

    def __init__(self, viewer: Viewer, table: TableCursor, line: FilterField, saved: SavedFilters) -> None:
        """Start with the filter that the viewer has."""
        self._viewer = viewer
        self._table = table
        self._line = line
        self._saved = saved
        self._kept: Query = viewer.spec.query
        self._steps: deque[Query] = deque(maxlen=MOST_STEPS)
        self._completer = Completer()
        self._recall = Recall()

    def action_edit_filter(self) -> None:
        """Type a filter; what is typed is one more condition of that which holds."""
        text = self._kept.text
        self._edit(f"{text} " if text else "")

    def action_filter_port(self) -> None:
        """Type a port; the row's own is there already."""
        socket = self._table.cursor_socket
        ports = (
            [port for port in (socket.local_port, socket.peer_port) if port]
            if socket and socket.netid in PORT_NETIDS
            else []
        )
        # The service is at the lower of the two: the other end's port was picked from the high ones by the system.
        self._edit_term("port", str(min(ports)) if ports else "")

    def action_filter_process(self) -> None:
        """Type a process name; that of the row is there already."""
        socket = self._table.cursor_socket
        self._edit_term("process", socket.owners[0].process.name if socket and socket.owners else "")

    def _edit_term(self, key: str, value: str) -> None:
        """Begin to type with one condition of this key in the place of those that are there."""
        condition = term(key, value, is_known=True) if value else f"{key}:"
        rest = self._parse(self._kept.without(key))
        self._edit(rest.narrowed(condition), selected=condition[len(key) + 1 :])

    def action_filter_like(self) -> None:
        """Keep or exclude rows like this one."""
        socket, view = self._table.cursor_socket, self._viewer.view
        if socket is None or view is None:
            self._viewer.say("Select a socket's row first.")
            return
        conditions = similar_conditions(socket, view.moment)
        choices = [Choice(each, "keep", each) for each in conditions]
        choices += [Choice(f"-{each}", "exclude", each) for each in conditions]
        self._viewer.ask(Picker("Rows like this one", choices), self.narrow)

    def narrow(self, condition: str | None) -> None:
        """Have this condition hold as well; nothing for None."""
        if condition is not None:
            self.use(self._parse(self._kept.narrowed(condition)))

    def action_undo_filter(self) -> None:
        """Go back to the groups out of one of them, else to the filter before."""
        spec = self._viewer.spec
        if spec.inside is not None:
            self._viewer.choose(spec._replace(inside=None))
        elif self._steps:
            self._kept = self._steps.pop()
            self._show_kept()
        else:
            self._viewer.say("No filter step to undo.")

    def clear(self) -> bool:
        """Use no filter any more; tells whether there was one."""
        if self._kept.is_everything:
            return False
        self.use(self._parse(""))
        return True

    # Filters with a name

    def commands(self) -> list[Command]:
        """What can be done with them."""
        return self._saved.commands(self._kept.text, self._use_text)

    def _use_text(self, text: str) -> None:
        try:
            self.use(self._parse(text))
        except QueryError as error:
            self._viewer.say(f"Invalid filter: {error.message}")

    # While typing

    def action_cancel_filter(self) -> None:
        """Leave the line with the filter as it was before."""
        self._show_kept()

    def action_move_in_table(self, action: str, amount: int) -> None:
        """Move in the table while the filter is typed."""
        table = self._table
        table.action_move(amount) if action == "move" else table.action_page(amount)

    def action_complete_filter(self) -> None:
        """Complete the word at the cursor; again, take the next of several."""
        line, view = self._line, self._viewer.view
        if view is not None:
            result = self._completer.complete(line.text, line.cursor, view.snapshot, self._kept.names)
            line.put(result.text, result.cursor)
            self.use_typed()
            if result.note:
                line.note(result.note)

    def action_recall_filter(self, step: int) -> None:
        """Have an earlier or later filter in the line."""
        line = self._line
        text = self._recall.step(step, line.text, self._saved.typed())
        if text is None:
            line.note("No later filter." if step > 0 else "No earlier filter.")
        else:
            line.put(text, len(text))
            self.use_typed()

    def action_help_on_filter(self) -> None:
        """Show the language."""
        self._viewer.ask(LanguageScreen())

    def _edit(self, text: str, selected: str = "") -> None:
        self._recall = Recall()
        self._line.edit(text, selected)

    def use_typed(self) -> None:
        """Use what is typed at once; while it makes no sense, what was shown last stays."""
        if self._line.is_open and (query := self._typed()) is not None and query != self._viewer.spec.query:
            self._viewer.choose(self._viewer.spec._replace(query=query))

    def show(self, view: View) -> None:
        """While a port is typed, say whether it can be bound as soon as a tick has found out."""
        query, verdict = view.spec.query, view.port_verdict
        if verdict is not None and self._line.is_open and self._line.text.rstrip() == query.text and not query.note:
            self._line.note(verdict.brief)

    def _typed(self) -> Query | None:
        """The filter in the line; None if it makes no sense. What there is to say of it is said."""
        line = self._line
        try:
            query = self._parse(line.text.rstrip())
        except QueryError as error:
            line.note(error.message, error.start, error.end)
            return None
        line.note(query.note)
        return query

    def action_keep_filter(self) -> None:
        """Leave the line with the filter that is typed; stay in it while that makes no sense."""
        query = self._typed()
        if query is None:
            return
        if query.text:
            self._saved.add_typed(query.text)
        self.use(query)

    def _parse(self, text: str) -> Query:
        """What a text means on this machine.

        Raises:
            QueryError: It means nothing.
        """
        return parse(text, self._viewer.spec.query.names)

    def begin(self, query: Query) -> None:
        """Start anew with the filter of another view: there is no step to take back."""
        self._steps.clear()
        self._kept = query
        self._show_kept()

    def use(self, query: Query) -> None:
        """Keep this filter, as a step that can be taken back."""
        if query != self._kept:
            self._steps.append(self._kept)
            self._kept = query
        self._show_kept()

    def _show_kept(self) -> None:
        """Leave the line with the filter that holds."""
        if self._kept != self._viewer.spec.query:
            self._viewer.choose(self._viewer.spec._replace(query=self._kept))
        self._line.leave(self._kept.text, self._kept.note)
        self._table.take_keyboard()
