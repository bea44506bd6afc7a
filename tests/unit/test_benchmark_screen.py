from __future__ import annotations

import pytest

from tests.benchmarks.screen_output import (
    FRAME_END,
    Arrival,
    Cursor,
    Size,
    find_cursor,
    painted,
    per_tick,
    processor_ticks,
)

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
    assert cursor == Cursor(frozenset({LIT}))


def test_the_cursor_is_found_beside_a_status_line_that_is_painted_too() -> None:
    down = frame(line(1, HEADING), line(5, PLAIN), line(6, LIT))
    up = frame(line(1, HEADING), line(6, PLAIN), line(5, LIT))
    assert find_cursor(down, up) == Cursor(frozenset({LIT}))


@pytest.mark.parametrize("output", [b"", frame(line(5, PLAIN), line(6, PLAIN)), frame(line(5, LIT), line(6, LIT))])
def test_without_a_background_of_its_own_there_is_no_cursor(output: bytes) -> None:
    assert find_cursor(output, output) is None


def test_the_frame_of_the_cursor_has_to_be_complete() -> None:
    cursor = Cursor(frozenset({LIT}))
    tick, answer = frame(line(9, PLAIN)), frame(line(6, LIT), line(5, PLAIN))
    waiting = [
        length for length in range(len(tick + answer)) if cursor.is_painted((tick + answer)[:length], framed=True)
    ]
    assert waiting == []
    assert cursor.is_painted(tick + answer, framed=True)
    assert cursor.is_painted((tick + answer)[: -len(FRAME_END)], framed=False)


def test_a_tick_that_is_sent_over_the_seconds_end_is_one_tick() -> None:
    arrivals = [Arrival(100 + second + offset, 10) for second in range(5) for offset in (0.0, 0.02, 0.97)]
    assert per_tick(arrivals, 100.0, 1.0, 4) == [30, 30, 30, 30]


def test_what_came_once_is_in_one_tick_and_the_others_have_nothing() -> None:
    assert sorted(per_tick([Arrival(102.5, 70)], 100.0, 1.0, 4)) == [0, 0, 0, 70]
    assert per_tick([], 100.0, 1.0, 4) == [0, 0, 0, 0]


def test_processor_time_includes_children_and_bears_a_strange_name() -> None:
    fields = " ".join(map(str, range(4, 53)))  # as numbered in proc_pid_stat(5): utime is 14, cstime 17
    assert processor_ticks(f"42 (a) b (c) S {fields}\n") == 14 + 15 + 16 + 17


def test_a_size_reads_as_people_write_it() -> None:
    assert str(Size(80, 24)) == "80x24"
