"""What takes longer to find out about the owners of a socket: program, directory, parents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netwatch_tui.fields.field import Field, Filter, Holds, Written
from netwatch_tui.fields.format import BLANK, printable
from netwatch_tui.fields.json_types import TEXTS
from netwatch_tui.fields.moment import Moment
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.ownership import ProcessDetails
from netwatch_tui.sockets.socket import Socket


def _parents(details: ProcessDetails) -> str | None:
    return " < ".join(f"{name} ({pid})" for pid, name in details.parents) or None


def _detail_field(
    id: str, title: str, meaning: str, takes: str, read: Callable[[ProcessDetails], str | None], **others: Any
) -> Field:
    """A text that is known of each owner; `others` are further parts of `Field`. The details tell it by themselves."""

    def values(socket: Socket, moment: Moment) -> list[str]:
        known = (moment.process_details.get(owner.pid) for owner in socket.owners)
        texts = dict.fromkeys(read(details) for details in known if details is not None)
        return [text for text in texts if text]

    def first(socket: Socket, moment: Moment) -> str | None:
        return next(iter(values(socket, moment)), None)

    return Field(
        id, title, meaning, values, TEXTS, lambda s, m: printable(first(s, m) or BLANK), first, None,
        filter=Filter(Holds.TEXT, values, takes=takes, likeness=None),
        needs=Needs(of_processes=True, of_process_details=True),
        written=Written.NOWHERE, rank=16, width=12, most=40,
    )._replace(**others)  # fmt: skip


PROCESS_FIELDS = (
    _detail_field(
        "exe", "Program", "paths of the programs that the owners run; - where it may not be read",
        "part of a program's path", lambda details: details.exe,
    ),
    _detail_field(
        "cwd", "Directory", "working directories of the owners; - where it may not be read",
        "part of a directory's path", lambda details: details.cwd,
    ),
    _detail_field(
        "parents", "Parents", "parents of the owners, nearest first, with their pids",
        "part of the name of a parent, or of its parent...", _parents,
    ),
)  # fmt: skip
