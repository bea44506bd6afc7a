"""What the first line says of how the data comes, where several things could be said."""

from __future__ import annotations

from netwatch_tui.sockets.marks import Marks
from netwatch_tui.ui.widgets.status_parts import pace_part
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import arrange
from tests.support.build import snapshot


def test_a_key_is_answered_also_while_the_next_tick_is_late() -> None:
    view = arrange(snapshot(), Marks(), ViewSpec(), 1.0)

    def said(age: float | None, *, is_busy: bool) -> str:
        return pace_part(view, age, is_busy=is_busy, is_recorded=False).text

    assert said(2.0, is_busy=True) == said(None, is_busy=True) == "sorting..."
    assert said(2.0, is_busy=False) == "2s old, the next tick is late"
