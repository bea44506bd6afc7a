"""From what is on the screen to what a person means by it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from netwatch_tui.actions.subject import Subject, subject_of, subject_of_all
from netwatch_tui.sockets.marks import Mark
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.view.groups import Group, Row, RowId
from netwatch_tui.view.socket_details import connections_of
from netwatch_tui.view.view import View


def pointed_at(view: View, row: Row | None, tagged: Collection[RowId]) -> Subject | None:
    """All marked rows; where none is, the row under the cursor. None if that is nothing, or closed already.

    Args:
        view: What is shown.
        row: That with the cursor.
        tagged: The ids of the rows that the person marked, shown or not.
    """
    every = view.snapshot.sockets
    if tagged:
        sockets = [socket for socket in every if _is_tagged(view, socket, tagged)]
        count = f"{len(sockets):,} marked socket{'' if len(sockets) == 1 else 's'}"
        hidden = sum(socket.id not in view.position for socket in sockets)
        label = f"{count}, {hidden:,} of them not shown" if hidden else count
        return subject_of_all(sockets, every, label) if sockets else None
    if isinstance(row, Group):
        return subject_of_all(_of_group(view, row.id), every, f"the group {row.id}")
    if row is None or _has_closed(view, row):
        return None
    return subject_of(row, every, _accepted(view, row))


def _is_tagged(view: View, socket: Socket, tagged: Collection[RowId]) -> bool:
    return socket.id in tagged or (view.groups is not None and view.groups.names.get(socket.id) in tagged)


def _of_group(view: View, name: str) -> Iterable[Socket]:
    groups = view.groups
    every = groups.sockets() if groups else ()
    return [each for each in every if groups and groups.names[each.id] == name and not _has_closed(view, each)]


def _has_closed(view: View, socket: Socket) -> bool:
    marked = view.moment.marked.get(socket.id)
    return marked is not None and marked.mark is Mark.CLOSED


def _accepted(view: View, socket: Socket) -> list[Socket]:
    """What came in through a listener, where it is certain that it was this one."""
    return [each.socket for each in connections_of(socket, view.snapshot.sockets) or () if each.listeners == 1]
