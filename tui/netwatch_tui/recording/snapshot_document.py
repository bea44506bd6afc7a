"""A snapshot from what `--once --format json` wrote; `output/snapshot.schema.json` says what stands in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from netwatch_tui.recording.codec import decode, decode_process
from netwatch_tui.recording.shapes import (
    MOMENT,
    NAME,
    PORTION,
    SPAN,
    Shape,
    ShapeError,
    list_of,
    listed,
    members,
    named,
    or_null,
    shown,
)
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.health import HealthWatch
from netwatch_tui.sockets.hosts import HostPhase, HostStatus, on_host
from netwatch_tui.sockets.ownership import Owner, Process
from netwatch_tui.sockets.snapshot import Counts, Seen, Snapshot
from netwatch_tui.sockets.socket import NOWHERE, Family, Socket

SNAPSHOT_VERSION = 1
"""The newest version of the schema that is read here."""


def document_version(document: Mapping[str, Any]) -> int:
    """The version of the schema.

    Raises:
        ShapeError: It is no document.
    """
    version: int = members({"version": PORTION}, document, ("version",))["version"]
    return version


def document_snapshot(document: Mapping[str, Any]) -> tuple[Snapshot, str]:
    """The snapshot without the sockets that are damaged, and what is to be said of those; mostly nothing.

    Raises:
        ShapeError: It is none.
    """
    head = members(_HEAD, document, _HEAD)
    sockets: list[Socket] = []
    names: dict[int, str] = {}
    hosts: dict[str, int] = {}
    damaged: list[ShapeError] = []
    for number, told in enumerate(head["sockets"]):
        try:
            entry = members(_ENTRY | _FURTHER, named(told), _ENTRY)
            socket = _socket(told, entry, number + 1)
            if entry.get("host") is not None:
                socket = _of_host(socket, hosts.setdefault(entry["host"], len(hosts) + 1))
        except ShapeError as error:
            damaged.append(error.within(number).within("sockets"))
            continue
        sockets.append(socket)
        if entry["netns_name"]:
            names[socket.netns] = entry["netns_name"]
    if damaged and not sockets:
        raise damaged[0]
    every = Delta(opened=tuple(sockets))
    findings = HealthWatch().tick(every, head["taken_at"])
    seen = Seen(names, 0, 0)
    snapshot = Snapshot(
        head["taken_at"], every.opened, Delta(), Counts().after(every), 0.0, (), seen, findings=findings,
        hosts={number: HostStatus(name, HostPhase.LIVE, "", head["taken_at"]) for name, number in hosts.items()},
    )  # fmt: skip
    note = f"{len(damaged):,} of {len(head['sockets']):,} sockets left out: {damaged[0]}" if damaged else ""
    return snapshot, note


def _of_host(socket: Socket, host: int) -> Socket:
    """A socket of one of several machines, which all use the same numbers."""

    def owners(own: tuple[Owner, ...]) -> tuple[Owner, ...]:
        pids = (on_host(each.pid, host) for each in own)
        return tuple(Owner(pid, each.fd, each.process._replace(pid=pid)) for pid, each in zip(pids, own, strict=True))

    return socket._replace(
        netns=on_host(socket.netns, host), owners=owners(socket.owners), evidence=owners(socket.evidence)
    )


def _time(value: Any) -> float:
    """ISO 8601 as seconds since the epoch."""
    try:
        moment = datetime.fromisoformat(NAME(value))
        seconds = moment.timestamp() if moment.tzinfo else -1.0
        return float(MOMENT(seconds))
    except (ValueError, OverflowError) as error:
        raise ShapeError(f"{shown(value)} is no time") from error


def _holder(value: Any) -> tuple[Process, int | None]:
    """An owner: the process, and the descriptor through which it holds the socket."""
    told = named(value)
    own = members({"fd": or_null(PORTION), "started_at": or_null(_time)}, told, ("fd", "started_at"))
    return decode_process({**told, "create_time": own["started_at"] or 0.0}), own["fd"]


_HEAD: dict[str, Shape] = {"taken_at": _time, "sockets": listed}
_ENTRY: dict[str, Shape] = {
    "owners": list_of(_holder),
    "seen_at": _time,
    "local_address": NAME,
    "peer_address": NAME,
    "timer": or_null(NAME),
    "timer_left": or_null(SPAN),
    "netns_name": or_null(NAME),
}
"""What is called otherwise than in `Socket`, or has another form."""
_FURTHER: dict[str, Shape] = {
    "last_owners": list_of(_holder),
    "queue_of": list_of(_holder),
    "cookie": or_null(PORTION),
    "host": or_null(NAME),
}
"""The same, of what later versions of the program added."""

_SAME = [
    name
    for name in Socket._fields
    if name not in {"id", "seen_at", "owners", "evidence", "local", "peer", "timer", "diag"}
]
"""What the schema calls by the names that `Socket` has for it."""


def _socket(told: Mapping[str, Any], entry: Mapping[str, Any], id: int) -> Socket:
    """What the schema calls a socket, in the form in which recordings have it, is decoded as there."""
    if missing := [name for name in _SAME if name not in told and name not in Socket._field_defaults]:
        raise ShapeError(f"{', '.join(missing)} is missing")
    held, evidence = entry["owners"], [*entry.get("last_owners", ()), *entry.get("queue_of", ())]
    rows = [[number, fd] for number, (_, fd) in enumerate((*held, *evidence))]
    is_ip = told["family"] in (Family.INET, Family.INET6)
    data = {
        **{name: told[name] for name in _SAME if name in told},
        "id": id,
        "seen_at": entry["seen_at"],
        "owners": rows[: len(held)],
        "evidence": rows[len(held) :],
        "local": _end(entry["local_address"], is_ip=is_ip),
        "peer": _end(entry["peer_address"], is_ip=is_ip),
        "timer": None if entry["timer"] is None else [entry["timer"], entry["timer_left"]],
        "diag": told if entry.get("cookie") is not None else None,
    }
    return decode(data, dict(enumerate(process for process, _ in (*held, *evidence))))


def _end(text: str, *, is_ip: bool) -> str | list[object]:
    """An address; of the end of a socket without IP address its name, which `*` says that it has not."""
    if is_ip:
        return text
    return [0, "" if text == NOWHERE.text else text.encode("utf-8", "surrogateescape").hex(), text]
