"""What ends a mode that has no screen: a signal, its time, or that nobody reads it any more."""

from __future__ import annotations

import os
import select
import signal
import sys
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Never, Self

from netwatch_tui.play.ticker import Clock, Stopped, Ticker

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)

GRACE = 0.5
"""Seconds that a tick or a write, whose reader may have stopped reading, has to come to its end after a signal."""


class Interrupts:
    """In its `with` block a signal stops the ticker instead of the program.

    One that is ignored when it begins, as under nohup or behind a shell's `&`, stays ignored.
    """

    def __init__(self, *, for_reader: bool = False, clock: Clock | None = None, grace: float = GRACE) -> None:
        """Begin nothing yet.

        Args:
            for_reader: It is all for whoever reads standard output, and over when they are gone.
            clock: What the ticker goes by.
            grace: Seconds until it is ended by force.
        """
        self.ticker = Ticker[Never](clock, self._sleep)
        self.signal: int | None = None
        """The first that came."""
        self._for_reader = for_reader
        self._grace = grace
        self._before: dict[int, Any] = {}
        self._woken = self._waking = self._wakeup_before = -1

    def __enter__(self) -> Self:
        self._woken, self._waking = os.pipe()
        os.set_blocking(self._waking, False)
        heard = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
        self._before = {number: signal.signal(number, self._stop) for number in heard}
        self._before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._force)
        self._wakeup_before = signal.set_wakeup_fd(self._waking, warn_on_full_buffer=False)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.set_wakeup_fd(self._wakeup_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._woken)
        os.close(self._waking)
        return kind is Stopped

    def _sleep(self, seconds: float | None) -> None:
        """Sleep until it is time, a signal came, or nobody reads any more, which is the end as well."""
        poll = select.poll()
        poll.register(self._woken, select.POLLIN)
        if self._for_reader and sys.stdout is not None:
            with suppress(OSError, ValueError):
                poll.register(sys.stdout.fileno(), 0)  # errors are told without being asked for
        if poll.poll(None if seconds is None else seconds * 1000 + 1):
            self.ticker.stop()

    def _stop(self, number: int, _: FrameType | None) -> None:
        self.signal = self.signal or number
        self.ticker.stop()
        signal.setitimer(signal.ITIMER_REAL, self._grace)

    def _force(self, _number: int, _: FrameType | None) -> None:
        # What is left in the buffer would make the flush at exit wait for the same reader.
        if sys.stdout is not None:
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Stopped
