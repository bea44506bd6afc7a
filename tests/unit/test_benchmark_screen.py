from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pytest

from tests.benchmarks import report, screen_report
from tests.benchmarks.report import MIB
from tests.benchmarks.screen_output import (
    FRAME_END,
    Arrival,
    Cursor,
    Size,
    find_cursor,
    painted,
    per_tick,
    percentile,
    processor_ticks,
)
from tests.benchmarks.screen_report import ScreenMeasured

LIT, PLAIN, HEADING = "48;2;41;65;77", "48;2;18;18;18", "48;2;30;30;30"


def line(row: int, background: str) -> bytes:
    return f"\x1b[{row};1H\x1b[1;38;2;208;208;208;{background}mtcp  \x1b[0m\x1b[{background}m127.80.0.1\x1b[0m".encode()


def frame(*lines: bytes) -> bytes:
    return b"\x1b[?2026h" + b"\r\n".join(lines) + FRAME_END


def seen(output: bytes) -> list[tuple[int, str]]:
    return [(each.row, each.background) for each in painted(output)]


def test_backgrounds_are_told_by_line() -> None:
    assert seen(frame(line(5, PLAIN), line(6, LIT))) == [(5, PLAIN)] * 2 + [(6, LIT)] * 2


@pytest.mark.parametrize(
    ("sequence", "backgrounds"),
    [
        (b"\x1b[48;5;12m", ["48;5;12"]),
        (b"\x1b[48:5:12m", ["48;5;12"]),
        (b"\x1b[1;44m", ["44"]),
        (b"\x1b[30;103m", ["103"]),
        (b"\x1b[1;7m", ["7"]),
        (b"\x1b[38;2;7;44;103m", []),  # a foreground's red, green and blue are no attributes
        (b"\x1b[38;5;44m", []),
        (b"\x1b[m\x1b[0m", []),
    ],
)
def test_backgrounds_of_every_kind_are_read(sequence: bytes, backgrounds: list[str]) -> None:
    assert [background for _, background in seen(b"\x1b[3;1H" + sequence + b"x")] == backgrounds


def test_a_line_without_an_address_is_left_out() -> None:
    assert seen(b"\x1b[44mrest of a line\x1b[9;1H\x1b[45mx\n\x1b[46mx") == [(9, "45"), (10, "46")]


def test_the_cursor_is_what_moves_down_and_up() -> None:
    cursor = find_cursor(frame(line(5, PLAIN), line(6, LIT)), frame(line(5, LIT), line(6, PLAIN)))
    assert cursor == Cursor(frozenset({LIT}), 5)


def test_the_cursor_is_found_beside_a_status_line_that_is_painted_too() -> None:
    down = frame(line(1, HEADING), line(5, PLAIN), line(6, LIT))
    up = frame(line(1, HEADING), line(6, PLAIN), line(5, LIT))
    assert find_cursor(down, up) == Cursor(frozenset({LIT}), 5)


@pytest.mark.parametrize("output", [b"", frame(line(5, PLAIN), line(6, PLAIN)), frame(line(5, LIT), line(6, LIT))])
def test_without_a_background_of_its_own_there_is_no_cursor(output: bytes) -> None:
    assert find_cursor(output, output) is None


def test_a_tick_that_repaints_the_cursor_is_no_answer_to_a_key() -> None:
    cursor = Cursor(frozenset({LIT}), 5)
    tick = frame(line(5, LIT), line(9, PLAIN))
    assert not cursor.is_painted(tick, elsewhere=True, framed=True)
    assert cursor.is_painted(tick, elsewhere=False, framed=True)
    assert cursor.is_painted(tick + frame(line(5, PLAIN), line(6, LIT)), elsewhere=True, framed=True)


def test_the_frame_of_the_cursor_has_to_be_complete() -> None:
    cursor = Cursor(frozenset({LIT}), 5)
    tick, answer = frame(line(9, PLAIN)), frame(line(6, LIT), line(5, PLAIN))
    waiting = [
        length
        for length in range(len(tick + answer))
        if cursor.is_painted((tick + answer)[:length], elsewhere=True, framed=True)
    ]
    assert waiting == []
    assert cursor.is_painted(tick + answer, elsewhere=True, framed=True)
    assert cursor.is_painted((tick + answer)[: -len(FRAME_END)], elsewhere=True, framed=False)


def test_the_cursor_is_where_it_was_painted_last() -> None:
    cursor = Cursor(frozenset({LIT}), 5)
    assert cursor.after(frame(line(6, LIT)) + frame(line(7, LIT), line(8, PLAIN))).row == 7
    assert cursor.after(frame(line(6, PLAIN))).row == 5


def test_a_tick_that_is_sent_over_the_seconds_end_is_one_tick() -> None:
    arrivals = [Arrival(100 + second + offset, 10) for second in range(5) for offset in (0.0, 0.02, 0.97)]
    assert per_tick(arrivals, 100.0, 1.0, 4) == [30, 30, 30, 30]


