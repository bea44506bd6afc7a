"""The fixes of Textual: what they save, and that an unknown version of it runs as it is."""

from __future__ import annotations

import pyte
import pytest
from rich.console import Console
from rich.segment import Segment
from textual._compositor import ChopsUpdate
from textual.strip import Strip

from netwatch_tui.ui.textual_fixes import send_changed_cells_only

BEFORE, AFTER = "row with the digit 1 in it", "row with the digit 2 in it"
AT = AFTER.index("2")


@pytest.fixture(autouse=True)
def _unfixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves Textual as it was."""
    monkeypatch.setattr(ChopsUpdate, "render_segments", ChopsUpdate.render_segments)


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
    own = ChopsUpdate.render_segments
    assert not send_changed_cells_only(version)
    assert ChopsUpdate.render_segments is own
    codes, row = painted()
    assert row == AFTER
    assert AFTER[:AT] in codes, "it sends more, and the screen is the same"
