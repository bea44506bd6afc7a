"""What a person configured, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, NamedTuple, TypeVar

from netwatch_tui.view.named_view import NamedView
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.thresholds import DEFAULT_THRESHOLDS

T = TypeVar("T")


class Placed(NamedTuple, Generic[T]):
    """A value that is understood only later, and where it stands, for messages: `config.toml:12`."""

    value: T
    place: str


class Settings(NamedTuple):
    """All that the configuration says; what it does not say is the default."""

    interval: float = ViewSpec().interval
    linger: float = ViewSpec().linger
    mouse: bool = True
    theme: Placed[str] | None = None
    """A theme's name; None where nothing is said."""
    columns: tuple[str, ...] | None = None
    """Ids from left to right; None where nothing is said."""
    keys: Mapping[str, Placed[tuple[str, ...]]] = {}
    """By the id of what they do, the keys as a person calls them; what is not named keeps its own."""
    thresholds: Mapping[str, float] = DEFAULT_THRESHOLDS
    """All of them, by id."""
    colors: Mapping[str, Placed[str]] = {}
    """Of signals, in every theme; what is not named has the theme's."""
    views: tuple[NamedView, ...] = ()
    """In the order of the file."""
