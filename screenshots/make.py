"""Makes the pictures of the README: the real program on a recording, read as `--replay` reads it.

Run it from a checkout in which the program is installed: `.venv/bin/python screenshots/make.py`.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
os.environ["COLORTERM"] = "truecolor"  # so that the pictures do not depend on the terminal they are made in
os.environ.pop("NO_COLOR", None)
os.environ["TZ"] = "UTC"  # nor on where the clocks are that show it
time.tzset()

from netwatch_tui.ui.app import NetwatchApp  # noqa: E402 -- as above
from netwatch_tui.ui.remembered import Remembered  # noqa: E402 -- as above
from netwatch_tui.ui.setup import Setup  # noqa: E402 -- as above
from netwatch_tui.ui.themes import load_themes, themes_folder  # noqa: E402 -- as above
from netwatch_tui.view.spec import ViewSpec  # noqa: E402 -- after the environment that Textual reads
from screenshots.actor import FakeActor  # noqa: E402 -- as above
from screenshots.feed import on_recording  # noqa: E402 -- as above
from screenshots.tour import tour  # noqa: E402 -- as above

SIZE = (120, 30)
"""Columns and lines of every picture: they stand side by side."""

PICTURES: dict[str, tuple[str, tuple[str, ...]]] = {
    "main": ("netwatch", ("down", "down", "down")),
    "problems": ("netwatch", ("4", "down", "enter")),
    "details": ("netwatch", (*"/127.0.0.1:5432", "enter", "end", "enter")),
    "flows": ("netwatch", ("5", "down", "down")),
    "history": ("netwatch", ("H",)),
    "act": ("netwatch", (*"/process:nginx", "enter", "K")),
    "groups": ("netwatch", ("B", "down")),
    "daylight": ("daylight", ()),
}
"""Name -> theme, and the keys that are pressed after the last tick."""


async def picture(theme: str, keys: tuple[str, ...], folder: Path) -> str:
    """The screen after the last tick and some keys, as SVG."""
    spec = ViewSpec()
    feed = on_recording(spec)
    themes, _ = load_themes(themes_folder())
    app = NetwatchApp(feed, spec, themes, theme, lambda *_: (), Remembered(folder), setup=Setup(actor=FakeActor()))
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        feed.step()
        await pilot.press(*keys)
        await app.workers.wait_for_complete()
        await pilot.pause()
        svg = app.export_screenshot(title="netwatch-tui")
    # A picture that is looked at must not fetch a font from somewhere: the viewer's own monospace does.
    return re.sub(r"@font-face\s*\{[^}]*\}\s*", "", svg)


def main() -> None:
    """Write every picture, and the moving one, beside this script."""
    for name, (theme, keys) in PICTURES.items():
        with TemporaryDirectory() as folder:
            _write(name, asyncio.run(picture(theme, keys, Path(folder))))
    with TemporaryDirectory() as folder:
        _write("tour", asyncio.run(tour(Path(folder))))


def _write(name: str, svg: str) -> None:
    path = HERE / f"{name}.svg"
    path.write_text(svg, encoding="utf-8")
    print(f"wrote {path.relative_to(HERE.parent)}")


if __name__ == "__main__":
    main()
