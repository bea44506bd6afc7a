"""What recording costs.

Two things are measured. How much longer a steady tick takes that is recorded, on real sockets of which some are
replaced before each tick. And how large a recording gets: an hour of ticks of an idle desktop, played to the real
collector by a machine that is not there, times 24.
"""

from __future__ import annotations

import statistics
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from netwatch_tui.collect.collector import Collector
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.recording.file_format import ALL_EVERY
from netwatch_tui.recording.writer import Sink, Writer
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket, State, Timer
from tests.benchmarks.load import Load
from tests.benchmarks.measure import CHURN
from tests.benchmarks.report import so_many
from tests.benchmarks.results import Part, Results, Settings
from tests.support.build import process, tcp, udp, unix
from tests.support.fake import FakeSource

BAR = 0.20
"""The share of a tick that writing it may take."""
SOCKETS, DESKTOP = 10_000, 500
"""Of the load, at most, and of the idle desktop."""

_HOUR = 3600
_KEEPALIVE = 75


class Cost(NamedTuple):
    """Seconds of one tick."""

    tick: float
    plain: float
    """Of writing it to a file."""
    packed: float
    """Of writing it to a compressed one."""


def costs(sockets: int, processes: int, ticks: int) -> list[Cost]:
    """What each tick and its writing took, the first look, with all sockets, at the front."""
    found = []
    with Load(sockets, processes) as load, TemporaryDirectory() as folder:
        collector, now = Collector(LinuxSource()), time.time()
        sinks = [Sink(str(Path(folder, name))) for name in ("plain", "packed.gz")]
        writers = [Writer(sink.write, "host", now, 1.0) for sink in sinks]
        for _ in range(ticks + 1):
            load.replace(CHURN)
            now += 1.0
            start = time.perf_counter()
            snapshot = collector.collect(now)
            took = [time.perf_counter() - start]
            for writer in writers:
                start = time.perf_counter()
                writer.add(snapshot)
                took.append(time.perf_counter() - start)
            found.append(Cost(*took))
    return found


def hour(sockets: int) -> Iterator[Snapshot]:
    """What a collector sees of an idle desktop in an hour, a look a second.

    A connection of five is kept alive by a timer that runs, and one opens every ten seconds, for five.
    """
    source = FakeSource()
    collector = Collector(source, stopwatch=time.perf_counter)
    still = [*_unix(sockets * 7 // 10), *_listeners(sockets // 10), *_datagrams(sockets // 20)]
    kept = [_connection(port, inode=500_000 + port) for port in range(sockets - len(still))]
    for at in range(60):
        source.processes[100 + at] = process(100 + at, f"program-{at}", user="ada")
    for now in range(_HOUR):
        alive = [
            each._replace(timer=Timer("keepalive", float(_KEEPALIVE - (now + at * 7) % _KEEPALIVE)))
            if at % 5 == 0
            else each
            for at, each in enumerate(kept)
        ]
        short = list(_short_lived(now))
        source.put(*still, *alive, *short)
        for at, pid in enumerate(source.processes):
            source.hold(pid, *(each for each in (*still, *kept, *short) if each.inode and each.inode % 60 == at))
        yield collector.collect(1_767_258_000.0 + now)


def _unix(count: int) -> Iterator[Socket]:
    for at in range(count):
        yield unix(f"/run/user/1000/bus-{at}" if at % 2 else "*", inode=10_000 + at)


def _listeners(count: int) -> Iterator[Socket]:
    for at in range(count):
        yield tcp(f"127.0.0.1:{3000 + at}", inode=20_000 + at)


def _datagrams(count: int) -> Iterator[Socket]:
    for at in range(count):
        yield udp(f"127.0.0.1:{4000 + at}", inode=30_000 + at)


def _connection(port: int, **fields: object) -> Socket:
    return tcp(f"192.168.1.5:{40_000 + port % 20_000}", "198.51.100.7:443", **fields)


def _short_lived(now: int) -> Iterator[Socket]:
    """Connections of the last minute: open for five seconds, then in TIME-WAIT."""
    for start in range(now - now % 10, max(now - 65, -1), -10):
        age = now - start
        port = 1_000 + start // 10
        if age < 5:
            yield _connection(port, inode=600_000 + start)
        else:
            yield _connection(port, inode=0, state=State.TIME_WAIT, timer=Timer("timewait", float(65 - age)))


class Sizes(NamedTuple):
    """Bytes of an hour."""

    plain: int
    packed: int


def sizes(sockets: int) -> Sizes:
    """How large an hour of an idle desktop gets, compressed as `--record FILE.gz` does it."""
    press, plain, packed = zlib.compressobj(wbits=31), 0, 0

    def count(line: bytes) -> None:
        nonlocal plain, packed
        plain += len(line)
        packed += len(press.compress(line) + press.flush(zlib.Z_SYNC_FLUSH))

    writer = Writer(count, "host", 0, 1.0)
    for snapshot in hour(sockets):
        writer.add(snapshot)
    return Sizes(plain, packed + len(press.flush()))


def tell(found: list[Cost], sockets: int, results: Results) -> None:
    """The costs in words, and their bars."""
    first, *steady = found
    tick, plain, packed = (statistics.median(each) for each in zip(*steady, strict=True))
    share = plain / tick
    # What all sockets cost now and then, spread over the ticks between.
    spread = (plain + first.plain / ALL_EVERY) / tick
    results.keep(so_many(sockets), [cost._asdict() for cost in found])
    results.tell(
        f"{so_many(sockets)}, {CHURN:.0%} replaced, {len(steady)} ticks, medians: a tick {tick * 1e3:.1f} ms; "
        f"writing it {plain * 1e3:.1f} ms ({share:.1%} of the tick), compressed {packed * 1e3:.1f} ms "
        f"({packed / tick:.1%}); all sockets at once {first.plain * 1e3:.0f} ms, compressed {first.packed * 1e3:.0f} "
        f"ms, once in {ALL_EVERY} ticks: {spread:.1%} on the whole."
    )
    results.judge("recording: share of a tick, on the whole", spread * 100, " %", BAR * 100)
    results.judge("the same: compressed", packed / tick * 100, " %", BAR * 100)


def _measure(settings: Settings, results: Results) -> None:
    sockets = min(SOCKETS, settings.largest)
    with results.attempt(so_many(sockets)):
        tell(costs(sockets, settings.processes, settings.ticks), sockets, results)
    with results.attempt(f"an idle desktop, {so_many(DESKTOP)}"):
        plain, packed = sizes(DESKTOP)
        results.keep("bytes of an hour", [plain, packed])
        results.tell(
            f"An idle desktop with {so_many(DESKTOP)}: {plain / 1e6:.1f} MB an hour, compressed {packed / 1e6:.2f} MB; "
            f"a day {24 * plain / 1e6:.0f} MB, compressed {24 * packed / 1e6:.0f} MB."
        )


RECORDING = Part("recording", "writing what a tick saw, and how large that gets", _measure)
