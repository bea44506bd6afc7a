"""Who holds a socket, who held it, and whose it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from netwatch_tui.fields.field import Field, Filter, Holds, Written, number_field, text_field
from netwatch_tui.fields.format import BLANK, ELLIPSIS, clip, clip_more, printable
from netwatch_tui.fields.holders import clip_names, process_text, users_text
from netwatch_tui.fields.iso_time import iso
from netwatch_tui.fields.json_types import COUNTS, OWNERS, TEXT, TEXTS, one_of
from netwatch_tui.fields.moment import Moment
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.ownership import Owner, OwnerReason, Process, processes_of
from netwatch_tui.sockets.socket import Socket

_PROCESSES = Needs(of_processes=True)

REASON_MEANINGS = {
    OwnerReason.LAST_HELD: "no visible process holds it any more; this one held it last",
    OwnerReason.ACCEPT_QUEUE: "waiting in an accept queue",
    OwnerReason.KERNEL: "no process can hold it",
    OwnerReason.PERMISSION: "no visible process holds it",
    OwnerReason.NOT_YET: "some processes are still to be looked into",
    OwnerReason.NOT_FOUND: "every process was read, and none holds it",
    OwnerReason.GONE: "it was gone before anybody could look",
}


MOST_COMMANDS = 64
"""Descriptors of one process and one socket with each of which JSON tells its whole command line.

