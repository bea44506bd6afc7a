"""All that is known of one socket, in words, by importance: what the details show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from netwatch_tui.fields.catalogue import FIELD_BY_ID, FIELDS
from netwatch_tui.fields.field import Field
from netwatch_tui.fields.flow_fields import FLOW_FIELDS
from netwatch_tui.fields.format import BLANK, clip, duration, peer_text, printable
from netwatch_tui.fields.health_fields import HEALTH_FIELDS
from netwatch_tui.fields.holders import absence_text, process_name
from netwatch_tui.fields.moment import Moment
from netwatch_tui.fields.quantities import amount, brief_time
from netwatch_tui.sockets.flow import FlowSample
from netwatch_tui.sockets.hosts import host_number
from netwatch_tui.sockets.ownership import Owner, ProcessDetails, ProcessResources, descriptors_by_pid
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.view.host_words import Clock, away_text
from netwatch_tui.view.socket_details import MOST_WHOLE, Incoming, SocketDetails, told_pids
from netwatch_tui.view.sparkline import sparkline


class _Past(NamedTuple):
    """Now, and how moments before it are told."""

    now: float
    clock: Clock

    def told(self, seconds: float) -> str:
        """How long ago something was, and when."""
        return f"{duration(self.now - seconds)} ago, {self.clock(seconds)}"


class Fact(NamedTuple):
    """One line of the details; the label is empty where the line goes on with the one above."""

    label: str
    value: str
    """Harmless to show."""


class DetailsSection(NamedTuple):
    """Facts that belong together."""

    title: str
    """Its heading line; empty for what comes first, whose labels say enough."""
    facts: tuple[Fact, ...]


MOST_CONNECTIONS = 200
"""Of a listener's connections, how many are shown one by one."""
MOST_DESCRIPTORS = 8
"""Of the descriptors through which one process holds one socket."""
_LONGEST = 200
"""Cells of a value where not everything is told."""

_QUEUES = ("recv_q", "send_q", "timer", "retransmits", "drops")
_AGES = ("age",)


def describe(socket_details: SocketDetails, present: Moment, clock: Clock) -> list[DetailsSection]:
    """Everything about a socket, what its row does not say first; no section is empty.

    Args:
        socket_details: What is known.
        present: Now, and what is known besides the socket.
        clock: Tells moments.
    """
    socket, processes = socket_details.socket, socket_details.processes
    if socket_details.is_absent:
        # A negative id is that of a row of what is compared with, which may be another machine with other clocks.
        is_later = socket.id > 0 and socket.seen_at > present.now
        fact = Fact("Not there", f"opened later, {clock(socket.seen_at)}" if is_later else "not at this moment")
        return [DetailsSection("", (fact, *_told(_WHERE, socket, present)))]
    # How old it became: a closed socket grows no older.
    flows = {} if socket_details.flow is None else {socket.id: socket_details.flow}
    moment = present._replace(now=socket_details.closed_at or present.now, flows=flows)
    away = _away(socket, present, clock)
    past = _Past(present.now, clock)
    closed = [Fact("Closed", past.told(socket_details.closed_at))] if socket_details.closed_at else []
    ends = _ends(socket, socket_details.other_end)
    told = _holders_told(ends)
    holders = _each_process(told)
    sections = (
        DetailsSection("", (*away, *closed, *_told(HEALTH_FIELDS, socket, moment))),
        DetailsSection("Processes", (*_told(_ABSENCE, socket, moment), *_holders(ends, told))),
        DetailsSection("What flows", (*_told(FLOW_FIELDS, socket, moment), *_graphs(socket_details.history))),
        DetailsSection("Queues and timer", _told(map(FIELD_BY_ID.__getitem__, _QUEUES), socket, moment)),
        DetailsSection("Connections", _connections(socket_details)),
        DetailsSection("Time", (*_told(map(FIELD_BY_ID.__getitem__, _AGES), socket, moment), *_starts(holders, past))),
        DetailsSection("Socket", _told(_OTHERS, socket, moment)),
        *(
            _process(each, processes.get(each.owner.pid), socket_details.resources.get(each.owner.pid))
            for each in holders
        ),
    )
    return [section for section in sections if section.facts]


