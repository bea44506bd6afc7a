"""What came of trying the machine's own listening ports by connect(2): states and reasons in nmap's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from netwatch_tui.sockets.address_classes import is_loopback
from netwatch_tui.sockets.socket import Socket


class PortState(StrEnum):
    """What is known of a port after it was tried."""

    OPEN = "open"
    REFUSED = "refused"
    FILTERED = "filtered"
    """Something between here and the listener drops or rejects what comes."""
    NO_ANSWER = "no answer"
    """Its accept queue was full, so the kernel drops what comes though nothing filters it."""
    UNTRIED = "not tried"


class Reach(StrEnum):
    """Where a listener answered, of all that was tried."""

    EVERYWHERE = "every address"
    LOOPBACK = "loopback only"
    INSIDE = "inside only"
    """From inside its network namespace, and not from the one of the program."""
    SOMEWHERE = "some addresses"
    NOWHERE = "no address"


class ProbeEnd(NamedTuple):
    """One thing to try: where to connect to, and from where."""

    origin: int
    """Inode of the network namespace to connect from."""
    netns: int
    """That of the listener."""
    address: bytes
    """4 or 16 bytes in network order."""
    port: int
    device: str = ""
    """Of a link-local IPv6 address, which device has it; else empty."""


class Outcome(NamedTuple):
    """What came of one attempt."""

    state: PortState
    reason: str
    seconds: float | None = None
    """From the start of connect(2) to its end; None if no packet was sent."""


TIMED_OUT = Outcome(PortState.FILTERED, "timed out")
LEFT_OUT = Outcome(PortState.UNTRIED, "limit reached")
"""Of what is beyond the greatest number of attempts."""
_QUEUE_FULL = "queue full"

Outcomes = Mapping[ProbeEnd, Outcome]


class PlannedListener(NamedTuple):
    """What is tried of one listener."""

    listener: Socket
    ends: tuple[ProbeEnd, ...]
    why_not: str = ""
    """Why there is nothing to try."""
    left_out: int = 0
    """At how many more addresses it is not tried: its accept queue has little room, or there are too many."""


class Attempt(NamedTuple):
    """Where one attempt went, and how long it took."""

    end: ProbeEnd
    seconds: float | None


class ProbeRow(NamedTuple):
    """The attempts at one listener that had the same outcome."""

    listener: Socket
    state: PortState
    reason: str
    attempts: tuple[Attempt, ...]
    """Empty where nothing was tried."""
    reach: Reach | None
    """Of the listener as a whole; None if nothing of it was tried."""
    left_out: int
    """At how many more addresses the listener was not tried."""

    @property
    def seconds(self) -> float | None:
        """How long the longest attempt took; None if no packet was sent."""
        return max((each.seconds for each in self.attempts if each.seconds is not None), default=None)


def rows_of(planned: Iterable[PlannedListener], outcomes: Outcomes, now: Mapping[int, Socket]) -> list[ProbeRow]:
    """A row for each listener and outcome, in the order of the listeners.

    Args:
        planned: What was to be tried.
        outcomes: What came of it; what is missing was not tried.
        now: The listeners as they stand after the attempts, by the ids of their rows.
    """
    found: list[ProbeRow] = []
    for plan in planned:
        listener = plan.listener
        if not plan.ends:
            found.append(ProbeRow(listener, PortState.UNTRIED, plan.why_not, (), None, plan.left_out))
            continue
        is_full = _is_full(listener) or _is_full(now.get(listener.id, listener))
        judged = [(end, _judged(outcomes.get(end, LEFT_OUT), is_full=is_full)) for end in plan.ends]
        reach = _reach(judged, left_out=plan.left_out)
        groups: dict[tuple[PortState, str], list[Attempt]] = {}
        for end, (state, reason, seconds) in judged:
            groups.setdefault((state, reason), []).append(Attempt(end, seconds))
        found += [
            ProbeRow(listener, *outcome, tuple(attempts), reach, plan.left_out) for outcome, attempts in groups.items()
        ]
    return found


def remarks(rows: Sequence[ProbeRow]) -> list[str]:
    """What whoever reads the rows should know: how far they can be relied on, and what was left out."""
    found = []
    ends = [each.end for row in rows for each in row.attempts]
    if any(end.origin == end.netns and not is_loopback(end.address) for end in ends):
        found.append(
            "what a machine sends to its own addresses arrives by lo, where firewall rules for other devices don't "
            "apply: other machines may still be kept out"
        )
    left_out = {row.listener: row.left_out for row in rows if row.left_out}
    if left_out:
        of = f"{len(left_out):,} listeners" if len(left_out) > 1 else "one listener"
        found.append(
            f"at {sum(left_out.values()):,} more addresses of {of} nothing was tried: "
            "a server's accept queue is not filled beyond half of its free places, and there is a limit"
        )
    return found


def _is_full(listener: Socket) -> bool:
    """Whether the kernel drops every SYN: more wait than the backlog (sk_acceptq_is_full in include/net/sock.h)."""
    return listener.recv_q is not None and listener.send_q is not None and listener.recv_q > listener.send_q


def _judged(outcome: Outcome, *, is_full: bool) -> Outcome:
    if is_full and outcome.reason == TIMED_OUT.reason:
        return outcome._replace(state=PortState.NO_ANSWER, reason=_QUEUE_FULL)
    return outcome


def _reach(judged: Sequence[tuple[ProbeEnd, Outcome]], *, left_out: int) -> Reach | None:
    tried = [(end, outcome.state is PortState.OPEN) for end, outcome in judged if outcome.seconds is not None]
    answered = [end for end, is_open in tried if is_open]
    if not tried:
        return None
    if not answered:
        return Reach.NOWHERE
    outside = [is_open for end, is_open in tried if end.origin != end.netns]
    if outside and not any(outside):
        return Reach.INSIDE
    is_whole = len(tried) == len(judged) and not left_out
    if all(is_loopback(end.address) for end in answered) and (is_whole or len(answered) < len(tried)):
        return Reach.LOOPBACK
    return Reach.EVERYWHERE if is_whole and len(answered) == len(judged) else Reach.SOMEWHERE
