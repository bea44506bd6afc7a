"""The configuration, for the modes that obey it."""

from __future__ import annotations

from pathlib import Path

from netwatch_tui.fields.format import printable
from netwatch_tui.kernel.machine_names import read_names
from netwatch_tui.modes.common import complain
from netwatch_tui.settings.config_file import config_path, config_text
from netwatch_tui.settings.config_reader import read_settings
from netwatch_tui.settings.settings import Settings


def read_configuration(file: str | None) -> tuple[Settings, list[str]]:
    """The configuration, and what is wrong with it. One that was asked for and can't be read ends the program."""
    path = config_path() if file is None else Path(file)
    try:
        text = config_text(path)
    except FileNotFoundError:
        if file is None:
            return Settings(), []
        complain(f"there is no configuration {file}")
        raise SystemExit(2) from None
    except OSError as error:
        problem = f"{path} can't be read: {error.strerror}"
        if file is None:
            return Settings(), [printable(problem)]
        complain(problem)
        raise SystemExit(2) from error
    return read_settings(text, file or path.name, read_names)
