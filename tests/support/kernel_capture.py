"""Somebody who captures: run as `python -m tests.support.kernel_capture WAY UID`, with the way as `auto` or `tracefs`.

Says how it does it. Each request is answered with all events since the last one, as far as tests look at them; they are
collected all the time.
"""

from __future__ import annotations

import select
import sys
import time
from typing import Any

from netwatch_tui.kernel.capture.capture import Capture, CaptureWay
from netwatch_tui.kernel.capture.event_clock import EventClock
from netwatch_tui.kernel.capture.event_trace import EventTrace
from netwatch_tui.kernel.capture.open_capture import open_capture
from netwatch_tui.kernel.capture.thread_names import ThreadNames
from netwatch_tui.kernel.capture.trace_instance import TraceInstance
from netwatch_tui.kernel.capture.tracefs import Tracefs
from netwatch_tui.sockets.capture_status import CaptureError, CaptureWhen
from netwatch_tui.sockets.connection_events import CaptureBatch, ConnectionEvent
from tests.support.capturing import instance_of
from tests.support.kernel import answer, become


def told(event: ConnectionEvent) -> dict[str, Any]:
    """What is told of an event."""
    return {
        "kind": event.kind,
        "netid": event.netid,
        "source": event.source,
        "port": event.local_port,
        "peer_port": event.peer_port,
        "owner": event.owner and event.owner.pid,
        "cookie": event.cookie,
        "netns": event.netns,
        "totals": event.totals,
    }


def collected(batches: list[CaptureBatch]) -> dict[str, Any]:
    """What is told of some readings."""
    return {
        "events": [told(event) for batch in batches for event in batch.events],
        "lost": sum(batch.lost for batch in batches),
        "gaps": [gap for batch in batches for gap in batch.gaps],
    }


def opened(way: str) -> Capture:
    """A capture of this way."""
    if way == "auto":
        return open_capture(CaptureWhen.AUTO)
    clock = EventClock()
    trace = EventTrace(TraceInstance(Tracefs()), ThreadNames(), clock)
    return Capture(CaptureWay.TRACEFS, "", trace, clock)


def refusal() -> str:
    """Why not everything can be seen; empty where it can."""
    try:
        open_capture(CaptureWhen.ALWAYS).close()
    except CaptureError as error:
        return str(error)
    return ""


def main(way: str, uid: str) -> None:
    """Capture and answer until nobody asks any more."""
    if int(uid):
        become(int(uid))
    refused = refusal() if int(uid) else ""
    capture = opened(way)
    sys.stdin.readline()
    answer({"way": capture.way, "sentence": capture.sentence, "refusal": refused, "instance": instance_of(capture)})
    batches: list[CaptureBatch] = []
    while True:
        time.sleep(0.02)
        batches.append(capture.read())
        if select.select([sys.stdin], [], [], 0)[0]:
            if not sys.stdin.readline():
                break
            answer(collected(batches))
            batches = []
    capture.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
