"""What a stream makes of time: by a clock that only moves while it waits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from random import Random
from threading import BoundedSemaphore
from types import SimpleNamespace
from typing import cast

import pytest

from netwatch_tui.hosts import remote_stream
from netwatch_tui.hosts.allowance import Allowance
from netwatch_tui.hosts.host_connection import HostConnection
from netwatch_tui.hosts.orders import Orders, Stopping
from netwatch_tui.hosts.remote_process import RemoteProcess
from netwatch_tui.hosts.remote_stream import ConnectionEndedError, Patience, RemoteStream
from netwatch_tui.hosts.targets import Transport, parse_targets
from tests.fuzz.mutations import spoil_bytes, spoil_lines
from tests.support.recordings import story

HEADER = b'{"netwatch-tui":"recording"}\n'
FRAME = b'{"t":1}\n'


class FakeProcess:
    """Gives pieces at moments; whatever is sent to it is kept. The clock is that of the stream as well."""

    def __init__(self, *pieces: tuple[float, bytes | None], answers_until: float = 0.0) -> None:
        self.now = 0.0
        self.sent = b""
        self.has_sent_all = True
        self.answers_until = answers_until
        """Until when it tells the time at once when it is asked."""
        self._pieces = sorted(pieces, key=lambda piece: piece[0])
        self._answers: list[bytes] = []

    def send(self, data: bytes) -> None:
        self.sent += data
        ask = json.loads(data)
        if ask.get("about") == "clock" and self.now < self.answers_until:
            self._answers.append(b'{"answer":%d,"told":%d}\n' % (ask["ask"], 1_000_000 + self.now))

    def exchange(self, seconds: float, wake: int, *, listens: bool) -> bytes | None:
        assert seconds < 60, "it would sleep through everything"
        if listens and self._answers:
            return self._answers.pop()
        if listens and self._pieces and self._pieces[0][0] <= self.now + seconds:
            moment, piece = self._pieces.pop(0)
            self.now = max(self.now, moment)
            return piece
        self.now += max(seconds, 0.001)
        return b""

    def last_words(self) -> str:
        return "its last words"

    def forget_words(self) -> None:
        """There are none."""


class Stream:
    """A stream of a fake process, with what it told."""

    def __init__(
        self, process: FakeProcess, monkeypatch: pytest.MonkeyPatch, deaf: tuple[float, float] = (0, 0)
    ) -> None:
        clocks = SimpleNamespace(monotonic=lambda: process.now, time=lambda: 1_000_007 + process.now)
        monkeypatch.setattr(remote_stream, "time", clocks)
        self.overdue: list[tuple[float, str]] = []
        self.orders = Orders()
        self.real = RemoteStream(
            cast("RemoteProcess", process),
            Transport.SSH,
            self.orders,
            Patience(),
            listens=lambda: not deaf[0] <= process.now < deaf[1],
            overdue=lambda words: self.overdue.append((process.now, words)),
            allowance=Allowance(lambda: process.now, lambda: 0.0),
        )

    def lines(self) -> Iterator[bytes]:
        return self.real.lines()

    def end(self) -> str:
        """All lines up to the end, and why it is one."""
        with pytest.raises(ConnectionEndedError) as ended:
            list(self.lines())
        return str(ended.value)


def test_what_does_not_begin_in_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    process = FakeProcess((29.0, b"Welcome\n"))
    assert Stream(process, monkeypatch).end() == "nothing within 30 s"
    assert 30 <= process.now < 31


def test_a_machine_that_answers_is_late_once_and_never_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    process = FakeProcess((1.0, HEADER), (2.0, FRAME), (500.0, FRAME), (600.0, None), answers_until=550.0)
    stream = Stream(process, monkeypatch)
    assert stream.end() == "silent for 20 s"
    assert [moment for moment, _ in stream.overdue] == pytest.approx([5.0, 503.0])
    assert {words for _, words in stream.overdue} == {"its last words"}
    assert process.now == pytest.approx(570, abs=Patience().clock_every)


def test_one_that_says_nothing_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    process = FakeProcess((1.0, HEADER), (2.0, FRAME))
    stream = Stream(process, monkeypatch)
    assert stream.end() == "silent for 20 s"
    assert process.now == pytest.approx(22.0, abs=0.01)
    assert [round(moment) for moment, _ in stream.overdue] == [5]


def test_nothing_is_late_or_silent_to_who_does_not_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    process = FakeProcess((1.0, HEADER), (2.0, FRAME), (100.0, FRAME), (101.0, None))
    stream = Stream(process, monkeypatch, deaf=(2.0, 100.0))
    assert stream.end() == ""
    assert stream.overdue == []


def test_a_clock_is_measured_at_the_middle_of_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    process = FakeProcess((1.0, HEADER), (3.0, FRAME), (4.0, None), answers_until=9.0)
    stream = Stream(process, monkeypatch)
    stream.end()
    assert stream.real.clock_offset == pytest.approx(-7.0)


def test_the_time_is_not_asked_for_behind_what_is_still_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    process = FakeProcess((1.0, HEADER), (2.0, FRAME), (30.0, None))
    process.has_sent_all = False
    Stream(process, monkeypatch).end()
    assert b'"clock"' not in process.sent


def test_a_line_of_two_pieces_is_one_and_two_of_one_piece_are_two(monkeypatch: pytest.MonkeyPatch) -> None:
    process = FakeProcess(
        (1.0, b"noise" + HEADER[:9]), (1.1, HEADER[9:] + FRAME + FRAME[:3]), (1.2, FRAME[3:]), (2.0, None)
    )
    lines = Stream(process, monkeypatch).lines()
    assert [next(lines), next(lines), next(lines)] == [HEADER, FRAME, FRAME]


def test_it_is_over_when_nobody_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream(FakeProcess((1.0, HEADER)), monkeypatch)
    stream.orders.stop()
    with pytest.raises(Stopping):
        next(stream.lines())


@pytest.mark.parametrize(
    "spoiled",
    [
        lambda random, lines: b"".join(spoil_lines(random, lines)),
        lambda random, lines: spoil_bytes(random, b"".join(lines)),
    ],
    ids=["lines", "bytes"],
)
def test_whatever_a_machine_sends_costs_no_more_than_its_connection(
    monkeypatch: pytest.MonkeyPatch, spoiled: Callable[[Random, list[bytes]], bytes]
) -> None:
    good = story(8)
    reasons = set()
    for seed in range(150):
        random = Random(seed)
        data = spoiled(random, good)
        cuts = sorted(random.randrange(len(data) + 1) for _ in range(5))
        pieces = [(0.1 * at, data[a:b]) for at, (a, b) in enumerate(pairwise((0, *cuts, len(data)))) if a < b]
        process = FakeProcess(*pieces, (5.0, None))
        monkeypatch.setattr(remote_stream, "time", SimpleNamespace(monotonic=lambda p=process: p.now, time=lambda: 0.0))
        (target,) = parse_targets(["web1"])
        connection = HostConnection(target, (), BoundedSemaphore())
        reason = connection._follow(cast("RemoteProcess", process), lambda: None)
        news = connection.take()
        assert all(snapshot.delta.is_empty for snapshot in news.snapshots[:1])
        assert "Error" not in reason, "whatever is wrong with it has words of its own"
        reasons.add(reason)
        connection.stop()
    assert len(reasons) > 3
