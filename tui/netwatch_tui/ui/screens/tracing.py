"""What the person points at, traced: a process, a group of them, or one socket."""

from __future__ import annotations

from collections.abc import Iterable

from netwatch_tui.actions.open_trace import OpenTrace
from netwatch_tui.actions.pointed import pointed_at
from netwatch_tui.fields.format import both_ends
from netwatch_tui.fields.holders import process_name
from netwatch_tui.sockets.hosts import NO_HOSTS, host_number
from netwatch_tui.sockets.ownership import own_number
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.ui.errands import RunsErrands
from netwatch_tui.ui.screens.picker import Choice, Picker
from netwatch_tui.ui.screens.trace_page import TracePage, WriteCalls
from netwatch_tui.ui.screens.viewer import TableCursor, Viewer, refuses_past
from netwatch_tui.view.groups import Group

_PROCESS, _SOCKET = "process", "socket"


class Tracing:
    """Finds out what is meant, and shows the page on which it is traced."""

    def __init__(
        self, viewer: Viewer, table: TableCursor, begin: OpenTrace | None, write: WriteCalls, errands: RunsErrands
    ) -> None:
        """Trace what a viewer shows.

        Args:
            viewer: Who shows it.
            table: Where the person points.
            begin: Begins to trace; None for a recording, whose processes may be gone.
            write: Gives the lines of files.
            errands: Writes them.
        """
        self._viewer = viewer
        self._table = table
        self._begin = begin
        self._write = write
        self._errands = errands

    def action_trace(self) -> None:
        """Trace the process of the row, or, of a connection, that one alone if the person wants."""
        row, view = self._table.cursor_row, self._viewer.view
        if self._begin is None:
            self._viewer.say("A recording can't be traced; this is for the machine itself.")
            return
        if refuses_past(self._viewer):
            return
        subject = pointed_at(view, row, frozenset()) if view is not None else None
        holders = _holders(subject.sockets) if subject is not None else {}
        if row is None or not holders:
            self._viewer.say("There is no process to trace: no row, or nobody is known to hold the socket.")
        elif isinstance(row, Group) or not (row.inode and row.peer_port):
            self._open(holders)
        else:
            self._ask(row, holders)

    def _ask(self, socket: Socket, holders: dict[int, str]) -> None:
        choices = [
            Choice(_SOCKET, "This connection", both_ends(socket)),
            Choice(_PROCESS, "The process" if len(holders) == 1 else "The processes", _names(holders)),
        ]

        def chosen(id: str | None) -> None:
            if id is not None:
                self._open(holders, socket if id == _SOCKET else None)

        self._viewer.ask(Picker("Trace", choices), chosen)

    def _open(self, holders: dict[int, str], socket: Socket | None = None) -> None:
        begin, pids = self._begin, sorted(holders)
        assert begin is not None  # noqa: S101 -- `action_trace` has seen to it
        subject = _names(holders) if socket is None else f"{both_ends(socket)} of {_names(holders)}"
        inode = None if socket is None else socket.inode
        page = TracePage(subject, lambda: begin(pids, inode), self._write, self._errands, self._host_of(pids))
        self._viewer.ask(page)

    def _host_of(self, pids: Iterable[int]) -> str:
        """The machine on which these processes are, if it is another one than this."""
        hosts = self._viewer.view.snapshot.hosts if self._viewer.view else NO_HOSTS
        return ", ".join(hosts[number].name for number in sorted(set(map(host_number, pids))) if number in hosts)


def _holders(sockets: tuple[Socket, ...]) -> dict[int, str]:
    """The names of the processes that hold these sockets, by pid."""
    return {owner.pid: process_name(owner.process.name) for socket in sockets for owner in socket.owners}


def _names(holders: dict[int, str]) -> str:
    """`nginx (814)`, or the first ones of many."""
    named = [f"{name} ({own_number(pid)})" for pid, name in sorted(holders.items())]
    more = f" and {len(named) - 3:,} more" if len(named) > 3 else ""
    return ", ".join(named[:3]) + more
