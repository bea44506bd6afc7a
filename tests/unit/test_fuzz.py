"""A few seconds of each fuzzer, always with the same inputs; `python -m tests.fuzz` goes on for longer."""

from __future__ import annotations

import json
from random import Random

import pytest

from tests.fuzz.__main__ import RUNNERS
from tests.fuzz.mutations import places, spoil_value, to_text
from tests.fuzz.runner import Counts, run_inputs

SEED = 20_261_128
SECONDS = 1.5


@pytest.mark.parametrize("name", RUNNERS)
def test_nothing_that_is_read_is_taken_badly(name: str) -> None:
    inputs, refused, faults = RUNNERS[name](SEED, SECONDS)
    assert [(fault.name, fault.what) for fault in faults] == []
    assert refused < inputs, "some are good enough to be shown"


def test_a_fault_is_found_with_the_input_that_shows_it() -> None:
    def attempt(number: int) -> bool:
        if number == 3:
            raise KeyError(number)
        return number > 3

    found = run_inputs(1, 0.1, lambda random: random.randrange(10), attempt)
    assert isinstance(found, Counts)
    assert found.faults
    fault = found.faults[0]
    assert (fault.input, fault.what.endswith("KeyError: 3\n")) == ("3", True)
    assert Random(fault.name).randrange(10) == 3, "its name gives it again"


def test_every_place_of_a_value_is_spoiled() -> None:
    value = {"a": [1, {"b": 2}], "c": None}
    assert [name for _, name in places(value)] == ["a", "c", 0, 1, "b"]
    spoiled = set()
    for seed in range(300):
        copy = json.loads(json.dumps(value))
        spoil_value(Random(seed), copy)
        spoiled.add(to_text(copy)[:1000])
    assert len(spoiled) > 100
