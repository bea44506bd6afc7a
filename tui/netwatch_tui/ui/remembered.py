"""Filters that outlive the program: those typed last, and those that were given a name. One JSON file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from netwatch_tui.files.bounded_reader import read_bounded
from netwatch_tui.files.private_writer import write_in
from netwatch_tui.files.state_folder import open_folder
from netwatch_tui.files.strict_json import parse_json

MOST_TYPED = 300
"""Typed filters that are kept; the oldest go first."""
MOST_SAVED = 1000
"""Filters with names."""
MOST_LETTERS = 10_000
"""Of a filter or a name."""
MOST_BYTES = 1 << 22
"""Of the file."""

_NAME = "filters.json"


class Filters(NamedTuple):
    """What the file holds."""

    typed: tuple[str, ...] = ()
    """The newest last, none twice."""
    saved: Mapping[str, str] = {}
    """By name."""
    watched: frozenset[str] = frozenset()
    """The names of those that ring when a socket begins to match."""
    damage: str = ""
    """What of the file could not be used, in one line."""


class Remembered:
    """Reads the file each time it is asked, so that two programs at once don't lose each other's filters."""

    def __init__(self, folder: Path | None) -> None:
        """Remember in a folder, or without one only as long as the program runs."""
        self._folder = folder
        self._passing = Filters()

    @property
    def lasts(self) -> bool:
        """Whether anything outlives the program."""
        return self._folder is not None

    def read(self) -> Filters:
        """What is remembered; nothing when there is no file. Of a damaged file, what is not damaged.

        Raises:
            OSError: The file can't be read.
            ValueError: Nothing of it is what this program writes. It is never overwritten then.
        """
        if self._folder is None:
            return self._passing
        try:
            folder = open_folder(self._folder, create=False)
        except FileNotFoundError:
            return Filters()
        path = self._folder / _NAME
        try:
            return _checked(parse_json(read_bounded(_NAME, MOST_BYTES, folder=folder, follow=False)), str(path))
        except FileNotFoundError:
            return Filters()
        except OSError as error:
            raise OSError(error.errno, f"{path}: {error.strerror}") from error
        except ValueError as error:
            raise ValueError(f"{path} is not what this program writes: {error}") from error
        finally:
            os.close(folder)

    def add_typed(self, text: str) -> None:
        """Remember a filter as the one typed last.

        Raises:
            OSError, ValueError: As in `read`, or the file is damaged or can't be written.
        """
        filters = self._whole()
        typed = (*(each for each in filters.typed if each != text), text)
        self._write(filters._replace(typed=typed[-MOST_TYPED:]))

    def save(self, name: str, text: str) -> None:
        """Give a filter a name; one that has it loses it.

        Raises:
            OSError, ValueError: As in `add_typed`.
        """
        filters = self._whole()
        self._write(filters._replace(saved={**filters.saved, name: text}))

    def delete(self, name: str) -> None:
        """Forget a named filter.

        Raises:
            OSError, ValueError: As in `add_typed`.
        """
        filters = self._whole()
        saved = {key: text for key, text in filters.saved.items() if key != name}
        self._write(filters._replace(saved=saved, watched=filters.watched - {name}))

    def watch(self, name: str, *, is_on: bool) -> None:
        """Have a named filter ring, or no more.

        Raises:
            OSError, ValueError: As in `add_typed`.
        """
        filters = self._whole()
        self._write(filters._replace(watched=filters.watched | {name} if is_on else filters.watched - {name}))

    def _whole(self) -> Filters:
        """What is remembered, if all of it is known: what is not would be lost when the file is written."""
        filters = self.read()
        if filters.damage:
            raise ValueError(filters.damage)
        return filters

    def _write(self, filters: Filters) -> None:
        if any(len(text) > MOST_LETTERS for text in (*filters.typed, *filters.saved, *filters.saved.values())):
            raise ValueError(f"it has more than {MOST_LETTERS:,} letters")
        if len(filters.saved) > MOST_SAVED:
            raise ValueError(f"{MOST_SAVED:,} filters have names already")
        if self._folder is None:
            self._passing = filters
            return
        watched = sorted(filters.watched & filters.saved.keys())
        told = {"version": 1, "typed": filters.typed, "saved": filters.saved, "watched": watched}
        text = json.dumps(told, indent=1).encode() + b"\n"
        if len(text) > MOST_BYTES:
            raise ValueError(f"all filters together have more than {MOST_BYTES:,} bytes")
        folder = open_folder(self._folder, create=True)
        try:
            write_in(folder, _NAME, (text,), replace=True)
        finally:
            os.close(folder)


def _checked(data: object, name: str) -> Filters:
    """What of a file is as `Remembered` writes it.

    Raises:
        ValueError: Nothing is.
    """
    watched: list[object] = []
    match data:
        case {"typed": list(typed), "saved": dict(saved), **others}:
            match others:
                case {"watched": list(names)}:
                    watched = names
                case {"watched": _}:
                    raise ValueError("`watched` is no list")
            places = {f"typed[{at}]": _is_text(each) for at, each in enumerate(typed)}
            places |= {f"saved[{at}]": _is_text(name) and _is_text(saved[name]) for at, name in enumerate(saved)}
            places |= {f"watched[{at}]": _is_text(each) for at, each in enumerate(watched)}
        case _:
            raise ValueError("it needs a list `typed` and an object `saved`")
    kept = [each for each in typed if _is_text(each)]
    named = [(name, text) for name, text in saved.items() if _is_text(name) and _is_text(text)]
    wrong = [place for place, is_text in places.items() if not is_text]
    damage = ""
    if wrong:
        damage = f"{name}: {wrong[0]} is no text of at most {MOST_LETTERS:,} letters; {len(wrong):,} such in all"
    elif len(kept) > MOST_TYPED or len(named) > MOST_SAVED:
        damage = f"{name} holds more than {MOST_TYPED:,} typed and {MOST_SAVED:,} named filters"
    names = [each for each in watched if _is_text(each)]
    return Filters(tuple(kept[-MOST_TYPED:]), dict(named[:MOST_SAVED]), frozenset(names[:MOST_SAVED]), damage)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MOST_LETTERS
