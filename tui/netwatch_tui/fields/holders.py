"""How those who hold a socket are named, so that no process can call itself what the program says of one."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from netwatch_tui.fields.format import ELLIPSIS, MOST_NAMES, cell_width, clip, printable
from netwatch_tui.fields.json_types import in_quotes
from netwatch_tui.sockets.ownership import Owner, OwnerReason, processes_of
from netwatch_tui.sockets.socket import Socket

_LAST_HELD = "†"
_NAMES = re.compile(r'"(?:[^"\\]|\\.)*"|[^,"]+')


@cache
def _mistakable() -> re.Pattern[str]:
    """Blank, a reason, an edge that can't be seen, what separates names, one that held it before, and so many more.

    Compiled here, as the plain table, which has all names in quotes, does not wait for it.
    """
    return re.compile(r'^$|^-$|^\(|^\s|\s$|[",\\†]|\+[0-9]+$')


@lru_cache(MOST_NAMES)
def process_name(name: str) -> str:
    r"""A name as it is shown: in quotes, in which `\"` and `\\` stand for themselves, if it could be mistaken."""
    return printable(in_quotes(name) if _mistakable().search(name) else name)


def _names(owners: tuple[Owner, ...], between: str = ",") -> str:
    if len(owners) == 1:  # as most have
        return process_name(owners[0].process.name)
    return between.join(dict.fromkeys(process_name(process.name) for process in processes_of(owners)))


def process_text(socket: Socket) -> str:
    """The names of all processes that hold a socket, or in brackets the reason why there is none."""
    return _names(socket.owners) if socket.owners else absence_text(socket)


def absence_text(socket: Socket) -> str:
    """What stands where owners would: `(kernel)`, `(hidden)`, `(queue of nginx)`, `nginx†` and the like."""
    match socket.owner_reason:
        case OwnerReason.LAST_HELD:
            return f"{_names(socket.evidence)}{_LAST_HELD}"
        case OwnerReason.ACCEPT_QUEUE:
            return f"(queue of {_names(socket.evidence, ' or ')})" if socket.evidence else "(accept queue)"
        case OwnerReason.KERNEL:
            return "(kernel)"
        case OwnerReason.PERMISSION:
            return "(hidden)"
        case OwnerReason.NOT_YET:
            return "(looking)"
        case OwnerReason.GONE:
            return "(gone)"
        case _:
            return "(not found)"


def users_text(socket: Socket) -> str:
    """All holders in the form of `ss -p`, with names that can't end their quotes; or in brackets why there is none."""
    return owners_text(socket.owners) if socket.owners else absence_text(socket)


def owners_text(owners: tuple[Owner, ...]) -> str:
    """The same of holders of which there are any."""
    return f"users:({','.join(map(_holder, owners))})"


def _holder(owner: Owner) -> str:
    descriptor = "" if owner.fd is None else f",fd={owner.fd}"
    return f"({_in_users(owner.process.name)},pid={owner.own_pid}{descriptor})"


@lru_cache(MOST_NAMES)
def _in_users(name: str) -> str:
    return printable(in_quotes(name))


def clip_names(text: str, width: int) -> str:
    """Names in at most `width` cells: as many as find room, and how many more there are, `nginx,php+2`.

    The sign that they held the socket before, and do no more, is never cut off.
    """
    if cell_width(text) <= width or text.startswith("("):
        return clip(text, width)
    held_before = _LAST_HELD if text.endswith(_LAST_HELD) else ""
    names = _NAMES.findall(text.removesuffix(held_before))
    for shown in range(len(names) - 1, 0, -1):
        made = f"{','.join(names[:shown])}+{len(names) - shown}{held_before}"
        if cell_width(made) <= width:
            return made
    rest = (f"+{len(names) - 1}" if len(names) > 1 else "") + held_before
    room = width - len(rest)
    return clip(names[0], room) + rest if room > 0 and names else f"{ELLIPSIS}{held_before}"[:width]
