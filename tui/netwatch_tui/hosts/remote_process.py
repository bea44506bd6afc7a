"""The command that holds a connection: started here, fed, read and ended, and never waited for."""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import suppress

from netwatch_tui.fields.format import clip, printable
from netwatch_tui.kernel.inheritable_descriptors import inheritable_descriptors

GRACE = 0.3
"""Seconds that it has to end after SIGTERM."""

_CHUNK = 1 << 16
_STREAMS = 3
_WORDS_KEPT = 4_096
"""Bytes of standard error that are kept: the last line stands in them."""
_WORDS_SHOWN = 160
"""Letters of that line that are shown."""
_GLANCE = 0.005
"""Seconds between two looks at a process that is to end."""


class RemoteProcess:
    """A command with pipes for its standard streams, in a session of its own: no terminal that it could ask anything.

    For one thread.
    """

    def __init__(self, command: tuple[str, ...]) -> None:
        """Start it.

        Raises:
            OSError: It can't be started.
        """
        self._name = command[0]
        self._unsent = bytearray()
        self._words = b""
        self._status: int | None = None
        pipes: list[int] = []
        try:
            for _ in range(_STREAMS):
                pipes += os.pipe()
            self._pid = _spawned(command, pipes)
        except OSError:
            for fd in pipes:
                os.close(fd)
            raise
        theirs_in, self._to, self._out, theirs_out, self._err, theirs_err = pipes
        for fd in (theirs_in, theirs_out, theirs_err):
            os.close(fd)
        for fd in (self._to, self._out, self._err):
            os.set_blocking(fd, False)
        self._open = {self._to, self._out, self._err}

    @property
    def has_sent_all(self) -> bool:
        """Whether all that was to be sent has been taken."""
        return not self._unsent

    def send(self, data: bytes) -> None:
        """Send something, as far as it is taken now, and the rest while waiting."""
        self._unsent += data
        self._push()

    def exchange(self, seconds: float, wake: int, *, listens: bool) -> bytes | None:
        """Wait until there is something, while what is unsent goes out.

        Args:
            seconds: How long to wait at most.
            wake: A descriptor that ends the waiting when it can be read.
            listens: Whether to take what comes.

        Returns:
            What came; None when nothing more will.
        """
        poll = select.poll()
        poll.register(wake, select.POLLIN)
        if listens:
            poll.register(self._out, select.POLLIN)
        if self._err in self._open:
            poll.register(self._err, select.POLLIN)
        if self._unsent and self._to in self._open:
            poll.register(self._to, select.POLLOUT)
        ready = {fd for fd, _ in poll.poll(max(seconds, 0.0) * 1000 + 1)}
        if self._to in ready:
            self._push()
        if self._err in ready:
            self._take_words()
        if self._out not in ready:
            return b""
        with suppress(BlockingIOError):
            return os.read(self._out, _CHUNK) or None
        return b""

    def end(self, *, patiently: bool = False) -> None:
        """End it, with whatever it started that stayed in its group, and wait a moment for it.

        Args:
            patiently: Whether it may come to its end by itself and say why, for as long as after SIGTERM.
        """
        self._close(self._to)
        if not (patiently and self._has_ended_within(GRACE)):
            for number in (signal.SIGTERM, signal.SIGKILL):
                self._signal(number)
                if self._has_ended_within(GRACE):
                    break
        self._signal(signal.SIGKILL)  # what it left in its group, whose number is nobody else's while it is not reaped
        self._reap()
        self._take_words()
        self._close(self._out)
        self._close(self._err)

    def last_words(self) -> str:
        """The last line that it wrote to standard error, harmless and short; empty where there is none."""
        lines = self._words.decode("utf-8", "replace").splitlines()
        last = next((line.strip() for line in reversed(lines) if line.strip()), "")
        return clip(printable(last.removeprefix("ssh: ").removesuffix(".")), _WORDS_SHOWN)

    def forget_words(self) -> None:
        """What was written to standard error so far is not its last word."""
        self._words = b""

    def how_it_ended(self) -> str:
        """In words; empty while it runs."""
        if self._status is None:
            return ""
        code = os.waitstatus_to_exitcode(self._status)
        return f"{self._name} was ended by signal {-code}" if code < 0 else f"{self._name} ended with status {code}"

    def _push(self) -> None:
        if self._to not in self._open:
            return
        try:
            while self._unsent:
                del self._unsent[: os.write(self._to, self._unsent[:_CHUNK])]
        except BlockingIOError:
            pass  # the rest goes out while waiting
        except OSError:  # nobody reads it: that it has ended is told by its output
            self._close(self._to)
            self._unsent.clear()

    def _take_words(self) -> None:
        """Take in what stands in the pipe of standard error."""
        if self._err not in self._open:
            return
        with suppress(BlockingIOError):
            while data := os.read(self._err, _CHUNK):
                self._words = (self._words + data)[-_WORDS_KEPT:]
            self._close(self._err)

    def _close(self, fd: int) -> None:
        if fd in self._open:
            self._open.discard(fd)
            os.close(fd)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError, PermissionError):  # all of it has ended, or runs as somebody else
            os.killpg(self._pid, number)

    def _has_ended_within(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while not self._has_ended():
            if time.monotonic() >= until:
                return False
            time.sleep(_GLANCE)
        return True

    def _has_ended(self) -> bool:
        try:
            return os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:  # whoever started us ignores SIGCHLD, and the kernel lets it go by itself
            return True

    def _reap(self) -> None:
        with suppress(ChildProcessError):
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                self._status = status


def _spawned(command: tuple[str, ...], pipes: list[int]) -> int:
    """The number of the process, which has of all descriptors the standard ones alone, and default signals."""
    theirs_in, _, _, theirs_out, _, theirs_err = pipes
    return os.posix_spawnp(
        command[0],
        command,
        os.environ,
        file_actions=[
            *((os.POSIX_SPAWN_DUP2, fd, number) for number, fd in enumerate((theirs_in, theirs_out, theirs_err))),
            *((os.POSIX_SPAWN_CLOSE, fd) for fd in inheritable_descriptors()),
        ],
        setsid=True,
        setsigmask=(),
        setsigdef=signal.valid_signals(),
    )
