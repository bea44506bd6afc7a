"""What a feed tells the screen: plain values, which the screen wraps into messages of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from netwatch_tui.play.moves import Comparand, Move
from netwatch_tui.play.position import Position
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View


class ViewReady(NamedTuple):
    """There is something new to show."""

    view: View


class CollectFailed(NamedTuple):
    """A tick came to nothing; the next one tries again."""

    reason: str


class DataAged(NamedTuple):
    """The next tick is late: it takes longer than planned, hangs, or failed. Told once a second until one succeeds."""

    age: float
    """Seconds since the last one that succeeded began, or since the first one did if none has."""


class PositionMoved(NamedTuple):
    """The screen is at another place of the recording, or goes on in another way."""

    position: Position


class Told(NamedTuple):
    """A word to the person: why something that was asked for did not happen, or what came of it."""

    text: str


class AlertsRang(NamedTuple):
    """Sockets began to match watched filters. At most some a second; none takes the place of another."""

    total: int
    """How many so far."""
    notices: tuple[str, ...]
    """What is to be said."""
    bell: bool
    """Whether the terminal is to ring."""


News = ViewReady | CollectFailed | DataAged | PositionMoved | Told | AlertsRang
"""Of each kind but the last only the newest is of interest."""

Post = Callable[[News], object]
"""Takes news from any thread, and never waits."""


class Feed(Protocol):
    """Whatever feeds the screen: the ticker, the player, or in tests something without a thread."""

    def begin(self, post: Post) -> None:
        """Start to send news."""

    def show(self, spec: ViewSpec) -> None:
        """Ask for another view of what was collected."""

    def move(self, move: Move) -> None:
        """Ask for another moment of what was seen."""

    def compare(self, comparand: Comparand) -> None:
        """Ask for what is different from something, or no more."""

    def stop(self) -> None:
        """Send nothing any more."""


def nowhere(news: News) -> None:
    """Where news goes before anybody listens."""
