"""Somebody who traces: run as `python -m tests.support.kernel_tracer PID UID`.

Each request is answered with the names of new calls, or with why there are none.
"""

from __future__ import annotations

import sys

from netwatch_tui.actions.open_trace import TraceRefusedError, open_trace
from tests.support.kernel import answer, become, requests


def main(pid: int, uid: int) -> None:
    """Trace and answer until nobody asks any more."""
    if uid:
        become(uid)
    try:
        trace = open_trace([pid])
    except TraceRefusedError as error:
        for _ in requests():
            answer(str(error))
        return
    for _ in requests():
        answer([call.name for call in trace.read().calls])
    trace.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
