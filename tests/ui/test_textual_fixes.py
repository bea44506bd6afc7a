"""The fixes of Textual: what they save, and that an unknown version of it runs as it is."""

from __future__ import annotations

import gc

import pyte
import pytest
from rich.console import Console
from rich.segment import Segment
from textual._compositor import ChopsUpdate
from textual.strip import Strip

from netwatch_tui.ui.textual_fixes import free_painted_lines_at_once, send_changed_cells_only

BEFORE, AFTER = "row with the digit 1 in it", "row with the digit 2 in it"
AT = AFTER.index("2")


@pytest.fixture(autouse=True)
def _unfixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves Textual as it was."""
    monkeypatch.setattr(ChopsUpdate, "render_segments", ChopsUpdate.render_segments)
    for name in ("divide", "crop_extend"):
        monkeypatch.setattr(Strip, name, getattr(Strip, name))


def painted() -> tuple[str, str]:
    """What goes to the terminal for one new digit in a row, and the row that a person then sees."""
    strip = Strip([Segment(AFTER)])
    codes = ChopsUpdate([{0: strip}], [(0, AT, AT + 1)], [[len(AFTER)]]).render_segments(Console())
    screen = pyte.Screen(80, 2)
    stream = pyte.Stream(screen)
    stream.feed(BEFORE)
    stream.feed(codes)
    return codes, screen.display[0].rstrip()


@pytest.mark.parametrize("version", [None, "8.2.3", "8.2.8"])
def test_a_changed_cell_is_sent_alone(version: str | None) -> None:
    assert send_changed_cells_only(version)
    assert painted() == (f"\x1b[1;{AT + 1}H2", AFTER)


@pytest.mark.parametrize("version", ["8.2.2", "8.2.9", "8.2.8rc1", "8.3.0", "9.0", "8"])
def test_a_version_that_it_was_not_tested_with_runs_as_it_is(version: str) -> None:
    own, divide = ChopsUpdate.render_segments, Strip.divide
    assert not free_painted_lines_at_once(version)
    assert Strip.divide is divide
    assert not send_changed_cells_only(version)
    assert ChopsUpdate.render_segments is own
    codes, row = painted()
    assert row == AFTER
    assert AFTER[:AT] in codes, "it sends more, and the screen is the same"


def cuts(strip: Strip) -> list[str]:
    """The texts that a line gives when it is cut in all the ways of the compositor."""
    pieces = [*strip.divide([6]), *strip.divide([2, 6]), *strip.divide([2, 9]), *strip.divide([])]
    return [each.text for each in (*pieces, strip.crop_extend(0, 6, None), strip.crop_extend(1, 8, None))]


def lines_alive() -> int:
    """How many there are, with those that only a search for garbage would free."""
    return sum(isinstance(each, Strip) for each in gc.get_objects())


def test_a_line_that_was_painted_is_freed_with_its_last_user() -> None:
    as_it_is = cuts(Strip([Segment("abcdef")]))
    assert free_painted_lines_at_once()
    gc.collect()
    gc.disable()
    try:
        before = lines_alive()
        strip = Strip([Segment("abc"), Segment("def")])
        assert cuts(strip) == as_it_is
        assert cuts(strip) == as_it_is, "also what it remembers"
        assert lines_alive() > before
        del strip
        assert lines_alive() == before
    finally:
        gc.enable()
