"""What many machines cost on one screen.

The program follows so many hosts by its own connections, but the `ssh` that it finds plays recordings that were made
before: the machine that measures has to be no hundred machines. Each host has so many connections, of which 1 % are
replaced a second; all of them differ in their addresses. Measured is the installed program in a pseudo-terminal, as in
`keys.py`: the time until every row is there, that from a key to the screen, resident memory, and processor
time, which is that of the program alone with its threads; the stand-ins are processes of their own. Then, without a
screen, what each host's frame costs to read and the table of all of them to merge, by the processor's clock.
"""

from __future__ import annotations

import os
import re
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from netwatch_tui.hosts.fleet import Fleet
from netwatch_tui.hosts.host_feed import HostNews
from netwatch_tui.recording.reader import Recording
from netwatch_tui.recording.writer import Writer
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.hosts import HostPhase, HostStatus
from netwatch_tui.sockets.ownership import Owner
from netwatch_tui.sockets.snapshot import Counts, Seen, Snapshot
from netwatch_tui.sockets.socket import Address, Socket
from tests.benchmarks.key_answers import Answer
from tests.benchmarks.keys import BARRED, LONGEST_BAR, P99_BAR, answered
from tests.benchmarks.keys import tell as tell_keys
from tests.benchmarks.measure import CHURN, PROGRAM
from tests.benchmarks.probe import memory_of
from tests.benchmarks.report import MIB, so_many
from tests.benchmarks.results import Part, Results, Settings
from tests.benchmarks.screen_programs import SIZE
from tests.benchmarks.screen_terminal import PlainTerminal
from tests.support.build import NETNS, owner, tcp
from tests.support.hosts import FakeHost

TICKS = 120
"""Frames that are made for each host; nothing changes after them."""
MERGED = 20
"""Ticks of which the merging is measured."""

SOCKETS = 1_000
"""Of each host."""
TYPING, WATCHED = 60, 20
"""Seconds of keys, and those before over which processor time is taken."""
MEMORY_BAR = 300.0
"""MiB: that of 100,000 sockets of one machine, as the bars of keys are."""

_STAND_IN = Path(__file__).with_name("host_stand_in.py")
_ALL_THERE = 120.0
"""Seconds after which it is given up that all rows come."""
_SETTLED = 8.0


class OnScreen(NamedTuple):
    """What was measured of the program."""

    start: float
    """Seconds until every row was there."""
    keys: list[Answer]
    memory: tuple[int, int]
    """Resident bytes, now and at most."""
    processor: float
    """Seconds a second."""


class Merging(NamedTuple):
    """Seconds of the processor that a tick takes."""

    reading: list[float]
    """The frames of all hosts."""
    merging: list[float]
    """Into one snapshot."""


def ticks_of(host: int, sockets: int, ticks: int) -> Iterator[Snapshot]:
    """What a host sees: connections to a web server, of which 1 % are replaced in each tick."""
    owners = [(owner(1000 + number, 3, "nginx"),) for number in range(20)]
    every = {at: _connection(host, at, owners) for at in range(1, sockets + 1)}
    replaced, oldest = max(round(sockets * CHURN), 1), 1
    delta = Delta()
    for tick in range(ticks + 1):
        after = tuple(every.values())
        counts = Counts().after(Delta(opened=after))
        yield Snapshot(float(tick), after, delta, counts, 0.0, (), Seen({NETNS: "own"}, 0, 0, NETNS))
        closed = tuple(every.pop(oldest + at) for at in range(replaced))
        oldest += replaced
        opened = tuple(_connection(host, oldest + sockets - replaced + at, owners) for at in range(replaced))
        every.update((socket.id, socket) for socket in opened)
        delta = Delta(opened=opened, closed=closed)


def _connection(host: int, id: int, owners: list[tuple[Owner]]) -> Socket:
    packed = bytes([10, host & 255, id >> 8 & 255, id & 255])
    return tcp("192.0.2.1:443", "10.0.0.1:1")._replace(
        id=id, peer=Address(4, packed, ".".join(map(str, packed))), peer_port=1024 + id % 60_000, inode=100_000 + id,
        owners=owners[id % len(owners)], owner_reason=None, user="www-data", uid=33,
    )  # fmt: skip


def write_recording(path: Path, host: int, sockets: int, ticks: int) -> None:
    """A recording of what a host sees."""
    with path.open("wb") as file:
        writer = Writer(file.write, f"web{host:03}", 0.0, 1.0)
        for snapshot in ticks_of(host, sockets, ticks):
            writer.add(snapshot)


