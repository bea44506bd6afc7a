"""What goes to the terminal: whole frames, and none of them waited for."""

from __future__ import annotations

import asyncio
import os
import select
import termios
import time
from collections.abc import Callable
from contextlib import suppress

GRACE = 0.3
"""Seconds that a terminal has at the end to take what it was sent before; what is left then is thrown away."""

_MOST_WAITING = 1_000_000
"""Bytes of what may not be dropped that wait for a terminal which does not read."""

_SMALL = 256
"""Bytes for which a terminal has room that says it has room (tty_poll and WAKEUP_CHARS in the kernel's tty code)."""

_CANCEL = b"\x18"
"""Ends an escape sequence that was cut off (ECMA-48, CAN)."""


def open_again(fd: int, flags: int) -> int:
    """A terminal as a file of our own, which may not block; that of the descriptor is shared with the shell.

    Returns:
        A new descriptor; a duplicate of the given one, which blocks, where the terminal can't be opened again.
    """
    for path in (f"/proc/self/fd/{fd}", "/dev/tty"):  # the second is for who may use it, but not open it, as after su
        with suppress(OSError):
            again = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
            if os.isatty(again) and os.ttyname(again) in (os.ttyname(fd), "/dev/tty"):
                return again
            os.close(again)
    return os.dup(fd)


class TerminalOutput:
    """Sends one thing after the other.

    While the terminal does not take the one before, frames are dropped: at most one waits. When it reads again,
    whoever paints is asked for everything anew.
    """

    def __init__(
        self, fd: int, loop: asyncio.AbstractEventLoop, on_gap: Callable[[], object], on_lost: Callable[[], object]
    ) -> None:
        """Send nothing yet.

        Args:
            fd: Of a terminal.
            loop: Tells when the terminal has room.
            on_gap: Called when the terminal reads again after frames were dropped.
            on_lost: Called when the terminal is gone.
        """
        self._fd = open_again(fd, os.O_WRONLY)
        self._loop = loop
        self._on_gap = on_gap
        self._on_lost = on_lost
        self._may_block = os.get_blocking(self._fd)
        self._rest = b""
        """What the terminal did not take yet."""
        self._has_gap = False
        self._is_lost = False

    def send(self, data: bytes, *, droppable: bool = True) -> None:
        """Send something whole, now or when the terminal has room; or never, if it may be dropped."""
        if self._is_lost:
            return
        if self._rest:
            if droppable or len(self._rest) + len(data) > _MOST_WAITING:
                self._has_gap = True
            else:
                self._rest += data
            return
        self._rest = data
        self._write()
        if self._rest:
            self._loop.add_writer(self._fd, self._go_on)

    def finish(self, codes: bytes) -> None:
        """Leave the terminal with these codes, also one that does not read: what it has not read then, it never will.

        May be called from any thread.
        """
        end = time.monotonic() + GRACE
        while self._rest and not self._is_lost and (left := end - time.monotonic()) > 0:
            self._has_room(left)
            self._write()
        if self._rest:
            with suppress(termios.error):
                termios.tcflush(self._fd, termios.TCOFLUSH)
            codes = _CANCEL + codes
        self._rest = codes
        self._write()
        self._rest = b""
        with suppress(RuntimeError):  # the loop may be closed
            self._loop.remove_writer(self._fd)

    def _go_on(self) -> None:
        self._write()
        if self._rest and not self._is_lost:
            return
        self._loop.remove_writer(self._fd)
        if self._has_gap and not self._is_lost:
            self._has_gap = False
            self._on_gap()

    def _write(self) -> None:
        """Write as much as there is room for."""
        try:
            while self._rest and not self._is_lost and (not self._may_block or self._has_room(0)):
                data = self._rest[:_SMALL] if self._may_block else self._rest
                self._rest = self._rest[os.write(self._fd, data) :]
        except BlockingIOError:
            return
        except OSError:  # EIO: the terminal is gone
            self._is_lost = True
            self._on_lost()

    def _has_room(self, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self._fd, select.POLLOUT)
        return bool(poll.poll(seconds * 1000))
