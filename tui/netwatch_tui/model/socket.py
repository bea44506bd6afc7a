"""The values that everything speaks of: a socket, its two ends, its state and its owners."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """A socket's state in the spelling of ss, in the order in which the table sorts them.

    The numbers behind them are those of the kernel's `include/net/tcp_states.h`.
    """

    LISTEN = "LISTEN"
    ESTAB = "ESTAB"
    SYN_SENT = "SYN-SENT"
    SYN_RECV = "SYN-RECV"
    FIN_WAIT_1 = "FIN-WAIT-1"
    FIN_WAIT_2 = "FIN-WAIT-2"
    CLOSE_WAIT = "CLOSE-WAIT"
    CLOSING = "CLOSING"
    LAST_ACK = "LAST-ACK"
    TIME_WAIT = "TIME-WAIT"
    UNCONN = "UNCONN"


STATE_RANK = {state: rank for rank, state in enumerate(State)}

#: States after the application has let go or is about to: a socket never leads from here back to a working one.
LATE_STATES = frozenset(
    {State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSING, State.LAST_ACK, State.TIME_WAIT},
)


class Family(StrEnum):
    """The address family of a socket."""

    INET = "inet"
    INET6 = "inet6"


class OwnerReason(StrEnum):
    """Why a socket is shown without an owner."""

    KERNEL = "kernel"
    """No process holds it: a TIME-WAIT or SYN-RECV socket, or one that the kernel itself uses."""
    PERMISSION = "permission"
    """Some processes may not be looked into, and none of the others holds it."""
    EXITED = "exited"
    """Its process went away between reading the sockets and reading the processes."""


class Address(NamedTuple):
    """A network address. Compares by number: all of IPv4 before all of IPv6."""

    version: int
    """4 or 6."""
    packed: bytes
    """4 or 16 bytes in network order."""
    text: str
    """The usual spelling, without brackets."""


class Process(NamedTuple):
    """What is known of a process that owns sockets."""

    pid: int
    name: str
    cmdline: tuple[str, ...]
    """The arguments; empty for a kernel thread or a zombie."""
    user: str
    """Name of the effective user, or the number where it has no name."""
    create_time: float
    """When it started, in seconds since the epoch; with the pid it tells two processes of one number apart."""


class Owner(NamedTuple):
    """One descriptor through which one process holds a socket."""

    pid: int
    fd: int
    process: Process


Ends = tuple[str, Address, int, Address, int]
"""Netid, local address and port, peer address and port."""


class Socket(NamedTuple):
    """One socket as it stood in one snapshot.

    The first five fields come from following it over time, the others from the line that the kernel printed.
    """

    id: int
    """Names the row: one socket keeps one id through all its states while it is watched. 0 when not yet followed."""
    opened_at: float | None
    """When it was first seen, in seconds since the epoch; None if it was there in the first snapshot."""
    user: str | None
    """Name behind `uid`, or the number as text where it has no name; None where the uid is not known."""
    owners: tuple[Owner, ...]
    """Every holder, by pid and descriptor."""
    owner_reason: OwnerReason | None
    """Why there is no owner; None when there is one."""

    netid: str
    """`tcp` or `udp`."""
    family: Family
    state: State
    recv_q: int
    """Bytes not yet read by the application; for LISTEN, connections that wait to be accepted."""
    send_q: int | None
    """Bytes not yet acknowledged by the peer; None for LISTEN, where only sock_diag knows the backlog's limit."""
    local: Address
    local_port: int
    peer: Address
    peer_port: int
    """0 when there is no peer."""
    inode: int
    """0 when no file stands behind the socket (yet, or any more)."""
    uid: int | None
    """The user who made it; None where the kernel does not keep it (TIME-WAIT prints 0 for everyone)."""

    def followed(
        self,
        id: int,
        opened_at: float | None,
        user: str | None,
        owners: tuple[Owner, ...],
        owner_reason: OwnerReason | None,
    ) -> Socket:
        """The same socket with what following it has found; several times faster than `_replace`."""
        return _new(Socket, (id, opened_at, user, owners, owner_reason, *self[5:]))

    @property
    def ends(self) -> Ends:
        """Netid and both addresses with ports: what stays when the inode is lost."""
        return (self.netid, self.local, self.local_port, self.peer, self.peer_port)

    @property
    def is_listening(self) -> bool:
        """What `ss -l` lists: listening, or for a protocol without connections, not connected."""
        return self.state in (State.LISTEN, State.UNCONN)


_new = tuple.__new__
