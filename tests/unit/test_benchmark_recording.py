from __future__ import annotations

from itertools import islice

import pytest

from netwatch_tui.recording.reader import Recording
from tests.benchmarks import recording
from tests.benchmarks.recording import Cost, hour, tell
from tests.benchmarks.results import Results
from tests.support.recordings import lines_of, record

FIRST = Cost(0.5, 0.6, 1.2)


@pytest.mark.parametrize(
    ("steady", "holds"),
    [
        (Cost(0.1, 0.002, 0.003), True),
        (Cost(0.1, 0.019, 0.019), True),
        (Cost(0.1, 0.020, 0.020), False),
        (Cost(0.1, 0.002, 0.021), False),
    ],
)
def test_the_bar_is_one_fifth_of_a_tick(steady: Cost, *, holds: bool) -> None:
    results = Results(lambda _: None)
    tell([FIRST, *[steady] * 5], 10_000, results)
    assert all(verdict.is_met for verdict in results.verdicts) is holds
    (text,) = results.paragraphs
    assert "10,000 sockets" in text


def test_the_idle_desktop_has_as_many_sockets_as_asked_for_and_a_little_to_do() -> None:
    looks = list(islice(hour(100), 70))
    assert 100 <= len(looks[-1].sockets) <= 110
    assert all(20 >= len(look.delta.updated) >= 1 for look in looks[2:])
    assert sum(len(look.delta.opened) for look in looks[1:]) == 6
    assert any(change.after.state == "TIME-WAIT" for look in looks for change in look.delta.changed)
    assert list(Recording(lines_of(record(looks)), "it")) == looks


def test_the_sizes_are_those_of_what_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = list(islice(hour(50), 10))
    monkeypatch.setattr(recording, "hour", lambda sockets: iter(looks))
    plain, packed = recording.sizes(50)
    assert 0 < packed < plain
    assert abs(plain - len(record(looks, ends=False))) < 100