def test_what_came_once_is_in_one_tick_and_the_others_have_nothing() -> None:
    assert sorted(per_tick([Arrival(102.5, 70)], 100.0, 1.0, 4)) == [0, 0, 0, 70]
    assert per_tick([], 100.0, 1.0, 4) == [0, 0, 0, 0]


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 50), (0.99, 99), (0.991, 100), (1.0, 100)])
def test_a_percentile_is_a_value_that_was_measured(share: float, value: float) -> None:
    assert percentile(range(100, 0, -1), share) == value
    assert percentile([7.0], share) == 7


def test_processor_time_includes_children_and_bears_a_strange_name() -> None:
    fields = " ".join(map(str, range(4, 53)))  # as numbered in proc_pid_stat(5): utime is 14, cstime 17
    assert processor_ticks(f"42 (a) b (c) S {fields}\n") == 14 + 15 + 16 + 17


def measured(sockets: int, samples: Mapping[str, Sequence[float]]) -> ScreenMeasured:
    return ScreenMeasured(sockets, 50, samples, [])


EVERYTHING: Mapping[str, Sequence[float]] = {
    "frame": [0.010, 0.030, 0.020],
    "small-frame": [0.010, 0.025, 0.020],
    "frame-processor": [0.010, 0.026, 0.020],
    "small-frame-processor": [0.008, 0.020, 0.010],
    "latency": [0.004] * 98 + [0.034, 0.090],
    "bytes-idle-80x24": [0, 0, 12],
    "bytes-churn-80x24": [1_000, 1_500, 2_000],
    "start": [0.4, 0.6],
    "import": [0.2, 0.3],
    "processor-seconds": [60],
    "processor-young": [1.8],
    "processor-idle": [1.2],
    "processor-idle-watch": [1.5],
    "memory-peak": [90 * MIB],
}


def test_bars_hold_at_the_sizes_that_they_are_for() -> None:
    def met(sockets: int) -> dict[str, tuple[float, bool | None]]:
        found = screen_report.verdicts(measured(sockets, EVERYTHING))
        return {verdict.title.replace("`", ""): (round(verdict.value, 6), verdict.is_met) for verdict in found}

    common = {
        'start to first row against python -c "import textual.app"': (2.0, True),
        "processor against watch -n1 'ss -tanp', no churn, first minute": (1.2, False),
        "processor against watch -n1 'ss -tanp', no churn, later": (0.8, True),
    }
    frame, processor = "frame against 1,000 rows, time", "frame against 1,000 rows, processor"
    latency, memory = "key to screen, 1 % churn: p99", "resident memory, peak in 10 s, 1 % churn"
    assert met(1_000) == common | {
        frame: (1.0, None), processor: (1.3, None), latency: (34.0, None), memory: (90.0, False)
    }  # fmt: skip
    assert met(10_000) == common | {
        frame: (1.0, True), processor: (1.3, False), latency: (34.0, None), memory: (90.0, None)
    }  # fmt: skip
    assert met(100_000) == common | {
        frame: (1.0, True), processor: (1.3, False), latency: (34.0, False), memory: (90.0, True)
    }  # fmt: skip


def test_the_table_has_a_column_for_each_size_and_no_line_without_a_number() -> None:
    sizes = [measured(1_000, EVERYTHING), measured(100_000, {"latency": [0.020, 0.0304]})]
    cells = screen_report.rows(sizes[0])
    assert cells["bytes a tick, 80x24, no churn, later"] == "0 (most 12)"
    assert cells["processor, no keys, no churn, later: netwatch-tui"] == "2.00%"
    assert cells["frame against 1,000 rows, time"] == "1.00x"
    assert screen_report.rows(sizes[1]) == {
        "key to screen, 1 % churn: p50": "20.0 ms",
        "key to screen, 1 % churn: longest": "30.4 ms",
        "key to screen, 1 % churn: p99": "30 ms, bar 33 ms: met",
    }
    lines = screen_report.table(sizes).splitlines()
    assert len(lines) == 2 + len(cells)
    assert sum(line.endswith(" - |") for line in lines) == len(cells) - 3


def test_the_json_has_every_sample() -> None:
    document = screen_report.as_json([measured(1_000, EVERYTHING)], report.machine(), {"rounds": 7})
    (size,) = json.loads(json.dumps(document))["sizes"]
    assert document["settings"] == {"rounds": 7}
    assert size["measures"]["latency"]["samples"] == EVERYTHING["latency"]
    assert size["measures"]["latency"]["p99"] == pytest.approx(0.034)
    assert size["measures"]["start"]["median"] == pytest.approx(0.5)
    assert [bar["is_met"] for bar in size["bars"]] == [None, None, None, True, False, True, False]


def test_a_size_reads_as_people_write_it() -> None:
    assert str(Size(80, 24)) == "80x24"
