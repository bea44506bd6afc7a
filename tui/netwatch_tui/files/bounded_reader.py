"""Reading files that anybody may have put there: regular ones only, and no more of them than can be used."""

from __future__ import annotations

import errno
import os
import stat
import sys

STANDARD_STREAM = "-"
"""Stands for standard input, or standard output, where a file is named."""

_CHUNK = 1 << 16
_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
}


def not_regular(mode: int) -> OSError:
    """Says what stands where a regular file should."""
    return OSError(errno.EINVAL, f"it is {_KINDS.get(stat.S_IFMT(mode), 'of an unknown kind')}, not a regular file")


def open_regular(path: str, *, folder: int | None = None, follow: bool = True) -> int:
    """A descriptor from which a regular file can be read. Never waits, as open(2) does for a pipe without a writer.

    Args:
        path: What a person calls it, or its name in `folder`.
        folder: A descriptor of a directory.
        follow: Whether a symbolic link may stand for it.

    Raises:
        OSError: It can't be opened, or is no regular file.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY | (0 if follow else os.O_NOFOLLOW)
    try:
        fd = os.open(path, flags, dir_fd=folder)
    except ValueError as error:
        raise OSError(errno.EINVAL, "a name can't hold a null character") from error
    except OSError as error:
        if error.errno == errno.ELOOP and not follow:
            raise not_regular(stat.S_IFLNK) from error
        raise
    mode = os.fstat(fd).st_mode
    if stat.S_ISREG(mode):
        return fd
    os.close(fd)
    raise not_regular(mode)


def open_input(path: str) -> int:
    """A descriptor of a regular file, or of standard input for `-`, which may be a stream.

    Raises:
        OSError: It can't be opened, or is neither.
    """
    if path == STANDARD_STREAM:
        if sys.stdin is None:  # and its number may be that of another file by now
            raise OSError(errno.EBADF, "standard input is closed")
        return os.dup(0)
    try:
        return open_regular(path)
    except OSError as error:
        if error.errno == errno.EINVAL and "a pipe" in str(error.strerror):
            raise OSError(errno.EINVAL, f"{error.strerror}: give it as standard input (-)") from error
        raise


def read_bounded(path: str, most: int, *, folder: int | None = None, follow: bool = True) -> bytes:
    """All of a regular file; the arguments are those of `open_regular`.

    Raises:
        OSError: It can't be read, is no regular file, or has more than `most` bytes.
    """
    fd = open_regular(path, folder=folder, follow=follow)
    try:
        parts, size = [], 0
        while part := os.read(fd, _CHUNK):
            size += len(part)
            if size > most:
                raise OSError(errno.EFBIG, f"it is larger than {most:,} bytes")
            parts.append(part)
    finally:
        os.close(fd)
    return b"".join(parts)
