"""Filters that outlive the program: those typed last, and those that were given a name. One JSON file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

MOST_TYPED = 300
"""Typed filters that are kept; the oldest go first."""


def state_folder() -> Path:
    """Where a user's programs keep what they remember (XDG base directory specification)."""
    base = os.environ.get("XDG_STATE_HOME", "")
    try:
        return (Path(base) if base.startswith("/") else Path.home() / ".local" / "state") / "netwatch-tui"
    except RuntimeError:  # no HOME, and no entry for this user
        return Path(os.devnull) / "netwatch-tui"  # where nothing can be written, which is said when it is tried


class Filters(NamedTuple):
    """What the file holds."""

    typed: tuple[str, ...] = ()
    """The newest last, none twice."""
    saved: Mapping[str, str] = {}
    """By name."""


class Remembered:
    """Reads the file each time it is asked, so that two programs at once don't lose each other's filters."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "filters.json"

    def read(self) -> Filters:
        """What is remembered; nothing when there is no file.

        Raises:
            OSError: The file can't be read.
            ValueError: It is not what this program writes. It is never overwritten then.
        """
        try:
            text = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Filters()
        data = json.loads(text)
        if not _is_ours(data):
            raise ValueError(f"{self._path} is not what this program writes")
        return Filters(tuple(data["typed"]), data["saved"])

    def add_typed(self, text: str) -> None:
        """Remember a filter as the one typed last.

        Raises:
            OSError, ValueError: As in `read`, or the file can't be written.
        """
        filters = self.read()
        typed = (*(each for each in filters.typed if each != text), text)
        self._write(filters._replace(typed=typed[-MOST_TYPED:]))

    def save(self, name: str, text: str) -> None:
        """Give a filter a name; one that has it loses it.

        Raises:
            OSError, ValueError: As in `add_typed`.
        """
        filters = self.read()
        self._write(filters._replace(saved={**filters.saved, name: text}))

    def delete(self, name: str) -> None:
        """Forget a named filter.

        Raises:
            OSError, ValueError: As in `add_typed`.
        """
        filters = self.read()
        self._write(filters._replace(saved={key: text for key, text in filters.saved.items() if key != name}))

    def _write(self, filters: Filters) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        try:
            text = json.dumps({"version": 1, "typed": filters.typed, "saved": filters.saved}, indent=1)
            unfinished.write_text(text + "\n", encoding="utf-8")
            unfinished.replace(self._path)
        finally:
            unfinished.unlink(missing_ok=True)


def _is_ours(data: object) -> bool:
    """Whether it looks as `Remembered` writes it."""
    match data:
        case {"typed": list(typed), "saved": dict(saved)}:
            return all(isinstance(each, str) for each in (*typed, *saved, *saved.values()))
        case _:
            return False
