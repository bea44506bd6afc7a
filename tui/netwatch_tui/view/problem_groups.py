"""What is wrong on the machine, in few sentences: the findings of all sockets, put together by rule and process."""

from __future__ import annotations

from typing import NamedTuple

from netwatch_tui.fields.format import clip_amount, duration, local_text, peer_text
from netwatch_tui.fields.holders import process_text
from netwatch_tui.sockets.flow_rules import DROPPING, GIVING_UP, LATE, LOSING, OVERFLOWING, PORTS_EXHAUSTED
from netwatch_tui.sockets.health import (
    ACCEPT_QUEUE_FILLING,
    ACCEPT_QUEUE_FULL,
    CLOSE_WAIT_LEAK,
    DESCRIPTORS_SHORT,
    NO_ANSWER,
    SEND_Q_STALLED,
    SYN_UNANSWERED,
    ZERO_WINDOW,
    Finding,
    Findings,
    Rule,
    Severity,
)


class ProblemGroup(NamedTuple):
    """One rule that one process breaks, with one socket or many."""

    rule: Rule
    process: str
    """Who holds the sockets, as the table says it; harmless to show."""
    size: int
    example: Finding
    """That of them which has been wrong the longest."""

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return self.rule.severity


_SENTENCES = {
    ACCEPT_QUEUE_FULL: (
        "accept queue of {process} ({local}) is full: {waiting} of {backlog}",
        "{size} accept queues of {process} are full",
    ),
    ACCEPT_QUEUE_FILLING: (
        "accept queue of {process} ({local}) is filling: {waiting} of {backlog}",
        "{size} accept queues of {process} are filling",
    ),
    SEND_Q_STALLED: (
        "{process} to {peer}: Send-Q stalled at {waiting} for {time}",
        "{size} Send-Qs of {process} stalled, the longest for {time}",
    ),
    CLOSE_WAIT_LEAK: ("1 CLOSE-WAIT in {process} for {time}", "{size} CLOSE-WAIT in {process}, oldest {time}"),
    NO_ANSWER: (
        "{process} to {peer}: sent again {tries} times without an answer",
        "{size} connections of {process} get no answer to what they send",
    ),
    ZERO_WINDOW: (
        "{process} to {peer}: the peer takes nothing for {time}",
        "the peers of {size} connections of {process} take nothing, the longest for {time}",
    ),
    OVERFLOWING: (
        "{process} ({local}): full, and {dropped} connections dropped",
        "{size} queues of {process} are full, and {dropped} connections dropped",
    ),
    PORTS_EXHAUSTED: (
        "{used} of {all} local ports are in TIME-WAIT towards {peer}",
        "local ports run short towards {size} peers",
    ),
    LOSING: (
        "{process} to {peer}: {share} of what it sends is lost",
        "{size} connections of {process} lose what they send",
    ),
    LATE: (
        "{process} to {peer}: {rtt} round trip, {least} at best",
        "{size} connections of {process} have late round trips",
    ),
    GIVING_UP: (
        "{process} to {peer}: {probes} keepalive probes without an answer",
        "{size} connections of {process} get no answer to keepalive probes",
    ),
    DROPPING: (
        "{process} ({local}): {dropped} datagrams dropped, its queue is full",
        "{size} sockets of {process} drop datagrams",
    ),
    DESCRIPTORS_SHORT: ("{process} holds {held} of {limit} descriptors",) * 2,
    SYN_UNANSWERED: (
        "{process} gets no answer from {peer} for {time}",
        "{size} SYN-SENT of {process} without an answer, oldest {time}",
    ),
}
"""About one socket, and about several."""


def problem_groups(findings: Findings) -> tuple[ProblemGroup, ...]:
    """What is wrong, the worst and most frequent first."""
    groups: dict[tuple[Rule, str], list[Finding]] = {}
    for found in findings.values():
        for finding in found:
            groups.setdefault((finding.rule, process_text(finding.socket)), []).append(finding)
    made = [
        ProblemGroup(rule, process, len(members), min(members, key=lambda finding: finding.since))
        for (rule, process), members in groups.items()
    ]
    return tuple(sorted(made, key=lambda group: (-group.severity, -group.size, group.process, group.rule.word)))


def problem_text(group: ProblemGroup, now: float) -> str:
    """A group in one sentence.

    Args:
        group: What is wrong.
        now: Seconds since the epoch.
    """
    one, several = _SENTENCES[group.rule]
    socket = group.example.socket
    waiting = socket.recv_q if group.rule.field == "recv_q" else socket.send_q
    return (one if group.size == 1 else several).format(
        process=group.process,
        size=f"{group.size:,}",
        local=local_text(socket),
        peer=peer_text(socket),
        waiting=clip_amount(str(waiting or 0), 5),
        backlog=socket.send_q or 0,
        time=duration(now - group.example.since),
        tries=socket.retransmits,
        **group.example.figures,
    )
