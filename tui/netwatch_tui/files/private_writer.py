"""Writing files that hold what is nobody else's business: for their owner alone, whole, and through no link.

A name in a directory that others may write to, or that belongs to another user, may be a trap: a link to a file that
only root may write, a file that an attacker can read. So nothing is opened that was there before, but an empty file of
our own and what only takes a stream.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from pathlib import Path

from netwatch_tui.files.bounded_reader import STANDARD_STREAM, not_regular

PRIVATE = 0o600
_NO_LINK = "it is a symbolic link, and no link is followed"
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write_file(path: Path, chunks: Iterable[bytes], *, replace: bool) -> None:
    """Write a file that a person named, whole or not at all.

    Raises:
        OSError: It can't be written, it exists and may not be replaced, or it is no regular file; nothing was changed.
    """
    folder = _opened_parent(path)
    try:
        write_in(folder, path.name, chunks, replace=replace)
    finally:
        os.close(folder)


def write_in(folder: int, name: str, chunks: Iterable[bytes], *, replace: bool) -> None:
    """Write a file of a directory, whole or not at all: what stood there stays until all is on the disk.

    Raises:
        OSError: As in `write_file`.
    """
    mode = PRIVATE & _mode(folder, name) if replace else PRIVATE
    unfinished = f".netwatch-tui-{os.urandom(8).hex()}"
    with ExitStack() as on_failure:
        if not replace:
            os.close(os.open(name, _NEW, PRIVATE, dir_fd=folder))  # takes the name, so that nobody's file is replaced
            on_failure.callback(_remove, folder, name)
        fd = os.open(unfinished, _NEW, mode, dir_fd=folder)
        on_failure.callback(_remove, folder, unfinished)
        with open(fd, "wb") as file:  # noqa: PTH123 -- a descriptor
            file.writelines(chunks)
            file.flush()
            os.fsync(fd)
        os.replace(unfinished, name, src_dir_fd=folder, dst_dir_fd=folder)
        on_failure.pop_all()


def append_file(path: Path, data: bytes) -> None:
    """Add to a file that a person named, which is made if it is not there.

    Raises:
        OSError: As in `append_in`.
    """
    folder = _opened_parent(path)
    try:
        append_in(folder, path.name, data)
    finally:
        os.close(folder)


def append_in(folder: int, name: str, data: bytes) -> None:
    """Add to a file of a directory, which is made if it is not there.

    Raises:
        OSError: It can't be written, or only in part, it is a link or no regular file, or it is another user's.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        fd = os.open(name, flags, PRIVATE, dir_fd=folder)
    except OSError as error:
        match error.errno:
            case errno.ELOOP:
                raise OSError(errno.ELOOP, _NO_LINK) from error
            case errno.ENXIO:
                raise not_regular(stat.S_IFIFO) from error
        raise
    with open(fd, "ab", buffering=0) as file:  # noqa: PTH123 -- a descriptor
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise not_regular(found.st_mode)
        if found.st_uid != os.geteuid() or found.st_nlink != 1:
            raise PermissionError(errno.EPERM, "it belongs to another user as well")
        if file.write(data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _opened_parent(path: Path) -> int:
    return os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)


def _mode(folder: int, name: str) -> int:
    """The mode of a file that may be replaced; every bit is set where there is none."""
    try:
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return 0o777
    if not stat.S_ISREG(mode):
        raise not_regular(mode)
    return stat.S_IMODE(mode)


def _remove(folder: int, name: str) -> None:
    with suppress(OSError):
        os.unlink(name, dir_fd=folder)


def open_output(path: str) -> int:
    """A descriptor for what is written bit by bit, and to be read while it is: a new or empty file, or a pipe.

    For `-` it is standard output, whatever that is: who started the program has opened it.

    Raises:
        OSError: It can't be opened, it is a link, it holds something already, or it is another user's.
    """
    if path == STANDARD_STREAM:
        if sys.stdout is None:  # and its number may be that of another file by now
            raise OSError(errno.EBADF, "standard output is closed")
        return os.dup(1)
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        fd = os.open(path, flags, PRIVATE)
    except OSError as error:
        raise _explained(error) from error
    try:
        _claim(fd)
    except OSError:
        os.close(fd)
        raise
    os.set_blocking(fd, True)
    return fd


def _explained(error: OSError) -> OSError:
    """The same in words that help where those of the system don't."""
    match error.errno:
        case errno.ELOOP:
            return OSError(errno.ELOOP, f"{_NO_LINK}; - is standard output")
        case errno.ENXIO:
            return OSError(errno.ENXIO, "nobody reads from this pipe")
        case _:
            return error


def _claim(fd: int) -> None:
    """Make sure that nothing is lost and that nobody else can read what will be written."""
    found = os.fstat(fd)
    if stat.S_ISREG(found.st_mode):
        if found.st_size:
            raise FileExistsError(errno.EEXIST, "it exists already, and is not replaced")
        if found.st_uid != os.geteuid() or found.st_nlink != 1:
            raise PermissionError(errno.EPERM, "it belongs to another user as well")
        os.fchmod(fd, stat.S_IMODE(found.st_mode) & PRIVATE)
    elif stat.S_ISFIFO(found.st_mode) or stat.S_ISCHR(found.st_mode):
        if found.st_uid not in (0, os.geteuid()):
            raise PermissionError(errno.EPERM, "it belongs to another user")
    else:
        raise not_regular(found.st_mode)
