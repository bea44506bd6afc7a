"""Runs the program as `python -m netwatch_tui`."""

from netwatch_tui.cli import entry

entry()
