"""What a person configured, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, NamedTuple, TypeVar

from netwatch_tui.collect.history import MOST_EVENTS
from netwatch_tui.collect.past_ticks import REWIND_MEMORY
from netwatch_tui.sockets.thresholds import DEFAULT_THRESHOLDS
from netwatch_tui.view.alert_rule import AlertRule
from netwatch_tui.view.named_views import VIEWS, NamedView
from netwatch_tui.view.spec import ViewSpec

T = TypeVar("T")


class Located(NamedTuple, Generic[T]):
    """A value that is understood only later, and where it stands, for messages: `config.toml:12`."""

    value: T
    place: str


class Settings(NamedTuple):
    """All that the configuration says; what it does not say is the default."""

    interval: float = ViewSpec().interval
    linger: float = ViewSpec().linger
    rewind_memory: float = REWIND_MEMORY
    """MiB that the ticks to which one can go back may take."""
    history: int = MOST_EVENTS
    """Events that the history remembers."""
    mouse: bool = True
    read_only: bool = False
    """Whether every action on processes and sockets is taken away."""
    theme: Located[str] | None = None
    """A theme's name; None where nothing is said."""
    columns: tuple[str, ...] | None = None
    """Ids from left to right; None where nothing is said."""
    keys: Mapping[str, Located[tuple[str, ...]]] = {}
    """By the id of what they do, the keys as a person calls them; what is not named keeps its own."""
    thresholds: Mapping[str, float] = DEFAULT_THRESHOLDS
    """All of them, by id."""
    colors: Mapping[str, Located[str]] = {}
    """Of signals, in every theme; what is not named has the theme's."""
    views: tuple[NamedView, ...] = ()
    """The person's own, in the order of the file."""
    alerts: tuple[AlertRule, ...] = ()
    """Filters that are watched, in the order of the file."""

    @property
    def all_views(self) -> tuple[NamedView, ...]:
        """In the order of their number keys; the first has the configured columns."""
        first, *others = VIEWS
        if self.columns is not None:
            first = first._replace(columns=self.columns)
        return (first, *others, *self.views)
