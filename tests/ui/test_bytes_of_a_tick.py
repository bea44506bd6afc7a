"""What a tick and a key send to the terminal, counted: cells that differ, however many sockets there are.

Each figure may be exceeded by a sixth. Who makes something cheaper notes the new one.
"""

from __future__ import annotations

import pytest
from rich.console import RenderableType
from textual._compositor import ChopsUpdate
from textual.screen import Screen

from netwatch_tui.ui.textual_fixes import _render_segments
from tests.support.steady_machine import SteadyMachine
from tests.support.work import MARGIN
from tests.ui.stage import Stage, on_stage

MINUTE = 61.0
"""Seconds after which no age changes every second any more."""
SETTLED = 5
"""Ticks after which as many rows go out as are lit anew."""


class Sent:
    """Counts what would be sent, since a program without a terminal sends nothing."""

    def __init__(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        self._bytes = 0
        app = stage.app
        display = app._display

        def count(screen: Screen[object], renderable: RenderableType | None) -> None:
            if renderable is not None:
                assert isinstance(renderable, ChopsUpdate), "a tick and these keys paint parts of the screen"
                self._bytes += len(_render_segments(renderable, app.console).encode())
            display(screen, renderable)

        monkeypatch.setattr(app, "_display", count)

    def bytes(self) -> int:
        """How much since the last time."""
        sent, self._bytes = self._bytes, 0
        return sent


@pytest.mark.parametrize(("sockets", "a_tick"), [(1_000, 5_425), (10_000, 4_422)])
async def test_a_tick_and_a_key_send_what_differs(sockets: int, a_tick: int, monkeypatch: pytest.MonkeyPatch) -> None:
    noted = {"nothing changes": 0, "a hundredth is replaced": a_tick, "one row down": 1_414, "one page down": 14_822}
    machine = SteadyMachine(sockets)
    found = {}
    async with on_stage(machine.source) as stage:
        await stage.step(MINUTE)
        await stage.step()  # in which it is no longer said that the tick before came late
        sent = Sent(stage, monkeypatch)
        await stage.step()
        found["nothing changes"] = sent.bytes()
        for _ in range(SETTLED):
            machine.replace()
            await stage.step()
            found["a hundredth is replaced"] = sent.bytes()
        for title, key in (("one row down", "j"), ("one page down", "pagedown")):
            await stage.press(key)
            found[title] = sent.bytes()
    assert {title: number for title, number in found.items() if number > noted[title] * MARGIN} == {}
