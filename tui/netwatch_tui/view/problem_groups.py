"""What is wrong on the machine, in few sentences: the findings of all sockets, put together by rule and process."""

from __future__ import annotations

from typing import NamedTuple

from netwatch_tui.fields.format import clip_amount, duration, local_text, peer_text, printable
from netwatch_tui.fields.holders import process_text
from netwatch_tui.fields.moment import Moment
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
from netwatch_tui.sockets.hosts import NO_HOSTS, Hosts, host_number, names_hosts


class ProblemGroup(NamedTuple):
    """One rule that one process breaks, with one socket or many."""

    rule: Rule
    host: str
    """The machine, where there are several; harmless to show."""
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


def problem_groups(findings: Findings, hosts: Hosts = NO_HOSTS) -> tuple[ProblemGroup, ...]:
    """What is wrong, the worst and most frequent first; of several machines with the name of each."""
    groups: dict[tuple[Rule, str, str], list[Finding]] = {}
    for found in findings.values():
        for finding in found:
            socket = finding.socket
            status = hosts.get(host_number(socket.netns)) if names_hosts(hosts) else None
            host = printable(status.name) if status else ""
            groups.setdefault((finding.rule, host, process_text(socket)), []).append(finding)
    made = [
        ProblemGroup(rule, host, process, len(members), min(members, key=lambda finding: finding.since))
        for (rule, host, process), members in groups.items()
    ]
    return tuple(
        sorted(made, key=lambda group: (-group.severity, -group.size, group.host, group.process, group.rule.word))
    )


def problem_text(group: ProblemGroup, moment: Moment) -> str:
    """A group in one sentence.

    Args:
        group: What is wrong.
        moment: When it is told.
    """
    one, several = _SENTENCES[group.rule]
    socket = group.example.socket
    waiting = socket.recv_q if group.rule.field == "recv_q" else socket.send_q
    text = (one if group.size == 1 else several).format(
        process=group.process,
        size=f"{group.size:,}",
        local=local_text(socket),
        peer=peer_text(socket),
        waiting=clip_amount(str(waiting or 0), 5),
        backlog=socket.send_q or 0,
        time=duration(moment.seen_last(socket) - group.example.since),
        tries=socket.retransmits,
        **group.example.figures,
    )
    return f"{group.host}: {text}" if group.host else text
