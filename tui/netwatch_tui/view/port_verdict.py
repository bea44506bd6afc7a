"""Why a port can't be bound, or that it can: the verdict first, then the evidence, then what to do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from netwatch_tui.sockets.bind_conflicts import PROTOCOL_OF
from netwatch_tui.sockets.port_facts import PortFacts
from netwatch_tui.sockets.socket import LATE_STATES, Socket, State
from netwatch_tui.sockets.unseen import Unseen
from netwatch_tui.view.port_words import (
    NAMES,
    addresses_left,
    advice_to_free,
    advice_to_reserve,
    connections_text,
    container_end,
    elsewhere_text,
    holder_text,
    holder_texts,
    listed,
    privilege_texts,
    where_text,
)


class Verdict(StrEnum):
    """What became of the question, the graver the further down; the value is what JSON says."""

    FREE = "free"
    ELSEWHERE = "other-namespace"
    """It is free here; who holds it is in another network namespace, and in nobody's way."""
    PRIVILEGED = "privileged"
    """It is free, and below `ip_unprivileged_port_start`, and the user may not bind such a port."""
    TIME_WAIT = "time-wait"
    CLOSING = "closing"
    """Connections that their processes have let go or are about to."""
    CONNECTION = "connection"
    """Connections that nobody listens for any more, or that went out from this port."""
    EPHEMERAL = "ephemeral"
    """The same, and the port is one of those that the kernel chooses for outgoing connections."""
    BOUND = "bound"
    """A socket that is bound and does not listen, as every one of UDP."""
    DOCKER_PROXY = "docker-proxy"
    LISTENER = "listener"

    @property
    def is_free(self) -> bool:
        """Whether a plain bind to all addresses succeeds."""
        return self in (Verdict.FREE, Verdict.ELSEWHERE)


_RANK = {verdict: rank for rank, verdict in enumerate(Verdict)}


class ProtocolVerdict(NamedTuple):
    """The answer for one protocol."""

    protocol: str
    """tcp, udp, udplite or sctp."""
    verdict: Verdict
    tail: str
    """What follows `TCP port 80 is`."""
    evidence: tuple[str, ...]
    """Sentences."""
    advice: tuple[str, ...]
    sockets: tuple[Socket, ...]
    """Those of which the verdict speaks."""


class PortVerdict(NamedTuple):
    """The answer for a port. All texts are harmless to show."""

    port: int
    protocols: tuple[ProtocolVerdict, ...]

    @property
    def verdict(self) -> Verdict:
        """The gravest of all."""
        return max((each.verdict for each in self.protocols), key=_RANK.__getitem__)

    @property
    def is_free(self) -> bool:
        """Whether a plain bind to all addresses succeeds, whatever the protocol."""
        return all(each.verdict.is_free for each in self.protocols)

    @property
    def headlines(self) -> list[str]:
        """Sentences such as `TCP port 8080 is held by nginx (17179) on 127.0.0.1.`, the gravest first."""
        return [
            f"{names} port {self.port} {'are' if ' and ' in names else 'is'} {tail}." for names, tail in self._tails()
        ]

    @property
    def brief(self) -> str:
        """The same where the port stands beside it: `TCP held by nginx (17179) on 127.0.0.1; UDP free to bind`."""
        return "; ".join(f"{names} {tail}" for names, tail in self._tails())

    @property
    def evidence(self) -> tuple[str, ...]:
        """What speaks for it, the gravest first; nothing twice."""
        return tuple(dict.fromkeys(text for each in self._by_weight() for text in each.evidence))

    @property
    def advice(self) -> tuple[str, ...]:
        """What to do about it."""
        return tuple(dict.fromkeys(text for each in self._by_weight() for text in each.advice))

    @property
    def texts(self) -> list[str]:
        """All of it, a sentence or two a line."""
        return [*self.headlines, *self.evidence, *self.advice]

    def _by_weight(self) -> list[ProtocolVerdict]:
        return sorted(self.protocols, key=lambda each: -_RANK[each.verdict])

    def _tails(self) -> list[tuple[str, str]]:
        """What is said of which protocols, those of which the same is said together."""
        groups = groupby(self._by_weight(), key=attrgetter("tail"))
        return [(listed([NAMES[each.protocol] for each in group]), tail) for tail, group in groups]


