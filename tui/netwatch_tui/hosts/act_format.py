"""How the two ends of a connection speak of acts, in the members `more` and `told` of questions and answers.

- `aim`: `more` is a subject, `{"processes": [...], "meant": [...], "sockets": [...], "accepted": [...]}`: processes,
  the places in them of those that are meant, and sockets as recordings have them, whose owners are told by their places
  in `processes`. What else the meant ones hold, the far end knows itself. Told is `{"held": {...}}`, see `HeldThere`,
  or `{"refused": text}`. What is held goes by the number of this question, until it is released or the connection ends.
- `act`: `more` is a `Deed`. Told is `{"hits": [...]}`, a `HitThere` for each of its targets in their order, or
  `{"refused": text}`, and nothing was done.
- `ended`: `more` is the number of what is held. Told are the places of those of its processes that have ended; null if
  it is not held.
- `release`: `more` is the number of what is held. Told is null.

All numbers of namespaces and processes are the far machine's own.
"""

from __future__ import annotations

import signal
from collections.abc import Sequence
from typing import Any, NamedTuple

from netwatch_tui.actions.act import Act, ActKind, Way
from netwatch_tui.actions.guards import Guard
from netwatch_tui.actions.subject import Holding, Subject
from netwatch_tui.hosts.refusals import RefusedError, granted, in_words
from netwatch_tui.recording.codec import decode, decode_process, encode, encode_process
from netwatch_tui.recording.shapes import (
    PORTION,
    Shape,
    ShapeError,
    list_of,
    named,
    number_of,
    shape_of,
)
from netwatch_tui.sockets.ownership import Process
from netwatch_tui.sockets.socket import Socket

NOT_HELD = "it is not held any more"


class ProcessThere(NamedTuple):
    """A process that is held there; `HeldProcess` says what is what."""

    process: Process
    guard: Guard | None
    denied: str


class SocketThere(NamedTuple):
    """A socket that would be closed there; `HeldSocket` says what is what."""

    at: int
    """Its place in the `sockets`, or among `accepted` in the `accepted`, of the subject."""
    way: Way | None
    why_not: str
    guard: Guard | None


class HeldThere(NamedTuple):
    """All that was taken hold of; `Aim` says what is what."""

    processes: tuple[ProcessThere, ...]
    holding: Holding
    connections: tuple[SocketThere, ...]
    listeners: tuple[SocketThere, ...]
    accepted: tuple[SocketThere, ...]
    missed: tuple[str, ...]


class Deed(NamedTuple):
    """What is to be done to what is held."""

    aim: int
    """The number of the question that had it held."""
    kind: ActKind
    signal: int
    targets: tuple[int, ...]
    """Places among the processes that are held, or among those sockets that an act of this kind closes."""

    @property
    def act(self) -> Act:
        """What is done to each."""
        return Act(self.kind, self.signal)


class HitThere(NamedTuple):
    """What came of one target; `Hit` says what is what."""

    failure: str
    way: Way | None


_held = shape_of(HeldThere, {Process: decode_process, str: in_words})
_deed = shape_of(Deed, {"signal": number_of(0, max(signal.valid_signals()))})
_hits = list_of(shape_of(HitThere, {str: in_words}))
_places = list_of(PORTION)
_processes = list_of(decode_process)


def encode_subject(subject: Subject) -> dict[str, Any]:
    """What is meant by a subject of the far machine."""
    places: dict[Process, int] = {}

    def place(process: Process) -> int:
        return places.setdefault(process, len(places))

    told = {
        "meant": list(map(place, subject.processes)),
        "sockets": [encode(socket, place) for socket in subject.sockets],
        "accepted": [encode(socket, place) for socket in subject.accepted],
    }
    return {**told, "processes": list(map(encode_process, places))}


def decode_subject(told: Any, every: tuple[Socket, ...]) -> Subject:
    """What `encode_subject` was given, of all sockets that can be seen here.

    Raises:
        ShapeError: It is something else.
    """
    parts = named(told)
    processes: dict[int, Process] = dict(enumerate(_processes(parts.get("processes"))))
    sockets: Shape = list_of(lambda each: decode(each, processes))
    meant = _places(parts.get("meant"))
    if not processes.keys() >= set(meant):
        raise ShapeError("meant: it is the place of no process")
    return Subject(
        sockets=sockets(parts.get("sockets")),
        processes=tuple(processes[at] for at in meant),
        accepted=sockets(parts.get("accepted")),
        every=every,
    )


def encode_held(held: HeldThere) -> dict[str, Any]:
    """What was taken hold of."""
    return {"held": held._asdict()}


def decode_held(told: Any) -> HeldThere:
    """What `encode_held` was given.

    Raises:
        RefusedError: Nothing is held.
        ShapeError: It is neither.
    """
    held: HeldThere = _held(granted(told, "held"))
    return held


def encode_deed(deed: Deed) -> dict[str, Any]:
    """What is to be done."""
    return deed._asdict()


def decode_deed(told: Any) -> Deed:
    """What `encode_deed` was given.

    Raises:
        ShapeError: It is something else.
    """
    deed: Deed = _deed(told)
    return deed


def encode_hits(hits: Sequence[HitThere]) -> dict[str, Any]:
    """What came of each target."""
    return {"hits": hits}


def decode_hits(told: Any, count: int) -> Sequence[HitThere]:
    """What came of so many targets.

    Raises:
        RefusedError: Nothing was done.
        ShapeError: It is something else.
    """
    hits: Sequence[HitThere] = _hits(granted(told, "hits"))
    if len(hits) != count:
        raise ShapeError(f"it tells of {len(hits)} targets, of {count}")
    return hits


def decode_places(told: Any) -> Sequence[int]:
    """The places of those that have ended.

    Raises:
        RefusedError: They are not held.
        ShapeError: It is something else.
    """
    if told is None:
        raise RefusedError(NOT_HELD)
    places: Sequence[int] = _places(told)
    return places
