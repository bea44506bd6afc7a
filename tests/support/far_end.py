"""The far end of a connection, in this process: what is asked is answered in a thread, and all of it goes as JSON."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from netwatch_tui.hosts.orders import Orders
from netwatch_tui.hosts.wire_format import About, Ask, decode_answer, decode_order, encode_answer, encode_order
from netwatch_tui.recording.line_json import from_json, to_json

NO_ANSWER = object()
"""Stands for saying nothing at all."""


def as_said(value: object) -> Any:
    """What the other end gets of it."""
    return from_json(to_json(value).encode())


class FarEnd:
    """Answers as what is opened for each connection does; `spoil` may change what is told."""

    def __init__(self, open_answers: Callable[[], Callable[[Ask], Any]]) -> None:
        self.orders = Orders()
        self.asked: list[Ask] = []
        self.spoil: Callable[[Ask, Any], Any] = lambda _, told: told
        self._open_answers = open_answers
        self._is_over = False
        self._thread = threading.Thread()

    def begin(self) -> None:
        """There is a connection, to an end that holds nothing."""
        self._is_over = False
        self._thread = threading.Thread(target=self._serve, args=(self._open_answers(),), daemon=True)
        self.orders.open()
        self._thread.start()

    def end(self) -> None:
        """There is none any more."""
        self.orders.shut()
        self._is_over = True
        self.orders.ring()
        self._thread.join()

    def _serve(self, answers: Callable[[Ask], Any]) -> None:
        while not self._is_over:
            for ask in self.orders.take_asks():
                heard = decode_order(encode_order(ask))
                assert isinstance(heard, Ask)
                self.asked.append(heard)
                told = self.spoil(heard, answers(heard))
                if told is not NO_ANSWER:
                    self.orders.answer(decode_answer(encode_answer(heard.number, told)))
            self.orders.sleep(0.001)

    def told(self, *but: About) -> list[About]:
        """What was asked about, but for some."""
        return [ask.about for ask in self.asked if ask.about not in but]


@contextmanager
def far_end(open_answers: Callable[[], Callable[[Ask], Any]]) -> Iterator[FarEnd]:
    """Such an end, to which there is a connection."""
    far = FarEnd(open_answers)
    far.begin()
    try:
        yield far
    finally:
        far.end()
        far.orders.close()