def port_verdict(facts: PortFacts, unseen: Unseen, protocols: Collection[str] = ()) -> PortVerdict:
    """Why a port can't be bound.

    Args:
        facts: What one tick found out.
        unseen: What keeps the holders of sockets out of sight.
        protocols: Those that are asked about; where none is named TCP and UDP, and others that have it in use.
    """
    found = _by_protocol(facts.sockets)
    asked = protocols or [protocol for protocol in NAMES if protocol in ("tcp", "udp") or protocol in found]
    of_each = (_of_protocol(protocol, found.get(protocol, ()), facts, unseen) for protocol in asked)
    return PortVerdict(facts.port, tuple(of_each))


def _by_protocol(sockets: Sequence[Socket]) -> dict[str, list[Socket]]:
    """The sockets of each protocol, without those of MPTCP that have their subflows as rows, too."""
    subflows: set[int] | None = None
    found: dict[str, list[Socket]] = {}
    for socket in sockets:
        if socket.netid == "mptcp":
            subflows = subflows or {each.inode for each in sockets if each.netid == "tcp"}
            if socket.inode in subflows:
                continue
        found.setdefault(PROTOCOL_OF[socket.netid], []).append(socket)
    return found


class _AtPort(NamedTuple):
    """The sockets of one protocol that have the port."""

    every: tuple[Socket, ...]
    listening: tuple[Socket, ...]
    bound: tuple[Socket, ...]
    connected: tuple[Socket, ...]
    closing: tuple[Socket, ...]
    waiting: tuple[Socket, ...]
    """Those in TIME-WAIT."""


def _at_port(sockets: Iterable[Socket]) -> _AtPort:
    every = tuple(sockets)
    by_part: dict[str, list[Socket]] = {}
    for socket in every:
        by_part.setdefault(_PART_OF.get(socket.state, "connected"), []).append(socket)
    parts = (tuple(by_part.get(part, ())) for part in _AtPort._fields[1:])
    return _AtPort(every, *parts)


_PART_OF = {
    State.LISTEN: "listening",
    State.UNCONN: "bound",
    **dict.fromkeys(LATE_STATES, "closing"),
    State.TIME_WAIT: "waiting",
}


def _of_protocol(protocol: str, sockets: Iterable[Socket], facts: PortFacts, unseen: Unseen) -> ProtocolVerdict:
    found = _at_port(sockets)
    if found.listening:
        return _listening(protocol, found, facts, unseen)
    if found.bound:
        return _bound(protocol, found, facts, unseen)
    if found.connected:
        return _connected(protocol, found, facts, unseen)
    return _fading(protocol, found, facts, unseen) if found.every else _unheld(protocol, facts)


def _listening(protocol: str, found: _AtPort, facts: PortFacts, unseen: Unseen) -> ProtocolVerdict:
    """Somebody listens there."""
    sockets = found.listening
    name, container = NAMES[protocol], container_end(sockets)
    holder = holder_text(sockets, facts.lineages)
    tail = f"held by {holder} for the container at {container}," if container else f"held by {holder}"
    later = f"After that TIME-WAIT keeps it for up to {_seconds(found.waiting)} more, unless SO_REUSEADDR is set."
    return ProtocolVerdict(
        protocol,
        Verdict.DOCKER_PROXY if container else Verdict.LISTENER,
        f"{tail} on {where_text(sockets)}",
        (
            addresses_left(found.every),
            f"SO_REUSEADDR does not get past a {name} listener; SO_REUSEPORT does if both sockets set it as one user.",
            *holder_texts(sockets, facts.lineages, unseen),
            *privilege_texts(facts),
        ),
        (*advice_to_free(sockets, facts, is_container=bool(container)), *([later] if found.waiting else [])),
        sockets,
    )


def _bound(protocol: str, found: _AtPort, facts: PortFacts, unseen: Unseen) -> ProtocolVerdict:
    """A socket has it that does not listen, or has no need to."""
    sockets = found.bound
    is_tcp = protocol == "tcp"
    holder, where = holder_text(sockets, facts.lineages), where_text(sockets)
    return ProtocolVerdict(
        protocol,
        Verdict.BOUND,
        f"bound by {holder} on {where}, without listening" if is_tcp else f"held by {holder} on {where}",
        (
            addresses_left(found.every),
            f"Two {NAMES[protocol]} sockets can share it if both set SO_REUSEADDR, or SO_REUSEPORT as one user.",
            *holder_texts(sockets, facts.lineages, unseen),
            *_range_texts(facts),
            *privilege_texts(facts),
        ),
        (
            *advice_to_free(sockets, facts),
            *(advice_to_reserve(facts) if facts.rules.is_local(facts.port) and not is_tcp else ()),
        ),
        sockets,
    )


