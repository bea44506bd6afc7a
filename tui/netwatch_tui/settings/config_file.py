"""Where the configuration lies, and its text."""

from __future__ import annotations

import os
from pathlib import Path

from netwatch_tui.files.bounded_reader import read_bounded

_MOST = 1 << 20
"""Bytes that are read: nobody writes more by hand."""


def config_folder() -> Path:
    """Where a user's configuration of this program lies (XDG base directory specification)."""
    base = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".config") / "netwatch-tui"


def config_path() -> Path:
    """The file that is read unless another is named."""
    return config_folder() / "config.toml"


def config_text(path: Path) -> str:
    """The text of a configuration; what is no UTF-8 in it stays to be told with its line.

    Raises:
        OSError: It can't be read, is no regular file, or has more than a million bytes.
    """
    return read_bounded(str(path), _MOST).decode("utf-8", "surrogateescape").removeprefix("\ufeff")
