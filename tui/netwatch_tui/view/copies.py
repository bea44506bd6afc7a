"""What of a row a person may want in another window: each value, the whole row, commands about it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import NamedTuple

from netwatch_tui.fields.catalogue import FIELDS
from netwatch_tui.fields.field import Field
from netwatch_tui.fields.format import BLANK, local_text, peer_text, printable
from netwatch_tui.fields.moment import Moment
from netwatch_tui.sockets.hosts import host_number
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.view.shell_commands import shell_commands


class Copy(NamedTuple):
    """One thing that can be copied."""

    id: str
    label: str
    text: str
    """Without control characters, so that pasting it into a shell runs nothing by itself."""


def copies(socket: Socket, columns: Sequence[Field], moment: Moment, own_namespace: int) -> list[Copy]:
    """Everything of a row that can be copied, the most wanted first.

    Args:
        socket: The row.
        columns: Those that are shown.
        moment: What else is known.
        own_namespace: Inode of this machine's network namespace in which a command would be run.
    """
    cells = [column.text(socket, moment) for column in columns if column.title.strip()]
    found = [
        Copy("row", "whole row", "\t".join(cells)),
        Copy("local", "local address:port", local_text(socket)),
        Copy("peer", "peer address:port", peer_text(socket)),
    ]
    if socket.owners:
        owner = socket.owners[0]
        found += [
            Copy("pid", "pid", str(owner.own_pid)),
            Copy("cmdline", "command line", printable(shlex.join(owner.process.cmdline))),
        ]
    found += _commands(socket, moment, own_namespace)
    known = {each.id for each in found}
    texts = ((field, field.text(socket, moment).strip()) for field in FIELDS if field.id not in known)
    found += [Copy(field.id, field.title, text) for field, text in texts if text not in ("", BLANK)]
    return found


_CONTAINER_COMMANDS = frozenset({"docker", "podman", "kubectl"})
"""What stands before the colon of a machine that is reached by another command than ssh."""


def _commands(socket: Socket, moment: Moment, own_namespace: int) -> list[Copy]:
    """Commands about the socket, to be run here: those about one of another machine go there by ssh."""
    host = moment.hosts.get(host_number(socket.netns))
    if host is None:
        return [Copy(each.tool, each.label, each.text) for each in shell_commands(socket, own_namespace)]
    way, colon, _ = host.name.partition(":")
    if colon and way in _CONTAINER_COMMANDS:
        return []  # where these tools mostly are not
    there = f"ssh {shlex.quote(host.name)}"
    return [
        Copy(each.tool, each.label, f"{there} {shlex.quote(each.text)}")
        for each in shell_commands(socket, host.own_namespace)
    ]
