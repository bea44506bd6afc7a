"""What a feed posts, taken one after the other by a test."""

from __future__ import annotations

import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar

from netwatch_tui.play.news import AlertsRang, CollectFailed, News, PositionMoved, ViewReady
from netwatch_tui.play.position import Position
from netwatch_tui.view.view import View

PATIENCE = 20.0
"""Seconds after which a message that does not come fails the test."""

_T = TypeVar("_T", ViewReady, CollectFailed)


class Posted:
    """The messages of a worker, in order."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[News] = SimpleQueue()
        self.post = self._queue.put

    def any(self) -> News:
        """The next message."""
        return self._queue.get(timeout=PATIENCE)

    def next(self, kind: type[_T]) -> _T:
        """The next message, which must be of this kind."""
        message = self.any()
        assert isinstance(message, kind)
        return message

    def until_it_rings(self) -> AlertsRang:
        """The next alert."""
        end = time.monotonic() + PATIENCE
        while not isinstance(message := self.any(), AlertsRang):
            assert time.monotonic() < end, "nothing rang"
        return message

    def until(self, wanted: Callable[[ViewReady], bool]) -> ViewReady:
        """The next view that is as wanted."""
        while not wanted(message := self.next(ViewReady)):
            pass
        return message


class Screen:
    """Takes what a feed sends."""

    def __init__(self) -> None:
        self.messages: SimpleQueue[News] = SimpleQueue()
        self.views: list[View] = []

    def wait(self, condition: Callable[[News], object]) -> News:
        while True:
            try:
                message = self.messages.get(timeout=PATIENCE)
            except Empty:
                raise AssertionError("never came") from None
            if isinstance(message, ViewReady):
                self.views.append(message.view)
            if condition(message):
                return message

    def moved(self, condition: Callable[[Position], object]) -> Position:
        message = self.wait(lambda each: isinstance(each, PositionMoved) and condition(each.position))
        assert isinstance(message, PositionMoved)
        return message.position

    def is_silent(self, seconds: float = 0.2) -> bool:
        """Whether no other frame is shown for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            try:
                message = self.messages.get(timeout=left)
            except Empty:
                return True
            if isinstance(message, PositionMoved) and message.position.number != self.number:
                return False
        return True

    number = 0
