"""What the two ends of a connection to another machine say to each other, in lines of JSON.

What comes from there is a recording, as `recording.file_format` says: a header, and a frame a tick, the first at once.
Between its lines stand answers, which no frame begins like: `{"answer": number, "told": ...}`. Without them it is what
`--replay` reads.

What goes there are orders, a line each:

- `{"follow": {"interval": seconds, "namespaces": text, "needs": {...}, "capture": word}}`: what is to be told from now
  on. `namespaces` is the own one for the empty text, all for `*`, else a name, path, pid or inode. `needs` has those
  members of `Needs` that ask for something; what keeps a port from being bound is not told. Whether the kernel's events
  are told beside the ticks, a `CaptureWhen`, is up to the first of these orders, for which the first tick waits.
- `{"ask": number, "about": "process_details" | "process_resources", "pid": number}`: what is told of a process, null if
  it is gone.
- `{"ask": number, "about": "clock"}`: the time there, in seconds since the epoch.
- `{"ask": number, "about": "aim", "more": subject}`, `"act"`, `"ended"`, `"release"`: what is held there to act on it;
  see `act_format`.
- `{"ask": number, "about": "trace", "more": ...}`, `"calls"`, `"untrace"`: the calls of processes there; see
  `trace_format`.
- `{"ask": number, "about": "probe", "more": ...}`, `"try"`, `"unprobe"`: which listeners answer; see `probe_format`.

A clock is asked for every few seconds, by which both ends know that the other one lives: the far one ends after
`MOST_SILENCE`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from netwatch_tui.recording.codec import decode_process_details
from netwatch_tui.recording.file_format import VERSION
from netwatch_tui.recording.line_json import from_json, to_json
from netwatch_tui.recording.shapes import (
    MOMENT,
    NAME,
    PORTION,
    Shape,
    flag,
    list_of,
    members,
    named,
    number_of,
    or_null,
    seconds_of,
    shape_of,
    word_of,
)
from netwatch_tui.sockets.capture_status import CaptureWhen
from netwatch_tui.sockets.needs import Need, Needs
from netwatch_tui.sockets.ownership import ProcessResources

PROTOCOL = f"2.{VERSION}"
"""Another one where one of the ends would not understand the other: what stands here, and the form of recordings."""
REMOTE_END = "--remote-end"
"""With what an installed program is started as the far end. It is no option for persons."""
FITS = "fits"
"""Asks it, after that, which protocol it speaks."""

MOST_ORDER = 1 << 24
"""Bytes of the longest order, which names some 50,000 sockets that are acted on."""
MOST_SILENCE = 120
"""Seconds without an order after which the far end takes the connection for dead, and ends."""
MOST_PID = 2**22
"""PID_MAX_LIMIT of include/linux/threads.h."""

ANSWER = b'{"answer":'
"""With what the line of an answer begins, and no line of a recording."""


class About(StrEnum):
    """What can be asked."""

    DETAILS = "process_details"
    RESOURCES = "process_resources"
    CLOCK = "clock"
    AIM = "aim"
    ACT = "act"
    ENDED = "ended"
    RELEASE = "release"
    TRACE = "trace"
    CALLS = "calls"
    UNTRACE = "untrace"
    PROBE = "probe"
    TRY = "try"
    UNPROBE = "unprobe"


ACTS = frozenset({About.AIM, About.ACT, About.ENDED, About.RELEASE})
"""What belongs to acting, and may take its time."""
TRACES = frozenset({About.TRACE, About.CALLS, About.UNTRACE})
"""What belongs to tracing, likewise."""
PROBES = frozenset({About.PROBE, About.TRY, About.UNPROBE})
"""What belongs to trying ports, likewise."""


class Follow(NamedTuple):
    """What is to be told, tick for tick."""

    interval: float = 1.0
    namespaces: str = ""
    needs: Needs = Needs()
    capture: CaptureWhen = CaptureWhen.NEVER


class Ask(NamedTuple):
    """A question, or what is to be done; answered once."""

    number: int
    about: About
    pid: int = 0
    more: Any = None
    """What else is said, as JSON says it; it is for who answers to say whether it fits."""


class HostAnswer(NamedTuple):
    """What was told for one."""

    number: int
    told: Any
    """As JSON says it; `answer_shape` makes something of it."""


_SETS: dict[str, Shape] = {
    "of_all": list_of(word_of({need.name: need for need in Need})),
    "of_ids": list_of(PORTION),
    "flows_of_ids": list_of(PORTION),
}
_FLAGS = ("of_processes", "flows_of_all", "rates", "traffic", "of_networks", "of_process_details")
_NEEDS: dict[str, Shape] = {**_SETS, **dict.fromkeys(_FLAGS, flag)}
_FOLLOW: dict[str, Shape] = {
    "interval": seconds_of(0.05, 60),
    "namespaces": NAME,
    "needs": lambda value: _decode_needs(named(value)),
    "capture": shape_of(CaptureWhen, {}),
}
_ASK: dict[str, Shape] = {
    "ask": PORTION,
    "about": word_of({about.value: about for about in About}),
    "pid": number_of(0, MOST_PID),
}
_ANSWERS: dict[About, Shape] = {
    About.DETAILS: or_null(decode_process_details),
    About.RESOURCES: or_null(shape_of(ProcessResources, {})),
    About.CLOCK: MOMENT,
}


def encode_order(order: Follow | Ask) -> bytes:
    """The line of an order."""
    if isinstance(order, Ask):
        told: dict[str, Any] = {"ask": order.number, "about": order.about, "pid": order.pid}
        if order.more is not None:
            told["more"] = order.more
    else:
        told = {"follow": {**order._asdict(), "needs": _encode_needs(order.needs)}}
    return to_json(told).encode() + b"\n"


def decode_order(line: bytes) -> Follow | Ask:
    """What `encode_order` was given.

    Raises:
        ValueError: It is no order.
    """
    told = named(from_json(line))
    if "follow" in told:
        return Follow(**members(_FOLLOW, named(told["follow"]), _FOLLOW))
    found = members(_ASK, told, ("ask", "about"))
    return Ask(found["ask"], found["about"], found.get("pid", 0), told.get("more"))


def encode_answer(number: int, told: Any) -> bytes:
    """The line of an answer; a named tuple is told by its members."""
    plain = told._asdict() if hasattr(told, "_asdict") else told
    return ANSWER + f'{number},"told":{to_json(plain)}}}\n'.encode()


def decode_answer(line: bytes) -> HostAnswer:
    """What `encode_answer` was given.

    Raises:
        ValueError: It is no answer.
    """
    told = named(from_json(line))
    return HostAnswer(members({"answer": PORTION}, told, ("answer",))["answer"], told.get("told"))


def answer_shape(about: About) -> Shape:
    """What makes of the told what was asked for."""
    return _ANSWERS[about]


def _encode_needs(needs: Needs) -> dict[str, Any]:
    told: dict[str, Any] = {name: True for name in _FLAGS if getattr(needs, name)}
    if needs.of_all:
        told["of_all"] = sorted(need.name for need in needs.of_all)
    for name in ("of_ids", "flows_of_ids"):
        if ids := getattr(needs, name):
            told[name] = sorted(ids)
    return told


def _decode_needs(told: Mapping[str, Any]) -> Needs:
    found: dict[str, Any] = members(_NEEDS, told)
    found.update({name: frozenset(found[name]) for name in _SETS if name in found})
    return Needs(**found)
