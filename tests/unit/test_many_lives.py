"""Whatever is remembered of a socket or a process is forgotten with it, however many there were."""

from __future__ import annotations

from itertools import islice

from netwatch_tui.collect.collector import Collector
from netwatch_tui.collect.history import History
from netwatch_tui.play.session import Session
from netwatch_tui.query import parse
from netwatch_tui.sockets.socket import Socket, State
from netwatch_tui.view.spec import ViewSpec
from tests.support.build import process, tcp, udp, unix
from tests.support.fake import FakeSource
from tests.support.memory import allocated

AT_ONCE = 60
"""Sockets that are there; none lives for longer than a tick or two."""

STATES = (State.ESTAB, State.CLOSE_WAIT, State.SYN_SENT, State.FIN_WAIT_2, State.TIME_WAIT)

SPECS = (
    ViewSpec(),
    ViewSpec(sort="process", grouping="process"),
    ViewSpec(query=parse("age:<5s")),
    ViewSpec(query=parse("fwmark:1 or port:>20"), sort="age"),
    ViewSpec(paused=True),
)
"""Ways to look that need something remembered, in turn."""


def born(number: int) -> Socket:
    """The socket with this number. Only inodes are never used again; names and ports are, as on a real machine."""
    peer = f"10.0.0.{number % 200 + 1}:{number % 200 + 1}"
    match number % 12:
        case 0:
            return udp(f"127.0.0.1:{number % 300 + 1}", inode=number)
        case 1:
            return unix(f"/run/{number % 120}", inode=number)
        case 2:
            return tcp(f"127.0.0.1:{number % 300 + 1}", inode=number)
        case kind:
            state = STATES[kind % len(STATES)]
            inode = 0 if state is State.TIME_WAIT or kind == 10 else number
            return tcp(f"10.0.0.5:{number % 300 + 1}", peer, inode=inode, state=state, send_q=kind)


class Crowd:
    """A machine on which everything lives for two ticks, and somebody who looks at it in many ways."""

    def __init__(self) -> None:
        self.source = FakeSource()
        self.session = Session(Collector(self.source), SPECS[0], self.source.process_details, history=History(AT_ONCE))
        self.ticks = 0

    def live(self, ticks: int) -> None:
        for _ in range(ticks):
            self.ticks += 1
            first = self.ticks * AT_ONCE // 2
            sockets = [born(number) for number in range(first, first + AT_ONCE)]
            self.source.put(*sockets)
            self.source.held = {1_000 + self.ticks + more: {} for more in range(3)}
            self.source.processes = {pid: process(pid, f"p{pid % 5}") for pid in self.source.held}
            for pid in islice(self.source.held, 2):  # the rest is held by nobody that can be seen
                self.source.hold(pid, *sockets[pid % 3 :: 3])
            self.source.asked.clear()
            now = 1_000.0 + self.ticks
            self.session.tick(now)
            if view := self.session.show(SPECS[self.ticks // 3 % len(SPECS)], now):
                self.session.show(self.session.spec._replace(subject=view.snapshot.sockets[0].id), now)
            self.session.expire(now)


def test_what_is_gone_is_forgotten() -> None:
    crowd = Crowd()
    turn = 10 * 3 * len(SPECS)  # after which every way to look, and a look at all descriptors, has its turn again
    crowd.live(2 * turn)
    before = allocated()
    crowd.live(turn)
    lives = turn * AT_ONCE // 2
    assert allocated() - before < lives // 10, "whatever is kept of a socket is at least one block"
