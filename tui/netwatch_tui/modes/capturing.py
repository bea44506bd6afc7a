"""`--capture`: the kernel's events beside the ticks, as long as a mode goes on."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from netwatch_tui.collect.capture_thread import CaptureThread
from netwatch_tui.kernel.capture.open_capture import open_capture
from netwatch_tui.kernel.processes import Processes
from netwatch_tui.kernel.source import PROC
from netwatch_tui.modes.common import complain
from netwatch_tui.sockets.capture_status import CaptureError, CaptureWhen


@contextmanager
def capturing(options: argparse.Namespace) -> Iterator[CaptureThread]:
    """What is captured while the block runs.

    If everything is to be seen and can't be, the program ends with a line that says why.
    """
    when = CaptureWhen(options.capture or CaptureWhen.AUTO)
    try:
        capture = open_capture(when)
    except CaptureError as error:
        complain(f"--capture always: {error}")
        raise SystemExit(2) from error
    thread = CaptureThread(capture, lambda: Processes(PROC), is_wanted=when is not CaptureWhen.NEVER)
    try:
        yield thread
    finally:
        thread.stop()
