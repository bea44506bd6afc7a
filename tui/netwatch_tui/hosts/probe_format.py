"""How the two ends of a connection speak of ports that are tried, in `more` and `told` of questions and answers.

- `probe`: `more` is a subject, as in `act_format`, of which only the sockets count: the listeners. Nothing is tried
  yet. Told is `{"probe": {...}}`, see `PlannedThere`, or `{"refused": text}`. It goes by the number of this question.
- `try`: `more` is that number. Told is `{"tried": {...}}`, see `TriedThere`, with what came of some more attempts; or
  `{"refused": text}` where there is no such plan.
- `unprobe`: `more` is that number; nothing more is tried. Told is null.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from netwatch_tui.hosts.refusals import granted, in_words
from netwatch_tui.recording.codec import decode_networks, encode_networks
from netwatch_tui.recording.shapes import NAME, Shape, ShapeError, named, numbered, shape_of, shown
from netwatch_tui.sockets.networks import Networks
from netwatch_tui.sockets.probe_results import Outcome, ProbeEnd

_LENGTHS = (4, 16)
"""Bytes of an address."""


class ListenerThere(NamedTuple):
    """What is tried of one listener; `PlannedListener` says what is what."""

    at: int
    """Its place in the subject."""
    ends: tuple[ProbeEnd, ...]
    why_not: str
    left_out: int


class PlannedThere(NamedTuple):
    """All that would be tried."""

    planned: tuple[ListenerThere, ...]
    networks: Networks
    """The addresses of each namespace with a listener."""


class AttemptThere(NamedTuple):
    """What came of one attempt."""

    end: ProbeEnd
    outcome: Outcome


class TriedThere(NamedTuple):
    """What came of some attempts."""

    attempts: tuple[AttemptThere, ...]
    is_over: bool
    """Whether there are no more."""


def _packed(told: Any) -> bytes:
    try:
        packed = bytes.fromhex(NAME(told))
    except ValueError as error:
        raise ShapeError(f"{shown(told)} is no address") from error
    if len(packed) not in _LENGTHS:
        raise ShapeError(f"{shown(told)} is no address")
    return packed


_end = shape_of(ProbeEnd, {"address": _packed, str: in_words})
_planned: Shape = shape_of(
    PlannedThere, {ProbeEnd: _end, str: in_words, "networks": lambda told: numbered(decode_networks)(named(told))}
)
_tried: Shape = shape_of(TriedThere, {ProbeEnd: _end, str: in_words})


def encode_planned(there: PlannedThere) -> dict[str, Any]:
    """All that would be tried."""
    planned = [each._replace(ends=_told(each.ends)) for each in there.planned]
    networks = {str(netns): encode_networks(found) for netns, found in there.networks.items()}
    return {"probe": {"planned": planned, "networks": networks}}


def decode_planned(told: Any) -> PlannedThere:
    """What `encode_planned` was given.

    Raises:
        RefusedError: It can't be found out what would be tried.
        ShapeError: It is something else.
    """
    planned: PlannedThere = _planned(granted(told, "probe"))
    return planned


def encode_tried(there: TriedThere) -> dict[str, Any]:
    """What came of some attempts."""
    return {
        "tried": {"attempts": [[_plain(end), outcome] for end, outcome in there.attempts], "is_over": there.is_over}
    }


def decode_tried(told: Any) -> TriedThere:
    """What `encode_tried` was given.

    Raises:
        RefusedError: There is no such plan.
        ShapeError: It is something else.
    """
    tried: TriedThere = _tried(granted(told, "tried"))
    return tried


def _told(ends: Sequence[ProbeEnd]) -> Any:
    return list(map(_plain, ends))


def _plain(end: ProbeEnd) -> Any:
    return end._replace(address=end.address.hex())  # type: ignore[arg-type]  # as JSON has it
