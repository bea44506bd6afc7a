"""Acts on rows: on those that are marked, else on the one under the cursor."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

from netwatch_tui.actions.act import ActKind
from netwatch_tui.actions.aim import HeldSocket, TakesAim
from netwatch_tui.actions.pointed import pointed_at
from netwatch_tui.fields.format import peer_text
from netwatch_tui.fields.holders import process_name
from netwatch_tui.sockets.hosts import host_number
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.ui.errands import RunsErrands
from netwatch_tui.ui.screens.act_dialog import ActScreen, Done
from netwatch_tui.ui.screens.viewer import TableCursor, Viewer, refuses_past
from netwatch_tui.view.groups import RowId
from netwatch_tui.view.view import View

_RECONNECTS_WITHIN = 5.0
"""Seconds in which a connection that was closed may be made again and is still spoken of."""


class MarkedRows(Protocol):
    """The table, as far as rows are marked in it."""

    def tag(self, ids: frozenset[RowId]) -> None:
        """Show these rows as marked, and no others."""


_PAST = "What happened can't be acted on; Enter goes to the socket, if it is still there."


class _Closed(NamedTuple):
    """A connection that was closed a moment ago."""

    socket: Socket
    until: float
    """By the clock of `time.monotonic`."""


class Acting:
    """Knows which rows are marked, opens the dialog, and tells what comes of it."""

    def __init__(
        self,
        viewer: Viewer,
        table: TableCursor,
        rows: MarkedRows,
        actor: TakesAim | None,
        errands: RunsErrands,
        told: Callable[[int], None],
    ) -> None:
        """Act for a viewer.

        Args:
            viewer: Whoever shows views.
            table: Where the person points.
            rows: Where marked rows are seen.
            actor: Acts on what is shown; None where that is no machine as it is now.
            errands: Does what is confirmed.
            told: Hears how many rows are marked.
        """
        self._viewer = viewer
        self._table = table
        self._rows = rows
        self._actor = actor
        self._errands = errands
        self._told = told
        self._tagged: frozenset[RowId] = frozenset()
        self._grouping = ""
        """That of the marked groups."""
        self._closed: list[_Closed] = []

    def action_mark(self) -> None:
        """Mark the row under the cursor, or no more, and go to the next one."""
        row, view = self._table.cursor_row, self._viewer.view
        if self._actor is None:
            self._viewer.say("Rows are marked to act on them, and a recording can't be acted on.")
        elif self._viewer.spec.history:
            self._viewer.say(_PAST)
        elif row is None or view is None:
            self._viewer.say("No row to mark.")
        else:
            self._grouping = view.spec.grouping
            self._tag(self._tagged ^ {row.id})
            self._table.action_move(1)

    def unmark(self) -> bool:
        """Take all marks away; tells whether there were any."""
        had = bool(self._tagged)
        self._tag(frozenset())
        return had

    def _tag(self, tagged: frozenset[RowId]) -> None:
        if tagged != self._tagged:
            self._tagged = tagged
            self._rows.tag(tagged)
            self._told(len(tagged))

    def show(self, view: View) -> None:
        """Keep the marks true, and tell if what was closed is there again."""
        if view.spec.history:  # whose rows are no sockets
            self._tag(frozenset())
            return
        if self._tagged:
            there = {socket.id for socket in view.snapshot.sockets if socket.id in self._tagged}
            groups = view.groups.by_name if view.groups and view.spec.grouping == self._grouping else {}
            self._tag(frozenset(id for id in self._tagged if id in there or id in groups))
        if self._closed and not view.rewound:
            self._tell_of_reconnects(view)

    def action_act(self) -> None:
        """Ask what is to be done, and do it."""
        view = self._viewer.view
        if self._actor is None:
            self._viewer.say("A recording can't be acted on.")
            return
        if refuses_past(self._viewer):
            return
        if self._viewer.spec.history:
            self._viewer.say(_PAST)
            return
        subject = pointed_at(view, self._table.cursor_row, self._tagged) if view else None
        if view is None or subject is None or not subject.sockets:
            self._viewer.say("Nothing to act on: no row, or it has closed.")
            return
        now = _now_there(view, subject.sockets[0])
        self._viewer.ask(ActScreen(subject, self._actor, self._errands, now), self._done)

    def _done(self, done: Done | None) -> None:
        if done is None:
            return
        self._viewer.say(done.sentence)
        self.unmark()
        until = time.monotonic() + _RECONNECTS_WITHIN
        closing = (ActKind.CLOSE, ActKind.CLOSE_ACCEPTED)
        hit = [each.target for each in done.hits if not each.failure and each.act.kind in closing]
        closed = [each.socket for each in hit if isinstance(each, HeldSocket)]
        self._closed += [_Closed(socket, until) for socket in closed if socket.peer_port and socket.local.version]

    def _tell_of_reconnects(self, view: View) -> None:
        now = time.monotonic()
        self._closed = [each for each in self._closed if each.until > now]
        delta = view.snapshot.delta
        fresh = [*delta.opened, *(change.after for change in delta.updated)]
        for each in self._closed:
            again = next((socket for socket in fresh if _is_again(each.socket, socket)), None)
            if again is not None:
                self._closed.remove(each)
                name = process_name(again.owners[0].process.name)
                where = f"{peer_text(again)}, now from port {again.local_port}"
                self._viewer.say(f"{name} ({again.owners[0].own_pid}) has connected again to {where}.")
                return


def _now_there(view: View, socket: Socket) -> float:
    """What is shown as of now, in seconds since the epoch by the clock of the machine that a socket is on."""
    host = view.snapshot.hosts.get(host_number(socket.netns))
    return view.moment.now + ((host.clock_offset or 0.0) if host else 0.0)


def _is_again(closed: Socket, socket: Socket) -> bool:
    """Whether a process that held a connection made another one to the same end."""
    ends = (socket.netns, socket.netid, socket.peer, socket.peer_port)
    if ends != (closed.netns, closed.netid, closed.peer, closed.peer_port) or socket.id == closed.id:
        return False
    pids = {owner.pid for owner in closed.owners}
    return socket.local_port != closed.local_port and any(owner.pid in pids for owner in socket.owners)
