"""Acts at the far end of a connection: holds what is aimed at, and does what it is told to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netwatch_tui.actions.aim import Aim, HeldSocket, NotHeldError, TakesAim
from netwatch_tui.actions.subject import Subject
from netwatch_tui.hosts.act_format import (
    NOT_HELD,
    HeldThere,
    HitThere,
    ProcessThere,
    SocketThere,
    decode_deed,
    decode_subject,
    encode_held,
    encode_hits,
)
from netwatch_tui.hosts.refusals import refusal
from netwatch_tui.hosts.wire_format import About, Ask
from netwatch_tui.kernel.faults import error_number, reason
from netwatch_tui.recording.shapes import PORTION
from netwatch_tui.sockets.socket import Socket

MOST_HELD = 4
"""Aims that are held at once; a dialog has one, and for a moment the next."""


class ActAnswers:
    """Answers questions about acts. For one thread, which may wait for the kernel."""

    def __init__(self, actor: TakesAim, sockets: Callable[[], tuple[Socket, ...]]) -> None:
        """Hold nothing yet.

        Args:
            actor: Acts on this machine.
            sockets: Gives all sockets of the last tick.
        """
        self._actor = actor
        self._sockets = sockets
        self._held: dict[int, Aim] = {}

    def answer(self, ask: Ask) -> Any:
        """What is told, as JSON says it.

        Raises:
            ShapeError: What is asked can't be understood.
        """
        match ask.about:
            case About.AIM:
                return self._take_aim(ask.number, ask.more)
            case About.ACT:
                return self._act(ask.more)
            case About.ENDED:
                aim = self._held.get(PORTION(ask.more))
                return aim and [at for at, each in enumerate(aim.processes) if each.handle.has_ended()]
            case _:
                if aim := self._held.pop(PORTION(ask.more), None):
                    aim.release()
                return None

    def _take_aim(self, number: int, more: Any) -> Any:
        subject = decode_subject(more, self._sockets())
        while len(self._held) >= MOST_HELD:
            self._held.pop(next(iter(self._held))).release()
        try:
            aim = self._actor.take_aim(subject)
        except NotHeldError as error:
            return refusal(str(error))
        except OSError as error:
            return refusal(reason(error_number(error)))
        self._held[number] = aim
        return encode_held(_told(aim, subject))

    def _act(self, more: Any) -> Any:
        deed = decode_deed(more)
        aim = self._held.get(deed.aim)
        if aim is None:
            return refusal(NOT_HELD)
        every = aim.every_target(deed.kind)
        if any(at >= len(every) for at in deed.targets):
            return refusal("it names what is not held")
        hits = aim.perform(deed.act, [every[at] for at in deed.targets])
        return encode_hits([HitThere(hit.failure, hit.way) for hit in hits])


def _told(aim: Aim, subject: Subject) -> HeldThere:
    places = {socket: at for at, socket in enumerate(subject.sockets)}
    accepted = {socket: at for at, socket in enumerate(subject.accepted)}

    def told(held: tuple[HeldSocket, ...], places: dict[Socket, int]) -> tuple[SocketThere, ...]:
        return tuple(SocketThere(places[each.socket], each.way, each.why_not, each.guard) for each in held)

    return HeldThere(
        processes=tuple(ProcessThere(each.process, each.guard, each.denied) for each in aim.processes),
        holding=aim.holding,
        connections=told(aim.connections, places),
        listeners=told(aim.listeners, places),
        accepted=told(aim.accepted, accepted),
        missed=aim.missed,
    )
