"""What failed although nothing should: in words for the person, with its place for who mends it, and counted."""

from __future__ import annotations

import os
import time
import traceback
from collections import deque
from contextlib import suppress
from pathlib import Path

from netwatch_tui.files.private_writer import append_in
from netwatch_tui.files.state_folder import open_folder
from netwatch_tui.query import QueryError

LOG = "debug.log"
"""The file below the state folder to which tracebacks are added."""

_FLOOD = 30
_WITHIN = 10.0
"""So many failures in so many seconds are no accident: what paints fails, and would fail for ever."""


class Failures:
    """Counts, and writes to the log if there is one."""

    def __init__(self, folder: Path | None = None) -> None:
        """Begin with none.

        Args:
            folder: Where to log; None for nowhere.
        """
        self._log = folder and folder / LOG
        self._moments: deque[float] = deque(maxlen=_FLOOD)
        self.errors: deque[BaseException] = deque(maxlen=_FLOOD)
        """The last ones."""

    def sentence(self, what: str, error: BaseException) -> str:
        """What is to be said of something that failed; it is counted and logged."""
        self._moments.append(time.monotonic())
        self.errors.append(error)
        if isinstance(error, QueryError):  # what a person asked for, not a fault of the program
            return f"{what} failed: {reason(error)}"
        return f"{what} failed: {reason(error)} ({self._logged(error)})"

    @property
    def is_flood(self) -> bool:
        """Whether going on makes it only worse."""
        return len(self._moments) == _FLOOD and self._moments[-1] - self._moments[0] < _WITHIN

    def _logged(self, error: BaseException) -> str:
        if self._log is None:
            return "--debug logs where"
        text = time.strftime("%Y-%m-%d %H:%M:%S\n") + "".join(traceback.format_exception(error))
        with suppress(OSError):
            folder = open_folder(self._log.parent, create=True)
            try:
                append_in(folder, self._log.name, text.encode(errors="backslashreplace"))
            finally:
                os.close(folder)
            return f"where: {self._log}"
        return f"can't write {self._log}"


def reason(error: BaseException) -> str:
    """Why something failed, in a few words."""
    match error:
        case QueryError():
            return error.message
        case MemoryError():
            return "out of memory"
        case RecursionError():
            return "it is nested too deeply"
        case OSError(strerror=str(text)):
            return text if error.filename is None else f"{text}: {error.filename}"
        case _:
            return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
