"""The whole configuration, to begin one's own with."""

from __future__ import annotations

from netwatch_tui.modes.common import print_lines
from netwatch_tui.settings.config_file import config_folder
from netwatch_tui.settings.config_printer import KeyHelp, config_lines
from netwatch_tui.ui.key_names import key_word
from netwatch_tui.ui.keymap import ALL_KEYS
from netwatch_tui.ui.themes import DEFAULT_THEME, load_themes, signal_colors, themes_folder


def print_config() -> int:
    """Print it; returns the exit status."""
    themes, _ = load_themes(themes_folder(), config_folder() / "themes")
    keys = (KeyHelp(key.id, tuple(map(key_word, key.names)), key.meaning) for key in ALL_KEYS)
    return print_lines(config_lines(keys, themes, signal_colors(themes[DEFAULT_THEME])))
