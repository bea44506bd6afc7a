"""Some seconds of damaged trees; by hand, `python -m tests.fuzz proc --minutes N` looks at more."""

from __future__ import annotations

from tests.fuzz import proc_trees


def test_no_damaged_file_and_no_error_of_the_kernel_breaks_a_tick() -> None:
    found = proc_trees.run(seed=11, seconds=3.0)
    assert not found.faults
    assert found.inputs > 10
