"""Ports of another machine, tried there by the far end of a connection, and told of here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from netwatch_tui.actions.probes import ProbeRefusedError
from netwatch_tui.actions.subject import Subject
from netwatch_tui.hosts.act_format import encode_subject
from netwatch_tui.hosts.orders import NoAnswerError, Orders
from netwatch_tui.hosts.probe_format import PlannedThere, TriedThere, decode_planned, decode_tried
from netwatch_tui.hosts.refusals import RefusedError
from netwatch_tui.hosts.wire_format import About
from netwatch_tui.recording.shapes import ShapeError
from netwatch_tui.sockets.probe_plan import attempts
from netwatch_tui.sockets.probe_results import Outcome, PlannedListener, ProbeEnd
from netwatch_tui.sockets.socket import Socket

PLANNED_WITHIN = 10.0
"""Seconds that somebody waits until it is known there what can be tried."""
TRIED_WITHIN = 15.0
"""Seconds that somebody waits for what came of some attempts, each of which takes two at most."""

_CLOSED = "it has closed"


class RemoteProbe:
    """Attempts at listeners of another machine, by its own numbers; see `Probes`."""

    def __init__(self, orders: Orders, listeners: Sequence[Socket]) -> None:
        """Plan them; waits for it.

        Raises:
            ProbeRefusedError: They can't be tried there.
        """
        self._orders = orders
        try:
            question = orders.begin(About.PROBE, more=encode_subject(Subject(tuple(listeners), ())))
            self._number = question.number
            there = decode_planned(question.told(PLANNED_WITHIN))
            self.planned = _planned(there, listeners)
        except (NoAnswerError, RefusedError, ShapeError) as error:
            raise ProbeRefusedError(str(error)) from error
        self.ends = attempts(self.planned)
        self.networks = there.networks

    def run(self, check: Callable[[], None]) -> Iterator[tuple[ProbeEnd, Outcome]]:
        """Try everything, and tell what came of it; what `check` raises ends it.

        Raises:
            ProbeRefusedError: Nothing more is told.
        """
        untold = set(self.ends)
        is_over = False
        while not is_over:
            try:
                question = self._orders.begin(About.TRY, more=self._number)
                tried = decode_tried(question.told_unless(check, TRIED_WITHIN))
                _strike_out(untold, tried)
            except (NoAnswerError, RefusedError, ShapeError) as error:
                raise ProbeRefusedError(str(error)) from error
            yield from tried.attempts
            is_over = tried.is_over

    def close(self) -> None:
        """Let go of it there; does not wait."""
        with suppress(NoAnswerError):  # it is let go of with the connection
            self._orders.begin(About.UNPROBE, more=self._number)


def _strike_out(untold: set[ProbeEnd], tried: TriedThere) -> None:
    """Take away what was tried from what is still to be told.

    Raises:
        ShapeError: It was not asked for, or told before, or it would never be over.
    """
    for end, _ in tried.attempts:
        if end not in untold:
            raise ShapeError("it told of an attempt that was not asked for")
        untold.remove(end)
    if not (tried.attempts or tried.is_over):
        raise ShapeError("it told of no attempt")


def _planned(there: PlannedThere, listeners: Sequence[Socket]) -> tuple[PlannedListener, ...]:
    if any(each.at >= len(listeners) for each in there.planned):
        raise ShapeError("it told of listeners that were not named")
    told = {each.at: each for each in there.planned}
    return tuple(
        PlannedListener(listener, told[at].ends, told[at].why_not, told[at].left_out)
        if at in told
        else PlannedListener(listener, (), _CLOSED)
        for at, listener in enumerate(listeners)
    )
