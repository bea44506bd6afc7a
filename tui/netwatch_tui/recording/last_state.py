"""The last state of the machine that a file tells of: a recording, or a snapshot in JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from netwatch_tui.recording.codec import plain_address
from netwatch_tui.recording.file_format import MAGIC
from netwatch_tui.recording.reader import Recording, RecordingBrokenError, RecordingError, read_lines
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.ownership import Owner, OwnerReason, Process
from netwatch_tui.sockets.snapshot import Counts, Seen, Snapshot
from netwatch_tui.sockets.socket import Address, Family, Socket, State, Timer

SNAPSHOT_VERSION = 1
"""The newest version of `snapshot.schema.json` that is read here."""


class Last(NamedTuple):
    """The last that is known."""

    snapshot: Snapshot
    note: str | None
    """What a person should know about it: that the recording breaks off."""


def last_state(path: str) -> Last:
    """Read a file, or standard input for `-`.

    Raises:
        OSError: It can't be read.
        RecordingError: It is neither a recording nor a snapshot, or there is no look in it.
    """
    name = "standard input" if path == "-" else path
    lines = read_lines(os.dup(0) if path == "-" else os.open(path, os.O_RDONLY))
    try:
        first = next(lines, b"")
        if _is_header(first):
            return _last_of(Recording(chain((first,), lines), name), name)
        text = b"".join((first, *lines))
    except RecordingBrokenError as error:
        raise RecordingError(f"{name} is neither a recording nor a snapshot: {error}") from error
    try:
        return _from_document(json.loads(text), name)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        if isinstance(error, RecordingError):
            raise
        raise RecordingError(f"{name} is neither a recording nor a whole snapshot in JSON") from error


def _is_header(line: bytes) -> bool:
    try:
        return MAGIC in json.loads(line)
    except (ValueError, TypeError, RecursionError):
        return False


def _last_of(recording: Recording, name: str) -> Last:
    last = None
    for last in recording:  # noqa: B007 -- wanted after the loop
        pass
    if last is None:
        raise RecordingError(f"{name} holds no look at the sockets: {recording.ended}")
    note = f"{name}: {recording.ended}" if recording.is_broken else None
    return Last(last, note)


def _from_document(told: Mapping[str, Any], name: str) -> Last:
    if told["version"] > SNAPSHOT_VERSION:
        raise RecordingError(
            f"{name} was written by a newer netwatch-tui: its form is number {told['version']}, "
            f"and this one reads {SNAPSHOT_VERSION}"
        )
    sockets = tuple(_socket(each, id) for id, each in enumerate(told["sockets"], 1))
    names = {each["netns"]: each["netns_name"] for each in told["sockets"] if each["netns_name"]}
    taken_at = datetime.fromisoformat(told["taken_at"]).timestamp()
    counts = Counts().after(Delta(opened=sockets))
    return Last(Snapshot(taken_at, sockets, Delta(), counts, 0.0, (), Seen(names, 0, 0)), None)


def _socket(told: Mapping[str, Any], id: int) -> Socket:
    family = Family(told["family"])
    is_ip = family in (Family.INET, Family.INET6)
    return Socket(
        id=id,
        seen_at=datetime.fromisoformat(told["seen_at"]).timestamp(),
        was_there=told["was_there"],
        user=told["user"],
        owners=tuple(_owner(each) for each in told["owners"]),
        owner_reason=told["owner_reason"] and OwnerReason(told["owner_reason"]),
        evidence=(),
        netns=told["netns"],
        netid=told["netid"],
        family=family,
        state=State(told["state"]),
        recv_q=told["recv_q"],
        send_q=told["send_q"],
        local=plain_address(told["local_address"]) if is_ip else _name(told["local_address"]),
        local_port=told["local_port"],
        peer=plain_address(told["peer_address"]) if is_ip else _name(told["peer_address"]),
        peer_port=told["peer_port"],
        inode=told["inode"],
        uid=told["uid"],
        interface=told["interface"],
        refs=told["refs"],
        timer=None if told["timer"] is None else Timer(told["timer"], told["timer_left"]),
        retransmits=told["retransmits"],
        drops=told["drops"],
    )


def _name(text: str) -> Address:
    """The end of a socket without an IP address; `*` where it has no name."""
    return Address(0, b"" if text == "*" else text.encode("utf-8", "surrogateescape"), text)


def _owner(told: Mapping[str, Any]) -> Owner:
    started = told["started_at"]
    process = Process(
        pid=told["pid"],
        name=told["name"],
        cmdline=tuple(told["cmdline"]),
        user=told["user"],
        create_time=datetime.fromisoformat(started).timestamp() if started else 0.0,
        unit=told["unit"],
        container=told["container"],
    )
    return Owner(told["pid"], told["fd"], process)
