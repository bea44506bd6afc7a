"""Some seconds of what `python -m tests.fuzz keys --minutes N` does."""

from __future__ import annotations

from tests.fuzz import keys


def test_no_keys_end_it_or_leave_a_trace() -> None:
    counts = keys.run(seed=7, seconds=6)
    assert counts.inputs > 10
    assert not counts.faults, counts.faults[0].what
