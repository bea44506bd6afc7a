"""What tests of traces need to know of the machine."""

from __future__ import annotations

import os

from netwatch_tui.kernel.tracing.process_trace import ProcessTrace, TraceError


def why_no_trace() -> str:
    """Why nothing can be traced here; empty where it can."""
    try:
        ProcessTrace([os.getpid()]).close()
    except TraceError as error:
        return str(error)
    return ""
