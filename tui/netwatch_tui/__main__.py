"""Runs the program as `python -m netwatch_tui`."""

import os
import sys

if sys.path[:1] == [os.getcwd()] and not sys.flags.safe_path:  # noqa: PTH109 -- nothing more may be imported so far
    del sys.path[0]  # `python -m` put the current folder there: whoever can write to it is not to choose what runs

from netwatch_tui.cli import entry

entry()
