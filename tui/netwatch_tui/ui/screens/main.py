"""The main screen: status, table, details, filter line, keys."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.widgets import Footer

from netwatch_tui.play.news import CollectFailed, Feed, News, PositionMoved, ViewReady
from netwatch_tui.ui.keymap import MAIN_KEYS, bindings
from netwatch_tui.ui.messages import ColumnsPlaced, CursorMoved, FromFeed, Opened, Said
from netwatch_tui.ui.screens.choosing import ViewActions
from netwatch_tui.ui.screens.filtering import FilterActions
from netwatch_tui.ui.screens.help_page import HelpScreen
from netwatch_tui.ui.screens.pacing import TimeActions
from netwatch_tui.ui.screens.saved_filters import SavedFilters
from netwatch_tui.ui.screens.taking import TakeActions, Write
from netwatch_tui.ui.widgets.details_panel import DetailsPanel
from netwatch_tui.ui.widgets.filter_line import FilterLine
from netwatch_tui.ui.widgets.notice_line import NoticeLine
from netwatch_tui.ui.widgets.position_line import PositionLine
from netwatch_tui.ui.widgets.socket_table import SocketTable
from netwatch_tui.ui.widgets.status_line import StatusLine
from netwatch_tui.view.groups import Group
from netwatch_tui.view.socket_details import SocketDetails
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View

_MAIN_ACTIONS = {key.action.partition("(")[0] for key in MAIN_KEYS}

_BESIDE = 150
"""Columns from which on the details stand beside the table and not below it."""


class MainScreen(FilterActions, ViewActions, TimeActions, TakeActions):
    """Turns keys into a view specification, and views into what is on screen."""

    BINDINGS = bindings(MAIN_KEYS)
    AUTO_FOCUS = "SocketTable"

    def __init__(self, feed: Feed, spec: ViewSpec, notices: Sequence[str], write: Write, saved: SavedFilters) -> None:
        super().__init__(feed, spec)
        self._begin_filters(spec, saved)
        self._write = write
        self._notices = notices

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield PositionLine(id="position")
        yield StatusLine(id="status")
        with Container(id="body"):
            yield SocketTable(id="table")
            yield DetailsPanel(id="details")
        yield FilterLine(id="filter")
        yield NoticeLine(id="notice")
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Show the filter that the command line gave, and start to collect."""
        self._panel.display = False
        self.query_one(PositionLine).display = self._player is not None
        self._status.is_recorded = self._player is not None
        self._filter_line.leave(self._spec.query.text, self._spec.query.note)
        self._status.warn(self._notices)
        self._feed.begin(self._post_news)

    def on_resize(self, event: events.Resize) -> None:
        """Put the details where there is room."""
        self.set_class(event.size.width >= _BESIDE, "-wide")

    @property
    def _panel(self) -> DetailsPanel:
        return self.query_one(DetailsPanel)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 -- Textual calls it
        """While a filter is typed, letters are letters; and a value that is chosen in the details is what is copied."""
        if action not in _MAIN_ACTIONS:
            return True
        return not self._filter_line.is_open and not (action in ("copy", "open") and self._panel.has_focus)

    # From the feed

    def _post_news(self, news: News) -> None:
        """Take news from the feed's thread to this one."""
        self.post_message(FromFeed(news))

    @on(FromFeed)
    def _hear(self, message: FromFeed) -> None:
        match message.news:
            case ViewReady(view):
                self._show(view)
            case CollectFailed(reason):
                self._fail(reason)
            case PositionMoved(position):
                self.query_one(PositionLine).show(position)

    def _show(self, view: View) -> None:
        self._view = view
        self._table.show(view)
        self._status.busy(False)
        self._status.show(view)
        if view.socket_details is not None and view.socket_details.socket.id == self._spec.subject:
            self._panel.show(view.socket_details, view.moment)

    def _fail(self, reason: str) -> None:
        if self._player is not None and self._player.position.ended is not None:
            return  # the position line says so
        self._status.fail(reason)

    # Details

    def action_open(self) -> None:
        """Show all about the socket under the cursor, or no more; open or shut a group."""
        row = self._table.cursor_row
        if isinstance(row, Group):
            self._fold(row.id)
        elif self._spec.subject is not None:
            self._close_details()
        elif row is None:
            self.say("There is no row to tell about.")
        else:
            self._panel.display = True
            self._tell_about_cursor()

    @on(Opened)
    def _opened(self) -> None:
        if self._spec.subject is None or isinstance(self._table.cursor_row, Group):
            self.action_open()

    @on(CursorMoved)
    def _tell_about_cursor(self) -> None:
        """Let the details show the row to which the person went; what else moves the cursor leaves them alone."""
        socket = self._table.cursor_socket
        if not self._panel.display or socket is None or self._view is None:
            return
        if socket.id != self._spec.subject:
            self._choose(self._spec._replace(subject=socket.id))
            self._panel.show(SocketDetails(socket), self._view.moment)

    def _close_details(self) -> None:
        self._panel.display = False
        self.set_focus(self._table)
        self._choose(self._spec._replace(subject=None))

    def action_enter_details(self) -> None:
        """Give the keyboard to the details, or back to the table."""
        if not self._panel.display:
            self.say("The details are not open; Enter opens them.")
        else:
            self.set_focus(self._table if self._panel.has_focus else self._panel)

    def action_back(self) -> None:
        """Close what is open, else clear the filter."""
        if self._panel.display:
            self._close_details()
        else:
            self._clear_filter()

    # The rest

    @on(Said)
    def _said(self, message: Said) -> None:
        self.say(message.text)

    @on(ColumnsPlaced)
    def _columns_placed(self, message: ColumnsPlaced) -> None:
        self._status.hide_columns(message.hidden)

    def action_help(self) -> None:
        """Show all keys."""
        self.app.push_screen(HelpScreen())
