"""Writes the files that are shipped: `.venv/bin/python -m netwatch_tui.manual tui/share`."""

from __future__ import annotations

import sys

from netwatch_tui.manual.shipped_files import write

if __name__ == "__main__":
    write(sys.argv[1])
