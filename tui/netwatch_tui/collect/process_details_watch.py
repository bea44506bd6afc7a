"""Program, directory and parents of the owners of sockets, where a column, a filter or the order needs them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from netwatch_tui.kernel.source import Source
from netwatch_tui.sockets.ownership import NO_PROCESS_DETAILS, Process, ProcessDetailsByPid

AT_ONCE = 64
"""Processes that one tick asks about where there is a next one: some milliseconds."""


class ProcessDetailsWatch:
    """Asks about each process once, about each again in turn, and never about many in one tick."""

    def __init__(self, source: Source, at_once: int | None) -> None:
        """Know nothing yet.

        Args:
            source: The machine.
            at_once: Processes that one tick may ask about; None for all.
        """
        self._source = source
        self._at_once = at_once
        self._asked: dict[int, Process] = {}
        self._told: ProcessDetailsByPid = NO_PROCESS_DETAILS
        self._due: dict[int, None] = {}

    def look(self, holders: Mapping[int, Process], *, again: bool) -> ProcessDetailsByPid:
        """What is known of these processes by now; the same mapping as before while nothing is different.

        Args:
            holders: Who holds sockets, by pid; nobody where nobody needs to know more of them.
            again: Whether it is time to ask about those that are known, too: a process may change its directory.
        """
        new = [pid for pid, process in holders.items() if self._asked.get(pid) != process]
        waiting = [pid for pid in (*self._due, *(holders if again else ())) if pid in holders]
        queue = dict.fromkeys((*new, *waiting))
        now = list(queue)[: self._at_once]
        self._due = dict.fromkeys(list(queue)[len(now) :])
        told = {pid: known for pid, known in self._told.items() if pid in holders and pid not in now}
        told |= self._answers(now)
        self._asked = {pid: process for pid, process in self._asked.items() if pid in holders}
        self._asked.update((pid, holders[pid]) for pid in now)
        if told != self._told:
            self._told = told
        return self._told

    def _answers(self, pids: Iterable[int]) -> ProcessDetailsByPid:
        asked = {pid: self._source.process_details(pid) for pid in pids}
        return {pid: details for pid, details in asked.items() if details is not None}
