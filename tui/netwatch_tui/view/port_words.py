"""The phrases and sentences of which a verdict on a port is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum

from netwatch_tui.fields.format import clip, peer_text, printable
from netwatch_tui.fields.holders import process_name
from netwatch_tui.sockets.bind_conflicts import AnyAddress, families, is_in_the_way
from netwatch_tui.sockets.mapped_addresses import is_unspecified
from netwatch_tui.sockets.ownership import Owner, OwnerReason
from netwatch_tui.sockets.port_facts import Lineage, PortFacts
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.sockets.unseen import Unseen

NAMES = {"tcp": "TCP", "udp": "UDP", "udplite": "UDP-Lite", "sctp": "SCTP"}
"""The protocols that have ports."""

_MOST_ADDRESSES = 3
_MOST_HOLDERS = 3
_MOST_COMMAND = 120
"""Cells of a command line, of which the beginning tells what it is."""
_MOST_END = 64
"""Cells of an address with its port, which a process wrote itself."""
_MOST_RESERVED = 60
"""Signs of the list of reserved ports that are worth to be repeated."""
_INIT = 1

Lineages = Mapping[int, Lineage]


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


# --- where ---


def where_text(sockets: Iterable[Socket]) -> str:
    """The addresses at which sockets have a port: `127.0.0.1 and ::1`, `all addresses`."""
    found = dict.fromkeys(map(_address, sockets))
    if _ALL in found or (_ALL_IPV4 in found and _ALL_IPV6 in found):
        return _ALL
    shown = list(found)[:_MOST_ADDRESSES]
    return listed(shown if len(found) <= _MOST_ADDRESSES else [*shown, f"{len(found) - _MOST_ADDRESSES} more"])


_ALL, _ALL_IPV4, _ALL_IPV6 = "all addresses", "all IPv4 addresses", "all IPv6 addresses"


def _address(socket: Socket) -> str:
    device = printable(socket.interface or "")
    if not is_unspecified(socket.local.packed):
        return f"{socket.local.text}%{device}" if device else socket.local.text
    takes_v4, takes_v6 = families(socket)
    every = _ALL if takes_v4 and takes_v6 else _ALL_IPV6 if takes_v6 else _ALL_IPV4
    return f"{every} of {device}" if device else every


class _Taken(Enum):
    """How much of a family's addresses sockets have."""

    NONE = "none"
    SOME = "some"
    ALL = "all"


_LEFT = {
    (_Taken.NONE, _Taken.SOME): ":: can't be bound either; 0.0.0.0 and other addresses can.",
    (_Taken.NONE, _Taken.ALL): "No IPv6 address is left; IPv4 addresses can be bound, 0.0.0.0 as well.",
    (_Taken.SOME, _Taken.NONE): "0.0.0.0 can't be bound either, nor :: without IPV6_V6ONLY; other addresses can.",
    (_Taken.SOME, _Taken.SOME): "0.0.0.0 and :: can't be bound either; other addresses can.",
    (_Taken.SOME, _Taken.ALL): "No IPv6 address is left; 0.0.0.0 can't be bound either, other IPv4 addresses can.",
    (_Taken.ALL, _Taken.NONE): "No IPv4 address is left; IPv6 addresses can be bound, :: only with IPV6_V6ONLY.",
    (_Taken.ALL, _Taken.SOME): "No IPv4 address is left; :: can't be bound either, other IPv6 addresses can.",
    (_Taken.ALL, _Taken.ALL): "No address is left for another bind.",
}


def addresses_left(sockets: Sequence[Socket]) -> str:
    """What else can't be bound because of these sockets, of which there is one at least, and what can."""
    # A hundred thousand connections have few own addresses, which are shared objects.
    different = {id(socket.local if socket.peer_port else socket): socket for socket in sockets}.values()
    return _LEFT[_taken(different, AnyAddress.IPV4), _taken(different, AnyAddress.IPV6)]


