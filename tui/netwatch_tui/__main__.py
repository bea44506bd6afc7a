"""Runs the program as `python -m netwatch_tui`."""

import sys

from netwatch_tui.cli import main

sys.exit(main())