def _away(socket: Socket, present: Moment, clock: Clock) -> list[Fact]:
    """That the socket's machine is late or lost, so that this is not of now."""
    if not present.is_past(socket):
        return []
    host = present.hosts[host_number(socket.netns)]
    return [Fact("Not of now", away_text({1: host}, present.now, clock))]


_HOLDERS = tuple(field for field in FIELDS if field.holders)
_ABSENCE = (FIELD_BY_ID["owner_reason"],)
_WHERE = (FIELD_BY_ID["local"], FIELD_BY_ID["peer"])
_OTHERS = tuple(
    field
    for field in FIELDS
    if field not in (*HEALTH_FIELDS, *_HOLDERS, *_ABSENCE) and field.id not in (*_QUEUES, *_AGES)
)
"""All that no section before names."""


class _End(NamedTuple):
    """One end of a connection, and who holds it, or held it last."""

    label: str
    owners: tuple[Owner, ...]
    absence: str = ""
    """Why there is no owner, where that is not told elsewhere."""


def _ends(socket: Socket, other: Socket | None) -> list[_End]:
    """Both ends on this machine, as far as it is known who holds them."""
    ends = [_End(field.label or field.title, field.holders(socket)) for field in _HOLDERS if field.holders]
    if other is not None:
        absence = "" if other.owners else f"{other.state}, no visible owner: {absence_text(other)}"
        ends.append(_End("Other end", other.owners, absence))
    return [end for end in ends if end.owners or end.absence]


def _told(fields: Iterable[Field], socket: Socket, moment: Moment) -> tuple[Fact, ...]:
    """What some fields say of a socket."""
    told = ((field, field.sentence(socket, moment)) for field in fields if field.sentence)
    return tuple(Fact(field.label or field.title, sentence) for field, sentence in told if sentence)


class _Holder(NamedTuple):
    """A process, with the descriptors through which it holds an end."""

    end: _End
    owners: Sequence[Owner]
    is_whole: bool
    """Whether its values are told at whatever length."""

    @property
    def owner(self) -> Owner:
        """The first of them."""
        return self.owners[0]

    def told(self, value: str) -> str:
        """A value, which a process can make long, in the room that it is given."""
        return value if self.is_whole else clip(value, _LONGEST)


def _holders_told(ends: Sequence[_End]) -> list[_Holder]:
    """Those that are told of, of each end the ones of its own."""
    told = told_pids(owner for end in ends for owner in end.owners)
    found = []
    for end in ends:
        by_pid = descriptors_by_pid(end.owners)
        found += [_Holder(end, by_pid[pid], at < MOST_WHOLE) for at, pid in enumerate(told) if pid in by_pid]
    return found


def _holders(ends: Sequence[_End], told: Sequence[_Holder]) -> Iterator[Fact]:
    """Who holds the ends, each with the command line that started it."""
    for end in ends:
        if end.absence:
            yield Fact(end.label, end.absence)
        ours = [each for each in told if each.end is end]
        for holder in ours:
            process = holder.owner.process
            user = printable(process.user)
            parts = [process_name(process.name), f"pid {holder.owner.own_pid}"]
            parts += _descriptors([owner.fd for owner in holder.owners if owner.fd is not None])
            parts += [f"as {user}"] if user else []
            yield Fact(end.label, ", ".join(parts))
            yield Fact("  command", holder.told(printable(" ".join(process.cmdline))) or "none")
        more = len({owner.pid for owner in end.owners}) - len(ours)
        if more:
            yield Fact(end.label, f"and {more:,} more {'process' if more == 1 else 'processes'}")


def _descriptors(numbers: Sequence[int]) -> list[str]:
    """`descriptor 3`, `descriptors 3 4 5 and 39,997 more`; nothing where none is known."""
    if not numbers:
        return []
    more = len(numbers) - MOST_DESCRIPTORS
    named = " ".join(map(str, numbers[:MOST_DESCRIPTORS]))
    return [f"descriptor{'s' if len(numbers) > 1 else ''} {named}{f' and {more:,} more' if more > 0 else ''}"]


