"""Other machines that may say anything: the spoiled lines of two, over several connections, as one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from random import Random
from threading import BoundedSemaphore
from typing import NamedTuple, cast

from netwatch_tui.hosts.fleet import Fleet
from netwatch_tui.hosts.host_connection import HostConnection
from netwatch_tui.hosts.remote_process import RemoteProcess
from netwatch_tui.hosts.targets import parse_targets
from netwatch_tui.hosts.wire_format import encode_answer
from netwatch_tui.sockets.hosts import names_hosts
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.snapshot import Snapshot
from tests.fuzz.consumers import check_plain, consume
from tests.fuzz.mutations import spoil_bytes, spoil_some_lines
from tests.fuzz.recordings import good_lines
from tests.fuzz.runner import Counts, check_said, run_inputs

CONNECTIONS = 2
"""Of each machine, one after the other."""
_JUST_ENDED = ("", "the recording ends here")
"""Why a connection ends at whose lines nothing is wrong."""
_NOW = 1_767_258_000.0
_CLOCK = 1
"""The number of the first question for the time."""


class Said(NamedTuple):
    """What the machines say."""

    number: int
    """Chance of what is done with it begins here."""
    connections: tuple[tuple[bytes, ...], ...]
    """Of each connection, of one machine and the other by turns, the pieces in which its bytes come."""


class _SaidProcess:
    """Stands for what a connection is held by: it says what it was given, and ends."""

    has_sent_all = True

    def __init__(self, pieces: tuple[bytes, ...], between: Callable[[], object]) -> None:
        self._pieces: Iterator[bytes] = iter(pieces)
        self._between = between

    def send(self, data: bytes) -> None:
        """Nobody reads it."""

    def forget_words(self) -> None:
        """There are none."""

    def last_words(self) -> str:
        return ""

    def exchange(self, _: float, __: int, *, listens: bool) -> bytes | None:
        self._between()
        return next(self._pieces, None) if listens else b""


def make(random: Random) -> Said:
    """Some spoiled recordings with answers between their lines, and some good ones."""
    return Said(random.randrange(1 << 30), tuple(_pieces(random) for _ in range(2 * CONNECTIONS)))


def _pieces(random: Random) -> tuple[bytes, ...]:
    lines = list(good_lines()[0])
    clock = encode_answer(_CLOCK, _NOW + random.choice((0.0, -3.5, 1e6, -1e9, 1e11)))
    for _ in range(random.randrange(3)):
        lines.insert(random.randrange(1, len(lines) + 1), clock)
    data = b"".join(spoil_some_lines(random, lines, random.choice((0, 1, 1, 2, 5))))
    if random.random() < 0.1:
        data = spoil_bytes(random, data)
    cuts = sorted(random.randrange(len(data) + 1) for _ in range(random.randrange(4)))
    return tuple(data[a:b] for a, b in pairwise((0, *cuts, len(data))) if a < b)


def attempt(said: Said) -> bool:
    """Follow the machines, show all that they tell, and say whether every connection was ended for it."""
    random = Random(said.number)
    feeds = [HostConnection(target, (), BoundedSemaphore()) for target in parse_targets(["web1", "web2"])]
    fleet = Fleet(feeds, needs=Needs(flows_of_all=True))
    snapshots: list[Snapshot] = [fleet.collect(_NOW)]

    def look() -> None:
        snapshots.append(fleet.collect(snapshots[-1].taken_at + random.choice((0.0, 0.5, 1.0, 60.0))))

    reasons = []
    try:
        for at, pieces in enumerate(said.connections):
            feed = feeds[at % 2]
            process = cast("RemoteProcess", _SaidProcess(pieces, look))
            reasons.append(feed._follow(process, lambda: None))
            look()
            look()  # of a connection after another one what came is taken with the next look
    finally:
        for feed in feeds:
            feed.stop()
    for reason in reasons:
        check_said(reason.replace("\n", "\\n"))
        assert "Error" not in reason, f"what is wrong with it has words of its own: {reason[:300]}"
    for snapshot in snapshots:
        for status in snapshot.hosts.values():
            check_plain(status.name)
    assert names_hosts(snapshots[-1].hosts)
    consume(random, snapshots)
    return all(reason not in _JUST_ENDED for reason in reasons)


def run(seed: int, seconds: float) -> Counts:
    """Spoil what machines say, and follow them."""
    return run_inputs(seed, seconds, make, attempt)
