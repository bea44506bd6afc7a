r"""Metrics in Prometheus's text exposition format, as node_exporter's textfile collector reads it.

https://prometheus.io/docs/instrumenting/exposition_formats/: a family begins with `# HELP` and `# TYPE`; in the value
of a label, `\`, `"` and the end of a line are `\\`, `\"` and `\n`; all is UTF-8. There are no timestamps, which the
collector refuses: `netwatch_tick_timestamp_seconds` tells how old the figures are.

Every series costs the server memory for hours, and any user chooses names and ports: so only so many of them have a
series of their own, the first ones in the order that is said, and the sum of the rest is the series `other`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import NamedTuple

from netwatch_tui.fields.format import printable
from netwatch_tui.fields.holders import clip_names, process_name, process_text
from netwatch_tui.output.head import Head
from netwatch_tui.sockets.health import RULES
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.socket import PORT_NETIDS, Socket, State

METRIC_FIELDS = ("netid", "state", "recv_q", "send_q", "local", "process", "netns", "problem")
"""Ids of the fields from which the metrics are made."""

MOST_PROCESSES = 100
"""Names of processes that have a series of their own: those that hold most sockets."""

MOST_LISTENERS = 500
"""Listening ends that have series of their own: those with the longest accept queues, then by their labels."""

_LONGEST_NAME = 80
"""Characters of the names of those who hold a listener; see `clip_names`."""

_OTHER = "other"
_TOLD_AT_ONCE = tuple(rule for rule in RULES if not rule.after)
"""Rules that one tick can judge. The others take time: that nothing broke them can't be told by a single one."""

_HELP = {
    "build_info": "Always 1; the version of netwatch-tui.",
    "sockets": "Sockets by netid and state, as ss spells them.",
    "process_sockets": "Sockets by the process that holds them; one with several holders counts for each. The "
    f"{MOST_PROCESSES} processes with the most have a series each; the rest are summed as other.",
    "unowned_sockets": "Sockets without a known owner, by the reason.",
    "listener_sockets": "Listening sockets by address and port, which several share with SO_REUSEPORT. The "
    f"{MOST_LISTENERS} with the longest accept queues have series; the rest are summed as other.",
    "listener_accept_queue_length": "Connections in the accept queue (Recv-Q of a listener).",
    "listener_backlog": "Backlog of the accept queue; no sample where it is not known.",
    "receive_queue_bytes": "Bytes that no process has read yet (Recv-Q), listeners left out.",
    "send_queue_bytes": "Bytes that the peer has not acknowledged yet (Send-Q), listeners left out.",
    "problem_sockets": "Sockets by what is wrong with them: the rules that one tick can judge.",
    "unseen_processes": "Processes whose sockets could not be looked up, by the reason.",
    "process_list_hidden": "Whether /proc leaves out processes, by what hides them.",
    "read_errors": "What could not be read in this tick; standard error says what.",
    "tick_timestamp_seconds": "When the sockets were read, in seconds since the epoch.",
    "tick_duration_seconds": "How long that took.",
}
"""What each family tells, by its name without the prefix."""

Labels = tuple[tuple[str, str], ...]
"""Names and values of labels."""
Samples = Iterable[tuple[Labels, float]]


class _Listening(NamedTuple):
    """What sockets with the same labels have together."""

    sockets: int
    waiting: int
    backlog: int | None
    """None where it is not known of all of them."""

    def plus(self, other: _Listening) -> _Listening:
        """The sums of both."""
        known = self.backlog is not None and other.backlog is not None
        backlog = (self.backlog or 0) + (other.backlog or 0) if known else None
        return _Listening(self.sockets + other.sockets, self.waiting + other.waiting, backlog)


def metric_lines(sockets: Iterable[Socket], head: Head) -> Iterator[str]:
    """The metrics of these sockets, a line each."""
    every = tuple(sockets)
    listeners = _listeners(every, head)
    connected = [socket for socket in every if socket.state is not State.LISTEN]
    backlogs = ((labels, each.backlog) for labels, each in listeners.items())
    unseen = head.unseen
    yield from _family("build_info", [((("version", version("netwatch-tui")),), 1)])
    yield from _family("sockets", _by_state(every))
    yield from _family("process_sockets", _by_process(every))
    yield from _family("unowned_sockets", _by_reason(every))
    yield from _family("listener_sockets", ((labels, each.sockets) for labels, each in listeners.items()))
    yield from _family("listener_accept_queue_length", ((labels, each.waiting) for labels, each in listeners.items()))
    yield from _family("listener_backlog", ((labels, backlog) for labels, backlog in backlogs if backlog is not None))
    yield from _family("receive_queue_bytes", _sums((socket.netid, socket.recv_q) for socket in connected))
    yield from _family("send_queue_bytes", _sums((socket.netid, socket.send_q) for socket in connected))
    yield from _family("problem_sockets", _by_problem(every, head))
    reasons = {"other-user": unseen.others, "shielded": unseen.shielded, "unreadable": unseen.unreadable}
    yield from _family("unseen_processes", (((("reason", reason),), count) for reason, count in reasons.items()))
    hidden = {"hidepid": unseen.proc_hides, "pid-namespace": unseen.is_enclosed}
    yield from _family("process_list_hidden", (((("by", by),), int(hides)) for by, hides in hidden.items()))
    yield from _family("read_errors", [((), sum(problem.times for problem in head.problems))])
    yield from _family("tick_timestamp_seconds", [((), round(head.taken_at, 6))])
    yield from _family("tick_duration_seconds", [((), round(head.cost, 6))])