def _connected(protocol: str, found: _AtPort, facts: PortFacts, unseen: Unseen) -> ProtocolVerdict:
    """Nobody listens there, and connections have it as their own end."""
    sockets = found.connected
    in_range = facts.rules.is_local(facts.port)
    gone = "Nothing listens on it: such a connection is an outgoing one, or has outlived its listener."
    return ProtocolVerdict(
        protocol,
        Verdict.EPHEMERAL if in_range else Verdict.CONNECTION,
        f"taken by {connections_text(sockets, facts.lineages)}",
        (
            *_range_texts(facts),
            *([gone] if protocol == "tcp" and not in_range else []),
            addresses_left(found.every),
            "A bind with SO_REUSEADDR succeeds only if the socket of the connection has set it, too.",
            *holder_texts(sockets, facts.lineages, unseen),
            *privilege_texts(facts),
        ),
        (*advice_to_free(sockets, facts), *(advice_to_reserve(facts) if in_range else ())),
        sockets,
    )


def _fading(protocol: str, found: _AtPort, facts: PortFacts, unseen: Unseen) -> ProtocolVerdict:
    """Only what is left of connections has it."""
    count = f"{len(found.every):,} connection{'s' if len(found.every) > 1 else ''}"
    states = listed([state for state in State if any(socket.state is state for socket in found.every)])
    left = "" if found.closing else _seconds(found.waiting)
    return ProtocolVerdict(
        protocol,
        Verdict.CLOSING if found.closing else Verdict.TIME_WAIT,
        f"kept by {count} in {states}" + (f" for up to {left} more" if left else ""),
        (
            "The kernel keeps it until the other end has closed, or has acknowledged that this one has."
            if found.closing
            else "No process holds it: the kernel waits for segments that are delayed (RFC 9293).",
            addresses_left(found.every),
            "A bind with SO_REUSEADDR succeeds if the sockets of these connections had set it, too.",
            *holder_texts([socket for socket in found.closing if socket.owners], facts.lineages, unseen),
            *privilege_texts(facts),
        ),
        ("Set SO_REUSEADDR before the bind, as servers do, or wait.",),
        found.every,
    )


def _seconds(sockets: Iterable[Socket]) -> str:
    """How long their timers run at most, in whole seconds."""
    left = max((socket.timer.left for socket in sockets if socket.timer), default=0.0)
    return f"{max(left, 1):.0f} s"


def _unheld(protocol: str, facts: PortFacts) -> ProtocolVerdict:
    """Nobody has it here."""
    rules = facts.rules
    others = [socket for socket in facts.elsewhere if PROTOCOL_OF[socket.netid] == protocol]
    is_closed = rules.is_privileged(facts.port) and rules.may_bind_low is False
    verdict = Verdict.PRIVILEGED if is_closed else Verdict.ELSEWHERE if others else Verdict.FREE
    there = elsewhere_text(others, facts.names) if others else ""
    unlisted = "Sockets that are bound without listening can't be listed here, which takes Linux 6.8; one may hold it."
    return ProtocolVerdict(
        protocol,
        verdict,
        "free, but not for this user" if is_closed else f"free to bind here, and {there}" if others else "free to bind",
        (
            *(["A socket of another network namespace is in nobody's way here."] if others else []),
            *privilege_texts(facts),
            *_range_texts(facts),
            *([unlisted] if protocol == "tcp" and not rules.lists_bound else []),
        ),
        (
            *(_advice_to_permit(facts.port) if is_closed else ()),
            *(advice_to_reserve(facts) if rules.is_local(facts.port) else ()),
        ),
        (),
    )


def _range_texts(facts: PortFacts) -> list[str]:
    """What is to be said of the ports that the kernel chooses."""
    rules, found = facts.rules, facts.rules.local_range
    if found and rules.is_local(facts.port):
        return [f"It is one of the ports ({found[0]}-{found[1]}) that the kernel gives to outgoing connections."]
    if rules.is_reserved(facts.port):
        return ["It is in ip_local_reserved_ports: the kernel gives it to no outgoing connection."]
    return []


def _advice_to_permit(port: int) -> list[str]:
    return [
        "Give the program CAP_NET_BIND_SERVICE: AmbientCapabilities= in its unit, or setcap(8).",
        f"Or let any user bind ports from this one up: sysctl -w net.ipv4.ip_unprivileged_port_start={port}.",
    ]
