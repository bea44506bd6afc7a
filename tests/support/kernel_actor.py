"""A process that acts on sockets, as root or as somebody else, and tells what came of it.

Run as `python -m tests.support.kernel_actor UID`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from netwatch_tui.actions.actor import Actor
from netwatch_tui.actions.aim import Aim, HeldProcess, Hit
from netwatch_tui.actions.offers import every_signal_offer, offers
from netwatch_tui.actions.subject import Subject, subject_of, subject_of_all
from netwatch_tui.actions.wording import hits_sentence, nothing_can_be_done, subject_lines, way_note
from netwatch_tui.collect.collector import Collector
from netwatch_tui.sockets.needs import EVERY_NEED
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.view.socket_details import connections_of
from tests.support.kernel import answer, become, linux_source, requests


class ActingProcess:
    """What it saw last, and what it holds."""

    def __init__(self, namespaces: str) -> None:
        self._namespaces = namespaces
        self._subject: Subject | None = None
        self._aim: Aim | None = None

    def see(self, inodes: list[int]) -> int:
        """Look at the sockets with these inodes, and mean them: all their holders, or of one the first."""
        return self._see(lambda socket: socket.inode in inodes)

    def see_port(self, port: int) -> int:
        """Look at the sockets with this port of their own, and mean them."""
        return self._see(lambda socket: socket.local_port == port)

    def _see(self, is_meant: Callable[[Socket], bool]) -> int:
        with linux_source() as source:
            collected = Collector(source, namespaces=self._namespaces, needs=EVERY_NEED).collect(time.time())
        found = list(filter(is_meant, collected.sockets))
        self._subject = _subject(found, collected.sockets)
        return len(found)

    def everyone(self) -> None:
        """Mean all holders."""
        assert self._subject
        self._subject = self._subject.aimed_at((*self._subject.processes, *self._subject.others))

    def aim(self) -> dict[str, Any]:
        """Take aim; tells what is offered."""
        assert self._subject
        self._aim = aim = Actor().take_aim(self._subject)
        held = (*aim.listeners, *aim.connections)
        return {
            "lines": subject_lines(aim, self._subject.label, time.time()),
            "offers": [offer.title for offer in offers(aim)],
            "guards": [each.guard for each in aim.processes] + [each.guard for each in held],
            "denied": [each.denied for each in aim.processes],
            "ways": [each.way for each in held],
            "why_not": nothing_can_be_done(held),
            "missed": list(aim.missed),
        }

    def perform(self, title: str) -> dict[str, Any]:
        """Do what is offered under a title."""
        assert self._aim
        offer = next(each for each in (*offers(self._aim), *every_signal_offer(self._aim)) if each.title == title)
        hits = self._aim.perform(offer.act, offer.targets)
        return {"sentence": hits_sentence(hits), "hits": list(map(_plain, hits)), "note": way_note(offer.targets)}

    def ended(self, within: float) -> list[bool]:
        """Which of the processes end in so many seconds."""
        assert self._aim
        until = time.monotonic() + within
        while not all(each.handle.has_ended() for each in self._aim.processes) and time.monotonic() < until:
            time.sleep(0.01)
        return [each.handle.has_ended() for each in self._aim.processes]

    def release(self) -> None:
        """Let go."""
        assert self._aim
        self._aim.release()


def _subject(found: list[Socket], every: tuple[Socket, ...]) -> Subject:
    if len(found) == 1:
        accepted = [each.socket for each in connections_of(found[0], every) or () if each.listeners == 1]
        return subject_of(found[0], every, accepted)
    return subject_of_all(found, every, f"{len(found)} marked sockets")


def _plain(hit: Hit) -> list[Any]:
    target = hit.target
    return [target.process.pid if isinstance(target, HeldProcess) else target.socket.inode, hit.way, hit.failure]


def main(uid: int, namespaces: str) -> None:
    """Do what is asked for until nobody asks any more."""
    if uid:
        become(uid)
    acting = ActingProcess(namespaces)
    for word, *arguments in requests():
        answer(getattr(acting, word)(*arguments))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "")
