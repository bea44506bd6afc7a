"""Differences between two snapshots, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from netwatch_tui.fields.format import BLANK, aligned, local_text, peer_text, printable
from netwatch_tui.fields.holders import users_text
from netwatch_tui.fields.owner_fields import owner_objects
from netwatch_tui.output.head import Head
from netwatch_tui.output.objects import dump, socket_objects
from netwatch_tui.output.schema import VERSION
from netwatch_tui.sockets.comparison import Differences
from netwatch_tui.sockets.hosts import NO_HOSTS, Hosts, host_number, names_hosts
from netwatch_tui.sockets.socket import Socket


def difference_lines(found: Differences, before: Hosts = NO_HOSTS, after: Hosts = NO_HOSTS) -> Iterator[str]:
    """A line a socket: `-` closed, `+` opened, `~` of another process now, with those before and after.

    Args:
        found: What is different.
        before: The machines of the snapshot before; where there are several, each line says which it is.
        after: Those of the other one.
    """
    has_several = names_hosts(before) or names_hosts(after)

    def row(sign: str, socket: Socket, users: str, hosts: Hosts) -> list[str]:
        host = hosts.get(host_number(socket.netns)) if has_several else None
        names = [printable(host.name) if host else BLANK] if has_several else []
        return [sign, *names, socket.netid, socket.state, local_text(socket), peer_text(socket), users]

    return aligned(
        [
            *(row("-", socket, users_text(socket), before) for socket in found.closed),
            *(row("+", socket, users_text(socket), after) for socket in found.opened),
            *(row("~", now, f"{users_text(was)} -> {users_text(now)}", after) for was, now in found.owner),
        ]
    )


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
    owners = None if before is None else owner_objects(before.owners)
    return dump({"version": VERSION, "difference": difference, "owners_before": owners, "socket": told})
