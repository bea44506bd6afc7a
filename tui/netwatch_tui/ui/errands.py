"""What a person asked for and must be done though they quit at once: files, and what is remembered."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context, copy_context
from typing import Protocol

PATIENCE = 5.0
"""Seconds that the end waits for what is under way: a disk that answers at all has answered by then."""


class RunsErrands(Protocol):
    """Who does errands."""

    def run(
        self, lane: str, what: str, errand: Callable[[], str], then: Callable[[str], object] = lambda _: None
    ) -> None:
        """Have something done beside everything else; see `Errands.run`."""


class _Errand:
    """One of them."""

    def __init__(self, what: str, do: Callable[[], str], then: Callable[[str], object]) -> None:
        self.what = what
        self._do = do
        self.then = then
        self.context: Context = copy_context()
        """Of who asked for it, in which Textual knows its program."""
        self.failure = ""
        self.error: Exception | None = None
        self.is_done = False

    def work(self) -> None:
        try:
            self.failure = self._do()
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is told as what failed
            self.error = error
        self.is_done = True


class Errands:
    """Does them on threads that begin at once, those of one lane one after the other.

    They need no turn of the event loop, so that none is left undone when the screen ends right behind it. What they
    came to is told in the event loop; of what could not be told there, `end` gives what was in vain.
    """

    def __init__(self, failed: Callable[[str, BaseException], str]) -> None:
        """Do nothing yet.

        Args:
            failed: Gives the sentence about something that raised which should not have, by what it was.
        """
        self._failed = failed
        self._changed = threading.Condition()
        self._lanes: dict[str, deque[_Errand]] = {}
        """What is not done yet; guarded by `_changed`."""
        self._untold: list[_Errand] = []
        """What nobody has heard of yet, in the order in which it was asked for. Of the event loop."""

    def run(
        self, lane: str, what: str, errand: Callable[[], str], then: Callable[[str], object] = lambda _: None
    ) -> None:
        """Have something done beside everything else. To be called in the event loop.

        Args:
            lane: What it changes: errands that change the same thing follow one another.
            what: What it is, at the beginning of a sentence: `Writing sockets.csv`.
            errand: Does it, on another thread; returns in a sentence why it was in vain, or an empty text.
            then: Gets that text, in the event loop.
        """
        loop = asyncio.get_running_loop()
        one = _Errand(what, errand, then)
        self._untold.append(one)
        with self._changed:
            if (waiting := self._lanes.get(lane)) is not None:
                waiting.append(one)
                return
            self._lanes[lane] = deque([one])
        threading.Thread(target=self._work, args=(lane, loop), name=f"errands: {lane}", daemon=True).start()

    @property
    def is_busy(self) -> bool:
        """Whether anything is still to be done or to be told."""
        return bool(self._untold)

    def _work(self, lane: str, loop: asyncio.AbstractEventLoop) -> None:
        waiting = self._lanes[lane]
        while True:
            errand = waiting[0]
            errand.work()
            with self._changed:
                waiting.popleft()
                if is_last := not waiting:
                    del self._lanes[lane]
                self._changed.notify_all()
            with suppress(RuntimeError):  # the loop is closed: the end tells it
                loop.call_soon_threadsafe(self._tell, errand, context=errand.context)
            if is_last:
                return

    def _tell(self, errand: _Errand) -> None:
        self._untold.remove(errand)
        errand.then(self._failure(errand))

    def _failure(self, errand: _Errand) -> str:
        """Why one was in vain; empty if it was not."""
        return errand.failure if errand.error is None else self._failed(errand.what, errand.error)

    def end(self, patience: float = PATIENCE) -> list[str]:
        """Wait for what is under way; to be called when the event loop is over.

        Returns:
            A sentence for each that was in vain and of which nobody has heard.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self._lanes, patience)
        told, self._untold = self._untold, []
        sentences = []
        for errand in told:
            if not errand.is_done:
                sentences.append(f"{errand.what} took more than {patience:g} seconds, and was given up.")
            elif failure := self._failure(errand):
                sentences.append(failure)
        return sentences
