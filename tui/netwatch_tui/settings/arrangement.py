"""What a person arranged on the screen, for the next time: one JSON file, in which only what they changed stands.

Each value stands with the configured one that it took the place of: who changes the configuration afterwards spoke
last, and is heard.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from netwatch_tui.fields.format import printable
from netwatch_tui.files.state_file import read_state, write_state
from netwatch_tui.settings import checks
from netwatch_tui.settings.settings import Settings

_NAME = "arrangement.json"
_MOST_BYTES = 1 << 16
"""Of the file."""


def _no_group_or(value: Any) -> str:
    return "" if value == "" else checks.group(value)


_CHECKS: dict[str, checks.Check] = {
    "view": checks.text,
    "columns": checks.columns,
    "widths": checks.widths,
    "service_names": checks.switch,
    "sort": checks.sort,
    "group": _no_group_or,
    "theme": checks.text,
}
"""What is remembered, by its name in the file."""


class Arranged(NamedTuple):
    """What holds of what was remembered: values that were checked, by their names in the file."""

    values: Mapping[str, Any] = {}
    problems: tuple[str, ...] = ()
    """A line for each thing that is wrong with the file."""


class Arrangement:
    """Reads and changes the file. Two programs at once don't lose what the other remembers."""

    def __init__(self, folder: Path | None, settings: Settings) -> None:
        """Remember in a folder, or without one not at all, what is arranged over these settings."""
        self._folder = folder
        theme = settings.theme and settings.theme.value
        self._configured = {"columns": settings.columns and list(settings.columns), "theme": theme}

    def read(self) -> Arranged:
        """What holds of the file. Nothing is fatal: what is wrong is told, and left out."""
        try:
            remembered = self._read()
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            return Arranged(problems=(f"how the screen was arranged can't be read: {printable(str(reason))}",))
        values, problems = {}, []
        for name, (value, instead_of) in remembered.items():
            if name in _CHECKS and instead_of == self._configured.get(name):
                try:
                    values[name] = _CHECKS[name](value)
                except ValueError as error:
                    problems.append(f"remembered {name}: {printable(str(error))}")
        return Arranged(values, tuple(problems))

    def change(self, changes: Mapping[str, Any]) -> None:
        """Remember other values, as JSON has them, by their names.

        Raises:
            OSError: The file can't be read or written.
            ValueError: It is not what this program writes. It is never overwritten then.
        """
        if self._folder is None:
            return
        remembered = self._read()
        for name, value in changes.items():
            remembered[name] = (value, self._configured.get(name))
        document = {
            name: {"value": value, "instead_of": instead_of} for name, (value, instead_of) in remembered.items()
        }
        write_state(self._folder, _NAME, {"version": 1, "arranged": document})

    def _read(self) -> dict[str, tuple[Any, Any]]:
        """Each value with the one that it took the place of; nothing when there is no file."""
        if self._folder is None:
            return {}
        try:
            data = read_state(self._folder, _NAME, _MOST_BYTES)
        except FileNotFoundError:
            return {}
        match data:
            case {"arranged": dict(arranged)} if all(_is_ours(each) for each in arranged.values()):
                return {name: (each["value"], each["instead_of"]) for name, each in arranged.items()}
            case _:
                raise ValueError(f"{self._folder / _NAME} is not what this program writes")


def _is_ours(data: object) -> bool:
    return isinstance(data, dict) and data.keys() == {"value", "instead_of"}
