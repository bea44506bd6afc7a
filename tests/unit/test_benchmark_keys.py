"""How a key's answer is told from a tick, by screens that are made up."""

from __future__ import annotations

from itertools import islice

import pytest

from tests.benchmarks.key_answers import Look, Output, Press, Seen, answers, play, waits
from tests.benchmarks.key_mix import FILTER, KIND, MOVE, SORT, Stroke, habits, strokes
from tests.benchmarks.screen_output import FRAME_END, Size

_OFF, _ON = "LISTEN 4  tcp 10  ○udp 0", "LISTEN 3  tcp 9  udp 0"
BEFORE = Look((5, ("a:1", "b:2")), "Netid State▲ Recv-Q", "LISTEN 3  tcp 9  ○udp 0", "", is_typing=False, sorts=False)
TYPING = BEFORE._replace(filter_line="Filter:po", is_typing=True)


@pytest.mark.parametrize(
    ("stroke", "before", "answer", "no_answer"),
    [
        (Stroke(b"j", MOVE), BEFORE, BEFORE._replace(cursor=(6, ("c:1", "d:2"))), BEFORE._replace(kinds="tcp 8")),
        (Stroke(b">", SORT), BEFORE, BEFORE._replace(sorts=True), BEFORE._replace(cursor=(6, ()))),
        (Stroke(b">", SORT), BEFORE, BEFORE._replace(heading="Netid State  Recv-Q▼"), BEFORE),
        (Stroke(b"S", SORT), BEFORE, BEFORE._replace(heading="State▼ Recv-Q"), BEFORE._replace(heading="State▲ PID")),
        (Stroke(b"u", KIND), BEFORE, BEFORE._replace(kinds=_ON), BEFORE._replace(kinds=_OFF)),
        (Stroke(b"/", FILTER, "Filter:"), BEFORE, BEFORE._replace(filter_line="Filter:"), BEFORE._replace(sorts=True)),
        (Stroke(b"r", FILTER, "Filter:por"), TYPING, TYPING._replace(filter_line="Filter:por"), TYPING),
        (Stroke(b"\r", FILTER), TYPING, TYPING._replace(is_typing=False), TYPING._replace(filter_line="Filter:po!")),
        (Stroke(b"\x7f", FILTER), TYPING._replace(is_typing=False), BEFORE, TYPING._replace(is_typing=False, kinds="")),
    ],
)  # fmt: skip
def test_a_key_is_answered_by_what_only_it_does(stroke: Stroke, before: Look, answer: Look, no_answer: Look) -> None:
    assert answers(stroke, before, answer)
    assert not answers(stroke, before, no_answer)


def test_a_key_waits_until_the_first_frame_that_answers_it_and_no_answer_is_told() -> None:
    moved = BEFORE._replace(cursor=(6, ()))
    seen = [Seen(1.0, BEFORE), Seen(2.01, BEFORE), Seen(2.03, moved), Seen(3.5, moved)]
    presses = [Press(2.0, Stroke(b"j", MOVE)), Press(3.0, Stroke(b"k", MOVE))]
    assert [answer.seconds for answer in waits(presses, seen, 1.0)] == [pytest.approx(0.03), None]


def test_the_screen_is_read_after_each_whole_frame() -> None:
    lines = [b"tcp 3 sorting...", b"Netid Recv-Q", b" tcp 127.0.0.1:5  10.0.0.1:80", b"Filter: a b", b"Enter Keep"]
    first = b"\r\n".join([*lines[:2], b"\x1b[48;2;1;2;255m" + lines[2] + b"\x1b[0m", *lines[3:]]) + FRAME_END
    output = [Output(1.0, first[:9]), Output(2.0, first[9:] + b"\x1b[1;1Htcp 3 live      "), Output(3.0, FRAME_END)]
    busy, calm = play(output, Size(40, 5), "0102ff")
    assert busy == Seen(2.0, Look((2, ("127.0.0.1:5", "10.0.0.1:80")), *busy.look[1:3], "Filter:ab", True, True))
    assert calm == Seen(3.0, busy.look._replace(sorts=False))


def test_what_is_typed_is_the_same_each_time_and_has_all_kinds() -> None:
    mix = list(islice(strokes(16, "nginx"), 500))
    assert mix == list(islice(strokes(16, "nginx"), 500))
    assert {stroke.kind for stroke in mix} == {stroke.kind for _, habit in habits("nginx") for stroke in habit}
    assert "Filter:process:nginx" in {stroke.line for stroke in mix}
