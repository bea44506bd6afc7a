"""Frames to a terminal that reads, that does not, and that is gone."""

from __future__ import annotations

import asyncio
import os
import pty
import select
import time
import tty
from collections.abc import Iterator

import pytest

from netwatch_tui.ui.terminal.output import TerminalOutput
from tests.support.program import PATIENCE


class Ends:
    """Both ends of a terminal, and what the program was told."""

    def __init__(self) -> None:
        self.ours, self.theirs = pty.openpty()
        tty.setraw(self.theirs)
        self.gaps = self.losses = 0

    def output(self) -> TerminalOutput:
        return TerminalOutput(self.theirs, asyncio.get_running_loop(), self.tell_gap, self.tell_loss)

    def tell_gap(self) -> None:
        self.gaps += 1

    def tell_loss(self) -> None:
        self.losses += 1

    async def read(self, until: bytes = b"") -> bytes:
        """All that there is, until nothing more comes after this."""
        data, end = b"", time.monotonic() + PATIENCE
        while select.select([self.ours], [], [], 0.05)[0] or (until not in data and time.monotonic() < end):
            if select.select([self.ours], [], [], 0)[0]:
                data += os.read(self.ours, 65_536)
            await asyncio.sleep(0)
        return data


@pytest.fixture
def ends() -> Iterator[Ends]:
    both = Ends()
    yield both
    os.close(both.ours)
    os.close(both.theirs)


def frame(number: int, size: int = 50_000) -> bytes:
    return b"<%d" % number + b"x" * size + b"%d>" % number


async def test_what_is_read_arrives(ends: Ends) -> None:
    output = ends.output()
    for number in range(5):
        output.send(frame(number, 100))
    assert await ends.read(b"4>") == b"".join(frame(number, 100) for number in range(5))
    assert (ends.gaps, ends.losses) == (0, 0)


async def test_frames_are_dropped_whole_while_nobody_reads_and_then_asked_for_anew(ends: Ends) -> None:
    output = ends.output()
    for number in range(10):
        output.send(frame(number))
    output.send(b"|clipboard|", droppable=False)
    data = await ends.read(b"|clipboard|")
    sent = [number for number in range(10) if b"<%d" % number in data]
    assert data == b"".join(map(frame, sent)) + b"|clipboard|", "whole frames, and what may not be dropped"
    assert sent == list(range(len(sent)))
    assert len(sent) < 5
    assert ends.gaps == 1
    output.send(b"again")
    assert await ends.read(b"again") == b"again"


async def test_what_may_not_be_dropped_is_bounded_all_the_same(ends: Ends) -> None:
    output = ends.output()
    for _ in range(100):
        output.send(b"c" * 100_000, droppable=False)
    assert len(await ends.read()) < 1_500_000


async def test_the_end_finds_room_in_a_terminal_that_did_not_read(ends: Ends) -> None:
    output = ends.output()
    for number in range(10):
        output.send(frame(number))
    output.finish(b"the end")
    data = await ends.read(b"the end")
    assert data.endswith(b"\x18the end")
    assert len(data) < 50_000, "what was cut off is thrown away"


async def test_a_terminal_that_is_gone_is_told_of_once(ends: Ends) -> None:
    output = ends.output()
    os.close(ends.ours)
    for number in range(3):
        output.send(frame(number))
    output.finish(b"the end")
    assert ends.losses == 1
    ends.ours = os.dup(ends.theirs)
