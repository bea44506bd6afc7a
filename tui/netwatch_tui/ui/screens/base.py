"""What all groups of actions of the main screen stand on: the view specification, and a word to the person."""

from __future__ import annotations

from textual.screen import Screen

from netwatch_tui.play.news import Feed
from netwatch_tui.play.position import Plays
from netwatch_tui.ui.widgets.filter_line import FilterLine
from netwatch_tui.ui.widgets.notice_line import NoticeLine
from netwatch_tui.ui.widgets.socket_table import SocketTable
from netwatch_tui.ui.widgets.status_line import StatusLine
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View

_SOON = 0.15
"""Seconds after which a view that was asked for and is not there yet is spoken of."""


class SpecScreen(Screen[None]):
    """Asks the feed for views."""

    def __init__(self, feed: Feed, spec: ViewSpec) -> None:
        super().__init__()
        self._feed = feed
        self._spec = spec
        self._view: View | None = None
        self._player: Plays | None = feed if isinstance(feed, Plays) else None
        """Who plays, where what is shown is a recording."""

    @property
    def spec(self) -> ViewSpec:
        """What is wanted now."""
        return self._spec

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
        self.set_timer(_SOON, self._tell_if_busy)

    def _tell_if_busy(self) -> None:
        self._status.busy(self._view is not None and self._view.spec != self._spec)

    def say(self, text: str) -> None:
        """A word to the person, for some seconds."""
        self.query_one(NoticeLine).say(text)
