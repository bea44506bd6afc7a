"""What is wrong with a filter, and where."""

from __future__ import annotations

from netwatch_tui.fields.format import cell_width, printable


class QueryError(ValueError):
    """A filter that can't be understood: what was expected, and where in the text."""

    def __init__(self, message: str, text: str, start: int, end: int, expected: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        """One line."""
        self.text = text
        self.start = start
        self.end = end
        self.expected = expected
        """Words of which one could stand there, where they are few enough to be listed."""

    def pointed(self) -> str:
        """The text with carets under the wrong part, for a terminal without a cursor."""
        before, wrong = printable(self.text[: self.start]), printable(self.text[self.start : self.end])
        return f"{printable(self.text)}\n{' ' * cell_width(before)}{'^' * max(cell_width(wrong), 1)}"
