"""All that is known of one socket, in words: what the details show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from netwatch_tui.model.format import duration, local_text, peer_text, printable
from netwatch_tui.model.socket import Family, Owner, OwnerReason, ProcessDetails, Socket, State

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
    OwnerReason.KERNEL: "no process holds it",
    OwnerReason.PERMISSION: "its process may only be seen by a more privileged user: try sudo",
    OwnerReason.EXITED: "its process went away while we looked",
}


class Fact(NamedTuple):
    """One line of the details; the label is empty where the line goes on with the one above."""

    label: str
    value: str
    """Harmless to show."""


def describe(
    socket: Socket, namespaces: Mapping[int, str], details: Mapping[int, ProcessDetails], now: float
) -> list[Fact]:
    """Everything about a socket.

    Args:
        socket: The socket.
        namespaces: Names of network namespaces by inode.
        details: What is known of processes by pid; those not asked for yet are missing.
        now: Seconds since the epoch.
    """
    age = duration(now - socket.seen_at)
    facts = [
        Fact("Socket", f"{socket.netid} {socket.family}"),
        Fact("State", f"{socket.state}: {STATE_MEANINGS[socket.state]}"),
        Fact("Local", local_text(socket)),
        Fact("Peer", peer_text(socket)),
        *_queues(socket),
        *_timer(socket),
        Fact("Age", f"at least {age}; it was there when watching began" if socket.was_there else age),
        Fact("Inode", str(socket.inode) if socket.inode else "none: no file stands behind it"),
        Fact("User", _user(socket)),
        Fact("Namespace", printable(namespaces.get(socket.netns, str(socket.netns)))),
    ]
    if socket.owner_reason is not None:
        facts.append(Fact("Owner", f"none: {REASON_MEANINGS[socket.owner_reason]}"))
    for owner in socket.owners:
        facts += _owner(owner, details.get(owner.pid), now)
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


def _owner(owner: Owner, details: ProcessDetails | None, now: float) -> list[Fact]:
    process = owner.process
    name, user = printable(process.name), printable(process.user)
    facts = [
        Fact("Owner", f"{name}, pid {owner.pid}, descriptor {owner.fd}, as {user}"),
        Fact("  command", printable(" ".join(process.cmdline)) or "none"),
        Fact("  started", f"{duration(now - process.create_time)} ago"),
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
