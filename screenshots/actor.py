"""An actor that does nothing but remember: for pictures, and for tests of what may never be hit."""

from __future__ import annotations

from typing import NamedTuple

from netwatch_tui.actions.act import Way
from netwatch_tui.actions.aim import Aim, HeldProcess, HeldSocket, TooManyError
from netwatch_tui.actions.deeds import Deeds
from netwatch_tui.actions.guards import Guard
from netwatch_tui.actions.subject import Subject, holding_of
from netwatch_tui.kernel.process_handle import ProcessHandle
from netwatch_tui.kernel.socket_closer import Named, SocketCloser
from netwatch_tui.sockets.socket import Socket, State


class Sent(NamedTuple):
    """A signal that was sent."""

    pid: int
    signal: int


class FakeHandle(ProcessHandle):
    """Plays a process; it ends when the actor says so."""

    def __init__(self, pid: int, actor: FakeActor) -> None:
        self.pid = pid
        self._actor = actor

    def close(self) -> None:
        """There is nothing to let go of."""

    def has_ended(self, within: float = 0.0) -> bool:  # noqa: ARG002 -- that of the real one
        """Whether the actor says so."""
        return self.pid in self._actor.ended

    def send(self, number: int) -> None:
        """Remember it; a deadly one ends the process."""
        if self.pid in self._actor.denied:
            raise PermissionError(1, "not permitted")
        self._actor.sent.append(Sent(self.pid, number))
        if number in self._actor.deadly:
            self._actor.ended.add(self.pid)


class FakeCloser(SocketCloser):
    """Remembers what it closed."""

    def __init__(self, actor: FakeActor) -> None:
        self._actor = actor

    def destroy(self, socket: Socket, name: Named) -> None:  # noqa: ARG002 -- that of the real one
        """Remember it."""
        self._actor.closed.append(socket)


class _Closers(NamedTuple):
    actor: FakeActor

    def of(self, netns: int) -> SocketCloser:  # noqa: ARG002 -- that of the real one
        """What closes the sockets of any namespace."""
        return FakeCloser(self.actor)


class _Handles(NamedTuple):
    actor: FakeActor

    def of(self, pid: int) -> ProcessHandle:
        """Any process."""
        return FakeHandle(pid, self.actor)


class FakeActor:
    """Holds whatever it is asked to."""

    def __init__(self) -> None:
        self.subjects: list[Subject] = []
        self.sent: list[Sent] = []
        self.closed: list[Socket] = []
        self.ended: set[int] = set()
        self.denied: set[int] = set()
        self.deadly = {15, 9}
        """The signals that end a process."""
        self.guarded: dict[int, Guard] = {}
        self.released = 0
        self.fails: OSError | TooManyError | None = None

    def take_aim(self, subject: Subject) -> Aim:
        """Hold all of it."""
        self.subjects.append(subject)
        if self.fails:
            raise self.fails
        held = [HeldSocket(each, Named(each.inode, 0), Way.DESTROY, "", None) for each in subject.sockets]
        accepted = [HeldSocket(each, Named(each.inode, 0), Way.DESTROY, "", None) for each in subject.accepted]
        guards = self.guarded
        processes = [
            HeldProcess(FakeHandle(each.pid, self), each, guards.get(each.pid), "") for each in subject.processes
        ]
        return Aim(
            tuple(processes),
            holding_of(subject.processes, subject.every),
            tuple(each for each in held if each.socket.state is not State.LISTEN),
            tuple(each for each in held if each.socket.state is State.LISTEN),
            tuple(accepted),
            (),
            Deeds(_Handles(self), _Closers(self)).perform,
            self._release,
        )

    def _release(self) -> None:
        self.released += 1
