"""Other machines, as far as the table can tell: they give what a test says, and are lost when it says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from typing import Any

from netwatch_tui.actions.aim import Aim, NotHeldError
from netwatch_tui.actions.open_trace import OpenTrace, Trace, TraceRefusedError
from netwatch_tui.actions.probes import Plan, ProbeRefusedError, Probes
from netwatch_tui.actions.subject import Subject
from netwatch_tui.hosts.host_feed import HostNews
from netwatch_tui.sockets.delta import Delta, continues, diff
from netwatch_tui.sockets.hosts import HostPhase, HostStatus
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.ownership import ProcessDetails, ProcessResources
from netwatch_tui.sockets.snapshot import Counts, Snapshot
from netwatch_tui.sockets.socket import Socket
from screenshots.actor import FakeActor
from tests.support.build import NETNS
from tests.support.build import snapshot as built


class FakeHost:
    """A machine that is followed. It numbers its sockets anew with every connection, as a real one does."""

    def __init__(self, name: str, *, ahead: float = 0.0) -> None:
        self.name = name
        self.wanted: list[tuple[str, Needs, float]] = []
        self.asked: list[int] = []
        self.details: Mapping[int, ProcessDetails] = {}
        self.resources: Mapping[int, ProcessResources] = {}
        self.actor: FakeActor | None = None
        """Acts there; None where there is no connection."""
        self.begin_trace: OpenTrace | None = None
        """Traces there; None where there is no connection."""
        self.plan: Plan | None = None
        """Plans probes there; None where there is no connection."""
        self.is_stopped = False
        self._ahead = ahead
        self._status = HostStatus(name, HostPhase.CONNECTING)
        self._waiting: list[Snapshot] = []
        self._begins_anew = False
        self._sockets: dict[int, Socket] = {}
        self._ids = count(1)
        self._wake: Callable[[], object] = bool

    # --- what a test does ---

    def tell(self, sockets: Iterable[Socket], now: float, **parts: Any) -> None:
        """A tick with these sockets, of which those are the same that have the same ends and inode."""
        is_first = self._status.phase not in (HostPhase.LIVE, HostPhase.LATE)
        if is_first:
            self._waiting, self._sockets, self._begins_anew = [], {}, True
            self._ids = count(self._ids.__next__() * 7)
        after = dict(self._numbered(list(sockets), now, is_first=is_first))
        delta = Delta() if is_first else diff(self._sockets, after)
        self._sockets = after
        counts = Counts().after(Delta(opened=tuple(after.values())))
        made = built(*after.values(), delta=delta, taken_at=now + self._ahead)
        self._waiting.append(made._replace(counts=counts, **parts))
        self._status = HostStatus(self.name, HostPhase.LIVE, as_of=now)
        self._wake()

    def _numbered(self, sockets: list[Socket], now: float, *, is_first: bool) -> Iterable[tuple[int, Socket]]:
        left = dict(self._sockets)
        for socket in sockets:
            before = next((each for each in left.values() if continues(each, socket)), None)
            if before is None:
                id = next(self._ids)
                yield id, socket._replace(id=id, seen_at=now + self._ahead, was_there=is_first)
            else:
                del left[before.id]
                yield (
                    before.id,
                    socket._replace(id=before.id, seen_at=before.seen_at, was_there=before.was_there),
                )

    def stand(self, phase: HostPhase, text: str = "", **parts: Any) -> None:
        """The connection has come to this."""
        self._status = self._status._replace(phase=phase, text=text, **parts)
        self._wake()

    # --- what the fleet asks ---

    def begin(self, wake: Callable[[], object]) -> None:
        self._wake = wake

    def want(self, namespaces: str, needs: Needs, interval: float) -> None:
        self.wanted.append((namespaces, needs, interval))

    def take(self) -> HostNews:
        news = HostNews(tuple(self._waiting), self._begins_anew, self._status)
        self._waiting, self._begins_anew = [], False
        return news

    def process_details(self, pid: int) -> ProcessDetails | None:
        self.asked.append(pid)
        return self.details.get(pid)

    def process_resources(self, pid: int) -> ProcessResources | None:
        return self.resources.get(pid)

    def take_aim(self, subject: Subject) -> Aim:
        if self.actor is None:
            raise NotHeldError("there is no connection now")
        return self.actor.take_aim(subject)

    def open_trace(self, pids: Sequence[int], inode: int | None) -> Trace:
        if self.begin_trace is None:
            raise TraceRefusedError("there is no connection now")
        return self.begin_trace(pids, inode)

    def plan_probe(self, listeners: Sequence[Socket]) -> Probes:
        if self.plan is None:
            raise ProbeRefusedError("there is no connection now")
        return self.plan(listeners, listeners)

    def stop(self) -> None:
        self.is_stopped = True


OWN_NAMESPACE = NETNS
"""The network namespace of every machine of `build`."""
