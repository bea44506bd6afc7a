"""What has to be put right in Textual itself; each fix says since when and until when."""

from __future__ import annotations

from rich.console import Console
from rich.control import Control
from textual._compositor import ChopsUpdate


def send_changed_cells_only() -> None:
    """Make a repainted region cost the terminal its own cells.

    Textual (seen in 8.2.8) sends each line of a region from the left edge of its widget on, so that one digit at the
    right end of a row costs the whole row: 27 kB a second instead of one or two on a screen of 200x50. To be taken out
    when `ChopsUpdate.render_segments` crops at both ends.
    """
    ChopsUpdate.render_segments = _render_segments  # type: ignore[assignment,method-assign]  # a fix from outside


def _render_segments(update: ChopsUpdate, console: Console) -> str:
    """The terminal's codes for the cells between the ends of each span, and for no others."""
    codes: list[str] = []
    for y, left, right in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            start, stop = max(x, left), min(end, right)
            if strip is not None and start < stop:
                codes += (Control.move_to(start, y).segment.text, strip.crop(start - x, stop - x).render(console))
    return "".join(codes)
