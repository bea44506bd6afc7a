"""Differences between two snapshots, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from netwatch_tui.fields.format import aligned, local_text, peer_text
from netwatch_tui.fields.holders import users_text
from netwatch_tui.fields.owner_fields import owner_object
from netwatch_tui.output.head import Head
from netwatch_tui.output.objects import dump, socket_objects
from netwatch_tui.output.schema import VERSION
from netwatch_tui.sockets.comparison import Differences
from netwatch_tui.sockets.socket import Socket


def difference_lines(found: Differences) -> Iterator[str]:
    """A line a socket: `-` closed, `+` opened, `~` of another process now, with those before and after."""
    return aligned(
        [
            *(_row("-", socket, users_text(socket)) for socket in found.closed),
            *(_row("+", socket, users_text(socket)) for socket in found.opened),
            *(_row("~", after, f"{users_text(before)} -> {users_text(after)}") for before, after in found.owner),
        ]
    )


def _row(sign: str, socket: Socket, users: str) -> list[str]:
    return [sign, socket.netid, socket.state, local_text(socket), peer_text(socket), users]


def difference_objects(found: Differences, before: Head, after: Head) -> Iterator[str]:
    """An object a line; see `#/$defs/difference` of the schema. The heads are those of the two snapshots."""
    for socket in found.closed:
        yield _object("closed", socket, None, before)
    for socket in found.opened:
        yield _object("opened", socket, None, after)
    for was, socket in found.owner:
        yield _object("owner", socket, was, after)


def _object(difference: str, socket: Socket, before: Socket | None, head: Head) -> str:
    (told,) = socket_objects((socket,), head._replace(taken_at=socket.seen_at))
    owners = None if before is None else [owner_object(owner) for owner in before.owners]
    return dump({"version": VERSION, "difference": difference, "owners_before": owners, "socket": told})