def _family(name: str, samples: Samples) -> Iterator[str]:
    """A family of gauges; nothing where it has no sample."""
    told = [f"netwatch_{name}{_labels(labels)} {value}" for labels, value in samples]
    if told:
        yield f"# HELP netwatch_{name} {_HELP[name]}"
        yield f"# TYPE netwatch_{name} gauge"
        yield from told


def _labels(labels: Labels) -> str:
    told = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels)
    return f"{{{told}}}" if told else ""


def _escaped(value: str) -> str:
    """The value of a label. What is invisible is spelled out first, the end of a line included."""
    return printable(value).replace("\\", r"\\").replace('"', r"\"")


def _by_state(sockets: Sequence[Socket]) -> Samples:
    counts = Counter((socket.netid, socket.state) for socket in sockets)
    for (netid, state), count in sorted(counts.items()):
        yield (("netid", netid), ("state", state)), count


def _by_process(sockets: Sequence[Socket]) -> Samples:
    counts = Counter[str]()
    for socket in sockets:
        counts.update({process_name(owner.process.name) for owner in socket.owners})
    rest = counts.pop(_OTHER, 0)  # a process that calls itself so is one of the others
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    for name, count in ranked[:MOST_PROCESSES]:
        yield (("process", name),), count
    yield (("process", _OTHER),), rest + sum(count for _, count in ranked[MOST_PROCESSES:])


def _by_reason(sockets: Sequence[Socket]) -> Samples:
    counts = Counter(socket.owner_reason for socket in sockets)
    for reason in OwnerReason:
        yield (("reason", reason),), counts[reason]


def _listeners(sockets: Sequence[Socket], head: Head) -> Mapping[Labels, _Listening]:
    """Listening sockets by their labels, at most `MOST_LISTENERS`, and the rest as one for each netid."""
    found: dict[Labels, _Listening] = {}
    for socket in sockets:
        if socket.state is State.LISTEN:
            _add(found, _listener_labels(socket, head), _Listening(1, socket.recv_q or 0, socket.send_q))
    ranked = sorted(found.items(), key=lambda each: (-each[1].waiting, each[0]))
    told = dict(ranked[:MOST_LISTENERS])
    for labels, each in ranked[MOST_LISTENERS:]:
        _add(told, tuple((name, value if name == "netid" else _OTHER) for name, value in labels), each)
    return told


def _add(to: dict[Labels, _Listening], labels: Labels, each: _Listening) -> None:
    to[labels] = to[labels].plus(each) if labels in to else each


def _listener_labels(socket: Socket, head: Head) -> Labels:
    device = "" if socket.interface is None else f"%{socket.interface}"
    return (
        ("netid", socket.netid),
        ("netns", head.namespaces.get(socket.netns, str(socket.netns))),
        ("port", str(socket.local_port) if socket.netid in PORT_NETIDS else ""),
        ("address", f"{socket.local.text}{device}"),
        ("process", clip_names(process_text(socket), _LONGEST_NAME)),
    )


def _sums(amounts: Iterable[tuple[str, int | None]]) -> Samples:
    """What is known, added up by netid."""
    sums = Counter[str]()
    for netid, amount in amounts:
        sums[netid] += amount or 0
    for netid, sum in sorted(sums.items()):
        yield (("netid", netid),), sum


def _by_problem(sockets: Sequence[Socket], head: Head) -> Samples:
    broken = (finding.rule for socket in sockets for finding in head.findings.get(socket.id, ()))
    counts = Counter(dict.fromkeys(_TOLD_AT_ONCE, 0))
    counts.update(broken)
    for rule, count in counts.items():
        yield (("problem", rule.word), ("severity", rule.severity.name.lower())), count