def _each_process(told: Iterable[_Holder]) -> list[_Holder]:
    """Each process once, though it may hold both ends."""
    found: dict[int, _Holder] = {}
    for holder in told:
        found.setdefault(holder.owner.pid, holder)
    return list(found.values())


def _starts(holders: Iterable[_Holder], past: _Past) -> Iterator[Fact]:
    """When the processes started: a socket that one of them opened itself is not older."""
    for holder in holders:
        process = holder.owner.process
        started = past.told(process.create_time)
        yield Fact("Started", f"{process_name(process.name)} ({holder.owner.own_pid}): {started}")


def _process(holder: _Holder, details: ProcessDetails | None, resources: ProcessResources | None) -> DetailsSection:
    """What else is known of a process."""
    process = holder.owner.process
    facts = [Fact("Unit", printable(process.unit or "none"))]
    if process.container:
        facts.append(Fact("Container", printable(process.container)))
    if details is not None:
        chain = " < ".join(f"{process_name(name)} ({pid})" for pid, name in details.parents)
        facts += [
            Fact("Program", printable(details.exe or "not readable")),
            Fact("Directory", printable(details.cwd or "not readable")),
            Fact("Parents", chain or "none"),
        ]
    if resources is not None:
        facts += _resources(resources)
    facts = [fact._replace(value=holder.told(fact.value)) for fact in facts]
    return DetailsSection(f"{holder.end.label}: {process_name(process.name)} ({holder.owner.own_pid})", tuple(facts))


def _resources(resources: ProcessResources) -> Iterator[Fact]:
    """What a process has by now."""
    yield Fact("Children", _count(resources.children))
    yield Fact("Threads", _count(resources.threads))
    limits = f"limit {_count(resources.descriptor_limit)}, hard limit {_count(resources.hard_descriptor_limit)}"
    yield Fact("Descriptors", f"{_count(resources.descriptors)} open, {limits}")


def _count(number: int | None) -> str:
    return BLANK if number is None else f"{number:,}"


GRAPH_WIDTH = 60
"""Bars of a graph at most."""

_GRAPHS: tuple[tuple[str, Callable[[FlowSample], float | None], Callable[[float], str]], ...] = (
    ("In/s", lambda sample: sample.rate_in, lambda rate: f"{amount(rate)}B/s"),
    ("Out/s", lambda sample: sample.rate_out, lambda rate: f"{amount(rate)}B/s"),
    ("Round trip", lambda sample: sample.rtt, brief_time),
)


def _graphs(history: Sequence[FlowSample]) -> list[Fact]:
    """What flowed in the last minutes; nothing while there are no two values to compare."""
    facts = []
    for label, read, told in _GRAPHS:
        values = [read(sample) for sample in history]
        known = [value for value in values if value is not None]
        if len(known) > 1:
            past = duration(history[-1].at - history[0].at)
            facts.append(Fact(label, f"{sparkline(values, GRAPH_WIDTH)} at most {told(max(known))} in {past}"))
    return facts


def _connections(socket_details: SocketDetails) -> tuple[Fact, ...]:
    """The connections that came in through a listener."""
    found = socket_details.connections
    if found is None:
        return ()
    shared = sum(each.listeners > 1 for each in found)
    whose = f"; {shared:,} of them may have come through another listener" if shared else ""
    facts = [Fact("Accepted", f"{len(found):,}{whose}" if found else "none")]
    facts += [Fact("", _incoming(each)) for each in found[:MOST_CONNECTIONS]]
    if len(found) > MOST_CONNECTIONS:
        facts.append(Fact("", f"and {len(found) - MOST_CONNECTIONS:,} more"))
    return tuple(facts)


def _incoming(connection: Incoming) -> str:
    socket, listeners = connection
    through = f", through one of {listeners} listeners" if listeners > 1 else ""
    return f"{peer_text(socket)} {socket.state}{through}"
