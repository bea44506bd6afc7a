"""What is aimed at on another machine: held there by the far end of a connection, and told of here."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from netwatch_tui.actions.act import Act
from netwatch_tui.actions.aim import Aim, HeldProcess, HeldSocket, Hit, NotHeldError, Target, TooManyError
from netwatch_tui.actions.subject import Subject
from netwatch_tui.hosts.act_format import (
    Deed,
    HeldThere,
    SocketThere,
    decode_held,
    decode_hits,
    decode_places,
    encode_deed,
    encode_subject,
)
from netwatch_tui.hosts.orders import NoAnswerError, Orders, Question
from netwatch_tui.hosts.refusals import RefusedError
from netwatch_tui.hosts.wire_format import MOST_ORDER, About, Ask, encode_order
from netwatch_tui.recording.shapes import ShapeError
from netwatch_tui.sockets.socket import Socket

AIM_WITHIN = 10.0
"""Seconds that somebody waits until a machine has taken hold of what is meant."""
ACT_WITHIN = 30.0
"""Seconds that somebody waits until it has done what it is told to."""

_MAY_BE_DONE = "it may have been done"


def aim_over(orders: Orders, subject: Subject) -> Aim:
    """Have a machine hold what a subject means, by its own numbers. Waits; for any thread.

    Raises:
        NotHeldError: It is not held there, or nothing is told of it.
    """
    more = encode_subject(subject)
    if len(encode_order(Ask(0, About.AIM, 0, more))) > MOST_ORDER - 100:  # a longer number
        sockets = len(subject.sockets) + len(subject.accepted)
        raise TooManyError(f"{sockets:,} sockets are too many to be named at once; filter for fewer")
    try:
        question = orders.begin(About.AIM, more=more)
    except NoAnswerError as error:
        raise NotHeldError(str(error)) from error
    try:
        held = decode_held(question.told(AIM_WITHIN))
        return _aim(_HeldThere(orders, question.number, len(held.processes)), held, subject)
    except (NoAnswerError, RefusedError, ShapeError) as error:
        _release(orders, question.number)
        raise NotHeldError(str(error)) from error


def _release(orders: Orders, number: int) -> None:
    with suppress(NoAnswerError):  # it is let go of with the connection
        orders.begin(About.RELEASE, more=number)


class _HeldThere:
    """What goes by one number at the far end."""

    def __init__(self, orders: Orders, number: int, processes: int) -> None:
        self._orders = orders
        self._number = number
        self._running = set(range(processes))
        self._looking: Question | None = None

    def has_ended(self, at: int) -> bool:
        """Whether a process has, as far as was told; asks anew whenever the last answer is there.

        Raises:
            NotHeldError: Nothing is told any more.
        """
        try:
            if self._looking is not None and self._looking.is_over:
                told, self._looking = self._looking.told(), None
                self._running.difference_update(decode_places(told))
            if self._looking is None and self._running:
                self._looking = self._orders.begin(About.ENDED, more=self._number)
        except (NoAnswerError, RefusedError, ShapeError) as error:
            raise NotHeldError(str(error)) from error
        return at not in self._running

    def do(self, act: Act, places: Sequence[int], targets: Sequence[Target]) -> list[Hit]:
        """Have it done to these, which have these places."""
        deed = Deed(self._number, act.kind, act.signal, tuple(places))
        try:
            question = self._orders.begin(About.ACT, more=encode_deed(deed))
        except NoAnswerError as error:
            return [Hit(act, target, str(error)) for target in targets]
        try:
            hits = decode_hits(question.told(ACT_WITHIN), len(targets))
        except RefusedError as error:
            return [Hit(act, target, str(error)) for target in targets]
        except (NoAnswerError, ShapeError) as error:
            return [Hit(act, target, f"{_MAY_BE_DONE}: {error}") for target in targets]
        return [Hit(act, target, hit.failure, hit.way) for target, hit in zip(targets, hits, strict=True)]

    def release(self) -> None:
        """Let go of all of it."""
        _release(self._orders, self._number)


class _RemoteHandle:
    """A process that is held there."""

    def __init__(self, held: _HeldThere, at: int) -> None:
        self._held = held
        self._at = at

    def has_ended(self) -> bool:
        """Whether it has ended, as far as was told; see `HasEnded`."""
        return self._held.has_ended(self._at)


def _aim(there: _HeldThere, held: HeldThere, subject: Subject) -> Aim:
    if not {each.process.pid for each in held.processes} <= {each.pid for each in subject.processes}:
        raise ShapeError("it told of processes that were not named")
    processes = tuple(
        HeldProcess(_RemoteHandle(there, at), each.process, each.guard, each.denied)
        for at, each in enumerate(held.processes)
    )

    def perform(act: Act, targets: Sequence[Target]) -> list[Hit]:
        places = {target: at for at, target in enumerate(aim.every_target(act.kind))}
        return there.do(act, [places[target] for target in targets], targets)

    aim = Aim(
        processes=processes,
        holding=held.holding,
        connections=_sockets(held.connections, subject.sockets),
        listeners=_sockets(held.listeners, subject.sockets),
        accepted=_sockets(held.accepted, subject.accepted),
        missed=held.missed,
        perform=perform,
        release=there.release,
    )
    return aim


def _sockets(held: Sequence[SocketThere], sockets: Sequence[Socket]) -> tuple[HeldSocket, ...]:
    """Those of which it told.

    Raises:
        ShapeError: It told of others.
    """
    if any(each.at >= len(sockets) for each in held):
        raise ShapeError("it told of sockets that were not named")
    return tuple(HeldSocket(sockets[each.at], None, each.way, each.why_not, each.guard) for each in held)