def _taken(sockets: Iterable[Socket], every: AnyAddress) -> _Taken:
    touching = [socket for socket in sockets if is_in_the_way(socket, every)]
    if any(is_unspecified(socket.local.packed) for socket in touching):
        return _Taken.ALL
    return _Taken.SOME if touching else _Taken.NONE


# --- who ---


def holder_text(sockets: Sequence[Socket], lineages: Lineages) -> str:
    """Who holds sockets: `nginx (17179, nginx.service)`, `a hidden process`."""
    owners = _first_owners(sockets, lineages)
    shown = owners[: _MOST_HOLDERS - 1] if len(owners) > _MOST_HOLDERS else owners
    more = [f"{len(owners) - len(shown)} more"] if len(owners) > len(shown) else []
    absent = dict.fromkeys(_absent(socket) for socket in sockets if not socket.owners)
    text = listed([*map(_named, shown), *more, *absent])
    inherits = owners and not absent and all(_is_orphan(owner, lineages) for owner in owners)
    return f"{text}, which may have inherited it," if inherits else text


def _named(owner: Owner) -> str:
    unit = owner.process.unit
    return f"{process_name(owner.process.name)} ({owner.pid}{f', {printable(unit)}' if unit else ''})"


def _first_owners(sockets: Iterable[Socket], lineages: Lineages) -> list[Owner]:
    """The holders, each process once, without those that descend from another one of them."""
    every = _each_owner(sockets)
    return [owner for owner in every.values() if every.keys().isdisjoint(_lineage(owner, lineages).ancestors)]


def _each_owner(sockets: Iterable[Socket]) -> dict[int, Owner]:
    found: dict[int, Owner] = {}
    for socket in sockets:
        for owner in socket.owners:
            found.setdefault(owner.pid, owner)
    return found


def _lineage(owner: Owner, lineages: Lineages) -> Lineage:
    return lineages.get(owner.pid, Lineage())


def _is_orphan(owner: Owner, lineages: Lineages) -> bool:
    return _lineage(owner, lineages).is_orphan


def _absent(socket: Socket) -> str:
    evidence = listed(list(dict.fromkeys(map(_named, socket.evidence))))
    match socket.owner_reason:
        case OwnerReason.PERMISSION:
            return "a hidden process"
        case OwnerReason.NOT_YET:
            return "a process that is still looked for"
        case OwnerReason.LAST_HELD:
            return f"no process any more, {evidence} was the last," if evidence else "no process any more"
        case OwnerReason.ACCEPT_QUEUE:
            return f"the accept queue of {evidence or 'a listener'}"
        case OwnerReason.KERNEL:
            return "the kernel"
        case _:
            return "no process that can be found"


def holder_texts(sockets: Sequence[Socket], lineages: Lineages, unseen: Unseen) -> list[str]:
    """What is known of the holders, and why some are not."""
    every = _each_owner(sockets)
    first = _first_owners(sockets, lineages)
    texts = [_described(owner) for owner in first[:_MOST_HOLDERS]]
    if heirs := len(every) - len(first):
        holds = "more process holds" if heirs == 1 else "more processes hold"
        texts.append(f"{heirs:,} {holds} it, maybe by inheritance: the port is free only when all have closed it.")
    if first and all(_is_orphan(owner, lineages) for owner in first):
        texts.append("The process that started the holder seems to have ended, and may have left the socket to it.")
    reasons = {socket.owner_reason for socket in sockets}
    if OwnerReason.PERMISSION in reasons:
        texts.append(f"Who holds it can't be seen: {'; '.join(unseen.texts())}.")
    if OwnerReason.NOT_FOUND in reasons:
        texts.append("Sockets of the kernel itself, as NFS and WireGuard have, are held by no process.")
    return texts


