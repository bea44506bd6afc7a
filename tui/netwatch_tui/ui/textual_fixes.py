"""What has to be put right in Textual itself; each fix says since when, and holds for versions it was tested with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.metadata import version

from rich.console import Console
from rich.control import Control
from rich.style import Style as RichStyle
from textual._compositor import ChopsUpdate
from textual._styles_cache import StylesCache
from textual.color import Color
from textual.message import Message
from textual.message_pump import MessagePump
from textual.strip import Strip
from textual.style import Style

_FIRST, _LAST = (8, 2, 3), (8, 2, 8)
"""The versions of Textual whose insides the fixes are known to fit; any other runs as it is."""


def fits(textual_version: str | None = None) -> bool:
    """Whether this Textual is one that the fixes fit.

    Args:
        textual_version: The version to judge by, that which is installed where nothing is said.
    """
    return _FIRST <= _numbers(textual_version or version("textual")) <= _LAST


def send_changed_cells_only(textual_version: str | None = None) -> bool:
    """Make a repainted region cost the terminal its own cells. Tells whether this Textual is one that it fits.

    Textual (seen in 8.2.3 to 8.2.8) sends each line of a region from the left edge of its widget on, so that one digit
    at the right end of a row costs the whole row: 27 kB a second instead of one or two on a screen of 200x50.

    Args:
        textual_version: The version to judge by, that which is installed where nothing is said.
    """
    if not fits(textual_version):
        return False
    ChopsUpdate.render_segments = _render_segments  # type: ignore[assignment,method-assign]  # a fix from outside
    return True


def outlive_failures() -> bool:
    """Let widgets, screens and the program go on after a handler that failed. Tells whether this Textual is one for it.

    Textual (seen in 8.2.3 to 8.2.8) ends the loop of messages of whoever failed, before it asks the program what to do.
    """
    if not fits():
        return False
    MessagePump._dispatch_message = _dispatch_message  # type: ignore[assignment,method-assign]  # noqa: SLF001 -- a fix from outside
    return True


_DISPATCH = MessagePump._dispatch_message  # noqa: SLF001 -- a fix from outside


async def _dispatch_message(pump: MessagePump, message: Message) -> None:
    try:
        await _DISPATCH(pump, message)
    except Exception as error:  # noqa: BLE001 -- whatever it is: the program says it, and decides
        pump.app._handle_exception(error)  # noqa: SLF001 -- where Textual itself hands it


def let_go_of_closed_widgets(textual_version: str | None = None) -> bool:
    """Free the painted lines of a widget with the widget. Tells whether this Textual is one that it fits.

    Textual (seen in 8.2.3 to 8.2.8) has an `lru_cache` around a method of a widget's cache of lines, which is so in its
    keys: the lines of the last 1,024 widgets stay, half a megabyte a dialog.

    Args:
        textual_version: The version to judge by, that which is installed where nothing is said.
    """
    if not fits(textual_version):
        return False
    StylesCache.get_inner_outer = staticmethod(_inner_outer)  # type: ignore[assignment,method-assign]  # a fix from outside
    return True


_MOST_BACKGROUNDS = 1_024
"""Pairs of colours, a few hundred bytes each."""


@lru_cache(_MOST_BACKGROUNDS)
def _inner_outer(base_background: Color, background: Color) -> tuple[Style, Style]:
    """The backgrounds inside and outside of a widget's border."""
    return Style(background=base_background + background), Style(background=base_background)


def free_painted_lines_at_once(textual_version: str | None = None) -> bool:
    """Free the pieces of lines when they are painted over. Tells whether this Textual is one that it fits.

    A line of Textual (seen in 8.2.3 to 8.2.8) remembers what it was cut into, and that is itself where nothing is cut
    off: a cycle, which only a search for garbage frees, of ten objects. Each frame leaves one for each line of a scroll
    bar: nine tenths of all garbage, 3,000 objects a second while somebody types.

    Args:
        textual_version: The version to judge by, that which is installed where nothing is said.
    """
    if not fits(textual_version):
        return False
    Strip.divide = _divide  # type: ignore[assignment,method-assign]  # a fix from outside
    Strip.crop_extend = _crop_extend  # type: ignore[assignment,method-assign]  # as above
    return True


_DIVIDE, _CROP_EXTEND = Strip.divide, Strip.crop_extend


def _divide(strip: Strip, cuts: Iterable[int]) -> Sequence[Strip]:
    cuts = [cut for cut in cuts if cut <= strip.cell_length]
    return [strip] if cuts == [strip.cell_length] else _DIVIDE(strip, cuts)


def _crop_extend(strip: Strip, start: int, end: int, style: RichStyle | None) -> Strip:
    return strip if start == 0 and end == strip.cell_length else _CROP_EXTEND(strip, start, end, style)


def _numbers(text: str) -> tuple[int, ...]:
    """A version for comparing; one that is more than numbers, as of a pre-release, is before all others."""
    parts = text.split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else ()


def _render_segments(update: ChopsUpdate, console: Console) -> str:
    """The terminal's codes for the cells between the ends of each span, and for no others."""
    codes: list[str] = []
    for y, left, right in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            start, stop = max(x, left), min(end, right)
            if strip is not None and start < stop:
                codes += (Control.move_to(start, y).segment.text, strip.crop(start - x, stop - x).render(console))
    return "".join(codes)
