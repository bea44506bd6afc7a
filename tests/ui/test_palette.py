"""The palette: the frame of every dialog, and themes that are tried on while one moves."""

from __future__ import annotations

import pytest
from textual.widgets import OptionList

from netwatch_tui.ui.screens.dialog import Dialog
from netwatch_tui.ui.screens.picker import Picker
from tests.support.fake import FakeSource
from tests.ui.stage import Stage, on_stage


class Kept:
    """Remembers what it is told to."""

    def __init__(self) -> None:
        self.changes: list[dict[str, object]] = []

    def change(self, changes: dict[str, object]) -> None:
        self.changes.append(changes)


async def move_to(stage: Stage, id: str) -> None:
    """Highlight a line, as moving there does."""
    options = stage.app.screen.query_one(OptionList)
    options.highlighted = options.get_option_index(id)
    await stage.pilot.pause()


async def test_a_theme_is_tried_on_while_its_line_is_highlighted(source: FakeSource) -> None:
    kept = Kept()
    async with on_stage(source, arrangement=kept) as stage:
        app = stage.app
        await stage.press("ctrl+p")
        assert isinstance(app.screen, Picker)
        assert app.theme == "netwatch"
        await move_to(stage, "theme nord")
        assert app.theme == "nord"
        await move_to(stage, "theme gruvbox")
        assert app.theme == "gruvbox"
        await move_to(stage, "sort.pick")
        assert app.theme == "netwatch", "what is no theme shows what holds"
        await move_to(stage, "theme nord")
        await stage.press("escape")
        assert app.theme == "netwatch"
        await stage.press("ctrl+p", *"theme nord", "enter")
        await stage.until(lambda: app.theme == "nord")
        await stage.press("ctrl+p", *"theme dayl", "escape")
        assert app.theme == "nord", "that which was chosen holds"
    assert kept.changes == [{"theme": "nord"}], "what is only tried on is not remembered"


@pytest.mark.parametrize("size", [(132, 24), (80, 24), (40, 12)])
@pytest.mark.parametrize(
    ("keys", "title", "hint"),
    [
        (("ctrl+p",), "Palette", "Enter Select  Esc Cancel"),
        (("s",), "Sort by", "Enter Select  Esc Cancel"),
        (("c",), "Columns", "Space Show  < Left  > Right"),
        (("w",), "Write what is shown to a file", "Enter Write  Esc Cancel"),
        (("question_mark",), "Help", "Esc Close"),
        (("slash", "question_mark"), "Filter", "Esc Close"),
    ],
)
async def test_every_dialog_has_title_and_keys_whatever_the_size(
    source: FakeSource, size: tuple[int, int], keys: tuple[str, ...], title: str, hint: str
) -> None:
    async with on_stage(source, size=size) as stage:
        await stage.press(*keys)
        assert isinstance(stage.app.screen, Dialog)
        lines = [line for line in stage.screen if line.strip()]
        at = next(y for y, line in enumerate(lines) if title in line)
        assert any(hint in line for line in lines[at + 1 :])
        await stage.press("escape")
        assert len(stage.app.screen_stack) == 1


async def test_the_last_line_of_a_long_list_can_be_reached(source: FakeSource) -> None:
    async with on_stage(source, size=(80, 16)) as stage:
        await stage.press("s", *["pagedown"] * 20)
        options = stage.app.screen.query_one(OptionList)
        assert options.highlighted == options.option_count - 1
        assert any("Mark" in line for line in stage.screen)


async def test_a_theme_of_the_terminals_own_colours_reverses_the_cursors_row(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        plain = stage.table.get_component_rich_style("socket-table--cursor", partial=True)
        assert not plain.reverse
        await stage.press("ctrl+p", *"theme terminal", "enter")
        await stage.until(lambda: stage.app.theme == "terminal")
        await stage.pilot.pause()
        assert stage.table.get_component_rich_style("socket-table--cursor", partial=True).reverse
        await stage.press("ctrl+p")
        options = stage.app.screen.query_one(OptionList)
        lines = [[segment.style for segment in options.render_line(y)] for y in (0, 1)]
        assert [any(style and style.underline for style in line) for line in lines] == [True, False]
        await stage.press("escape")
        await stage.press("ctrl+p", *"theme netw", "enter")
        await stage.until(lambda: stage.app.theme == "netwatch")
        await stage.pilot.pause()
        assert not stage.table.get_component_rich_style("socket-table--cursor", partial=True).reverse
