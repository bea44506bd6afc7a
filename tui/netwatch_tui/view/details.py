"""All that is known of one socket, in words: what the details show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from netwatch_tui.fields.catalogue import FIELDS
from netwatch_tui.fields.field import Field
from netwatch_tui.fields.format import duration, peer_text, printable
from netwatch_tui.fields.health_fields import HEALTH_FIELDS
from netwatch_tui.fields.holders import absence_text, process_name
from netwatch_tui.fields.moment import Moment
from netwatch_tui.fields.quantities import amount, brief_time
from netwatch_tui.sockets.flow import FlowSample
from netwatch_tui.sockets.ownership import Owner, ProcessDetails
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.view.socket_details import Incoming, SocketDetails
from netwatch_tui.view.sparkline import sparkline

Clock = Callable[[float], str]
"""Tells a moment, in seconds since the epoch, as the clocks of the person's place show it."""


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


MOST_CONNECTIONS = 200
"""Of a listener's connections, how many are shown one by one."""


def describe(socket_details: SocketDetails, present: Moment, clock: Clock) -> list[Fact]:
    """Everything about a socket.

    Args:
        socket_details: What is known.
        present: Now, and what is known besides the socket.
        clock: Tells moments.
    """
    socket, processes = socket_details.socket, socket_details.processes
    # How old it became: a closed socket grows no older.
    flows = {} if socket_details.flow is None else {socket.id: socket_details.flow}
    moment = present._replace(now=socket_details.closed_at or present.now, flows=flows)
    past = _Past(present.now, clock)
    closed = [Fact("Closed", past.told(socket_details.closed_at))] if socket_details.closed_at else []
    return [
        *closed,
        *_told(HEALTH_FIELDS, socket, moment, processes, past),
        *_told(_FIELDS[:_WHO_ELSE], socket, moment, processes, past),
        *_other_end(socket_details.other_end, processes, past),
        *_told(_FIELDS[_WHO_ELSE:], socket, moment, processes, past),
        *_graphs(socket_details.history),
        *_connections(socket_details),
    ]


_FIELDS = tuple(field for field in FIELDS if field not in HEALTH_FIELDS)
"""All but what is said first."""

_WHO_ELSE = 1 + max(at for at, field in enumerate(_FIELDS) if field.holders)
"""Where among the fields all holders have been told, so that who is at the other end comes next."""


def _told(
    fields: Iterable[Field], socket: Socket, moment: Moment, processes: Mapping[int, ProcessDetails], past: _Past
) -> Iterator[Fact]:
    """What some fields say of a socket."""
    for field in fields:
        label = field.label or field.title
        if field.holders:
            for owner in field.holders(socket):
                yield from _owner(label, owner, processes.get(owner.pid), past)
        elif field.sentence and (sentence := field.sentence(socket, moment)):
            yield Fact(label, sentence)


def _other_end(other: Socket | None, processes: Mapping[int, ProcessDetails], past: _Past) -> list[Fact]:
    if other is None:
        return []
    if not other.owners:
        return [Fact("Other end", f"{other.state}, no visible owner: {absence_text(other)}")]
    return [fact for owner in other.owners for fact in _owner("Other end", owner, processes.get(owner.pid), past)]


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


def _connections(socket_details: SocketDetails) -> list[Fact]:
    """The connections that came in through a listener."""
    found = socket_details.connections
    if found is None:
        return []
    shared = sum(each.listeners > 1 for each in found)
    whose = f"; {shared:,} of them may have come through another listener" if shared else ""
    facts = [Fact("Connections", f"{len(found):,}{whose}" if found else "none")]
    facts += [Fact("", _incoming(each)) for each in found[:MOST_CONNECTIONS]]
    if len(found) > MOST_CONNECTIONS:
        facts.append(Fact("", f"and {len(found) - MOST_CONNECTIONS:,} more"))
    return facts


def _incoming(connection: Incoming) -> str:
    socket, listeners = connection
    through = f", through one of {listeners} listeners" if listeners > 1 else ""
    return f"{peer_text(socket)} {socket.state}{through}"


def _owner(label: str, owner: Owner, details: ProcessDetails | None, past: _Past) -> list[Fact]:
    process = owner.process
    name, user = process_name(process.name), printable(process.user)
    facts = [
        Fact(label, f"{name}, pid {owner.pid}, descriptor {owner.fd}, as {user}"),
        Fact("  command", printable(" ".join(process.cmdline)) or "none"),
        Fact("  started", past.told(process.create_time)),
        Fact("  unit", printable(process.unit or "none")),
    ]
    if process.container:
        facts.append(Fact("  container", printable(process.container)))
    if details is not None:
        chain = " < ".join(f"{process_name(name)} ({pid})" for pid, name in details.parents)
        facts += [
            Fact("  program", printable(details.exe or "not readable")),
            Fact("  directory", printable(details.cwd or "not readable")),
            Fact("  parents", chain or "none"),
        ]
    return facts
