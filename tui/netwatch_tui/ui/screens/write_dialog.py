"""The question for the name of a file."""

from __future__ import annotations

import errno
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from textual import on
from textual.widget import Widget
from textual.widgets import Input, Label

from netwatch_tui.fields.format import printable
from netwatch_tui.files.bounded_reader import not_regular
from netwatch_tui.files.private_writer import write_file
from netwatch_tui.ui.keymap import DIALOG_KEYS, bindings
from netwatch_tui.ui.screens.dialog import Dialog
from netwatch_tui.ui.widgets.eager_input import EagerInput

_FORMATS = {".csv": "csv", ".tsv": "tsv", ".json": "json", ".ndjson": "ndjson", ".txt": "table"}


class WriteTo(NamedTuple):
    """Where to write, and how."""

    path: Path
    format: str
    """As the output room names it."""
    replace: bool
    """Whether a file of that name may be replaced."""

    @property
    def name(self) -> str:
        """The path, to be read."""
        return printable(str(self.path))


def write_to(target: WriteTo, lines: Iterable[str]) -> str:
    """Write a file whole or not at all, and never over one that the person did not give up.

    Returns:
        Why nothing was changed; empty if it is written.
    """
    chunks = (f"{line}\n".encode(errors="backslashreplace") for line in lines)
    try:
        write_file(target.path, chunks, replace=target.replace)
    except OSError as error:
        return f"Can't write {target.name}: {error.strerror}"
    return ""


class WriteScreen(Dialog[WriteTo | None]):
    """Gives where to write, or None. A file that exists is replaced after a second Enter only."""

    BINDINGS = bindings(DIALOG_KEYS)
    HINTS = (DIALOG_KEYS[0]._replace(label="Write"), DIALOG_KEYS[1])

    def __init__(self, proposed: str, formats: Mapping[str, str] = _FORMATS) -> None:
        """Ask, with a name that may be taken as it is, and the formats by the extensions that stand for them."""
        super().__init__("Write what is shown to a file")
        self._proposed = proposed
        self._formats = formats
        self._may_replace: Path | None = None

    def content(self) -> Iterable[Widget]:
        """The name, and what is wrong with it."""
        yield EagerInput(self._proposed, id="write-name")
        yield Label(self._about(self._proposed), id="write-note", markup=False)

    def on_mount(self) -> None:
        """Begin to type."""
        self.set_focus(self.query_one(EagerInput))

    def _about(self, name: str) -> str:
        format = self._formats.get(Path(name).suffix.lower())
        if format is not None:
            return f"as {format}; the extension sets the format: {', '.join(self._formats)}"
        return f"The extension must be one of {', '.join(self._formats)}."

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._may_replace = None
        self._note(self._about(event.value))

    def _note(self, text: str) -> None:
        self.query_one("#write-note", Label).update(text)

    def action_take(self) -> None:
        """Give the answer back if it can be used."""
        name = self.query_one(EagerInput).value.strip()
        format = self._formats.get(Path(name).suffix.lower())
        if format is None:
            self._note(self._about(name))
            return
        try:
            path = Path(name).expanduser()
            exists = _exists(path)
        except (OSError, RuntimeError, ValueError) as error:  # as it says: no such user, a null character
            self._note(f"{_reason(error)}.")
            return
        if exists and self._may_replace != path:
            self._may_replace = path
            self._note("That file exists. Enter again replaces it; any other key keeps it.")
        else:
            self.dismiss(WriteTo(path, format, replace=self._may_replace == path))


def _exists(path: Path) -> bool:
    """Whether there is a file that could be replaced.

    Raises:
        OSError, ValueError: Nothing can be written there.
    """
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "there is no such directory")
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(mode):
        raise not_regular(mode)
    return True


def _reason(error: Exception) -> str:
    text = (error.strerror if isinstance(error, OSError) else "") or str(error)
    return printable(text[:1].upper() + text[1:])
