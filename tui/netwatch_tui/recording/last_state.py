"""The last state of the machine that a file tells of: a recording, or a snapshot in JSON."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from itertools import chain
from typing import Any, NamedTuple

from netwatch_tui.recording.codec import decode, decode_process
from netwatch_tui.recording.file_format import MAGIC
from netwatch_tui.recording.line_json import from_json
from netwatch_tui.recording.reader import Recording, RecordingBrokenError, RecordingError, read_lines
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.health import HealthWatch
from netwatch_tui.sockets.ownership import Process
from netwatch_tui.sockets.snapshot import Counts, Seen, Snapshot
from netwatch_tui.sockets.socket import NOWHERE, Family, Socket

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
        RecordingError: It is neither a recording nor a snapshot, or it holds no frame.
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
        return _from_document(from_json(text), name)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        if isinstance(error, RecordingError):
            raise
        raise RecordingError(f"{name} is neither a recording nor a whole snapshot in JSON") from error


def _is_header(line: bytes) -> bool:
    try:
        return MAGIC in from_json(line)
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
    taken_at = _seconds(told["taken_at"])
    counts = Counts().after(Delta(opened=sockets))
    findings = HealthWatch().tick(Delta(opened=sockets), taken_at)
    return Last(Snapshot(taken_at, sockets, Delta(), counts, 0.0, (), Seen(names, 0, 0), findings=findings), None)


_SAME = [
    name
    for name in Socket._fields
    if name not in {"id", "seen_at", "owners", "evidence", "local", "peer", "timer", "diag"}
]
"""What the schema calls by the names that `Socket` has for it."""


def _socket(told: Mapping[str, Any], id: int) -> Socket:
    """What `snapshot.schema.json` calls a socket, in the form in which recordings have it, is decoded as there."""
    holders, evidence = told["owners"], [*told.get("last_owners", ()), *told.get("queue_of", ())]
    processes = {number: _process(each) for number, each in enumerate((*holders, *evidence))}
    rows = [[number, each["fd"]] for number, each in enumerate((*holders, *evidence))]
    is_ip = told["family"] in (Family.INET, Family.INET6)
    data = {
        **{name: told[name] for name in _SAME if name in told or name not in Socket._field_defaults},
        "id": id,
        "seen_at": _seconds(told["seen_at"]),
        "owners": rows[: len(holders)],
        "evidence": rows[len(holders) :],
        "local": _end(told["local_address"], is_ip=is_ip),
        "peer": _end(told["peer_address"], is_ip=is_ip),
        "timer": None if told["timer"] is None else [told["timer"], told["timer_left"]],
        "diag": told if told.get("cookie") is not None else None,
    }
    return decode(data, processes)


def _end(text: str, *, is_ip: bool) -> str | list[object]:
    """An address; of the end of a socket without IP address its name, which `*` says that it has not."""
    if is_ip:
        return text
    return [0, "" if text == NOWHERE.text else text.encode("utf-8", "surrogateescape").hex(), text]


def _process(told: Mapping[str, Any]) -> Process:
    started = told["started_at"]
    return decode_process({**told, "create_time": _seconds(started) if started else 0.0})


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
