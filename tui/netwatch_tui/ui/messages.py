"""What the feed tells the screen, and the widgets tell each other."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.message import Message

from netwatch_tui.play.news import AlertsRang, News
from netwatch_tui.view.layout import Column


@dataclass
class FromFeed(Message):
    """The feed has news. Newer news of a kind takes the place of what still waits, but for alerts."""

    news: News

    def can_replace(self, message: Message) -> bool:
        """Of each kind only the newest is of interest; alerts are said one by one."""
        is_alert = isinstance(self.news, AlertsRang)
        return isinstance(message, FromFeed) and type(message.news) is type(self.news) and not is_alert


@dataclass
class Said(Message):
    """A word to the person, shown for some seconds: what happened, or why a key did nothing."""

    text: str


@dataclass
class CursorMoved(Message):
    """The person put the cursor on another row."""

    def can_replace(self, message: Message) -> bool:
        """Where it is now is all that counts."""
        return isinstance(message, CursorMoved)


@dataclass
class Opened(Message):
    """The row under the cursor was asked for with the mouse."""


@dataclass
class BottomChanged(Message):
    """Something else has to stand in the line above the keys."""


@dataclass
class CopyWanted(Message):
    """A value is to be copied."""

    what: str
    """What it is, for the person."""
    text: str


@dataclass
class SortWanted(Message):
    """The heading of a column was clicked."""

    column: Column


@dataclass
class WidthWanted(Message):
    """The edge of a column's heading was moved."""

    column: Column
    cells: int | None
    """Its width from now on; None for what its texts need."""


@dataclass
class MenuWanted(Message):
    """A cell of the row under the cursor was clicked with the right button."""

    column: Column


@dataclass
class FilterEdited(Message):
    """The text of the filter is another one."""


@dataclass
class Typed(events.Event, bubble=False):
    """Several letters that were read at once: a line of text takes them in one step."""

    keys: list[events.Key]


class AltKey(events.Key):
    """Escape and another key right after it: only what is bound tells whether Alt was held or both were pressed."""

    def __init__(self, plain: events.Key) -> None:
        """Take the other key."""
        is_upper = len(plain.key) == 1 and plain.key.isupper()
        super().__init__(f"alt+shift+{plain.key.lower()}" if is_upper else f"alt+{plain.key}", None)
        self.plain = plain


def is_letter(event: events.Key) -> bool:
    """Whether a key writes a character, and no Ctrl or Alt was held with it."""
    return event.is_printable and "+" not in event.key
