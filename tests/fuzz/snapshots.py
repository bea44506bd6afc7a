"""Spoiled snapshots, as `--diff` reads them."""

from __future__ import annotations

import json
from functools import cache
from random import Random
from typing import Any

from netwatch_tui.output.differences import difference_lines, difference_objects
from netwatch_tui.output.head import Head
from netwatch_tui.output.registry import write_lines
from netwatch_tui.recording.last_state import last_state
from netwatch_tui.recording.reader import RecordingError
from netwatch_tui.sockets.comparison import Side, compare
from netwatch_tui.sockets.snapshot import Snapshot
from tests.fuzz.consumers import consume, file_of
from tests.fuzz.mutations import packed_at_times, spoil_bytes, spoil_value, to_text
from tests.fuzz.recordings import SAMPLE, sockets
from tests.fuzz.runner import Counts, check_said, run_inputs
from tests.support.fake import Watch

EARLIER = SAMPLE.with_name("snapshot-form-1.json")


@cache
def good() -> tuple[Snapshot, tuple[str, ...]]:
    """What is compared with, and documents to spoil."""
    snapshot = Watch(*sockets()).again()
    head = Head(snapshot.taken_at, "web-1", namespaces=snapshot.namespaces.names)
    return snapshot, ("\n".join(write_lines("json", snapshot.sockets, head)), EARLIER.read_text())


def make(random: Random) -> tuple[int, bytes]:
    """A spoiled document, and a number for what is done with it."""
    value: Any = json.loads(random.choice(good()[1]))
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        spoil_value(random, value)
    data = to_text(value)
    if random.random() < 0.2:
        data = spoil_bytes(random, data)
    return random.randrange(1 << 30), packed_at_times(random, data)


def attempt(made: tuple[int, bytes]) -> bool:
    """Read and compare it."""
    number, data = made
    with file_of(data) as path:
        try:
            last = last_state(path)
        except RecordingError as error:
            check_said(str(error))
            return True
    check_said(last.note or "")
    consume(Random(number), [last.snapshot])
    before, after = (Side(each.sockets, each.namespaces.names) for each in (good()[0], last.snapshot))
    for found in (compare(before, after), compare(after, before)):
        for line in (*difference_lines(found), *difference_objects(found, Head(0.0, ""), Head(0.0, ""))):
            check_said(line[:100])
    return last.note is not None


def run(seed: int, seconds: float) -> Counts:
    """Spoil and compare snapshots."""
    return run_inputs(seed, seconds, make, attempt)
