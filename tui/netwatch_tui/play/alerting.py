"""Watches filters while a feed runs: who feeds the screen judges, and a thread of its own does what follows.

A file may lie on a file system that hangs, and so may a program that is to be started: neither may hold up the screen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

from netwatch_tui.collect.alert_watch import AlertWatch
from netwatch_tui.play.alert_deeds import AlertDeeds, AlertObjects, AlertsOfTick
from netwatch_tui.play.news import Post, nowhere
from netwatch_tui.play.ticker import Clock, TickerThread
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.view.alert_rule import AlertRule

MOST_WAITING = 16
"""Ticks whose alerts may wait for a file system that hangs; those of later ones are counted, and lost."""


@runtime_checkable
class Watches(Protocol):
    """A feed that can watch filters."""

    def watch(self, rules: Sequence[AlertRule]) -> None:
        """Watch by these rules as well as by the configured ones, and by no others any more."""


class _NoObjects:
    """Where no rule has a file or a command."""

    def events(self, rule: str, sockets: Sequence[Socket], snapshot: Snapshot) -> Iterable[str]:
        """Nobody asks."""
        raise NotImplementedError

    def socket(self, socket: Socket, snapshot: Snapshot) -> str:
        """Nobody asks."""
        raise NotImplementedError


class Alerting:
    """All rules and what follows from them. For the thread that has the snapshots."""

    def __init__(
        self, rules: Iterable[AlertRule] = (), objects: AlertObjects | None = None, clock: Clock | None = None
    ) -> None:
        """Begin nothing yet.

        Args:
            rules: The configured ones.
            objects: Tells sockets as JSON, for those that have a file or a command.
            clock: What a second goes by; a steady one where nothing is said.
        """
        self._configured = tuple(rules)
        self._watch = AlertWatch(self._configured)
        self._objects = objects or _NoObjects()
        self._ticker = TickerThread[AlertsOfTick]("alerts", clock)
        self._post: Post = nowhere
        self._asked = self._done = 0
        """Ticks that rang, and of how many all is done; the latter is set by the other thread."""
        self._lost = Counter[str]()
        """Sockets that rang and were lost since, by the name of the rule."""
        self._has_begun = False

    @property
    def needs(self) -> Needs:
        """What must be known of sockets."""
        return self._watch.needs

    def begin(self, post: Post) -> None:
        """Tell what rings from now on."""
        self._post = post

    def have(self, rules: Iterable[AlertRule]) -> None:
        """Watch by these rules besides the configured ones."""
        self._watch.have((*self._configured, *rules))

    def miss(self) -> None:
        """A tick failed; see `AlertWatch`."""
        self._watch.miss()

    def look(self, snapshot: Snapshot) -> None:
        """Judge a snapshot, and have done what follows."""
        ringing = self._watch.look(snapshot)
        if not ringing:
            return
        if not self._has_begun:
            self._has_begun = True
            self._ticker.begin(self._run)
        if self._asked - self._done >= MOST_WAITING:
            self._lost.update({rule.name: len(sockets) for rule, sockets, _ in ringing})
            return
        self._asked += 1
        self._ticker.ask(AlertsOfTick(snapshot, ringing, self._lost))
        self._lost = Counter()

    def stop(self) -> None:
        """End the thread, and wait a little for it. Commands that run go on."""
        self._ticker.stop()

    def _run(self) -> None:
        deeds, clock = AlertDeeds(self._objects, self._post), self._ticker.clock

        def take(found: list[AlertsOfTick]) -> None:
            for each in found:
                deeds.take(each)
                self._done += 1

        self._ticker.run(lambda: deeds.do_due(clock()), lambda: deeds.next_due(clock()), take)
