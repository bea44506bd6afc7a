"""A socket of another process, for a moment: pidfd_getfd(2) gives a descriptor for the same socket."""

from __future__ import annotations

import errno
import os
import socket as sockets  # a socket of ours is a value
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from netwatch_tui.kernel.process_handle import ProcessHandle

_SO_COOKIE = 57
"""include/uapi/asm-generic/socket.h: the cookie that sock_diag tells of it; since Linux 4.12."""


@contextmanager
def borrowed_socket(handle: ProcessHandle, descriptor: int, inode: int, cookie: int | None) -> Iterator[sockets.socket]:
    """A socket that a process holds, given back at the end: it stays open there.

    Args:
        handle: The process.
        descriptor: Which of its descriptors is meant.
        inode: That of the socket, by which it is known that it is this one.
        cookie: Names it, where that is known.

    Raises:
        ProcessLookupError: The process has ended, or has something else there now.
        PermissionError: It may not be traced by this user.
        OSError: The kernel is older than 5.6, or no more files can be opened.
    """
    try:
        own = handle.duplicate(descriptor)
    except OSError as error:
        if error.errno == errno.EBADF:
            raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH)) from error
        raise
    if os.fstat(own).st_ino != inode:
        os.close(own)
        raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
    with sockets.socket(fileno=own) as borrowed:
        if cookie is not None and _cookie(borrowed) not in (cookie, None):
            raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
        yield borrowed


def _cookie(socket: sockets.socket) -> int | None:
    """None where the kernel does not tell it."""
    try:
        return int(struct.unpack("=Q", socket.getsockopt(sockets.SOL_SOCKET, _SO_COOKIE, 8))[0])
    except OSError:
        return None
