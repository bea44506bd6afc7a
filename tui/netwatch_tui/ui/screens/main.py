"""The main screen: status, table, filter line, keys."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Footer

from netwatch_tui.model.kinds import OTHER_KINDS
from netwatch_tui.model.query import EVERYTHING, Query, QueryError, parse, quote
from netwatch_tui.model.selection import ESTABLISHED, EVERY_KIND, LISTENING, Selection
from netwatch_tui.model.socket import PORT_NETIDS
from netwatch_tui.model.view import View, ViewSpec
from netwatch_tui.ui.keymap import MAIN_KEYS, bindings
from netwatch_tui.ui.messages import (
    CollectFailed,
    ColumnsHidden,
    DetailsReady,
    FilterEdited,
    SortWanted,
    ViewReady,
)
from netwatch_tui.ui.screens.details import DetailsScreen
from netwatch_tui.ui.screens.help import HelpScreen
from netwatch_tui.ui.screens.sort import SortScreen
from netwatch_tui.ui.widgets.filter_line import FilterLine
from netwatch_tui.ui.widgets.socket_table import SocketTable
from netwatch_tui.ui.widgets.status_line import StatusLine
from netwatch_tui.ui.worker import Feed

_MAIN_ACTIONS = {key.action.partition("(")[0] for key in MAIN_KEYS}


class MainScreen(Screen[None]):
    """Turns keys into a view specification, and views into what is on screen."""

    BINDINGS = bindings(MAIN_KEYS)
    AUTO_FOCUS = "SocketTable"

    def __init__(self, feed: Feed, spec: ViewSpec, notices: Sequence[str]) -> None:
        super().__init__()
        self._feed = feed
        self._spec = spec
        self._notices = notices
        self._before_edit: Query = spec.query
        self._view: View | None = None
        self._details: DetailsScreen | None = None

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield StatusLine(self._feed.interval, id="status")
        yield SocketTable(id="table")
        yield FilterLine(id="filter")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Show the filter that the command line gave, and start to collect."""
        self._filter_line.leave(self._spec.query.text)
        self._status.warn(self._notices)
        self._feed.begin(self.post_message)

    @property
    def _table(self) -> SocketTable:
        return self.query_one(SocketTable)

    @property
    def _status(self) -> StatusLine:
        return self.query_one(StatusLine)

    @property
    def _filter_line(self) -> FilterLine:
        return self.query_one(FilterLine)

    def _choose(self, spec: ViewSpec) -> None:
        """See things another way from now on."""
        self._spec = spec
        self._feed.show(spec)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 -- Textual calls it
        """While a filter is typed, letters are letters."""
        return action not in _MAIN_ACTIONS or not self._filter_line.is_open

    # From the feed

    @on(ViewReady)
    def _show(self, message: ViewReady) -> None:
        self._view = message.view
        self._table.show(message.view)
        self._status.show(message.view)
        if self._details is not None:
            self._details.show(message.view)

    @on(DetailsReady)
    def _tell(self, message: DetailsReady) -> None:
        if self._details is not None:
            self._details.tell(message.details)

    @on(CollectFailed)
    def _fail(self, message: CollectFailed) -> None:
        self._status.fail(message.reason)

    def action_details(self) -> None:
        """Show all about the socket under the cursor."""
        socket = self._table.cursor_socket
        if socket is None or self._view is None:
            return
        self._details = DetailsScreen(socket, self._view)
        self._feed.ask(frozenset(owner.pid for owner in socket.owners))
        self.app.push_screen(self._details, self._details_closed)

    def _details_closed(self, _: None) -> None:
        self._details = None

    # Filter

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

    def action_clear_filter(self) -> None:
        """Show everything again."""
        self._use(EVERYTHING)

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

    def action_help_on_filter(self) -> None:
        """Show all keys while a filter is typed."""
        self.action_help()

    # Sort

    def action_pick_sort(self) -> None:
        """Choose from the list of columns."""
        self.app.push_screen(SortScreen(self._table.columns, self._spec.sort), self._sort_by)

    def action_reverse_sort(self) -> None:
        """Turn the order round."""
        self._choose(self._spec._replace(descending=not self._spec.descending))

    def action_step_sort(self, step: int) -> None:
        """Sort by the column beside, round the ends."""
        ids = [column.id for column in self._table.columns]
        self._sort_by(ids[(ids.index(self._spec.sort) + step) % len(ids)])

    def _sort_by(self, column: str | None) -> None:
        if column is not None and column != self._spec.sort:
            self._choose(self._spec._replace(sort=column, descending=False))

    @on(SortWanted)
    def _sort_clicked(self, message: SortWanted) -> None:
        if message.column.id == self._spec.sort:
            self.action_reverse_sort()
        else:
            self._sort_by(message.column.id)

    # What is shown at all

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
        self._select(EVERY_KIND)

    def action_namespaces(self) -> None:
        """Look at every network namespace, or only at the own one."""
        self._choose(self._spec._replace(namespaces="" if self._spec.namespaces else "*"))

    def _select(self, selection: Selection) -> None:
        self._choose(self._spec._replace(selection=selection))

    # The rest

    @on(ColumnsHidden)
    def _columns_hidden(self, message: ColumnsHidden) -> None:
        self._status.hide_columns(message.columns)

    def action_pause(self) -> None:
        """Hold the screen still, or go on."""
        self._choose(self._spec._replace(paused=not self._spec.paused))

    def action_help(self) -> None:
        """Show all keys."""
        self.app.push_screen(HelpScreen())
