"""What of a recording could not be read, in words: the first place, and how much went with it."""

from __future__ import annotations


class Damage:
    """Collects what is damaged while a recording is read; of any number of places it keeps one line."""

    def __init__(self) -> None:
        self.is_open = False
        """Whether what is read now means nothing, because of what was damaged before it."""
        self._first = ""
        self._places = 0
        self._open = ""
        self._missing = 0
        self._missing_before = 0

    def found(self, number: int, what: str) -> None:
        """Line `number` is damaged. From line 2 on nothing is known any more."""
        place = f"line {number} is damaged ({what})"
        self._first = self._first or place
        self._places += 1
        if number > 1:
            self._open = self._open or place
            self.is_open = True
            self._missing += 1

    def skipped(self) -> None:
        """A line that is not damaged means nothing."""
        self._missing += 1

    def closed(self) -> str:
        """From here on everything is known again; says what was not."""
        said = f"{_lines(self._missing)} of the recording left out: {self._open}"
        self._missing_before += self._missing
        self.is_open, self._open, self._missing = False, "", 0
        return said

    def said(self) -> str:
        """All of it in one line; nothing where all is well."""
        if not self._places:
            return ""
        more = f", {self._places - 1:,} more too" if self._places > 1 else ""
        missing = self._missing_before + self._missing
        return f"{self._first}{more}" + (f"; {_lines(missing)} left out" if missing > 1 else "")


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count:,} lines"
