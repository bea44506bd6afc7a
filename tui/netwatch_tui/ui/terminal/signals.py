"""Signals, heard by a thread of their own: also while the event loop is busy, and told to it when it is not."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import Context
from types import FrameType

from netwatch_tui.ui.terminal.hang_watch import HangWatch

ENDING = {signal.SIGINT: 0, signal.SIGTERM: 0, signal.SIGHUP: 128 + signal.SIGHUP, signal.SIGQUIT: 128 + signal.SIGQUIT}
"""What ends the program, and with which status: told to end it did well, without a terminal or told to quit not."""


class Signals:
    """Hears the signals of a full-screen program, as long as the process runs.

    What is ignored when the program starts, as by nohup, stays ignored.
    """

    def __init__(self, rescue: Callable[[], object]) -> None:
        """Hear nothing yet.

        Args:
            rescue: Leaves the terminal as it was, from any thread, should the program hang when it is to end.
        """
        self._rescue = rescue
        self._lock = threading.Lock()
        """A key and a signal may ask for the end at once, in two threads."""
        self._watch: HangWatch | None = None

    def hear(
        self, loop: asyncio.AbstractEventLoop, context: Context, handlers: Mapping[int, Callable[[int], object]]
    ) -> None:
        """Begin. A handler gets the number of its signal, in the event loop.

        The first signal of `ENDING` lets the program end; one that comes when the screen is gone ends it at once.
        """
        woken, waking = os.pipe()
        os.set_blocking(waking, False)
        heard = {number: handlers[number] for number in handlers if signal.getsignal(number) is not signal.SIG_IGN}
        for number in heard:
            signal.signal(number, _heard_by_thread)
        signal.set_wakeup_fd(waking, warn_on_full_buffer=False)

        def listen() -> None:
            while numbers := os.read(woken, 64):
                for number in numbers:
                    if number in ENDING and number in heard:
                        self.end(ENDING[signal.Signals(number)])
                    if number in heard:
                        with suppress(RuntimeError):  # the loop is closed
                            loop.call_soon_threadsafe(heard[number], number, context=context)

        threading.Thread(target=listen, name="signals", daemon=True).start()

    def end(self, status: int) -> None:
        """The program is to end now, with this status. When it has, a further signal ends what it still does."""
        with self._lock:
            if self._watch is None:
                self._watch = HangWatch(self._rescue, status)
            elif self._watch.is_over:
                self._watch.force()

    def ended(self) -> None:
        """The screen is gone: what is still to do may take its time, until a signal is heard again."""
        with self._lock:
            if self._watch is not None:
                self._watch.stop()


def _heard_by_thread(_number: int, _frame: FrameType | None) -> None:
    """Nothing: but only what has a handler is written to the wakeup descriptor."""
