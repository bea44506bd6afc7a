"""Reads traces, at a pace."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import Never

from netwatch_tui.actions.open_trace import Trace, TraceRefusedError
from netwatch_tui.kernel.descriptors import go_on
from netwatch_tui.play.ticker import Stopped, TickerThread
from netwatch_tui.sockets.traced_call import TraceBatch

PACE = 0.05
"""Seconds between two readings."""
_END_WITHIN = 1.0
"""Seconds for which one waits until nothing of a trace is left on the machine; it takes a tenth of that."""
ALL_ENDED = "every traced process has ended"


def batches(trace: Trace, ticks: Iterable[float], check: Callable[[], None] = go_on) -> Iterator[TraceBatch]:
    """What is traced at each tick until there is nobody left, and at last what has not returned.

    What `check` raises, which is called often, ends it.
    """
    for _ in ticks:
        is_over = trace.has_ended
        yield trace.read(check=check)
        if is_over:
            break
    yield trace.read(is_last=True, check=check)


class TraceThread:
    """Reads a trace on a thread of its own until it is stopped, and ends it then."""

    def __init__(self, begin: Callable[[], Trace]) -> None:
        """Begin nothing yet; `begin` is called on that thread."""
        self._begin = begin
        self._ticker = TickerThread[Never]("trace")
        self._is_over = threading.Event()

    def begin(
        self, began: Callable[[Trace], object], tell: Callable[[TraceBatch], object], ended: Callable[[str], object]
    ) -> None:
        """Start; all of these are called on that thread, and must not wait.

        Args:
            began: Hears that it is traced.
            tell: Takes what was traced.
            ended: Hears why nothing more is traced, unless it was stopped.
        """
        self._ticker.begin(lambda: self._run(began, tell, ended))

    def stop(self) -> None:
        """End it, and wait a little until nothing of it is left."""
        self._ticker.stop()
        self._is_over.wait(_END_WITHIN)

    def _run(
        self, began: Callable[[Trace], object], tell: Callable[[TraceBatch], object], ended: Callable[[str], object]
    ) -> None:
        try:
            with closing(self._begin()) as trace:
                began(trace)
                for batch in batches(trace, self._ticker.ticks(PACE), self._ticker.check):
                    tell(batch)
                if trace.has_ended:
                    ended(ALL_ENDED)
        except Stopped:
            pass  # nobody wants the rest
        except TraceRefusedError as error:
            ended(str(error))
        except Exception as error:  # noqa: BLE001 -- the program must outlive any fault, and shows it
            ended(f"the trace failed: {type(error).__name__}: {error}")
        finally:
            self._is_over.set()
