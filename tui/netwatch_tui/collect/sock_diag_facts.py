"""What sock_diag adds to the rows that `/proc` gives: backlogs, devices, marks, cgroups."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from netwatch_tui.kernel.namespace_questions import Answer, Namespace, is_connection
from netwatch_tui.kernel.sock_diag_messages import socket_key
from netwatch_tui.kernel.source import Source
from netwatch_tui.sockets.needs import EVERY_NEED, Need, Needs
from netwatch_tui.sockets.snapshot import Problem
from netwatch_tui.sockets.socket import DiagFacts, Family, Socket, State

if TYPE_CHECKING:  # see kernel.source
    from netwatch_tui.kernel.inet_answers import InetFacts, SocketKey
    from netwatch_tui.kernel.sock_diag import Bound


class Wanted(NamedTuple):
    """What is to be asked about one namespace in a tick."""

    bound: bool
    """Some listening or UDP socket may be different."""
    idle: bool
    """There are TCP sockets that are only bound."""
    every: bool
    """Every internet socket of which more is needed may be different."""
    new: Sequence[Socket]
    """Internet sockets of which more is needed, and that may not be known yet."""


class _Answers:
    """The last answers about one namespace."""

    def __init__(self, namespace: Namespace) -> None:
        self.namespace = namespace
        self.bound: Mapping[int, Bound] = {}
        self.facts: dict[SocketKey, InetFacts] = {}
        self.autobound: Collection[SocketKey] | None = None
        self.judged: set[SocketKey] = set()
        """Of which sockets the last two tell."""


class SockDiagFacts:
    """The last answers of sock_diag, by namespace."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._of: dict[int, _Answers] = {}
        self._needs = Needs()

    def begin(self, namespaces: Sequence[Namespace], needs: Needs) -> bool:
        """Speak of these namespaces and no others from now on; returns whether something else is needed than before."""
        known = self._of
        self._of = {each.inode: known.get(each.inode) or _Answers(each) for each in namespaces}
        for namespace in namespaces:
            self._of[namespace.inode].namespace = namespace
        before, self._needs = self._needs, needs
        return (needs.of_all, needs.of_ids) != (before.of_all, before.of_ids)

    def refresh(self, netns: int, wanted: Wanted) -> None:
        """Ask again about the sockets of one namespace of which some may be different."""
        answers = self._of[netns]
        if wanted.bound:
            answers.bound = answers.namespace.bound(idle=wanted.idle)
        if wanted.every:
            answers.facts = answers.namespace.facts() if self._needs.of_all else {}
            answers.judged = set(answers.facts)
        has_new = bool(wanted.new) and self._ask_about(answers, wanted.new)
        if Need.AUTOBOUND not in self._needs.of_all:
            answers.autobound = None
        elif wanted.every or has_new:
            answers.autobound = answers.namespace.autobound()

    def _ask_about(self, answers: _Answers, sockets: Sequence[Socket]) -> bool:
        """Ask about those of some sockets that no answer spoke of; returns whether there are any."""
        new = {key: socket for socket in sockets if (key := socket_key(socket)) not in answers.judged}
        answers.judged.update(new)
        connections = {key: socket for key, socket in new.items() if is_connection(socket)}
        if connections:
            found = answers.namespace.facts_of([*connections.values()])
            answers.facts.update((key, facts) for key, facts in zip(connections, found, strict=True) if facts)
        return bool(new)

    def ask(self, sockets: Sequence[Socket]) -> list[Answer]:
        """Whether these sockets are there now; see `Namespace.ask`. Where nobody looks any more, nobody can tell."""
        found: dict[int, Answer] = {}
        for netns in {socket.netns for socket in sockets}:
            inside = [socket for socket in sockets if socket.netns == netns]
            asked = self._of[netns].namespace.ask(inside) if netns in self._of else [Answer.CANNOT_TELL] * len(inside)
            found.update(zip(map(id, inside), asked, strict=True))
        return [found[id(socket)] for socket in sockets]

    def knows(self, socket: Socket) -> bool:
        """Whether the last answers spoke of this listening or UDP socket."""
        answers = self._of.get(socket.netns)
        return answers is not None and socket.inode in answers.bound

    def add(self, socket: Socket, id: int) -> Socket:
        """The socket with what is known of it.

        Args:
            socket: As its line tells.
            id: Of the row that it is.
        """
        answers = self._of.get(socket.netns)
        if answers is None or socket.netid == "mptcp":  # whose subflows have its inode, and facts of their own
            return socket
        if socket.family is Family.PACKET:
            return socket._replace(interface=answers.namespace.device(socket.local_port))
        send_q, interface, diag = socket.send_q, socket.interface, socket.diag
        if is_bound(socket) and (bound := answers.bound.get(socket.inode)):
            interface, diag = bound.interface, bound.diag
            send_q = bound.send_q if socket.state is State.LISTEN else send_q
        if self._needs.of_all or id in self._needs.of_ids:
            key = socket_key(socket)
            interface, diag = answers.facts.get(key, (interface, diag))
            diag = diag and self._completed(diag, key, answers.autobound)
        if (send_q, interface, diag) == (socket.send_q, socket.interface, socket.diag):
            return socket
        return socket._replace(send_q=send_q, interface=interface, diag=diag)

    def problems(self) -> list[Problem]:
        """What was needed and is not told. Who needs everything, as a recording does, takes what there is."""
        if Need.FWMARK not in self._needs.of_all or self._needs.of_all == EVERY_NEED.of_all:
            return []
        told = [facts.diag.fwmark for answers in self._of.values() for facts in answers.facts.values()]
        if told and told.count(None) == len(told):
            return [Problem("fwmark is not known: the kernel tells it to CAP_NET_ADMIN only", 1)]
        return []

    def _completed(self, diag: DiagFacts, key: SocketKey, autobound: Collection[SocketKey] | None) -> DiagFacts:
        """The facts with what takes longer to find out."""
        needed = self._needs.of_all
        if diag.cgroup is not None and (Need.CGROUP in needed or not needed):
            diag = diag._replace(cgroup_path=self._source.cgroup_path(diag.cgroup))
        return diag if autobound is None else diag._replace(autobound=key in autobound)


def is_known_better(socket: Socket) -> bool:
    """Whether more is known of sockets like it than their lines tell, whatever is needed."""
    return socket.family is Family.PACKET or is_bound(socket)


def is_bound(socket: Socket) -> bool:
    """Whether `Namespace.bound` tells about sockets like this one."""
    return socket.netid in ("udp", "bound") or (socket.state is State.LISTEN and socket.netid == "tcp")
