"""When a program on Textual has done everything that it was told to: by its event loop, not by the clock."""

from __future__ import annotations

import asyncio
from typing import Any

from textual._context import active_app


async def until_idle(*_: float) -> None:
    """In the place of Textual's `wait_for_idle`, which watches the CPU for at least 20 ms, and is fooled by a busy one.

    All messages were handled when nothing is ready to run in the loop. What they left to be painted, Textual would
    paint with its next timer; it is painted at once, as `Pilot.pause` does, and what comes of that is waited for, too.
    """
    loop: Any = asyncio.get_running_loop()
    while True:
        quiet = 0
        while quiet < 2:  # the second turn has looked at what is due or has come from other threads
            await asyncio.sleep(0)
            quiet = 0 if loop._ready else quiet + 1
        active_app.get().screen._on_timer_update()
        if not loop._ready:
            return
