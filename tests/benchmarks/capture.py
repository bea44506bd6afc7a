"""What it costs to miss no connection; as root.

Client and server processes in a network namespace make connections that live for less than a millisecond, on both ends
of which the capture tells what happened, with totals. Measured is the processor time of this process, which does
nothing but read, with garbage searched for as in the program.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from typing import NamedTuple

from netwatch_tui.kernel.capture.open_capture import open_capture
from netwatch_tui.play.garbage import Garbage
from netwatch_tui.sockets.capture_status import CaptureError, CaptureWhen
from netwatch_tui.sockets.connection_events import EventKind
from tests.benchmarks.measure import MeasureError
from tests.benchmarks.results import Part, Results, Settings
from tests.support.capturing import brief, capturing, truth_of
from tests.support.kernel import ROOT, new_netns, why_no_namespaces

BAR, AT = 0.25, 10_000
"""The part of a processor that the reader may take at so many connections a second."""
SECONDS, CLIENTS = 5, 200
"""How long connections are made, and the processes that make them."""
EVERY = 0.05
"""Seconds between two readings at most."""


class CaptureCost(NamedTuple):
    """What one run took."""

    connections: int
    rate: float
    """Connections a second."""
    seconds: float
    """Of processor time, to read and understand everything."""
    events: int
    ends: int
    """How many of them tell that one end of a connection is over: others on the machine have connections, too."""
    lost: int
    longest: float
    """Seconds of the longest reading."""


def measured(connections: int, rate: int, clients: int) -> CaptureCost:
    """Let connections be made and capture them.

    Raises:
        CaptureError: This user may not capture.
    """
    garbage = Garbage()
    with new_netns("capture") as netns, capturing(open_capture(CaptureWhen.ALWAYS), netns) as capture:
        command = brief(netns, connections, rate, clients)
        events = ends = lost = 0
        longest = 0.0
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
            assert process.stdout
            os.set_blocking(process.stdout.fileno(), False)
            printed = b""
            before = time.process_time()
            while process.poll() is None:
                time.sleep(EVERY)
                start = time.perf_counter()
                batch = capture.read()
                longest = max(longest, time.perf_counter() - start)
                events += len(batch.events)
                ends += sum(event.kind is EventKind.CLOSED for event in batch.events)
                lost += batch.lost
                garbage.collect()
                printed += process.stdout.read() or b""
            seconds = time.process_time() - before
            printed += process.stdout.read() or b""
    garbage.hand_back()
    truth = truth_of(json.loads(printed))
    return CaptureCost(connections, len(truth.connections) / truth.seconds, seconds, events, ends, lost, longest)


def tell(cost: CaptureCost, results: Results) -> None:
    """The cost in words, and its bars."""
    each = 2 * cost.seconds / cost.ends
    share = each * AT
    results.keep("runs", [cost._asdict()])
    results.tell(
        f"{cost.connections:,} connections at {cost.rate:,.0f} a second, both ends on this machine: "
        f"{cost.events:,} events, {cost.lost:,} records lost. The reader took {each * 1e6:.1f} us a connection, which "
        f"is {share:.0%} of a processor at {AT:,} a second; the longest reading took {cost.longest * 1e3:.0f} ms."
    )
    results.judge(f"capture: processor at {AT:,} connections a second", share * 100, " %", BAR * 100)
    results.judge("the same: records lost", cost.lost, "", 0)


def _measure(settings: Settings, results: Results) -> None:
    if reason := why_no_namespaces():
        raise MeasureError(reason)
    try:
        cost = measured(AT * settings.lasting(SECONDS), AT, CLIENTS)
    except CaptureError as error:
        raise MeasureError(str(error)) from error
    tell(cost, results)


CAPTURE = Part("capture", "missing no connection, at 10,000 a second", _measure)
