"""Somebody who traces: run as `python -m tests.support.kernel_tracer PID`. Each request is answered with new calls."""

from __future__ import annotations

import sys

from netwatch_tui.kernel.tracing.process_trace import ProcessTrace
from tests.support.kernel import answer, requests


def main(pid: int) -> None:
    """Trace and answer until nobody asks any more."""
    trace = ProcessTrace([pid])
    for _ in requests():
        answer([call.name for call in trace.read().calls])
    trace.close()


if __name__ == "__main__":
    main(int(sys.argv[1]))
