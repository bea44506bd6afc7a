"""The memory between two readings of what flows: counters become rates, and answers find their rows."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from netwatch_tui.collect.socket_tracker import SocketTracker
from netwatch_tui.kernel.namespace_questions import Namespace, is_connection
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.flow import Flow, FlowSample
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.snapshot import Problem
from netwatch_tui.sockets.socket import Socket, State

if TYPE_CHECKING:  # see kernel.source
    from netwatch_tui.kernel.mptcp_info import MptcpAnswer
    from netwatch_tui.kernel.tcp_info import TcpAnswer

MOST_AGE = 8.0
"""Seconds after which all connections are read again, whatever it costs."""
LONG_TICK = 1.5
"""A tick that already took so many times longer than the one before is not the one in which they are."""
KEPT_AFTER_END = 5.0
"""Seconds for which the totals of a socket that closed are told."""
HISTORY = 300.0
"""Seconds for which rates and round-trip times are kept."""
MOST_SAMPLES = 600
"""How many of them are kept of one connection, where there are more in that time."""
MOST_HISTORIES = 100
"""Of how many connections. Those that somebody looks at come before those that are busy."""


class _Ended(NamedTuple):
    at: float
    flow: Flow


class Flows:
    """What was read of connections so far, by the ids of their rows."""

    def __init__(self, tracker: SocketTracker, check: Callable[[], None], stopwatch: Callable[[], float]) -> None:
        """Begin with nothing known.

        Args:
            tracker: The rows.
            check: Called often; what it raises ends the reading, and nothing is known anew.
            stopwatch: Gives seconds as `time.perf_counter` does, by which answers are dated.
        """
        self._tracker = tracker
        self._check = check
        self._stopwatch = stopwatch
        self._flows: dict[int, Flow] = {}
        self._id_of: dict[int, dict[int, int]] = {}
        """By namespace, rows by the cookies of their sockets: before Linux 5.9 each namespace counts its own."""
        self._read_at: dict[int, float] = {}
        """When each was read last, by the stopwatch."""
        self._ended: dict[int, _Ended] = {}
        self._histories: dict[int, deque[FlowSample]] = {}
        """The one that was looked at last is last."""
        self._pace = _Pace()
        self._told: Mapping[int, Flow] = {}
        self._problems: list[Problem] = []
        self._epoch = 0.0

    def read(self, namespaces: Sequence[Namespace], needs: Needs, delta: Delta, now: float, started: float) -> None:
        """Read what is needed.

        Args:
            namespaces: Where to look.
            needs: Whose flows are looked at.
            delta: What this tick brought.
            now: The time at which the tick started, in seconds since the epoch.
            started: The same by the stopwatch.
        """
        self._problems = []
        if not (needs.flows_of_all or needs.flows_of_ids):
            self._forget_all()
            return
        self._epoch = now - started
        begun = self._stopwatch()
        if needs.flows_of_all and self._pace.is_due(now, begun - started):
            known = self._read_all(namespaces) | self._read_mptcp(namespaces, self._tracker.sockets.values())
            self._pace.paid(now, self._stopwatch() - begun)
        else:
            wanted = needs.flows_of_ids & self._tracker.sockets.keys()
            asked = [self._tracker.sockets[id] for id in wanted]
            known = self._read_some(namespaces, asked) | self._read_mptcp(namespaces, asked)
            if needs.flows_of_all:
                known |= self._flows.keys() & self._tracker.sockets.keys()
                known -= {change.after.id for change in delta.changed if change.after.state is State.TIME_WAIT}
        self._end(self._flows.keys() - known, now)
        self._keep_history(needs, now)
        ended = {id: ended.flow for id, ended in self._ended.items()}
        self._told = {**self._flows, **ended}

    @property
    def flows(self) -> Mapping[int, Flow]:
        """What flows, by the ids of rows; of those that closed a moment ago what they came to."""
        return self._told

    def histories(self, ids: Iterable[int]) -> dict[int, tuple[FlowSample, ...]]:
        """What is kept of some rows, the oldest first."""
        return {id: tuple(self._histories[id]) for id in ids if id in self._histories}

    def problems(self) -> list[Problem]:
        """Why something that is needed is not known."""
        return self._problems

    # --- reading ---

    def _read_all(self, namespaces: Iterable[Namespace]) -> set[int]:
        """Read every connection; returns the rows of which something is known."""
        known: set[int] = set()
        for namespace in namespaces:
            try:
                parts = namespace.tcp(self._check)
            except OSError as error:
                self._complain(namespace, error)
                continue
            strays: dict[bytes, int] | None = None
            id_of = self._id_of.setdefault(namespace.inode, {})
            for part in parts:
                self._check()
                ids: list[int] = []
                for answer in part.answers:
                    id = id_of.get(answer.cookie)
                    if id is None:
                        id = self._find(answer, namespace.inode)
                    if id is None:
                        strays = self._strays(namespace.inode) if strays is None else strays
                        id = strays.get(answer.ends)
                    if id is not None:
                        self._take(id, answer, part.read_at)
                        id_of[answer.cookie] = id
                        ids.append(id)
                self._read_at.update(dict.fromkeys(ids, part.read_at))
                known.update(ids)
        return known

    def _read_some(self, namespaces: Iterable[Namespace], sockets: Iterable[Socket]) -> set[int]:
        """Read some connections; returns those of which something is known."""
        known: set[int] = set()
        wanted = [socket for socket in sockets if is_connection(socket)]
        for namespace in namespaces:
            inside = [socket for socket in wanted if socket.netns == namespace.inode]
            if not inside:
                continue
            try:
                answers = namespace.tcp_of(inside)
            except OSError as error:
                self._complain(namespace, error)
                continue
            at = self._stopwatch()
            for socket, answer in zip(inside, answers, strict=True):
                if answer is not None and answer.inode == socket.inode:
                    self._take(socket.id, answer, at)
                    self._read_at[socket.id] = at
                    known.add(socket.id)
        return known

    def _read_mptcp(self, namespaces: Iterable[Namespace], sockets: Iterable[Socket]) -> set[int]:
        """Read the MPTCP connections, if there are any among these; returns those of which something is known."""
        wanted = {(socket.netns, socket.inode): socket.id for socket in sockets if socket.netid == "mptcp"}
        known: set[int] = set()
        for namespace in namespaces:
            if not any(netns == namespace.inode for netns, _ in wanted):
                continue
            try:
                answers = namespace.mptcp()
            except OSError as error:
                self._complain(namespace, error)
                continue
            at = self._stopwatch()
            for answer in answers:
                id = wanted.get((namespace.inode, answer.inode)) if answer.inode else None
                if id is not None:
                    self._take(id, answer, at)
                    self._read_at[id] = at
                    known.add(id)
        return known

    def _find(self, answer: TcpAnswer, netns: int) -> int | None:
        """The row of a socket that is read for the first time."""
        from netwatch_tui.kernel.sock_diag_messages import packed_ends

        for id in self._tracker.with_inode(answer.inode) if answer.inode else ():
            socket = self._tracker.sockets[id]
            if socket.netid == "tcp" and socket.netns == netns and packed_ends(socket) == answer.ends:
                return id
        return None

    def _strays(self, netns: int) -> dict[bytes, int]:
        """Rows that their inode does not find, by their ends: they have no file, or share one."""
        from netwatch_tui.kernel.sock_diag_messages import packed_ends

        return {
            packed_ends(socket): socket.id
            for socket in self._tracker.sockets.values()
            if socket.id not in self._flows and socket.netns == netns and is_connection(socket)
        }

    def _take(self, id: int, answer: TcpAnswer | MptcpAnswer, at: float) -> None:
        """One row was read."""
        before = self._flows.get(id)
        if before is not None:
            if before.cookie != answer.cookie:  # another socket with the ends of this row
                self._unlink(id, before.cookie)
                before = None
            elif before.rate_in == 0 == before.rate_out and answer.says_the_same(before.counters):
                return
        flow = Flow(answer.cookie, self._epoch + at, answer.counters)
        if before is not None:
            elapsed = at - self._read_at[id]
            flow = flow._replace(
                rate_in=_rate(before.bytes_in, flow.bytes_in, elapsed),
                rate_out=_rate(before.bytes_out, flow.bytes_out, elapsed),
            )
        self._flows[id] = flow

    # --- forgetting ---

    def _end(self, ids: Iterable[int], now: float) -> None:
        """Of these nothing is known any more, but of those that closed what they came to."""
        for id in ids:
            flow = self._flows.pop(id)
            self._unlink(id, flow.cookie)
            self._read_at.pop(id, None)
            if id not in self._tracker.sockets:
                self._ended[id] = _Ended(now, flow._replace(rate_in=None, rate_out=None))
        for id, ended in list(self._ended.items()):
            if now - ended.at > KEPT_AFTER_END:
                del self._ended[id]

    def _unlink(self, id: int, cookie: int) -> None:
        for id_of in self._id_of.values():
            if id_of.get(cookie) == id:
                del id_of[cookie]

    def _forget_all(self) -> None:
        """Nobody looks: a rate over the time until somebody does again would be of no use."""
        if self._flows or self._ended:
            self._flows.clear()
            self._id_of.clear()
            self._read_at.clear()
            self._ended.clear()
            self._pace = _Pace()
            self._told = {}

    def _complain(self, namespace: Namespace, error: OSError) -> None:
        text = f"rates, totals and round-trip times in {namespace.name} are not known: {error.strerror or error}"
        self._problems.append(Problem(text, 1))

    # --- history ---

    def _keep_history(self, needs: Needs, now: float) -> None:
        for id in self._histories.keys() - self._tracker.sockets.keys():
            del self._histories[id]
        looked_at = [id for id in needs.flows_of_ids if id in self._flows]
        busy = (id for id, flow in self._flows.items() if flow.rate_in or flow.rate_out)
        for id in busy:
            if id in self._histories or len(self._histories) < MOST_HISTORIES:
                self._note(id, now)
        for id in looked_at:
            self._note(id, now)
            self._histories[id] = self._histories.pop(id)
        for id in list(self._histories)[:-MOST_HISTORIES]:
            del self._histories[id]

    def _note(self, id: int, now: float) -> None:
        """Keep what is known of a row now."""
        flow = self._flows[id]
        samples = self._histories.setdefault(id, deque(maxlen=MOST_SAMPLES))
        if not samples or samples[-1].at < now:
            samples.append(FlowSample(now, flow.rate_in, flow.rate_out, flow.rtt))
        while samples[0].at < now - HISTORY:
            samples.popleft()


class _Pace:
    """How often all connections may be read: the readings cost no more than the ticks do otherwise.

    The second reading follows the first at once, because there are no rates before it.
    """

    def __init__(self) -> None:
        self.readings = 0
        self._last = 0.0
        self._saved = 0.0
        self._price = 0.0
        self._usual = 0.0
        """Seconds that the tick before took without it."""

    def is_due(self, now: float, cost: float) -> bool:
        """Whether it is time.

        Args:
            now: Seconds since the epoch.
            cost: Seconds that this tick took without it.
        """
        self._saved += cost
        is_long, self._usual = cost > LONG_TICK * self._usual, cost
        is_paid = self._saved >= self._price and not is_long
        return self.readings < 2 or is_paid or now - self._last >= MOST_AGE

    def paid(self, now: float, price: float) -> None:
        """They were read, in so many seconds."""
        self.readings += 1
        self._last, self._price, self._saved = now, price, 0.0


def _rate(before: int | None, after: int | None, seconds: float) -> float | None:
    """Units a second; None where one of the counters is not known, or no time lies between."""
    if before is None or after is None or seconds <= 0:
        return None
    return max(after - before, 0) / seconds  # a segment counts as sent again a moment before it counts as sent
