"""Ports that are tried at the far end of a connection."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from netwatch_tui.actions.probes import Plan, ProbeRefusedError, Probes
from netwatch_tui.hosts.act_format import decode_subject
from netwatch_tui.hosts.probe_format import (
    AttemptThere,
    ListenerThere,
    PlannedThere,
    TriedThere,
    encode_planned,
    encode_tried,
)
from netwatch_tui.hosts.refusals import refusal
from netwatch_tui.hosts.wire_format import About, Ask
from netwatch_tui.kernel.descriptors import go_on
from netwatch_tui.recording.shapes import PORTION
from netwatch_tui.sockets.probe_results import Outcome, ProbeEnd
from netwatch_tui.sockets.socket import Socket

MOST_PLANS = 2
"""At a time; a page has one, and for a moment the next."""
_SLICE = 0.2
"""Seconds of attempts that are told of together."""


class _Plan(NamedTuple):
    probe: Probes
    attempts: Iterator[tuple[ProbeEnd, Outcome]]


class ProbeAnswers:
    """Answers questions about ports that are tried. For one thread, which waits for what comes of attempts."""

    def __init__(self, plan: Plan, sockets: Callable[[], tuple[Socket, ...]]) -> None:
        """Plan nothing yet.

        Args:
            plan: Plans attempts on this machine.
            sockets: Gives all sockets of the last tick.
        """
        self._plan = plan
        self._sockets = sockets
        self._plans: dict[int, _Plan] = {}

    def answer(self, ask: Ask) -> Any:
        """What is told, as JSON says it.

        Raises:
            ShapeError: What is asked can't be understood.
        """
        match ask.about:
            case About.PROBE:
                return self._planned(ask.number, ask.more)
            case About.TRY:
                plan = self._plans.get(PORTION(ask.more))
                return encode_tried(_tried(plan)) if plan else refusal("what was to be tried is not planned any more")
            case _:
                self._end(PORTION(ask.more))
                return None

    def _planned(self, number: int, more: Any) -> Any:
        places = self._places(decode_subject(more, ()).sockets)
        while len(self._plans) >= MOST_PLANS:
            self._end(next(iter(self._plans)))
        try:
            probe = self._plan(list(places), self._sockets())
        except ProbeRefusedError as error:
            return refusal(str(error))
        self._plans[number] = _Plan(probe, probe.run(go_on))
        planned = tuple(
            ListenerThere(places[each.listener], each.ends, each.why_not, each.left_out) for each in probe.planned
        )
        return encode_planned(PlannedThere(planned, probe.networks))

    def _places(self, named: Iterable[Socket]) -> dict[Socket, int]:
        """The listeners that are named, as they are here by now, with their places; those that have closed are none."""
        here = {_key(socket): socket for socket in self._sockets()}
        found = ((here.get(_key(socket)), at) for at, socket in enumerate(named))
        return {socket: at for socket, at in found if socket is not None}

    def _end(self, number: int) -> None:
        if plan := self._plans.pop(number, None):
            plan.probe.close()


def _key(socket: Socket) -> tuple[object, ...]:
    """What one listener has as long as it is there, and no other one meanwhile."""
    return socket.netns, socket.inode, socket.ends


def _tried(plan: _Plan) -> TriedThere:
    """Go on with the attempts for a moment."""
    found: list[AttemptThere] = []
    end = time.monotonic() + _SLICE
    for attempt in plan.attempts:
        found.append(AttemptThere(*attempt))
        if time.monotonic() >= end:
            return TriedThere(tuple(found), is_over=False)
    return TriedThere(tuple(found), is_over=True)
