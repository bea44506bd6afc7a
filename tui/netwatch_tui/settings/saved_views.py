"""Views that a person saved on the screen, each under a name and a digit: one JSON file in the state folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from netwatch_tui.files.state_file import read_state, write_state
from netwatch_tui.query import QueryError, parse
from netwatch_tui.settings import checks
from netwatch_tui.sockets.kinds import ALL_NETIDS
from netwatch_tui.sockets.selection import Selection
from netwatch_tui.sockets.socket import Family, State
from netwatch_tui.view.column_names import Sort
from netwatch_tui.view.named_views import NamedView

MOST_VIEWS = 9
"""As many as there are digits."""
MOST_LETTERS = 40
"""Of a name, which stands in the first line of the screen."""

_NAME = "views.json"
_MOST_BYTES = 1 << 20
"""Of the file."""

Word = TypeVar("Word", bound=str)


class SavedView(NamedTuple):
    """A view and the digit that opens it."""

    digit: int
    view: NamedView


def with_saved(views: Sequence[NamedView], saved: Iterable[SavedView]) -> tuple[NamedView, ...]:
    """All views in the order of their digits.

    A saved one takes the place of what had its digit, or stands at the end.
    """
    placed = list(views)
    for digit, view in sorted(saved, key=lambda each: each.digit):
        if digit <= len(views):
            placed[digit - 1] = view
        else:
            placed.append(view)
    return tuple(placed)


class SavedViews:
    """Reads the file each time it is asked, so that two programs at once don't lose each other's views."""

    def __init__(self, folder: Path | None) -> None:
        """Keep views in a folder, or without one only as long as the program runs."""
        self._folder = folder
        self._passing: tuple[SavedView, ...] = ()

    @property
    def lasts(self) -> bool:
        """Whether anything outlives the program."""
        return self._folder is not None

    def read(self) -> tuple[SavedView, ...]:
        """What is saved; nothing when there is no file.

        Raises:
            OSError: The file can't be read.
            ValueError: It is not what this program writes. It is never overwritten then.
        """
        if self._folder is None:
            return self._passing
        try:
            data = read_state(self._folder, _NAME, _MOST_BYTES)
        except FileNotFoundError:
            return ()
        match data:
            case {"views": list(views)} if len(views) <= MOST_VIEWS:
                saved = tuple(map(_understood, views))
                if len({each.digit for each in saved}) == len(saved):
                    return saved
        raise ValueError(f"{self._folder / _NAME} is not what this program writes")

    def save(self, digit: int, view: NamedView) -> None:
        """Have a view on a digit; what was saved on it, or under this name, is no longer.

        Raises:
            OSError, ValueError: As in `read`, or the file can't be written, or the name can't be one.
        """
        checks.name(view.name)
        if len(view.name) > MOST_LETTERS:
            raise ValueError(f"the name has more than {MOST_LETTERS} letters")
        others = (each for each in self.read() if each.digit != digit and each.view.name != view.name)
        self._write((*others, SavedView(digit, view)))

    def delete(self, name: str) -> None:
        """Have no saved view of this name.

        Raises:
            OSError, ValueError: As in `read`, or the file can't be written.
        """
        self._write(tuple(each for each in self.read() if each.view.name != name))

    def _write(self, views: tuple[SavedView, ...]) -> None:
        if self._folder is None:
            self._passing = views
        else:
            write_state(self._folder, _NAME, {"version": 1, "views": list(map(_told, views))})


def _told(saved: SavedView) -> dict[str, Any]:
    digit, view = saved
    return {
        "digit": digit,
        "name": view.name,
        "filter": view.filter,
        "netids": sorted(view.selection.netids),
        "families": sorted(view.selection.families),
        "states": sorted(view.selection.states),
        "columns": list(view.columns),
        "sort": Sort(view.sort, view.descending).text,
        "group": view.grouping,
        "namespaces": view.namespaces,
    }


def _understood(data: Any) -> SavedView:
    """A view as the file has it.

    Raises:
        ValueError: It is none.
    """
    match data:
        case {
            "digit": int(digit), "name": str(name), "filter": str(filter), "netids": list(netids),
            "families": list(families), "states": list(states), "columns": list(columns), "sort": str(sort),
            "group": str(group), "namespaces": str(namespaces),
        } if 1 <= digit <= MOST_VIEWS:  # fmt: skip
            pass
        case _:
            raise ValueError("a saved view is not as this program writes it")
    try:
        parse(filter)
    except QueryError as error:
        raise ValueError(f"saved view {name!r}: filter: {error.message}") from error
    try:
        selection = Selection(
            _words(netids, ALL_NETIDS, str), _words(families, Family, Family), _words(states, State, State)
        )
        order = checks.sort(sort)
        view = NamedView(
            checks.name(name), filter, selection, checks.columns(columns), order.column, order.descending,
            checks.group(group) if group else "", namespaces,
        )  # fmt: skip
    except ValueError as error:
        raise ValueError(f"saved view {name!r}: {error}") from error
    return SavedView(digit, view)


def _words(found: list[Any], known: Iterable[str], made: Callable[[str], Word]) -> frozenset[Word]:
    """Some of the words that there are."""
    words = [each for each in found if isinstance(each, str)]
    if len(words) < len(found) or not set(words) <= set(known):
        raise ValueError(f"{found!r} has other words than {', '.join(known)}")
    return frozenset(map(made, words))
