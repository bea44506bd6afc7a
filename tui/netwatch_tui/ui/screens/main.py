"""The main screen: status, table, details, filter line, keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen

from netwatch_tui.play.news import AlertsRang, CollectFailed, DataAged, Feed, News, PositionMoved, Told, ViewReady
from netwatch_tui.play.position import Plays
from netwatch_tui.settings.saved_views import SavedViews, with_saved
from netwatch_tui.ui.beside import run_beside
from netwatch_tui.ui.errands import RunsErrands
from netwatch_tui.ui.keymap import (
    APP_KEYS,
    COMPARED_LABELS,
    MAIN_KEYS,
    REPLAY_LABELS,
    REWOUND_LABELS,
    TABLE_KEYS,
    Key,
    bindings,
)
from netwatch_tui.ui.messages import (
    BottomChanged,
    CopyWanted,
    CursorMoved,
    FilterEdited,
    FromFeed,
    MenuWanted,
    Opened,
    Said,
    SortWanted,
    WidthWanted,
)
from netwatch_tui.ui.notice_log import NoticeLog
from netwatch_tui.ui.palette import Palette, Themes
from netwatch_tui.ui.remembered import Remembered
from netwatch_tui.ui.screens.acting import Acting
from netwatch_tui.ui.screens.arrangement_keeper import ArrangementKeeper
from netwatch_tui.ui.screens.cell_menu import CellMenu
from netwatch_tui.ui.screens.comparing import Comparing
from netwatch_tui.ui.screens.copy_and_write import CopyAndWrite, Write
from netwatch_tui.ui.screens.details_of_row import DetailsOfRow
from netwatch_tui.ui.screens.dialog import AnswerT, Dialog
from netwatch_tui.ui.screens.filter_editing import FilterEditing
from netwatch_tui.ui.screens.flow_columns import FlowColumns
from netwatch_tui.ui.screens.help_page import HelpScreen
from netwatch_tui.ui.screens.history_table import HistoryTable
from netwatch_tui.ui.screens.notices_page import NoticesScreen
from netwatch_tui.ui.screens.picker import Command
from netwatch_tui.ui.screens.playback import Playback
from netwatch_tui.ui.screens.probing import Probing
from netwatch_tui.ui.screens.saved_filters import SavedFilters
from netwatch_tui.ui.screens.shown_hosts import ShownHosts
from netwatch_tui.ui.screens.shown_names import ShownNames
from netwatch_tui.ui.screens.time_travel import TimeTravel
from netwatch_tui.ui.screens.tracing import Tracing
from netwatch_tui.ui.screens.view_choices import ViewChoices
from netwatch_tui.ui.screens.view_manager import ViewManager
from netwatch_tui.ui.screens.view_switching import ViewSwitching
from netwatch_tui.ui.screens.watched_filters import WatchedFilters
from netwatch_tui.ui.setup import Setup
from netwatch_tui.ui.widgets.details_panel import DetailsPanel
from netwatch_tui.ui.widgets.filter_line import FilterInput, FilterLine
from netwatch_tui.ui.widgets.info_line import InfoLine
from netwatch_tui.ui.widgets.key_line import KeyLine
from netwatch_tui.ui.widgets.notice_line import NoticeLine
from netwatch_tui.ui.widgets.position_line import PositionLine
from netwatch_tui.ui.widgets.socket_table import SocketTable
from netwatch_tui.ui.widgets.status_line import StatusLine
from netwatch_tui.ui.widgets.status_parts import Tabs
from netwatch_tui.view.groups import Group
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View

_MAIN_ACTIONS = {key.action.partition("(")[0] for key in MAIN_KEYS}

_BESIDE = 150
"""Columns from which on the details stand beside the table and not below it."""

_SOON = 0.15
"""Seconds after which a view that was asked for and is not there yet is spoken of."""
_MANY = 20_000
"""Sockets from which on it is spoken of at once: a word that comes and goes says more than nothing for so long."""


class MainScreen(Screen[None]):
    """Asks the feed for views and shows them. What keys do is the work of controllers, to which it is the viewer."""

    BINDINGS = bindings(MAIN_KEYS)
    AUTO_FOCUS = "SocketTable"

    def __init__(
        self,
        feed: Feed,
        spec: ViewSpec,
        notices: Sequence[str],
        write: Write,
        remembered: Remembered,
        themes: Themes,
        errands: RunsErrands,
        setup: Setup,
    ) -> None:
        super().__init__()
        self.notice_log = NoticeLog()
        self.keymap = setup.keymap
        self._feed = feed
        self._spec = spec
        self._view: View | None = None
        self._notices = notices
        self._player = feed if isinstance(feed, Plays) else None
        self._position = PositionLine(id="position")
        self._status = StatusLine(id="status")
        self._info = InfoLine(id="info")
        self._keys = KeyLine()
        self._table = SocketTable(id="table")
        self._table.keymap = setup.keymap
        self._panel = DetailsPanel(id="details")
        self._filter_line = FilterLine(id="filter")
        self._notice = NoticeLine(id="notice")
        self.view_choices = ViewChoices(self, self._table, is_recorded=self._player is not None)
        self._watched = WatchedFilters(self, remembered, setup.watches, errands)
        saved_filters = SavedFilters(self, remembered, errands, self._watched.refresh)
        self.filter_editing = FilterEditing(self, self._table, self._filter_line, saved_filters)
        self._details = DetailsOfRow(self, self._table, self._panel)
        self._copy_and_write = CopyAndWrite(self, self._table, write, self._to_clipboard, errands)
        self._flow_columns = FlowColumns(self, self._table.ids_in_sight, is_recorded=self._player is not None)
        self._names = ShownNames(self, lambda: self._table.sockets_in_sight, is_recorded=self._player is not None)
        self._cell_menu = CellMenu(self, self._table, self.filter_editing, self._copy_and_write)
        self._acting = Acting(self, self._table, self._table, setup.actor, errands, self._info.mark)
        playback = Playback(self, self._player)
        run = partial(run_beside, self)
        probing = Probing(self, setup.plan_probe, run)
        is_recorded = self._player is not None
        time_travel = TimeTravel(self, feed.move, is_recorded=is_recorded)
        comparing = Comparing(self, feed.compare, run, is_recorded=is_recorded)
        tracing = Tracing(self, self._table, setup.open_trace, setup.write_calls, errands)
        views = with_saved(setup.views, setup.saved)
        self._history = HistoryTable(self, self._table, self.filter_editing.begin)
        use_filter, leave = self.filter_editing.begin, self._history.leave
        self._views = ViewSwitching(self, views, setup.view, use_filter, self._show_tabs, leave)
        saved_views = setup.saved_views or SavedViews(None)
        manager = ViewManager(self, self._views, saved_views, setup.views, self._filter_commands, errands)
        self.palette = Palette(self, self.view_choices, themes, self._act)
        self.keeper = ArrangementKeeper(setup.arrangement, self.set_timer, errands, self.say)
        self._hosts = ShownHosts(self, self.filter_editing.use)
        controllers = (self.view_choices, self.filter_editing, self._details, self._copy_and_write, self._views)
        more = (self._flow_columns, self._names, self._acting, self._history, probing, tracing, self.palette)
        self._offer(*controllers, manager, *more)
        self._offer(playback, time_travel, comparing, self._hosts)

    def _offer(self, *controllers: object) -> None:
        """Have the controllers' actions where Textual looks for those of a screen."""
        for controller in controllers:
            for name in dir(controller):
                if name.startswith("action_"):
                    setattr(self, name, getattr(controller, name))

    def _filter_commands(self) -> list[Command]:
        """What can be done with filters in the list of views and filters."""
        return [*self.filter_editing.commands(), *self._watched.commands()]

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield self._position
        yield self._status
        with Container(id="body"):
            yield self._table
            yield self._panel
        yield self._info
        yield self._filter_line
        yield self._notice
        yield self._keys

    def on_mount(self) -> None:
        """Show the filter that the command line gave, and start to collect."""
        self.keymap.put_on(self, self._table, self._panel, self.query_one(FilterInput))
        self._panel.display = False
        self._position.display = self._player is not None
        self._status.is_recorded = self._player is not None
        self._status.show_tabs(self._views.tabs)
        self._filter_line.leave(self._spec.query.text, self._spec.query.note)
        self._info.warn(self._notices)
        if self._player is not None:
            self._keys.put_first(REPLAY_LABELS)
        self._feed.begin(self._post_news)
        self._watched.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """Put the details where there is room."""
        self.set_class(event.size.width >= _BESIDE, "-wide")
        self.call_after_refresh(self._names.look)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 -- Textual calls it
        """While a filter is typed, letters are letters; and a value that is chosen in the details is what is copied."""
        if action not in _MAIN_ACTIONS:
            return True
        return not self._filter_line.is_open and not (action in ("copy", "open") and self._panel.has_focus)

    # What controllers work with

    @property
    def spec(self) -> ViewSpec:
        """What is wanted now."""
        return self._spec

    @property
    def view(self) -> View | None:
        """What is shown; None before the first tick."""
        return self._view

    @property
    def is_typing(self) -> bool:
        """Whether a filter is being typed."""
        return self._filter_line.is_open

    def choose(self, spec: ViewSpec) -> None:
        """See things another way from now on."""
        if not (spec.history or self._spec.history):  # which is arranged for itself
            self.keeper.see(self._spec, spec)
        self._spec = spec
        self._feed.show(spec)
        self._table.expect(spec)
        self._status.expect(spec.selection)
        self._info.expect(spec.query)
        if self._view is not None and len(self._view.snapshot.sockets) >= _MANY:
            self._tell_if_busy()
        self.set_timer(_SOON, self._tell_if_busy)

    def _tell_if_busy(self) -> None:
        self._status.busy(self._view is not None and self._view.spec != self._spec)

    def _show_tabs(self, tabs: Tabs) -> None:
        """Another view is open."""
        self._status.show_tabs(tabs)
        self.keeper.see_view(tabs.names[tabs.active])

    def say(self, text: str) -> None:
        """A word to the person, for some seconds."""
        self.notice_log.add(text)
        self.app.clear_notifications()
        self._notice.say(text)

    def ask(self, dialog: Dialog[AnswerT], then: Callable[[AnswerT | None], None] | None = None) -> None:
        """Open a dialog over the screen, and do something with its answer."""
        dialog.obey(self.keymap)
        self.app.push_screen(dialog, then)

    def _to_clipboard(self, text: str) -> None:
        self.app.copy_to_clipboard(text)

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
            case DataAged(age):
                self._status.age(age)
            case PositionMoved(position):
                self._position.show(position)
            case Told(text):
                self.say(text)
            case AlertsRang(total, notices, bell):
                self._ring(total, notices, bell=bell)

    def _show(self, view: View) -> None:
        self._view = view
        self._table.show(view)
        self._status.busy(False)
        self._status.show(view)
        self._info.show(view, self._table.cursor_socket)
        self._details.show(view)
        self.filter_editing.show(view)
        self._flow_columns.look()
        self._acting.show(view)
        self._history.show(view)
        self._hosts.show(view)
        self._names.look()
        self._keys.put_first(
            {
                **(COMPARED_LABELS if view.compared else {}),
                **(REPLAY_LABELS if self._player is not None else REWOUND_LABELS if view.rewound else {}),
            }
        )

    def _ring(self, total: int, notices: Sequence[str], *, bell: bool) -> None:
        """Sockets began to match watched filters: say so, over a dialog as well."""
        self._status.rang(total)
        for text in notices:
            self.app.post_message(Said(text))
        if bell:
            self.app.bell()

    def _fail(self, reason: str) -> None:
        if self._player is not None and self._player.position.ended is not None:
            return  # the position line says so
        self._info.fail(reason)

    # From widgets

    @on(SortWanted)
    def _sort_wanted(self, message: SortWanted) -> None:
        self.view_choices.click_heading(message.column.id)

    @on(WidthWanted)
    def _width_wanted(self, message: WidthWanted) -> None:
        self.view_choices.widen(message.column.id, message.cells)

    @on(MenuWanted)
    def _menu_wanted(self, message: MenuWanted) -> None:
        self._cell_menu.open(message.column)

    @on(FilterEdited)
    def _filter_edited(self) -> None:
        self.filter_editing.use_typed()

    @on(CursorMoved)
    def _cursor_moved(self) -> None:
        self._info.point(self._table.cursor_socket)
        self._details.tell_about_cursor()
        self._flow_columns.look()
        self._names.look()

    @on(Opened)
    def _opened(self) -> None:
        if self._spec.subject is None or isinstance(self._table.cursor_row, Group):
            self.action_open()

    @on(CopyWanted)
    def _copy_wanted(self, message: CopyWanted) -> None:
        self._copy_and_write.copy(message.what, message.text)

    @on(Said)
    def _said(self, message: Said) -> None:
        message.stop()
        self.say(message.text)

    @on(BottomChanged)
    def _settle_bottom(self) -> None:
        """Have one line above the keys: the filter while it is typed, else a word to the person, else the rest.

        A word while a filter is typed takes the place of the keys.
        """
        typing, speaking = self._filter_line.display, self._notice.speaks
        self._notice.display = speaking
        self._info.display = not (typing or speaking)
        self._keys.display = not (typing and speaking)

    # Keys that are for more than one controller

    def action_open(self) -> None:
        """Show all about the socket under the cursor, or no more; enter a group."""
        row = self._table.cursor_row
        if isinstance(row, Group):
            self.view_choices.enter(row.id)
        elif self._spec.history:
            self._history.go_to_row()
        else:
            self._details.open_or_close()

    def action_back(self) -> None:
        """Close what is open, else take the marks away, else go back to the groups, else clear the filter."""
        if self._panel.display:
            self._details.close()
        elif self._acting.unmark():
            self.say("No row is marked any more.")
        elif not (
            self.view_choices.leave_group()
            or self.filter_editing.clear()
            or self._history.leave()
            or self._views.restore_selection()
        ):
            self.say("Nothing to take back: no filter, and every kind and state of this view is shown.")

    def action_help(self) -> None:
        """Show all keys."""
        self.ask(HelpScreen())

    def action_tell_capture(self) -> None:
        """Say what can be seen between two ticks."""
        if self._view is not None and (status := self._view.snapshot.capture) is not None:
            self.say(status.sentence)

    def action_notices(self) -> None:
        """Show what was said."""
        self.ask(NoticesScreen(tuple(self.notice_log.notices)))

    def _act(self, key: Key) -> None:
        """Do what a key does, where its table has it."""
        node = self._table if key in TABLE_KEYS else self.app if key in APP_KEYS else self
        run_beside(self, partial(self.app.run_action, key.action, node))
