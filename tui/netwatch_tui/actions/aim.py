"""What will be hit, held by its identity from the moment in which the person asked.

A process is held by its pidfd, opened before anything about it is shown; a socket by its cookie. Neither name is ever
given to another one, so that nothing that happens meanwhile can make an action hit something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from socket import SHUT_RDWR
from socket import socket as SystemSocket  # noqa: N812 -- a socket of ours is a value
from typing import NamedTuple, Protocol

from netwatch_tui.actions.act import Act, ActKind, Way
from netwatch_tui.actions.guards import Guard
from netwatch_tui.actions.subject import Holding
from netwatch_tui.kernel.borrowed_socket import borrowed_socket
from netwatch_tui.kernel.faults import error_number, reason
from netwatch_tui.kernel.process_handle import ProcessHandle
from netwatch_tui.kernel.socket_closer import Named, SocketCloser
from netwatch_tui.sockets.ownership import Process
from netwatch_tui.sockets.socket import Socket

_CLOSED = "it had closed already"

NOT_YOURS = "not permitted: it takes the rights of its user, or CAP_KILL"
"""Why a signal may not be sent."""


class HeldProcess(NamedTuple):
    """A process that signals would go to."""

    handle: ProcessHandle
    process: Process
    """As it was read after it was taken hold of."""
    guard: Guard | None
    denied: str
    """Why no signal may be sent; empty if it may."""


class HolderDescriptor(NamedTuple):
    """A descriptor through which a holder's socket can be shut down."""

    handle: ProcessHandle
    descriptor: int

    def borrowed(self, socket: Socket, name: Named | None) -> AbstractContextManager[SystemSocket]:
        """The socket behind it, if it is this one; see `borrowed_socket`."""
        return borrowed_socket(self.handle, self.descriptor, socket.inode, name and name.cookie)


class HeldSocket(NamedTuple):
    """A socket that would be closed."""

    socket: Socket
    name: Named | None
    """What names it; None where sock_diag does not know its kind, or could not be asked."""
    way: Way | None
    """How; None if not at all."""
    why_not: str
    """Why not by the better way, or at all; empty where nothing is in the way."""
    guard: Guard | None
    descriptors: tuple[HolderDescriptor, ...] = ()


class Hit(NamedTuple):
    """What came of one thing that was acted on."""

    act: Act
    target: HeldProcess | HeldSocket
    failure: str = ""
    """Why it did not work, as the end of a sentence; empty if it did."""
    way: Way | None = None
    """How a socket was closed."""


class Closers(Protocol):
    """Gives what closes the sockets of a network namespace."""

    def of(self, netns: int) -> SocketCloser:
        """The closer of the namespace with this inode.

        Raises:
            OSError: It can't be entered.
        """


class Aim(NamedTuple):
    """All that was taken hold of. To be closed, on the thread that made it or after that thread is done with it."""

    processes: tuple[HeldProcess, ...]
    holding: Holding
    """What these hold together, which ends with them."""
    connections: tuple[HeldSocket, ...]
    listeners: tuple[HeldSocket, ...]
    accepted: tuple[HeldSocket, ...]
    missed: tuple[str, ...]
    """What is not there any more, or is another one now: a sentence each."""
    closers: Closers
    release: Callable[[], None]
    """Lets go of everything."""

    def sockets_of(self, kind: ActKind) -> tuple[HeldSocket, ...]:
        """Those that an act closes."""
        match kind:
            case ActKind.CLOSE:
                return self.connections
            case ActKind.CLOSE_ACCEPTED:
                return self.accepted
            case ActKind.STOP_LISTENING:
                return self.listeners
            case ActKind.SIGNAL:
                return ()

    def targets_of(self, act: Act) -> tuple[HeldProcess | HeldSocket, ...]:
        """What an act hits: those that can be."""
        if act.kind is ActKind.SIGNAL:
            return tuple(each for each in self.processes if not each.denied)
        return tuple(each for each in self.sockets_of(act.kind) if each.way is not None)

    def perform(self, act: Act, targets: Iterable[HeldProcess | HeldSocket]) -> list[Hit]:
        """Do it to these of the targets, one after the other; what fails costs nothing else."""
        return [
            _signal(act, target) if isinstance(target, HeldProcess) else _close(act, target, self.closers)
            for target in targets
        ]


def _signal(act: Act, target: HeldProcess) -> Hit:
    if target.handle.has_ended():  # also where nobody has waited for it yet, and a signal would be no error
        return Hit(act, target, "it had ended already")
    try:
        target.handle.send(act.signal)
    except ProcessLookupError:
        return Hit(act, target, "it had ended already")
    except PermissionError:
        return Hit(act, target, NOT_YOURS)
    except OSError as error:
        return Hit(act, target, reason(error_number(error)))
    return Hit(act, target)


def _close(act: Act, target: HeldSocket, closers: Closers) -> Hit:
    """Close a socket by the kernel; if that refuses, through a holder."""
    failure = ""
    if target.way is Way.DESTROY and target.name is not None:
        try:
            closers.of(target.socket.netns).destroy(target.socket, target.name)
            return Hit(act, target, way=Way.DESTROY)
        except FileNotFoundError:
            failure = _CLOSED
        except OSError as error:
            failure = reason(error_number(error))
    for descriptor in target.descriptors:
        try:
            with descriptor.borrowed(target.socket, target.name) as own:
                own.shutdown(SHUT_RDWR)
            return Hit(act, target, way=Way.SHUTDOWN)
        except ProcessLookupError:
            failure = failure or _CLOSED
        except OSError as error:
            failure = failure or reason(error_number(error))
    return Hit(act, target, failure or target.why_not)
