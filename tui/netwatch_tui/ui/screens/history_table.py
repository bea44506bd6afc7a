"""The history: what happened, in the table's place, with the same filters, order, groups, copies and files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from netwatch_tui.fields.event_fields import HISTORY_COLUMNS
from netwatch_tui.fields.format import printable
from netwatch_tui.fields.json_types import in_quotes
from netwatch_tui.query import EVERYTHING, Query, parse
from netwatch_tui.sockets.selection import EVERY_KIND
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.ui.screens.picker import Choice, Picker
from netwatch_tui.ui.screens.viewer import TableCursor, Viewer
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View


class TableOfSockets(TableCursor, Protocol):
    """The table, in which a row can be pointed at that is not shown yet."""

    def aim(self, id: int, grouping: str) -> None:
        """Have the cursor on this socket when the table of sockets is shown again."""


class HistoryTable:
    """Shows the history in the place of the sockets, and those again as they were left."""

    def __init__(self, viewer: Viewer, table: TableOfSockets, use_filter: Callable[[Query], None]) -> None:
        """Begin with the sockets.

        Args:
            viewer: Whoever shows views.
            table: Where the person points.
            use_filter: Keeps a filter that was not typed.
        """
        self._viewer = viewer
        self._table = table
        self._use_filter = use_filter
        self._sockets: ViewSpec | None = None
        """How they were left."""
        self._arranged: ViewSpec | None = None
        """How the history was left."""
        self._awaited: int | None = None
        """The socket to which the person wants to go."""

    def action_history(self) -> None:
        """Show what happened, or the sockets again."""
        if not self.leave():
            self._open(EVERYTHING._replace(names=self._viewer.spec.query.names))

    def leave(self) -> bool:
        """Show the sockets again; tells whether they were not shown."""
        spec, left = self._viewer.spec, self._sockets
        if not spec.history or left is None:
            return False
        self._arranged = spec
        self._show(left._replace(interval=spec.interval, paused=spec.paused).named_as(spec))
        return True

    def _open(self, query: Query) -> None:
        spec, arranged = self._viewer.spec, self._arranged
        if spec.history:
            self._show(spec._replace(query=query, inside=None))
            return
        self._sockets = spec._replace(subject=None)
        wanted = spec._replace(
            history=True, query=query, selection=EVERY_KIND, grouping="", inside=None, subject=None,
            columns=arranged.columns if arranged else HISTORY_COLUMNS,
            sort=arranged.sort if arranged else "happened_at",
            descending=arranged.descending if arranged else True,
        )  # fmt: skip
        self._show(wanted)

    def _show(self, spec: ViewSpec) -> None:
        self._viewer.choose(spec)
        self._use_filter(spec.query)

    def action_history_of(self) -> None:
        """Choose of what to see the history: of the row's process, peer or port."""
        socket = self._table.cursor_socket
        if socket is None:
            self._viewer.say("No row whose history could be shown.")
            return
        choices = list(_conditions(socket))

        def chosen(text: str | None) -> None:
            if text is not None:
                self._open(parse(text, self._viewer.spec.query.names))

        self._viewer.ask(Picker("History of", choices), chosen)

    def go_to_row(self) -> None:
        """Go from an event to the socket that it is about."""
        row, view = self._table.cursor_socket, self._viewer.view
        event = view.moment.events.get(row.id) if row is not None and view is not None else None
        if event is None or self._sockets is None:
            self._viewer.say("No event from which to go to a socket.")
            return
        self._awaited = event.socket.id
        self._table.aim(event.socket.id, self._sockets.grouping)
        self.leave()

    def show(self, view: View) -> None:
        """Say if the socket to which the person went is not there."""
        if self._awaited is None or view.spec.history:
            return
        id, self._awaited = self._awaited, None
        if id not in view.position:
            self._viewer.say("No row of it: it has closed, or the filter hides it.")


def _conditions(socket: Socket) -> Iterator[Choice]:
    """What of a row can be asked for in the history, as filters."""
    if socket.owners or socket.evidence:
        owner = (socket.owners or socket.evidence)[0]
        name = printable(owner.process.name)
        yield Choice(f"process:{in_quotes(owner.process.name)}", "this program", name)
        yield Choice(f"pid:{owner.own_pid}", "this process", f"{name} {owner.own_pid}")
    if socket.peer.version and socket.peer_port:
        yield Choice(f"peer:{socket.peer.text}", "this peer", socket.peer.text)
    ports = dict.fromkeys(port for port in (socket.local_port, socket.peer_port) if port and socket.local.version)
    for port in ports:
        yield Choice(f"port:{port}", "this port", str(port))
