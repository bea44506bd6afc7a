"""What takes its time and only the screen waits for: it ends with the screen. What must be done is an errand."""

from __future__ import annotations

from collections.abc import Callable, Coroutine

from textual.dom import DOMNode
from textual.worker import Worker

Work = Callable[[], Coroutine[None, None, object]]
"""A function, not its coroutine: of one that never gets its turn the interpreter complains on the terminal."""


def run_beside(node: DOMNode, work: Work) -> Worker[object]:
    """Run something beside everything else, as long as a part of the screen is there."""
    return node.run_worker(work)
