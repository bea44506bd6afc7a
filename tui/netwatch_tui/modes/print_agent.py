"""The program that is sent to other machines, for who wants to read it, or to run it by hand."""

from __future__ import annotations

import sys

from netwatch_tui.hosts.agent_archive import agent_archive
from netwatch_tui.modes.common import complain, give_up_output


def print_agent() -> int:
    """Write it to standard output, which is to be a file or a pipe; returns the exit status."""
    if sys.stdout is None:
        return 0  # closed by whoever started us
    if sys.stdout.isatty():
        complain("--print-agent writes a program in binary form: send it to a file or a pipe")
        return 2
    try:
        sys.stdout.buffer.write(agent_archive())
        sys.stdout.buffer.flush()
    except OSError as error:
        return give_up_output(error)
    return 0
