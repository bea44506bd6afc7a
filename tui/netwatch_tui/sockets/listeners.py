"""Through which listener a connection came in: judged as the kernel judges it when a SYN arrives.

`inet_lookup_listener` and `compute_score` (net/ipv4/inet_hashtables.c, net/ipv6/inet6_hashtables.c): of the listeners
at the port, one at the very address goes before one at every address, and of two such one that is bound to the device
goes before one that is not. Listeners that are equal in this share what comes in (SO_REUSEPORT).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from netwatch_tui.sockets.mapped_addresses import is_mapped, is_unspecified
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.socket import Family, Socket, State

WAITING_STATES = frozenset({State.ESTAB, State.CLOSE_WAIT, State.SYN_SENT})
"""What can wait to be accepted. `/proc/net/unix` calls such a connection SYN-SENT (SS_CONNECTING)."""

_Port = tuple[int, str, int | str]
"""Network namespace, netid and port; for unix sockets the name."""


def waits(socket: Socket) -> bool:
    """Whether it is a connection that no process has accepted: no file stands behind it yet."""
    return not socket.inode and socket.state in WAITING_STATES


class Listeners:
    """The listeners of one moment, by their ports. Never changed afterwards."""

    def __init__(self, sockets: Iterable[Socket] = ()) -> None:
        """Find them among all sockets."""
        self._every = tuple(socket for socket in sockets if socket.state is State.LISTEN)
        self._at: defaultdict[_Port, list[Socket]] = defaultdict(list)
        for socket in self._every:
            self._at[_port(socket)].append(socket)

    def after(self, gone: Iterable[Socket], come: Iterable[Socket]) -> Listeners:
        """The listeners when some of these sockets are no more and others are there; self where none is concerned."""
        left = {socket.inode for socket in gone if socket.state is State.LISTEN}
        new = {socket.inode: socket for socket in come if socket.state is State.LISTEN}
        if not left and not new:
            return self
        stay = [new.pop(socket.inode, socket) for socket in self._every if socket.inode not in left]
        return Listeners((*stay, *new.values()))

    def of(self, connection: Socket) -> tuple[Socket, ...]:
        """The listeners of which one took this connection, in the order given.

        One: it came in through this one, unless it was made from here with the listener's own port. Several: they
        share the port, and nothing tells which it was. None: it did not come in, or its listener is gone.
        """
        if connection.state is State.LISTEN:
            return ()
        at_port = self._at.get(_port(connection))
        fitting = [each for each in at_port if _takes(each, connection)] if at_port else []
        if len(fitting) < 2:
            return tuple(fitting)
        best = max(_rank(each, connection) for each in fitting)
        equal = tuple(each for each in fitting if _rank(each, connection) == best)
        return _held_together(equal, connection) or equal


def _port(socket: Socket) -> _Port:
    return socket.netns, socket.netid, socket.local.text if socket.family is Family.UNIX else socket.local_port


def _takes(listener: Socket, connection: Socket) -> bool:
    """Whether what comes to the connection's end may come to this listener."""
    if connection.family is Family.UNIX:
        return True  # the name is all that there is
    if connection.state is State.SYN_SENT:
        return False  # who asks for a connection was not asked
    return _takes_address(listener, connection) and _takes_device(listener, connection)


def _takes_address(listener: Socket, connection: Socket) -> bool:
    here, there = listener.local, connection.local
    if here == there:
        return True
    if not is_unspecified(here.packed):
        return False
    takes_v4 = here.version == 4 or is_mapped(here.packed) or not (listener.diag and listener.diag.v6only)
    takes_v6 = here.version == 6 and not is_mapped(here.packed)
    if there.version == 6:
        # A connection is of its listener's family, so that IPv4 through an IPv6 listener is shown as mapped.
        return here.version == 6 and (takes_v4 if is_mapped(there.packed) else takes_v6)
    # Associations of SCTP are shown with their IPv4 addresses, whatever the family of the endpoint.
    return takes_v4 and (here.version == 4 or listener.netid == "sctp")


def _takes_device(listener: Socket, connection: Socket) -> bool:
    """A connection is bound to the device to which its listener is bound; not knowing its device rules nothing out."""
    if listener.interface is None or (connection.interface is None and connection.diag is None):
        return True
    return listener.interface == connection.interface


def _rank(listener: Socket, connection: Socket) -> tuple[bool, bool]:
    """How specific a listener that takes a connection is; where the device is not known, it decides nothing."""
    knows_device = connection.interface is not None
    return listener.local == connection.local, knows_device and listener.interface is not None


def _held_together(listeners: Iterable[Socket], connection: Socket) -> tuple[Socket, ...]:
    """Those of equal listeners that a process of the connection holds as well."""
    is_over = connection.owner_reason is OwnerReason.LAST_HELD
    pids = {owner.pid for owner in (connection.evidence if is_over else connection.owners)}
    return tuple(each for each in listeners if any(owner.pid in pids for owner in each.owners))
