"""The last step before lines become bytes: whatever a widget shows, and wherever it has it from, it moves no cursor."""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from netwatch_tui.fields.format import printable


class OnlyPrintable(LineFilter):
    """Spells out what could move a cursor, hide or disguise; the line stays as wide as it is.

    Textual keeps the filtered lines of widgets that did not change.
    """

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 -- Textual's signature
        """The same segments, if they are harmless, as nearly all are."""
        texts = [printable(segment.text) for segment in segments]
        if all(text == segment.text for text, segment in zip(texts, segments, strict=True)):
            return segments
        spelled = [Segment(text, segment.style) for text, segment in zip(texts, segments, strict=True)]
        return Segment.adjust_line_length(spelled, sum(segment.cell_length for segment in segments), pad=False)
