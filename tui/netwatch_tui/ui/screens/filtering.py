"""The actions with which a person filters."""

from __future__ import annotations

from textual import on

from netwatch_tui.model.query import EVERYTHING, Query, QueryError, parse, quote
from netwatch_tui.model.socket import PORT_NETIDS
from netwatch_tui.model.view import ViewSpec
from netwatch_tui.ui.messages import FilterEdited
from netwatch_tui.ui.screens.base import SpecScreen
from netwatch_tui.ui.worker import Feed


class FilterActions(SpecScreen):
    """From what is typed to the filter of the view."""

    def __init__(self, feed: Feed, spec: ViewSpec) -> None:
        super().__init__(feed, spec)
        self._before_edit: Query = spec.query

    def action_edit_filter(self) -> None:
        """Type a filter."""
        self._edit(self._spec.query.text)

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
        self._edit_term("process", quote(socket.owners[0].process.name) if socket and socket.owners else "")

    def _clear_filter(self) -> None:
        """Show everything again."""
        if self._spec.query.text:
            self._use(EVERYTHING)
        else:
            self.say("There is no filter to clear; / makes one.")

    def action_cancel_filter(self) -> None:
        """Leave the line with the filter as it was before."""
        self._use(self._before_edit)

    def action_move_in_table(self, action: str, amount: int) -> None:
        """Move in the table while the filter is typed."""
        table = self._table
        table.action_move(amount) if action == "move" else table.action_page(amount)

    def _edit_term(self, key: str, value: str) -> None:
        """Begin to type with one term of this key in the place of those that are there."""
        self._edit(f"{self._spec.query.without(key)} {key}:{value}".lstrip(), selected=value)

    def _edit(self, text: str, selected: str = "") -> None:
        self._before_edit = self._spec.query
        self._filter_line.edit(text, selected)

    def _use(self, query: Query) -> None:
        """Leave the filter line with this filter."""
        if query != self._spec.query:
            self._choose(self._spec._replace(query=query))
        self._filter_line.leave(query.text)
        self.set_focus(self._table)

    @on(FilterEdited)
    def _use_typed(self) -> None:
        """Use what is typed at once; while it makes no sense, what was shown last stays."""
        if not self._filter_line.is_open:
            return
        try:
            query = parse(self._filter_line.text)
        except QueryError as error:
            self._filter_line.note(error.message)
            return
        self._filter_line.note("")
        if query != self._spec.query:
            self._choose(self._spec._replace(query=query))

    def action_keep_filter(self) -> None:
        """Leave the line with the filter that is typed; with the last one that made sense if this one does not."""
        self._use_typed()
        self._use(self._spec.query)