A process may hold a socket by 100,000 descriptors, and its command line have 8 KiB.
"""
_LONGEST_AGAIN = 64
"""Cells that are told of it with the others."""


def owner_objects(owners: Iterable[Owner]) -> list[dict[str, object]]:
    """The holders of a socket as JSON says it."""
    found = []
    times: dict[int, int] = {}
    for owner in owners:
        times[owner.pid] = times.get(owner.pid, 0) + 1
        found.append(_owner_object(owner, is_cut=times[owner.pid] > MOST_COMMANDS))
    return found


def _owner_object(owner: Owner, *, is_cut: bool) -> dict[str, object]:
    process = owner.process
    command = process.cmdline
    if is_cut and command:
        command = (clip(command[0], _LONGEST_AGAIN), ELLIPSIS)
    return {
        "pid": owner.own_pid,
        "fd": owner.fd,
        "name": process.name,
        "cmdline": list(command),
        "user": process.user,
        "started_at": iso(process.create_time) if process.create_time else None,
        "unit": process.unit,
        "container": process.container,
    }


def _and_more(first: int | None, others: int) -> str:
    text = BLANK if first is None else str(first)
    return f"{text} +{others}" if others else text


def _pid(socket: Socket, _: Moment) -> str:
    if not socket.owners:
        return BLANK
    return _and_more(socket.owners[0].own_pid, len({owner.pid for owner in socket.owners}) - 1)


def _fd(socket: Socket, _: Moment) -> str:
    return _and_more(socket.owners[0].fd, len(socket.owners) - 1) if socket.owners else BLANK


def _descriptors(socket: Socket) -> list[int]:
    return [owner.fd for owner in socket.owners if owner.fd is not None]


def _process_key(socket: Socket, _: Moment) -> tuple[str, int] | None:
    return (socket.owners[0].process.name.lower(), socket.owners[0].own_pid) if socket.owners else None


def _names(socket: Socket, _: Moment) -> list[str]:
    return [owner.process.name for owner in socket.owners]


def _commands(socket: Socket) -> list[str]:
    return [" ".join(process.cmdline) for process in processes_of(socket.owners)]


def _known(texts: Iterable[str | None]) -> list[str]:
    """Each text once, in the order in which they came, without those that are not known."""
    return [text for text in dict.fromkeys(texts) if text]


def _of_first(read: Callable[[Process], str | None]) -> Callable[[Socket, Moment], str | None]:
    return lambda socket, _: read(socket.owners[0].process) or None if socket.owners else None


def _process_field(
    id: str,
    title: str,
    meaning: str,
    read: Callable[[Process], str | None],
    asked: Filter,
    **others: Any,
) -> Field:
    """A text that is known of each process; `others` are further parts of `Field`."""
    first = _of_first(read)
    return Field(
        id, title, meaning,
        lambda s, _: _known(map(read, processes_of(s.owners))), TEXTS,
        lambda s, m: printable(first(s, m) or BLANK), first, None, filter=asked, needs=_PROCESSES,
        written=Written.CELLS, most=28,
    )._replace(**others)  # fmt: skip


_first_command = _of_first(lambda process: " ".join(process.cmdline))
"""Of all the holders that there may be, the one of which a cell has room for the command line."""


def _container_or_unit(process: Process) -> str | None:
    return process.container or process.unit


def _holders_field(
    id: str, title: str, meaning: str, label: str, holders: Callable[[Socket], tuple[Owner, ...]], **others: Any
) -> Field:
    """A field whose value is owners; `others` are further parts of `Field`."""
    return Field(
        id, title, meaning, lambda s, _: owner_objects(holders(s)), OWNERS,
        lambda s, _: users_text(s), _process_key, None, label, holders=holders,
        needs=_PROCESSES, written=Written.OBJECTS, rank=16, width=20, most=60,
    )._replace(**others)  # fmt: skip


def _evidence_field(id: str, title: str, meaning: str, label: str, reason: OwnerReason) -> Field:
    """Whom the evidence names where there is no owner for this reason."""

    def holders(socket: Socket) -> tuple[Owner, ...]:
        return socket.evidence if socket.owner_reason is reason else ()

    def text(socket: Socket, _: Moment) -> str:
        return process_text(socket) if holders(socket) else BLANK

    def key(socket: Socket, _: Moment) -> str | None:
        return process_text(socket).casefold() if holders(socket) else None

    return _holders_field(id, title, meaning, label, holders, text=text, key=key)


OWNER_FIELDS = (
    _holders_field(
        "owners", "Owners", "every process and descriptor that holds the socket", "Owner", lambda s: s.owners
    ),
    Field(
        "users", "Processes", "every process and descriptor that holds the socket, in the format of ss -p",
        lambda s, _: users_text(s), TEXT,
        lambda s, _: users_text(s), _process_key, None, written=Written.NOWHERE, rank=16, width=20, most=60,
    ),
    Field(
        "pid", "PID", "process that holds the socket, +N for N more",
        lambda s, _: [owner.own_pid for owner in s.owners], COUNTS, _pid,
        lambda s, _: s.owners[0].own_pid if s.owners else None, None,
        filter=Filter(Holds.NUMBER, lambda s, _: dict.fromkeys(owner.own_pid for owner in s.owners), likeness=9),
        written=Written.CELLS, is_shown=True, rank=1, width=5, enough=9, most=11, right_aligned=True, clip=clip_more,
    ),
    Field(
        "process", "Process", "names of the processes that hold the socket, or (why none is shown)",
        _names, TEXTS, lambda s, _: process_text(s), _process_key, None,
        filter=Filter(
            Holds.TEXT, lambda s, _: dict.fromkeys(process.name for process in processes_of(s.owners)),
            also=("proc", "name"), takes="part of a process name", likeness=1,
        ),
        written=Written.CELLS, is_shown=True, rank=0, width=8, enough=15, most=24, clip=clip_names,
    ),
    Field(
        "fd", "FD", "descriptor through which the process holds the socket, +N for N more",
        lambda s, _: _descriptors(s), COUNTS, _fd,
        lambda s, _: s.owners[0].fd if s.owners else None, None,
        filter=Filter(Holds.NUMBER, lambda s, _: _descriptors(s), likeness=None),
        written=Written.CELLS, is_shown=True, rank=14, width=5, most=8, right_aligned=True, clip=clip_more,
    ),
    Field(
        "cmdline", "Command line", "command lines of the processes that hold the socket",
        lambda s, _: _commands(s), TEXTS,
        lambda s, m: printable(_first_command(s, m) or BLANK), _first_command, None,
        filter=Filter(
            Holds.TEXT, lambda s, _: _known(_commands(s)), also=("cmd", "command"),
            takes="part of a command line", likeness=None,
        ),
        needs=_PROCESSES, written=Written.CELLS, is_shown=True, rank=15, width=20, most=60,
        ends_line=True,
    ),
    text_field(
        "owner_reason", "Owner reason", "why no owner is shown", lambda s: s.owner_reason, holds=Holds.WORD,
        also=("reason",), words=tuple(OwnerReason), likeness=1, json=one_of(OwnerReason, or_null=True),
        sentence=lambda s, _: f"none: {REASON_MEANINGS[s.owner_reason]}" if s.owner_reason else "", label="Owner",
        rank=15, width=12, most=12,
    ),
    _evidence_field(
        "last_owners", "Last owners", "who held the socket last", "Last owner",
        OwnerReason.LAST_HELD,
    ),
    _evidence_field(
        "queue_of", "Queue of", "who holds the listener in whose accept queue it waits", "Listener",
        OwnerReason.ACCEPT_QUEUE,
    ),
)  # fmt: skip


def _user_sentence(socket: Socket, _: Moment) -> str:
    if socket.uid is None:
        return "not kept by the kernel"
    return f"{printable(socket.user or '')} ({socket.uid})"


USER_FIELDS = (
    text_field(
        "user", "User", "user who created the socket", lambda s: s.user,
        takes="part of a user's name, or a whole uid",
        likeness=8, sentence=_user_sentence, is_shown=True, rank=5, width=4, enough=8, most=16,
    ),
    number_field(
        "uid", "UID", "uid of the user who created the socket; - if the kernel does not keep it",
        lambda s: s.uid, likeness=None, sentence=None, rank=14, width=6, most=10,
    ),
)  # fmt: skip

UNIT_FIELDS = (
    _process_field(
        "unit", "Unit", "container or systemd unit of the process", lambda process: process.unit,
        Filter(
            Holds.TEXT,
            lambda s, _: _known(each for one in processes_of(s.owners) for each in (one.container, one.unit)),
            takes="part of the name of a unit or container", likeness=10,
        ),
        text=lambda s, m: printable(_of_first(_container_or_unit)(s, m) or BLANK), key=_of_first(_container_or_unit),
        is_shown=True, rank=10, width=12,
    ),
    _process_field(
        "container", "Container", "container of the process", lambda process: process.container,
        Filter(
            Holds.TEXT, lambda s, _: _known(process.container for process in processes_of(s.owners)),
            takes="part of the name of a container", likeness=11,
        ),
        rank=15, width=12,
    ),
)  # fmt: skip
