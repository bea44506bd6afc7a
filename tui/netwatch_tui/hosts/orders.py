"""What a machine is to do and is asked: put in by any thread, and taken out by the one that holds the connection."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any

from netwatch_tui.hosts.wire_format import About, Ask, Follow, HostAnswer, answer_shape
from netwatch_tui.recording.shapes import ShapeError

MOST_ASKED = 64
"""Questions that may wait for an answer at a time."""


_GLANCE = 0.05
"""Seconds from one look to the next whether who waits is to stop."""


class Stopping(BaseException):
    """Nobody wants the machine any more; no handler of errors on the way may hold that up."""


class NoAnswerError(Exception):
    """Nothing was told; the text says why, as the end of a sentence."""


class Question:
    """What one machine is asked, and what it tells. May be asked by any thread."""

    def __init__(self, number: int, forget: Callable[[int], object]) -> None:
        """Not told yet; `forget` is called with the number when nobody waits for the answer any more."""
        self._forget = forget
        self.number = number
        """The question's own, which no other has, be it over another connection."""
        self._over = threading.Event()
        self._told: Any = None
        self._lost = ""

    @property
    def is_over(self) -> bool:
        """Whether it was told, or never will be."""
        return self._over.is_set()

    def answer(self, told: Any) -> None:
        """This was told."""
        self._told = told
        self._over.set()

    def lose(self, why: str) -> None:
        """Nothing will be told any more."""
        self._lost = why
        self._over.set()

    def told_unless(self, check: Callable[[], None], seconds: float) -> Any:
        """The same, while `check` is called often: what it raises ends the waiting."""
        until = time.monotonic() + seconds
        try:
            while not self._over.wait(_GLANCE) and time.monotonic() < until:
                check()
        finally:
            self._forget(self.number)
        if not self.is_over:
            raise NoAnswerError(f"there is no answer within {seconds:g} s")
        return self.told()

    def told(self, seconds: float = 0.0) -> Any:
        """What was told, as JSON says it, for which so many seconds are waited.

        Raises:
            NoAnswerError: Nothing was within that time, or nothing will be.
        """
        if not self._over.wait(seconds):
            self._forget(self.number)
            raise NoAnswerError(f"there is no answer within {seconds:g} s")
        if self._lost:
            raise NoAnswerError(self._lost)
        return self._told


class Orders:
    """The orders for one machine, over all its connections."""

    def __init__(self) -> None:
        """Begin with nothing asked for."""
        self._lock = threading.Lock()
        self._follow = Follow()
        self._numbers = count(1)
        self._unsent: list[Ask] = []
        self._asked: dict[int, Question] = {}
        self._takes_questions = False
        self.has_stopped = False
        """Whether nobody wants the machine any more."""
        self.wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        """Can be read when there is something new here."""

    @property
    def follow(self) -> Follow:
        """What is to be told by now, tick for tick."""
        return self._follow

    @follow.setter
    def follow(self, follow: Follow) -> None:
        if follow != self._follow:
            self._follow = follow
            self.ring()

    def ask(self, about: About, pid: int, seconds: float) -> Any:
        """What is told of a process; None if nothing is within so many seconds, or while there is no connection."""
        with suppress(NoAnswerError, ShapeError):
            return answer_shape(about)(self.begin(about, pid).told(seconds))
        return None

    def begin(self, about: About, pid: int = 0, more: Any = None) -> Question:
        """Ask, and do not wait. What is asked goes over the connection that there is now, or over none.

        Raises:
            NoAnswerError: There is no connection, or too much is asked already.
        """
        question = Question(next(self._numbers), self._forget)
        with self._lock:
            if not self._takes_questions:
                raise NoAnswerError("there is no connection now")
            if len(self._asked) >= MOST_ASKED:
                raise NoAnswerError(f"{MOST_ASKED} questions are not answered yet")
            self._asked[question.number] = question
            self._unsent.append(Ask(question.number, about, pid, more))
        self.ring()
        return question

    def _forget(self, number: int) -> None:
        with self._lock:
            self._asked.pop(number, None)

    def next_number(self) -> int:
        """One that no other question has."""
        return next(self._numbers)

    def take_asks(self) -> list[Ask]:
        """What is to be asked now."""
        with self._lock:
            asks, self._unsent = self._unsent, []
        return asks

    def answer(self, answer: HostAnswer) -> None:
        """What was told; of questions that nobody waits for any more nothing comes."""
        with self._lock:
            question = self._asked.pop(answer.number, None)
        if question:
            question.answer(answer.told)

    def open(self) -> None:
        """Take questions: there is a connection."""
        with self._lock:
            self._takes_questions = True

    def shut(self) -> None:
        """Take none any more, and let nobody wait who asked: the connection is over."""
        with self._lock:
            self._takes_questions, self._unsent = False, []
            waiting, self._asked = self._asked, {}
        for question in waiting.values():
            question.lose("the connection has ended")

    def stop(self) -> None:
        """Have everything ended."""
        self.has_stopped = True
        self.ring()

    def check(self) -> None:
        """Know what is new; `wake` can't be read until there is something new again.

        Raises:
            Stopping: It is all over.
        """
        with suppress(BlockingIOError):
            os.eventfd_read(self.wake)
        if self.has_stopped:
            raise Stopping

    def sleep(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            Stopping: It is all over.
        """
        poll, until = select.poll(), time.monotonic() + seconds
        poll.register(self.wake, select.POLLIN)
        self.check()
        while (left := until - time.monotonic()) > 0:
            poll.poll(left * 1000 + 1)
            self.check()

    def ring(self) -> None:
        """Wake the thread that holds the connection."""
        with self._lock:
            if self.wake >= 0:
                os.eventfd_write(self.wake, 1)

    def close(self) -> None:
        """Let go of what is held, when no thread waits any more."""
        with self._lock:
            if self.wake >= 0:
                os.close(self.wake)
                self.wake = -1
