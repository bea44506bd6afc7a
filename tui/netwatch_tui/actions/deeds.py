"""Does what is asked to what is held on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from socket import SHUT_RDWR
from typing import Protocol

from netwatch_tui.actions.act import Act, Way
from netwatch_tui.actions.aim import NOT_YOURS, HeldProcess, HeldSocket, Hit, Target
from netwatch_tui.kernel.faults import error_number, reason
from netwatch_tui.kernel.process_handle import ProcessHandle
from netwatch_tui.kernel.socket_closer import SocketCloser

_CLOSED = "it had closed already"
_ENDED = "it had ended already"


class GivesHandles(Protocol):
    """Gives what holds a process."""

    def of(self, pid: int) -> ProcessHandle:
        """The process that had this number when it was asked for first.

        Raises:
            OSError: There was none, or no more can be held.
        """


class Closers(Protocol):
    """Gives what closes the sockets of a network namespace."""

    def of(self, netns: int) -> SocketCloser:
        """The closer of the namespace with this inode.

        Raises:
            OSError: It can't be entered.
        """


class Deeds:
    """What holds the targets does it to them."""

    def __init__(self, handles: GivesHandles, closers: Closers) -> None:
        """Do it through these, which held every target when it was aimed at."""
        self._handles = handles
        self._closers = closers

    def perform(self, act: Act, targets: Sequence[Target]) -> list[Hit]:
        """Do it to these, one after the other; what fails costs nothing else."""
        return [
            self._signal(act, target) if isinstance(target, HeldProcess) else self._close(act, target)
            for target in targets
        ]

    def _signal(self, act: Act, target: HeldProcess) -> Hit:
        if target.handle.has_ended():  # also where nobody has waited for it yet, and a signal would be no error
            return Hit(act, target, _ENDED)
        try:
            self._handles.of(target.process.pid).send(act.signal)
        except ProcessLookupError:
            return Hit(act, target, _ENDED)
        except PermissionError:
            return Hit(act, target, NOT_YOURS)
        except OSError as error:
            return Hit(act, target, reason(error_number(error)))
        return Hit(act, target)

    def _close(self, act: Act, target: HeldSocket) -> Hit:
        """Close a socket by the kernel; if that refuses, through a holder."""
        failure = ""
        if target.way is Way.DESTROY and target.name is not None:
            try:
                self._closers.of(target.socket.netns).destroy(target.socket, target.name)
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