def _described(owner: Owner) -> str:
    process = owner.process
    command = clip(printable(" ".join(process.cmdline)), _MOST_COMMAND)
    head = f"{process_name(process.name)} ({owner.pid})"
    head += "" if owner.fd is None else f", descriptor {owner.fd}"
    head += f", as {printable(process.user)}" if process.user else ""
    return f"{head}: {command}" if command else head


def connections_text(sockets: Sequence[Socket], lineages: Lineages) -> str:
    """`a connection of curl (17) to 10.0.0.9:443`, `12 connections of curl (17)`."""
    if len(sockets) == 1:
        return f"a connection of {holder_text(sockets, lineages)} to {peer_text(sockets[0])}"
    return f"{len(sockets):,} connections of {holder_text(sockets, lineages)}"


def container_end(sockets: Iterable[Socket]) -> str:
    """Where a docker-proxy sends what comes, as its command line says; empty where none holds the sockets."""
    for owner in _each_owner(sockets).values():
        words = owner.process.cmdline
        if owner.process.name == "docker-proxy":
            address, port = _after("-container-ip", words), _after("-container-port", words)
            if address and port:
                return clip(printable(f"[{address}]:{port}" if ":" in address else f"{address}:{port}"), _MOST_END)
    return ""


def _after(option: str, words: Sequence[str]) -> str:
    return words[words.index(option) + 1] if option in words[:-1] else ""


def elsewhere_text(sockets: Sequence[Socket], names: Mapping[int, str]) -> str:
    """Who has a port in other namespaces: `held by nginx (17) in network namespace blue`."""
    by_place: dict[int, list[Socket]] = {}
    for socket in sockets:
        by_place.setdefault(socket.netns, []).append(socket)
    netns, found = next(iter(by_place.items()))
    more = f" and in {len(by_place) - 1} more" if len(by_place) > 1 else ""
    return f"held by {holder_text(found, {})} in network namespace {printable(names.get(netns, str(netns)))}{more}"


# --- what to do ---


def privilege_texts(facts: PortFacts) -> list[str]:
    """What it takes to bind a low port."""
    rules = facts.rules
    if not rules.is_privileged(facts.port):
        return []
    has = {True: ", which this user has", False: ", which this user does not have", None: ""}[rules.may_bind_low]
    first = rules.unprivileged_start
    return [f"A port below {first} takes CAP_NET_BIND_SERVICE{has}; without it bind fails with EACCES."]


def advice_to_free(sockets: Sequence[Socket], facts: PortFacts, *, is_container: bool = False) -> list[str]:
    """How the port is let go."""
    owners = _first_owners(sockets, facts.lineages)
    if not owners:
        return []
    if is_container:
        return [f"docker ps --filter publish={facts.port} names the container; docker stop ends it."]
    if any(owner.pid == _INIT and owner.process.name == "systemd" for owner in owners):
        return ["systemd holds it for a socket unit: systemctl list-sockets names it, systemctl stop frees the port."]
    units = dict.fromkeys(unit for owner in owners if (unit := owner.process.unit) and _can_be_stopped(unit))
    if len(units) == 1:
        return [f"To free it: systemctl stop {printable(*units)}. Or use another port."]
    ended = listed([f"{process_name(owner.process.name)} ({owner.pid})" for owner in owners[:_MOST_HOLDERS]])
    return [f"To free it, end {ended}. Or use another port."]


def _can_be_stopped(unit: str) -> bool:
    """Whether stopping the unit ends a service, and not all that a person does."""
    return unit.endswith(".service") and not unit.startswith("user@")


def advice_to_reserve(facts: PortFacts) -> list[str]:
    """How a port is kept from outgoing connections."""
    name = "net.ipv4.ip_local_reserved_ports"
    there = ",".join(f"{first}-{last}" if first != last else str(first) for first, last in facts.rules.reserved)
    if len(there) > _MOST_RESERVED:
        return [f"To keep it from outgoing connections, add it to {name}."]
    ports = f"{there},{facts.port}" if there else facts.port
    return [f"To keep it from outgoing connections: sysctl -w {name}={ports}."]
