"""All that is known of one socket, in words: what the details show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from netwatch_tui.fields.format import duration, local_text, peer_text, printable
from netwatch_tui.sockets.ownership import Owner, OwnerReason, ProcessDetails
from netwatch_tui.sockets.socket import Family, Socket, State
from netwatch_tui.view.socket_details import SocketDetails

STATE_MEANINGS = {
    State.LISTEN: "waits for connections",
    State.ESTAB: "connected; data can go both ways",
    State.SYN_SENT: "asked for a connection, no answer yet",
    State.SYN_RECV: "was asked for a connection and answered, not confirmed yet",
    State.FIN_WAIT_1: "closed here, the peer has not acknowledged it yet",
    State.FIN_WAIT_2: "closed here, the peer still may send",
    State.CLOSE_WAIT: "the peer closed; the application here has not yet",
    State.CLOSING: "both ends closed at once, not acknowledged yet",
    State.LAST_ACK: "closed at both ends, the last acknowledgement is missing",
    State.TIME_WAIT: "closed; kept a minute so that late packets do no harm",
    State.UNCONN: "not connected",
}

REASON_MEANINGS = {
    OwnerReason.LAST_HELD: "no process that may be read holds it any more",
    OwnerReason.ACCEPT_QUEUE: "it waits to be accepted",
    OwnerReason.KERNEL: "no process can hold it",
    OwnerReason.PERMISSION: "no process that may be read holds it",
    OwnerReason.NOT_FOUND: "every process was looked into, and none holds it",
}


Clock = Callable[[float], str]
"""Tells a moment, in seconds since the epoch, as the clocks of the person's place show it."""


class _Moment(NamedTuple):
    """Now, and how moments are told."""

    now: float
    clock: Clock

    def past(self, seconds: float) -> str:
        """How long ago something was, and when."""
        return f"{duration(self.now - seconds)} ago, {self.clock(seconds)}"


class Fact(NamedTuple):
    """One line of the details; the label is empty where the line goes on with the one above."""

    label: str
    value: str
    """Harmless to show."""


MOST_CONNECTIONS = 200
"""Of a listener's connections, how many are shown one by one."""


def describe(socket_details: SocketDetails, namespaces: Mapping[int, str], now: float, clock: Clock) -> list[Fact]:
    """Everything about a socket.

    Args:
        socket_details: What is known.
        namespaces: Names of network namespaces by inode.
        now: Seconds since the epoch.
        clock: Tells moments.
    """
    moment = _Moment(now, clock)
    socket, details = socket_details.socket, socket_details.processes
    age = duration((socket_details.closed_at or now) - socket.seen_at)
    facts = [Fact("Closed", moment.past(socket_details.closed_at))] if socket_details.closed_at else []
    facts += [
        Fact("Socket", f"{socket.netid} {socket.family}"),
        Fact("State", f"{socket.state}: {STATE_MEANINGS[socket.state]}"),
        Fact("Local", local_text(socket)),
        Fact("Peer", peer_text(socket)),
        *_owners(socket, details, moment),
        *_other_end(socket_details.other_end, details, moment),
        *_queues(socket),
        *_timer(socket),
        Fact("Age", f"at least {age}; it was there when watching began" if socket.was_there else age),
        Fact("Inode", str(socket.inode) if socket.inode else "none: no file stands behind it"),
        Fact("User", _user(socket)),
        Fact("Namespace", printable(namespaces.get(socket.netns, str(socket.netns)))),
        *_connections(socket_details),
    ]
    return facts


def _owners(socket: Socket, details: Mapping[int, ProcessDetails], moment: _Moment) -> list[Fact]:
    facts = [fact for owner in socket.owners for fact in _owner("Owner", owner, details.get(owner.pid), moment)]
    if socket.owner_reason is not None:
        facts.append(Fact("Owner", f"none: {REASON_MEANINGS[socket.owner_reason]}"))
    return facts


def _other_end(other: Socket | None, details: Mapping[int, ProcessDetails], moment: _Moment) -> list[Fact]:
    if other is None:
        return []
    if not other.owners:
        return [Fact("Other end", f"{other.state}, held by no process that can be seen: {other.owner_reason}")]
    return [fact for owner in other.owners for fact in _owner("Other end", owner, details.get(owner.pid), moment)]


def _connections(socket_details: SocketDetails) -> list[Fact]:
    """The connections that came in through a listener."""
    found = socket_details.connections
    if found is None:
        return []
    facts = [Fact("Connections", f"{len(found):,}" if found else "none")]
    facts += [Fact("", f"{peer_text(each)} {each.state}") for each in found[:MOST_CONNECTIONS]]
    if len(found) > MOST_CONNECTIONS:
        facts.append(Fact("", f"and {len(found) - MOST_CONNECTIONS:,} more"))
    return facts


def _user(socket: Socket) -> str:
    if socket.uid is None:
        return "not kept by the kernel"
    return f"{printable(socket.user or '')} ({socket.uid})"


def _queues(socket: Socket) -> list[Fact]:
    listens = socket.state is State.LISTEN
    facts = []
    if socket.recv_q is not None:
        facts.append(Fact("Recv-Q", f"{socket.recv_q:,} {'connections wait' if listens else 'bytes not read yet'}"))
    if socket.send_q is not None:
        facts.append(Fact("Send-Q", f"{socket.send_q:,} {'may wait' if listens else 'bytes not acknowledged yet'}"))
    if socket.drops is not None:
        facts.append(Fact("Drops", f"{socket.drops:,} datagrams, because the queue was full"))
    if socket.refs is not None:
        facts.append(Fact("References", str(socket.refs)))
    if socket.interface and socket.family is not Family.PACKET:
        facts.append(Fact("Device", printable(socket.interface)))
    return facts


def _timer(socket: Socket) -> list[Fact]:
    facts = [Fact("Timer", f"{socket.timer.name}, fires in {socket.timer.left:.1f}s")] if socket.timer else []
    if socket.retransmits:
        facts.append(Fact("Sent again", f"{socket.retransmits} times without an answer"))
    return facts


def _owner(label: str, owner: Owner, details: ProcessDetails | None, moment: _Moment) -> list[Fact]:
    process = owner.process
    name, user = printable(process.name), printable(process.user)
    facts = [
        Fact(label, f"{name}, pid {owner.pid}, descriptor {owner.fd}, as {user}"),
        Fact("  command", printable(" ".join(process.cmdline)) or "none"),
        Fact("  started", moment.past(process.create_time)),
        Fact("  unit", printable(process.unit or "none")),
    ]
    if process.container:
        facts.append(Fact("  container", printable(process.container)))
    if details is not None:
        chain = " < ".join(f"{printable(name)} ({pid})" for pid, name in details.parents)
        facts += [
            Fact("  program", printable(details.exe or "may not be seen")),
            Fact("  directory", printable(details.cwd or "may not be seen")),
            Fact("  parents", chain or "none"),
        ]
    return facts
