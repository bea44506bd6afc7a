"""What a process has behind a descriptor at this moment: whether it is a socket, and which ends that has."""

from __future__ import annotations

import os
import socket as sockets  # a socket of ours is a value
import time
from collections.abc import Callable, Iterable
from typing import Any

from netwatch_tui.kernel.borrowed_socket import borrowed_socket
from netwatch_tui.kernel.descriptors import fault_of, read_descriptors
from netwatch_tui.kernel.faults import FAULTS
from netwatch_tui.kernel.proc_line import ip_address
from netwatch_tui.kernel.process_handle import ProcessHandle
from netwatch_tui.kernel.tracing.descriptor_tables import SocketLook
from netwatch_tui.kernel.unix_answers import unix_name
from netwatch_tui.sockets.mapped_addresses import plain
from netwatch_tui.sockets.traced_call import CallEnd


def look_at_descriptors(pid: int, fds: Iterable[int] | None, most: int) -> dict[int, SocketLook]:
    """What stands behind some descriptors of a process, or behind all; of so many of the sockets the ends as well.

    The link says what is a socket. Nothing else is ever duplicated: that a file is closed once more may have effects.
    What can't be looked at is missing.
    """
    began = time.monotonic_ns()
    found: dict[int, SocketLook] = {}
    try:
        links = read_descriptors("/proc", pid, fds)
        with ProcessHandle(pid) as handle:
            for fd, inode in links.items():
                if inode > 0 and most > 0:
                    most -= 1
                    found[fd] = _look(handle, fd, inode)
                elif fault_of(inode) is None:
                    found[fd] = SocketLook(began, time.monotonic_ns(), inode > 0, inode if inode > 0 else None)
    except FAULTS:  # it has ended, or may not be looked at
        pass
    return found


def _look(handle: ProcessHandle, fd: int, inode: int) -> SocketLook:
    """The ends of a socket. Of what may not be duplicated it is known that it is one, and no more."""
    began = time.monotonic_ns()
    try:
        with borrowed_socket(handle, fd, inode, None) as socket:
            local, peer = _end(socket.getsockname), _end(socket.getpeername)
            return SocketLook(began, time.monotonic_ns(), True, inode, socket.type, local, peer)
    except ProcessLookupError:
        return SocketLook(began, time.monotonic_ns(), None)
    except OSError:
        return SocketLook(began, time.monotonic_ns(), True, inode)


def _end(ask: Callable[[], Any]) -> CallEnd | None:
    """An end as the process knows it; None where it has none, or one that is no address."""
    try:
        told = ask()
    except OSError:
        return None
    if isinstance(told, str | bytes):
        return CallEnd(unix_name(os.fsencode(told)), 0)
    if not isinstance(told, tuple) or not isinstance(told[0], str) or not told[1]:
        return None
    host = told[0].partition("%")[0]
    family = sockets.AF_INET6 if ":" in host else sockets.AF_INET
    return CallEnd(ip_address(plain(sockets.inet_pton(family, host))), told[1])
