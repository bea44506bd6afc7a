"""What is wrong with a socket: rules over its state and queues, and how long they have held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from enum import IntEnum
from heapq import heappop, heappush
from typing import NamedTuple

from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.descriptor_use import NO_DESCRIPTOR_USES, DescriptorUse, DescriptorUses
from netwatch_tui.sockets.socket import Socket, State

FILLING_SHARE = 0.7
"""Part of the backlog from which on an accept queue is said to fill."""

STALLED_AFTER = 10.0
"""Seconds for which a Send-Q has not become shorter: beyond the retransmission timeouts of a path that only lost a
segment (RFC 6298: at least one second, doubled each time)."""

LEAKED_AFTER = 60.0
"""Seconds in CLOSE-WAIT, in which the kernel waits for nothing but close(2) (RFC 9293, 3.6)."""

UNANSWERED_AFTER = 3.0
"""Seconds in SYN-SENT: the first SYN and one more are lost or ignored by then (tcp(7), tcp_syn_retries)."""


TRIES_WITHOUT_ANSWER = 3
"""How often one segment was sent again: as often, the path is taken for broken (RFC 1122, 4.2.3.5, threshold R1;
tcp(7), tcp_retries1)."""

WINDOW_SHUT_AFTER = 10.0
"""Seconds for which a peer has taken nothing: RFC 1122, 4.2.2.17, lets it shut its window for as long as it likes, but
a reader that is only slower than its writer opens it again within the first window probes."""

DESCRIPTORS_SHARE = 0.9
"""Part of its descriptor limit from which on a process is said to run out of descriptors."""


class Severity(IntEnum):
    """How bad it is; the greater, the sooner a person should look."""

    WARNING = 1
    CRITICAL = 2


class Rule(NamedTuple):
    """One thing that can be wrong."""

    word: str
    """Its name in filters and files."""
    severity: Severity
    field: str
    """Id of the field whose cell shows it."""
    after: float
    """Seconds for which it must have held."""
    meaning: str
    """What it says of one socket; `{waiting}` and `{backlog}` are its queues, `{time}` is how long it has held,
    `{held}` and `{limit}` are the descriptors of the process that holds it."""
    advice: str
    """What to do next."""


ACCEPT_QUEUE_FULL = Rule(
    "accept-queue-full", Severity.CRITICAL, "recv_q", 0.0,
    "accept queue full: {waiting} waiting, backlog {backlog}; new connections are dropped",
    "the process accepts too slowly: look at what it waits for, or raise its backlog and net.core.somaxconn",
)  # fmt: skip
ACCEPT_QUEUE_FILLING = Rule(
    "accept-queue-filling", Severity.WARNING, "recv_q", 0.0,
    "accept queue filling: {waiting} waiting, backlog {backlog}",
    "the process accepts more slowly than connections arrive",
)  # fmt: skip
SEND_Q_STALLED = Rule(
    "send-q-stalled", Severity.WARNING, "send_q", STALLED_AFTER,
    "Send-Q has not drained for {time}: {waiting} bytes are not acknowledged",
    "the peer does not read, or the path loses everything",
)  # fmt: skip
CLOSE_WAIT_LEAK = Rule(
    "close-wait", Severity.WARNING, "state", LEAKED_AFTER,
    "CLOSE-WAIT for {time}: the peer has closed, and the process has not",
    "the process leaks this descriptor: it must close it",
)  # fmt: skip
SYN_UNANSWERED = Rule(
    "syn-unanswered", Severity.WARNING, "state", UNANSWERED_AFTER,
    "SYN-SENT for {time}: the peer does not answer",
    "the host is down, or a firewall drops the packets",
)  # fmt: skip

NO_ANSWER = Rule(
    "no-answer", Severity.CRITICAL, "send_q", 0.0,
    "the same segment was sent again {tries} times without an answer: {waiting} bytes wait",
    "the peer or the path to it is down: ask it another way, and look at the routes (ip route get)",
)  # fmt: skip
ZERO_WINDOW = Rule(
    "zero-window", Severity.WARNING, "send_q", WINDOW_SHUT_AFTER,
    "the peer has taken nothing for {time}: its window is closed, and {waiting} bytes wait",
    "the process at the other end does not read: look at what it waits for",
)  # fmt: skip

DESCRIPTORS_SHORT = Rule(
    "descriptor-limit", Severity.WARNING, "pid", 0.0,
    "its process holds {held} of {limit} descriptors",
    "at the limit it can neither accept nor open anything: look for a leak, or raise RLIMIT_NOFILE",
)  # fmt: skip

RULES = (
    ACCEPT_QUEUE_FULL, NO_ANSWER, ACCEPT_QUEUE_FILLING, SEND_Q_STALLED, ZERO_WINDOW, CLOSE_WAIT_LEAK, SYN_UNANSWERED,
    DESCRIPTORS_SHORT,
)  # fmt: skip
"""Every rule about a line of `/proc`, the worst first."""

_CAUSES = {SEND_Q_STALLED: (NO_ANSWER, ZERO_WINDOW)}
"""Rules that say why another one is broken: then that one is not told as well."""

_LASTING = {State.CLOSE_WAIT: CLOSE_WAIT_LEAK, State.SYN_SENT: SYN_UNANSWERED}
"""Rules that a state breaks in which a socket stays too long."""

_SENDING = frozenset({State.ESTAB, State.CLOSE_WAIT, State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK})
"""States in which a peer should acknowledge what is sent."""


class Finding(NamedTuple):
    """A rule that a socket breaks."""

    rule: Rule
    since: float
    """When that began or, if it was there before, when watching did, in seconds since the epoch."""
    socket: Socket
    """As it is now."""
    figures: Mapping[str, str] = {}
    """What the meaning of the rule speaks of besides."""


Findings = Mapping[int, tuple[Finding, ...]]
"""All that is wrong, by socket id; the worst of a socket first."""

NO_FINDINGS: Findings = {}
NO_THRESHOLDS: Mapping[str, float] = {}
NO_SOCKETS: Mapping[int, Socket] = {}


def broken_rules(socket: Socket, filling_share: float = FILLING_SHARE) -> Iterator[Rule]:
    """The rules that a socket breaks if it goes on like this for as long as they say."""
    state = socket.state
    if state is State.LISTEN:
        waiting, backlog = socket.recv_q, socket.send_q
        if waiting and backlog is not None:
            # The kernel takes one more than the backlog (include/net/sock.h, sk_acceptq_is_full).
            if waiting > backlog:
                yield ACCEPT_QUEUE_FULL
            elif waiting >= filling_share * backlog:
                yield ACCEPT_QUEUE_FILLING
    elif socket.netid == "tcp":
        if socket.send_q and state in _SENDING:
            yield SEND_Q_STALLED
            timer = socket.timer.name if socket.timer else ""
            if timer == "on" and socket.retransmits >= TRIES_WITHOUT_ANSWER:
                yield NO_ANSWER
            elif timer == "persist":
                yield ZERO_WINDOW
        if state in _LASTING:
            yield _LASTING[state]


class _Broken(NamedTuple):
    """A rule that a socket breaks, for too short a time as yet or for long enough."""

    since: float
    waiting: int
    """Bytes in its Send-Q: the time starts anew when they become fewer, and behind a shut window when they change."""


class HealthWatch:
    """Remembers since when sockets break rules. A tick costs what happened in it, not what there is."""

    def __init__(self, thresholds: Mapping[str, float] = NO_THRESHOLDS) -> None:
        """Begin with nothing wrong.

        Args:
            thresholds: Other numbers than those of the rules, by their names in `sockets.thresholds`.
        """
        self._filling_share = thresholds.get("accept_queue_filling", FILLING_SHARE * 100) / 100
        self._after = {rule: thresholds.get(rule.word.replace("-", "_"), rule.after) for rule in RULES if rule.after}
        """Seconds for which a rule must be broken; those that are broken at once are not in it."""
        self._descriptors_share = thresholds.get("descriptor_limit", DESCRIPTORS_SHARE * 100) / 100
        self._uses = NO_DESCRIPTOR_USES
        self._short: DescriptorUses = NO_DESCRIPTOR_USES
        """Those of them that are near their limit."""
        self._held: dict[int, dict[Rule, _Broken]] = {}
        self._due: list[tuple[float, int]] = []
        """When a socket may have broken a rule for long enough, and its id; some are gone or broke it anew."""
        self._sockets: dict[int, Socket] = {}
        """Those that break any rule."""
        self._findings: Findings = NO_FINDINGS

    def copy(self) -> HealthWatch:
        """The same memory, to go on from at another time."""
        made = copy(self)
        made._held, made._due, made._sockets = dict(self._held), list(self._due), dict(self._sockets)  # noqa: SLF001 -- its own
        return made

    @property
    def size(self) -> int:
        """How many sockets it remembers."""
        return len(self._held) + len(self._due)

    def tick(
        self,
        delta: Delta,
        now: float,
        uses: DescriptorUses = NO_DESCRIPTOR_USES,
        sockets: Mapping[int, Socket] = NO_SOCKETS,
    ) -> Findings:
        """All that is wrong after this delta; the same mapping as before where nothing about it changed.

        Args:
            delta: From the tick before; in the first one with every socket as an opened one.
            now: Seconds since the epoch.
            uses: What owners hold many descriptors; the same object while nothing is different.
            sockets: All there are after the delta, by id.
        """
        touched = set(self._gone(delta))
        if uses is not self._uses:
            self._look_at_owners(uses, sockets, now, touched)
        for socket in delta.opened:
            self._look_at(socket, now, touched)
        for change in (*delta.changed, *delta.updated):
            self._look_at(change.after, now, touched)
        while self._due and self._due[0][0] <= now:
            touched.add(heappop(self._due)[1])
        if touched:
            self._judge(touched, now)
        return self._findings

    def _gone(self, delta: Delta) -> Iterator[int]:
        for socket in (*delta.closed, *delta.dropped):
            if self._held.pop(socket.id, None) is not None:
                del self._sockets[socket.id]
                yield socket.id

    def _look_at_owners(
        self, uses: DescriptorUses, sockets: Mapping[int, Socket], now: float, touched: set[int]
    ) -> None:
        """Look at the sockets of those who are near their descriptor limit now, or were."""
        before, share = self._short, self._descriptors_share
        self._uses, self._short = uses, {pid: use for pid, use in uses.items() if use.held >= share * use.limit}
        if pids := {pid for pid in before.keys() | self._short.keys() if before.get(pid) != self._short.get(pid)}:
            for socket in sockets.values():
                if any(owner.pid in pids for owner in socket.owners):
                    self._look_at(socket, now, touched)

    def _look_at(self, socket: Socket, now: float, touched: set[int]) -> None:
        id, before = socket.id, self._held.get(socket.id)
        rules = tuple(broken_rules(socket, self._filling_share))
        if self._short and self._use_of(socket) is not None:
            rules = (*rules, DESCRIPTORS_SHORT)
        if not (rules or before):
            return
        touched.add(id)
        if not rules:
            del self._held[id], self._sockets[id]
            return
        held = {rule: _broken_since(rule, (before or {}).get(rule), socket, now) for rule in rules}
        self._held[id], self._sockets[id] = held, socket
        for rule, (since, _) in held.items():
            if rule in self._after and since == now:
                heappush(self._due, (since + self._after[rule], id))

    def _judge(self, ids: Iterable[int], now: float) -> None:
        """Write down what is wrong with these sockets by now."""
        findings = dict(self._findings)
        for id in ids:
            held = self._held.get(id, {})
            broken = [rule for rule in RULES if rule in held and now - held[rule].since >= self._after.get(rule, 0.0)]
            told = [rule for rule in broken if not any(cause in broken for cause in _CAUSES.get(rule, ()))]
            if told:
                findings[id] = tuple(self._finding(rule, held[rule].since, self._sockets[id]) for rule in told)
            else:
                findings.pop(id, None)
        self._findings = findings

    def _finding(self, rule: Rule, since: float, socket: Socket) -> Finding:
        use = self._use_of(socket) if rule is DESCRIPTORS_SHORT else None
        return Finding(rule, since, socket, {"held": f"{use.held:,}", "limit": f"{use.limit:,}"} if use else {})

    def _use_of(self, socket: Socket) -> DescriptorUse | None:
        """The descriptors of the first of its owners who is near the limit; None where nobody is."""
        return next((use for owner in socket.owners if (use := self._short.get(owner.pid))), None)


def _broken_since(rule: Rule, before: _Broken | None, socket: Socket, now: float) -> _Broken:
    """Since when a rule has been broken, for a socket that breaks it now."""
    waiting = (socket.send_q or 0) if rule in (SEND_Q_STALLED, ZERO_WINDOW) else 0
    if before is None or waiting < before.waiting or (rule is ZERO_WINDOW and waiting != before.waiting):
        return _Broken(now, waiting)
    return _Broken(before.since, waiting)
