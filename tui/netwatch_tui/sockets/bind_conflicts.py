"""Which sockets are in the way of a bind(2), judged as the kernel judges it.

`inet_csk_bind_conflict` and `inet_bind_conflict` (net/ipv4/inet_connection_sock.c) for TCP, `udp_lib_lport_inuse`
(net/ipv4/udp.c) for UDP and UDP-Lite, `inet_rcv_saddr_equal` for their addresses. Two sockets of one protocol and port
conflict where their addresses meet, unless both have SO_REUSEADDR and the one that is there does not listen, or both
have SO_REUSEPORT and the same user. Neither option of a socket is told to anybody else, so that only the plain bind,
without them, is certain.
"""

from __future__ import annotations

from enum import Enum

from netwatch_tui.sockets.mapped_addresses import is_unspecified, plain
from netwatch_tui.sockets.socket import PORT_NETIDS, Socket, State

PROTOCOL_OF = {netid: {"bound": "tcp", "mptcp": "tcp", "udpl": "udplite"}.get(netid, netid) for netid in PORT_NETIDS}
"""Each protocol has ports of its own."""


class AnyAddress(Enum):
    """The three ways to bind to all addresses."""

    IPV4 = "0.0.0.0"  # noqa: S104 -- it is asked about, and not bound
    BOTH = "::"
    IPV6 = ":: with IPV6_V6ONLY"


def has_port(socket: Socket) -> bool:
    """Whether a socket takes its local port away from others.

    A connection that is being made at a listener (SYN-RECV) is none yet; it goes with the listener.
    """
    is_whole = socket.local_port != 0 and socket.local.version != 0
    return is_whole and socket.netid in PORT_NETIDS and socket.state is not State.SYN_RECV


def is_in_the_way(socket: Socket, address: AnyAddress) -> bool:
    """Whether a plain bind to all addresses fails because of a socket that has the same protocol and port."""
    takes_v4, takes_v6 = families(socket)
    match address:
        case AnyAddress.IPV4:
            return takes_v4
        case AnyAddress.IPV6:
            return takes_v6
        case AnyAddress.BOTH:
            return True


def families(socket: Socket) -> tuple[bool, bool]:
    """Whether a socket has its port for IPv4 and for IPv6 addresses.

    One at `::` has it for both unless it is IPV6_V6ONLY; where that is not known it is taken for the default, which is
    not.
    """
    packed = socket.local.packed
    if len(plain(packed)) == 4:
        return True, False
    is_v6only = socket.diag is not None and socket.diag.v6only is True
    return is_unspecified(packed) and not is_v6only, True
