"""What the kernel tells of a socket itself: kind, state, queues, timer, counters, and what only sock_diag(7) knows."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

from netwatch_tui.fields.field import Field, Filter, FilterValue, Holds, Written, flag_field, number_field, text_field
from netwatch_tui.fields.format import BLANK, duration, printable
from netwatch_tui.fields.json_types import COUNT, COUNT_OR_NULL, SECONDS_OR_NULL, TEXT_OR_NULL, one_of
from netwatch_tui.fields.moment import Moment
from netwatch_tui.sockets.hosts import own_number
from netwatch_tui.sockets.kinds import KIND_OF
from netwatch_tui.sockets.needs import Need, Needs
from netwatch_tui.sockets.socket import STATE_RANK, DiagFacts, Family, Socket, State

STATE_MEANINGS = {
    State.LISTEN: "waits for connections",
    State.ESTAB: "connected; data can flow both ways",
    State.SYN_SENT: "connection requested, not answered yet",
    State.SYN_RECV: "connection request answered, not confirmed yet",
    State.FIN_WAIT_1: "closed here, not acknowledged by the peer yet",
    State.FIN_WAIT_2: "closed here; the peer may still send",
    State.CLOSE_WAIT: "closed by the peer, not by the application here yet",
    State.CLOSING: "both ends closed at once, not acknowledged yet",
    State.LAST_ACK: "closed at both ends, not acknowledged by the peer yet",
    State.TIME_WAIT: "closed; kept for a minute to catch late packets",
    State.UNCONN: "not connected",
}

TIMERS = ("on", "keepalive", "timewait", "persist")
"""The timers of TCP as ss spells them."""


def _recv_q_sentence(socket: Socket, _: Moment) -> str:
    if socket.recv_q is None:
        return ""
    return f"{socket.recv_q:,} {'in the accept queue' if socket.state is State.LISTEN else 'bytes not read yet'}"


def _send_q_sentence(socket: Socket, _: Moment) -> str:
    if socket.send_q is None:
        return ""
    if socket.state is State.LISTEN:
        return f"backlog {socket.send_q:,}"
    return f"{socket.send_q:,} bytes not acknowledged yet"


KIND_FIELDS = (
    text_field(
        "netid", "Netid", "protocol, as ss names it", attrgetter("netid"), holds=Holds.KIND, also=("proto",),
        likeness=7, json=one_of(KIND_OF), key=lambda s, _: (s.netid, s.family), label="Socket",
        sentence=lambda s, _: f"{s.netid} {s.family}", is_shown=True, rank=3, width=5, most=5,
    ),
    text_field(
        "family", "Family", "address family", lambda s: s.family, holds=Holds.WORD, words=tuple(Family), likeness=None,
        json=one_of(Family), sentence=None, width=7, most=7,
    ),
    text_field(
        "state", "State", "state of the connection", attrgetter("state"), holds=Holds.STATE, likeness=4,
        json=one_of(State), key=lambda s, _: STATE_RANK[s.state],
        sentence=lambda s, _: f"{s.state}: {STATE_MEANINGS[s.state]}", is_shown=True, rank=0, width=6, most=10,
    ),
)  # fmt: skip

QUEUE_FIELDS = (
    number_field(
        "recv_q", "Recv-Q", "bytes not read yet; for LISTEN, connections in the accept queue", lambda s: s.recv_q,
        holds=Holds.SIZE, also=("recvq",), likeness=None, unit="bytes", descends=True, sentence=_recv_q_sentence,
        is_shown=True, rank=8, width=6, most=9,
    ),
    number_field(
        "send_q", "Send-Q", "bytes that the peer has not acknowledged yet; for LISTEN, the backlog",
        lambda s: s.send_q, holds=Holds.SIZE, also=("sendq",), likeness=None, unit="bytes", descends=True,
        sentence=_send_q_sentence, is_shown=True, rank=7, width=6, most=9,
    ),
)  # fmt: skip


def _timer(socket: Socket, _: Moment) -> str:
    if socket.timer is None:
        return BLANK
    tries = f" x{socket.retransmits}" if socket.retransmits else ""
    return f"{printable(socket.timer.name)} {duration(socket.timer.left)}{tries}"


def _timer_sentence(socket: Socket, _: Moment) -> str:
    return f"{printable(socket.timer.name)}, expires in {socket.timer.left:.1f}s" if socket.timer else ""


def _timer_left(socket: Socket, _: Moment) -> float | None:
    return socket.timer.left if socket.timer else None


def _left_compared(socket: Socket, moment: Moment) -> tuple[FilterValue]:
    return (_timer_left(socket, moment),)


def _netns_name(socket: Socket, moment: Moment) -> str | None:
    number = own_number(socket.netns)
    return moment.namespaces.get(socket.netns, str(number)) if number else None


def _netns_compared(socket: Socket, moment: Moment) -> tuple[FilterValue, ...]:
    return (_netns_name(socket, moment),)


def _netns_text(socket: Socket, moment: Moment) -> str:
    return printable(_netns_name(socket, moment) or BLANK)


NETNS_FIELDS = (
    Field(
        "netns", "Netns", "network namespace: its name, container or unit, else its inode; in files the inode",
        lambda s, _: own_number(s.netns) or None, COUNT_OR_NULL, _netns_text, _netns_name, _netns_text, "Namespace",
        filter=Filter(
            Holds.TEXT, _netns_compared, also=("ns", "namespace", "netns_name"),
            takes="part of a namespace's name, or its whole inode", likeness=12,
        ),
        is_shown=True, rank=4, width=10, most=20,
    ),
    Field(
        "netns_name", "Netns name", "name of the network namespace, if it has one",
        lambda s, m: m.namespaces.get(s.netns), TEXT_OR_NULL,
        lambda s, m: printable(m.namespaces.get(s.netns, BLANK)), lambda s, m: m.namespaces.get(s.netns), None,
        width=10, most=20,
    ),
)  # fmt: skip

TIMER_FIELDS = (
    text_field(
        "timer", "Timer", "running timer, time until it expires, xN for N retransmissions",
        lambda s: s.timer.name if s.timer else None, takes=f"part of a timer's name ({', '.join(TIMERS)})",
        words=TIMERS, json=one_of(TIMERS, or_null=True), text=_timer, key=lambda s, _: s.timer,
        sentence=_timer_sentence, is_shown=True, rank=12, width=14, most=14,
    ),
    Field(
        "timer_left", "Timer left", "seconds until the timer expires", _timer_left, SECONDS_OR_NULL,
        lambda s, _: BLANK if s.timer is None else f"{s.timer.left:g}", _timer_left, None, unit="seconds",
        descends=True, filter=Filter(Holds.AGE, _left_compared, likeness=None), right_aligned=True,
    ),
    number_field(
        "retransmits", "Retransmits", "how often the current segment has been retransmitted", lambda s: s.retransmits,
        json=COUNT, likeness=None, descends=True,
        sentence=lambda s, _: f"{s.retransmits} of the current segment, unanswered" if s.retransmits else "",
        rank=13, most=11,
    ),
)  # fmt: skip

COUNTER_FIELDS = (
    number_field(
        "drops", "Drops", "datagrams dropped because the receive queue was full", lambda s: s.drops,
        holds=Holds.SIZE, likeness=None, unit="datagrams", descends=True,
        sentence=lambda s, _: "" if s.drops is None else f"{s.drops:,} datagrams, because the receive queue was full",
        is_shown=True, rank=11, width=6,
    ),
    number_field(
        "refs", "Refs", "reference count in the kernel", lambda s: s.refs, likeness=None, descends=True,
        label="References",
    ),
    number_field(
        "inode", "Inode", "inode; 0 if the socket has no file", lambda s: s.inode, json=COUNT,
        filter=Filter(
            Holds.NUMBER, lambda s, _: (s.inode or None,), lambda s: s.inode or None, ("ino",), likeness=None
        ),
        sentence=lambda s, _: str(s.inode) if s.inode else "none: the socket has no file",
        rank=14, width=10, most=12,
    ),
)  # fmt: skip


def _diag_number(fact: Callable[[DiagFacts], int | None]) -> Callable[[Socket], int | None]:
    return lambda socket: fact(socket.diag) if socket.diag else None


DIAG_FIELDS = (
    number_field(
        "cookie", "Cookie", "sock_diag's cookie: unique to this socket until the machine reboots",
        _diag_number(lambda diag: diag.cookie), likeness=None,
        sentence=lambda s, _: str(s.diag.cookie) if s.diag else "",
        width=10, most=20,
    ),
    flag_field(
        "v6only", "V6only", "whether an IPv6 socket takes no IPv4 (IPV6_V6ONLY)",
        lambda s: s.diag.v6only if s.diag and s.family is Family.INET6 else None,
    ),
    number_field(
        "fwmark", "Fwmark", "firewall mark (SO_MARK), which only root may see", _diag_number(lambda diag: diag.fwmark),
        needs=Needs(frozenset({Need.FWMARK})),
        sentence=lambda s, _: f"{s.diag.fwmark:#x}" if s.diag and s.diag.fwmark else "", most=11,
    ),
    number_field(
        "cgroup", "Cgroup", "cgroup id, which is the inode of the cgroup's directory",
        _diag_number(lambda diag: diag.cgroup), sentence=None, needs=Needs(frozenset({Need.CGROUP})), most=20,
    ),
    text_field(
        "cgroup_path", "Cgroup path", "path of its cgroup", lambda s: s.diag.cgroup_path if s.diag else None,
        takes="part of a cgroup's path", needs=Needs(frozenset({Need.CGROUP})), label="Cgroup",
        written=Written.NOWHERE, width=20, most=60,
    ),
    flag_field(
        "autobound", "Autobound", "whether the kernel chose the local port or name",
        lambda s: s.diag.autobound if s.diag else None, needs=Needs(frozenset({Need.AUTOBOUND})),
        written=Written.NOWHERE,
    ),
)  # fmt: skip
