"""What will be hit, held by its identity from the moment in which the person asked.

A process is held by its pidfd, opened before anything about it is shown; a socket by its cookie. Neither name is ever
given to another one, so that nothing that happens meanwhile can make an action hit something else. What is on another
machine is held there in the same way, and here is what it told of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from socket import socket as SystemSocket  # noqa: N812 -- a socket of ours is a value
from typing import NamedTuple, Protocol

from netwatch_tui.actions.act import Act, ActKind, Way
from netwatch_tui.actions.guards import Guard
from netwatch_tui.actions.subject import Holding, Subject
from netwatch_tui.kernel.borrowed_socket import borrowed_socket
from netwatch_tui.kernel.process_handle import ProcessHandle
from netwatch_tui.kernel.socket_closer import Named
from netwatch_tui.sockets.ownership import Process
from netwatch_tui.sockets.socket import Socket

NOT_YOURS = "not permitted: it takes the rights of its user, or CAP_KILL"
"""Why a signal may not be sent."""


class NotHeldError(Exception):
    """What is aimed at is not taken hold of, or not held any more; the text is one line that says why."""


class TooManyError(NotHeldError):
    """It is more than can be held."""


class HasEnded(Protocol):
    """A process that is held, here or on another machine."""

    def has_ended(self) -> bool:
        """Whether it has ended, as far as is known; does not wait.

        Raises:
            NotHeldError: It is not held any more, so that nothing is known of it.
        """


class HeldProcess(NamedTuple):
    """A process that signals would go to."""

    handle: HasEnded
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
    """Empty where it is on another machine."""


Target = HeldProcess | HeldSocket


class Hit(NamedTuple):
    """What came of one thing that was acted on."""

    act: Act
    target: Target
    failure: str = ""
    """Why it did not work, as the end of a sentence; empty if it did."""
    way: Way | None = None
    """How a socket was closed."""


Perform = Callable[[Act, Sequence[Target]], list[Hit]]
"""Does an act to these targets, one after the other; what fails costs nothing else. It may wait."""


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
    perform: Perform
    release: Callable[[], None]
    """Lets go of everything; does not wait."""
    host: str = ""
    """The machine where all of it is, as the person called it; empty for this one."""

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

    def every_target(self, kind: ActKind) -> tuple[Target, ...]:
        """All that an act is about, whether it can be done to each or not."""
        return self.processes if kind is ActKind.SIGNAL else self.sockets_of(kind)

    def targets_of(self, act: Act) -> tuple[Target, ...]:
        """What an act hits: those that can be."""
        if act.kind is ActKind.SIGNAL:
            return tuple(each for each in self.processes if not each.denied)
        return tuple(each for each in self.sockets_of(act.kind) if each.way is not None)


class TakesAim(Protocol):
    """Whoever acts on this machine or on others; called on a thread that may wait, one at a time."""

    def take_aim(self, subject: Subject) -> Aim:
        """Hold what a subject means, as far as it is still there.

        Raises:
            NotHeldError: It can't be held.
            OSError: The machine can't be read.
        """