def make_ssh(folder: Path) -> None:
    """A program called `ssh` that plays the recording of the host that it is to reach."""
    script = folder / "ssh"
    # The host is the word before the last one, which is the command.
    script.write_text(
        "#!/bin/sh\n"
        "for word; do host=$last; last=$word; done\n"
        f'exec "{sys.executable}" -I -S "{_STAND_IN}" "{folder}/$host.ndjson"\n'
    )
    script.chmod(0o700)


def on_screen(folder: Path, hosts: int, sockets: int, typing: float, seconds: float) -> OnScreen:
    """The program in a pseudo-terminal.

    Raises:
        MeasureError: Something did not come in time.
    """
    os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"
    command = [PROGRAM, "--fresh", "--host", f"web[001-{hosts:03}]"]
    all_there = re.compile(rf"{hosts * sockets:,} sockets".encode())
    with PlainTerminal(command, SIZE) as terminal:
        terminal.wait_for(lambda output: all_there.search(output), "every row", _ALL_THERE)
        start = time.perf_counter() - terminal.started
        terminal.listen(_SETTLED)
        before = terminal.processor
        terminal.listen(seconds)
        processor = (terminal.processor - before) / seconds
        memory = memory_of(terminal.process.pid)
        return OnScreen(start, list(answered(terminal, typing, "nginx")), memory, processor)


class _Played(FakeHost):
    """A host whose frames are read when the benchmark says so."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.stem)
        self._frames = iter(Recording(_lines(path), path.stem, {}))
        self._news: list[Snapshot] = []
        self._is_first = True

    def read(self) -> None:
        """Have the next frame."""
        self._news = [next(self._frames)]

    def take(self) -> HostNews:
        status = HostStatus(self.name, HostPhase.LIVE, as_of=self._news[-1].taken_at)
        news, self._is_first = HostNews(tuple(self._news), self._is_first, status), False
        return news


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from file


def merging(folder: Path, hosts: int) -> Merging:
    """The same frames without connections and screen."""
    played = [_Played(folder / f"web{host:03}.ndjson") for host in range(1, hosts + 1)]
    fleet, found = Fleet(played), Merging([], [])
    for tick in range(MERGED + 1):
        start = time.process_time()
        for host in played:
            host.read()
        read = time.process_time()
        fleet.collect(float(tick))
        found.reading.append(read - start)
        found.merging.append(time.process_time() - read)
    return found


def tell(screen: OnScreen, merged: Merging, machines: str, results: Results) -> None:
    """All but the keys, with the bars of as many sockets on one machine."""
    peak = screen.memory[1] / MIB
    (first_read, *reading), (first_merge, *merge) = merged
    results.keep("reading", merged.reading)
    results.keep("merging", merged.merging)
    results.tell(
        f"{machines}: every row is there after {screen.start:.1f} s; the program takes {screen.processor:.0%} of a "
        f"processor and {peak:.0f} MiB at most; a tick reads what all hosts sent in "
        f"{statistics.median(reading) * 1e3:.1f} ms (the first in {first_read * 1e3:,.0f} ms) and merges it in "
        f"{statistics.median(merge) * 1e3:.1f} ms ({first_merge * 1e3:,.0f} ms)."
    )
    results.judge(f"resident memory, peak, {machines}", peak, " MiB", MEMORY_BAR)


def _measure(settings: Settings, results: Results) -> None:
    hosts = max(settings.largest // SOCKETS, 1)
    machines = f"{hosts} hosts of {so_many(SOCKETS)}"
    with results.attempt(machines), TemporaryDirectory() as name:
        folder = Path(name)
        for host in range(1, hosts + 1):
            write_recording(folder / f"web{host:03}.ndjson", host, SOCKETS, TICKS)
        make_ssh(folder)
        typing = settings.lasting(TYPING)
        screen = on_screen(folder, hosts, SOCKETS, typing, settings.lasting(WATCHED))
        tell(screen, merging(folder, hosts), machines, results)
        p99, longest = tell_keys(screen.keys, machines, typing, results)
        if hosts * SOCKETS == BARRED:
            results.judge(f"key to screen, p99, {machines}, {CHURN:.0%} churn", p99, " ms", P99_BAR)
            results.judge("the same: longest", longest, " ms", LONGEST_BAR)


FLEET = Part("fleet", "many machines on one screen, played by stand-ins", _measure)
