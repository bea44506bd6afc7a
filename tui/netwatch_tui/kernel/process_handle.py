"""A process held by its pidfd, pidfd_open(2): whichever process gets its number next, that one is never meant."""

from __future__ import annotations

import errno
import os
import select
import signal
from types import TracebackType
from typing import Self

_PIDFD_GETFD = 438
"""The number of pidfd_getfd(2) on every architecture but alpha; Python has no name for it."""
_NO_SIGNAL = 0


class ProcessHandle:
    """One process from now on until `close`, whether it runs or has ended."""

    def __init__(self, pid: int) -> None:
        """Take hold of the process that has this number now.

        Raises:
            ProcessLookupError: There is none.
            OSError: No more files can be opened, or the kernel is older than 5.3.
        """
        self.pid = pid
        self._file = os.pidfd_open(pid)

    def __enter__(self) -> Self:
        """Take hold."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Let go."""
        self.close()

    def close(self) -> None:
        """Let it go."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def has_ended(self, within: float = 0.0) -> bool:
        """Whether it has ended, now or within so many seconds; the number of a process that has may be another's."""
        poll = select.poll()
        poll.register(self._file, select.POLLIN)
        return bool(poll.poll(within * 1_000))

    def send(self, number: int) -> None:
        """Send a signal.

        Raises:
            ProcessLookupError: It has ended.
            PermissionError: It is not one's own; see kill(2).
        """
        signal.pidfd_send_signal(self._file, number)

    def check_signals(self) -> None:
        """Try whether signals may be sent, and send none.

        Raises:
            ProcessLookupError, PermissionError: As `send` does.
        """
        signal.pidfd_send_signal(self._file, _NO_SIGNAL)

    def duplicate(self, descriptor: int) -> int:
        """A descriptor of one's own for what stands behind one of the process; see pidfd_getfd(2).

        Raises:
            ProcessLookupError: It has ended.
            PermissionError: It may not be traced: ptrace(2), PTRACE_MODE_ATTACH_REALCREDS.
            OSError: It has no such descriptor, or the kernel is older than 5.6.
        """
        import ctypes  # which nothing else of what ends processes needs

        libc = ctypes.CDLL(None, use_errno=True)
        made = int(libc.syscall(_PIDFD_GETFD, self._file, descriptor, 0))
        if made < 0:
            code = ctypes.get_errno()
            raise OSError(code or errno.EIO, os.strerror(code or errno.EIO))
        return made
