"""The values that everything speaks of: a socket, its two ends, its state and its owners."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from netwatch_tui.sockets.ownership import Owner, OwnerReason


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
    UNIX = "unix"
    PACKET = "packet"
    NETLINK = "netlink"


INET = frozenset({Family.INET, Family.INET6})
"""The families of internet sockets."""


class Address(NamedTuple):
    """One end without its port. Compares by number: names first, then all of IPv4, then all of IPv6."""

    version: int
    """4 or 6; 0 for a name: the path of a unix socket, a netlink protocol, a link-layer protocol."""
    packed: bytes
    """4 or 16 bytes in network order; of a name its bytes."""
    text: str
    """The usual spelling, without brackets. Names come from outside: see `format.printable`."""


NOWHERE = Address(0, b"", "*")
"""The end of a socket that has no address there."""


class Timer(NamedTuple):
    """The timer of a TCP socket that runs."""

    name: str
    """As ss spells it: on (retransmission), keepalive, timewait, persist."""
    left: float
    """Seconds until it fires."""


class DiagFacts(NamedTuple):
    """What only sock_diag(7) tells of a socket. None stands for what this kernel does not tell."""

    cookie: int
    """Names one socket for its whole life, and is never used again."""
    v6only: bool | None = None
    """Of an IPv6 socket, whether it leaves IPv4 alone (IPV6_V6ONLY); INET_DIAG_SKV6ONLY."""
    fwmark: int | None = None
    """SO_MARK, which is told to CAP_NET_ADMIN only; INET_DIAG_MARK."""
    cgroup: int | None = None
    """Id of its cgroup, which is the inode of the cgroup's directory; INET_DIAG_CGROUP_ID."""
    cgroup_path: str | None = None
    """Path of that cgroup as `/proc/PID/cgroup` spells it, `/system.slice/x.service`; None while nobody needs it."""
    autobound: bool | None = None
    """Whether the kernel chose its local port (no SOCK_BINDPORT_LOCK); None while nobody needs it."""


Ends = tuple[int, str, Address, int, Address, int]
"""Network namespace, netid, local address and port, peer address and port."""


PORT_NETIDS = frozenset({"tcp", "udp", "udpl", "sctp", "mptcp", "bound"})
"""The protocols that have ports."""


class Socket(NamedTuple):
    """One socket as it stood in one snapshot.

    The first seven fields come from following it over time, the others from the line that the kernel printed and, where
    it is said, from sock_diag.
    """

    id: int
    """Names the row: one socket keeps one id through all its states while it is watched. 0 when not yet followed."""
    seen_at: float
    """When it was first seen, in seconds since the epoch."""
    was_there: bool
    """It was there already when its kind was looked at for the first time, so that its age is at least that long."""
    user: str | None
    """Name behind `uid`, or the number as text where it has no name; None where the uid is not known."""
    owners: tuple[Owner, ...]
    """Every holder, by pid and descriptor."""
    owner_reason: OwnerReason | None
    """Why there is no owner; None when there is one."""
    evidence: tuple[Owner, ...]
    """Whom the reason speaks of: those who held it when that could be read last, or who hold the listener at which it
    waits; else empty."""

    netns: int
    """Inode of the network namespace; 0 where an event does not tell in which it was."""
    netid: str
    """As ss spells it: tcp, udp, udpl, raw, icmp, sctp, u_str, u_dgr, u_seq, p_raw, p_dgr, nl, mptcp;
    and bound, which is none of ss's: see `kinds.KINDS`."""
    family: Family
    state: State
    recv_q: int | None
    """Bytes not yet read by the application; for LISTEN, connections that wait to be accepted. None: not known."""
    send_q: int | None
    """Bytes not yet acknowledged by the peer; for LISTEN, how many connections may wait. None: not known."""
    local: Address
    local_port: int
    """For unix sockets the inode, for raw ones the protocol, for netlink the port id, for packet the device."""
    peer: Address
    peer_port: int
    """0 when there is no peer."""
    inode: int
    """0 when no file stands behind the socket (yet, or any more)."""
    uid: int | None
    """The user who made it; None where the kernel does not keep it (TIME-WAIT prints 0 for everyone)."""
    interface: str | None = None
    """The device that it is bound to, where sock_diag or `/proc/net/packet` tells."""
    refs: int | None = None
    """References that the kernel counts."""
    timer: Timer | None = None
    retransmits: int = 0
    """Of the current segment or probe, not acknowledged so far."""
    drops: int | None = None
    """Datagrams thrown away because the receive queue was full; None where the kernel does not count."""
    diag: DiagFacts | None = None
    """What only sock_diag tells; None where it was not asked or did not know the socket."""

    def followed(
        self,
        id: int,
        seen_at: float,
        was_there: bool,
        user: str | None,
        owners: tuple[Owner, ...],
        owner_reason: OwnerReason | None,
        evidence: tuple[Owner, ...] = (),
    ) -> Socket:
        """The same socket with what following it has found; several times faster than `_replace`."""
        return _new(Socket, (id, seen_at, was_there, user, owners, owner_reason, evidence, *self[7:]))

    @property
    def ends(self) -> Ends:
        """Where it is and what it connects: what stays when the inode is lost.

        A socket with a name keeps its inode but may get another name and peer; one that nobody accepted yet has no
        inode, and its name is told apart from others like it.
        """
        if self.local.version:
            return (self.netns, self.netid, self.local, self.local_port, self.peer, self.peer_port)
        return (self.netns, self.netid, NOWHERE if self.inode else self.local, self.inode, NOWHERE, 0)


_new = tuple.__new__
