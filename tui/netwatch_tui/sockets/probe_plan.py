"""What is tried to find out which listeners can be reached: their own ports at the machine's own addresses, only.

An attempt tells of the listener that takes it. So at each address a listener is tried only where the kernel would give
it what comes there, and not to a more specific listener at the same port. Every attempt takes a place in its accept
queue until the server has seen it. So a server that accepts nothing gets no more than half of the places that are left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import zip_longest

from netwatch_tui.sockets.address_classes import is_link_local, is_loopback
from netwatch_tui.sockets.listeners import Listeners
from netwatch_tui.sockets.mapped_addresses import MAPPED, is_unspecified, plain
from netwatch_tui.sockets.networks import AddressNetworks, Networks
from netwatch_tui.sockets.probe_results import PlannedListener, ProbeEnd
from netwatch_tui.sockets.socket import Address, Family, Socket, State

MOST_ATTEMPTS = 1_024
"""In all, however many listeners and addresses there are."""
MOST_ADDRESSES = 16
"""At which one listener is tried: a machine with many containers has hundreds of them."""

_ROOM_IF_UNKNOWN = 8
"""Places in an accept queue where sock_diag does not tell how many there are."""

DirectAddresses = Mapping[int, Collection[bytes]]
"""By the inode of a network namespace, its addresses that the program's own one reaches without a router."""

_LOOPBACK_DEVICE = "lo"


def planned(
    listeners: Iterable[Socket], every: Iterable[Socket], networks: Networks, own: int, direct: DirectAddresses
) -> list[PlannedListener]:
    """What to try of each of these listeners.

    Args:
        listeners: Those that are wanted.
        every: All sockets of the same namespaces, among which others may take what comes.
        networks: The addresses of each namespace.
        own: The inode of the program's own namespace; what is elsewhere is tried from inside, and from there if
            `direct` has the address.
        direct: Which addresses elsewhere the own namespace leads to.
    """
    takers = _Takers(each for each in every if each.netid == "tcp")
    return [_planned(each, takers, networks.get(each.netns, {}), own, direct) for each in listeners]


def attempts(plans: Sequence[PlannedListener]) -> list[ProbeEnd]:
    """All there is to try, each once, at most `MOST_ATTEMPTS`: one of every listener before a second one of any."""
    in_turn = zip_longest(*(plan.ends for plan in plans))
    distinct = dict.fromkeys(end for turn in in_turn for end in turn if end is not None)
    return list(distinct)[:MOST_ATTEMPTS]


def _planned(
    listener: Socket, takers: _Takers, networks: AddressNetworks, own: int, direct: DirectAddresses
) -> PlannedListener:
    if listener.netid != "tcp" or listener.state is not State.LISTEN:
        return PlannedListener(listener, (), "not TCP")
    if not networks:
        return PlannedListener(listener, (), "addresses unknown")
    known = _candidates(listener, networks)
    if not known:
        return PlannedListener(listener, (), "no own address")
    inside = [
        ProbeEnd(listener.netns, listener.netns, address, listener.local_port, device if is_link_local(address) else "")
        for address, device in known[:MOST_ADDRESSES]
        if listener in takers.of(listener, address, device)
    ]
    if not inside:
        return PlannedListener(listener, (), "others answer")
    outside = [
        end._replace(origin=own)
        for end in inside
        if end.netns != own and not end.device and end.address in direct.get(end.netns, ())
    ]
    ends = tuple(dict.fromkeys((inside[0], *outside, *inside[1:])))
    most = max(_room(listener) // 2, 1)
    left_out = len(ends[most:]) + len(known[MOST_ADDRESSES:])
    return PlannedListener(listener, ends[:most], left_out=left_out)


def _room(listener: Socket) -> int:
    """How many connections find a place in its accept queue: one more than the backlog, see `sk_acceptq_is_full`."""
    if listener.recv_q is None or listener.send_q is None:
        return _ROOM_IF_UNKNOWN
    return listener.send_q + 1 - listener.recv_q


def _candidates(listener: Socket, networks: AddressNetworks) -> list[tuple[bytes, str]]:
    """Addresses at which it may answer with the devices that have them, those that tell most first."""
    bound = plain(listener.local.packed)
    if is_loopback(bound):
        return [(bound, _LOOPBACK_DEVICE)]  # all of 127.0.0.0/8 is the machine's own, and one address is listed
    if is_unspecified(bound):
        lengths = _lengths(listener)
        addresses = sorted((each for each in networks if len(each) in lengths), key=_importance)
    else:
        addresses = [bound] if bound in networks else []
    return [(address, network.device) for address in addresses for network in networks[address]]


def _lengths(listener: Socket) -> tuple[int, ...]:
    """Of the addresses for which the unspecified one stands; IPv4 as well only where it is known not to be IPv6 alone.

    Whether `::` takes IPv4 only sock_diag tells.
    """
    if len(plain(listener.local.packed)) == 4:
        return (4,)
    return (4, 16) if listener.diag is not None and listener.diag.v6only is False else (16,)


def _importance(address: bytes) -> tuple[bool, int, bool, bytes]:
    return is_link_local(address), len(address), not is_loopback(address), address


class _Takers:
    """Tells which listeners get what comes to an address."""

    def __init__(self, sockets: Iterable[Socket]) -> None:
        every = tuple(sockets)
        self._listeners = Listeners(every)
        self._spelt = {each.local.packed: each.local for each in every}
        """Addresses at which somebody listens; only such a one can be the very address of a listener."""

    def of(self, listener: Socket, address: bytes, device: str) -> Collection[Socket]:
        """Who gets what comes to the port of this listener at an address; of several nothing tells which it is.

        Of listeners at the very address, and again of those at every address, IPv4 ones go before IPv6 ones, which see
        IPv4 in IPv6's clothes: `compute_score` in net/ipv4/inet_hashtables.c.
        """
        forms = ((4, address), (6, MAPPED + address)) if len(address) == 4 else ((6, address),)
        arrivals = [self._arrival(listener, version, packed, device) for version, packed in forms]
        found = [each for arrival in arrivals for each in self._listeners.of(arrival)]
        best = max(map(_precedence, found), default=None)
        return [each for each in found if _precedence(each) == best]

    def _arrival(self, listener: Socket, version: int, packed: bytes, device: str) -> Socket:
        """A connection as it comes to this port at this address.

        The kernel takes what a machine sends to itself for something that came by the device that has the address:
        ip_route_output_key_hash_rcu in net/ipv4/route.c, ip6_rcv_core in net/ipv6/ip6_input.c.
        """
        local = self._spelt.get(packed, Address(version, packed, ""))
        return listener._replace(state=State.ESTAB, local=local, interface=device, owners=(), owner_reason=None)


def _precedence(listener: Socket) -> tuple[bool, bool]:
    return not is_unspecified(listener.local.packed), listener.family is Family.INET
