"""Other programs that show sockets, on the same sockets in a network namespace of their own: once, and live.

Once: whole processes, by the wall clock, in rounds in which all take turns. Live: on a terminal, one after the other;
the processor time of the program and of what it started and waited for, and the most memory that it held. In brackets:
times what `ss` took.
"""

from __future__ import annotations

import ctypes
import os
import shutil
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.benchmarks.load import Load
from tests.benchmarks.measure import MeasureError, rehearse, run_timed
from tests.benchmarks.peer_programs import PEERS, SS, Peer
from tests.benchmarks.probe import memory_of
from tests.benchmarks.report import Table, duration, mebibytes, ratio, so_many
from tests.benchmarks.results import Part, Results, Settings
from tests.benchmarks.screen_programs import SETTLED, SIZE, processor_over
from tests.benchmarks.screen_terminal import PlainTerminal
from tests.support.kernel import new_netns, why_no_namespaces

MOST = 10_000
"""Sockets with which peers are measured; some take minutes with more."""
SECONDS = 30
"""Over which each is measured live."""

_CLONE_NEWNET = 0x40000000


def _measure(settings: Settings, results: Results) -> None:
    if reason := why_no_namespaces():
        raise MeasureError(reason)
    here = [peer for peer in PEERS if peer.is_here]
    if missing := [peer.name for peer in PEERS if not peer.is_here]:
        results.tell(f"Not installed here: {', '.join(missing)}.")
    sizes = [size for size in settings.sizes if size <= MOST] or [MOST]
    once, live = Table("once, wall clock"), Table(f"live at {SIZE}, {settings.lasting(SECONDS)} s")
    with new_netns("peers") as netns, _inside(netns.name):
        for size in sizes:
            with results.attempt(so_many(size)), Load(size, settings.processes):
                _once(here, size, settings.rounds, results, once)
                if size == sizes[-1]:
                    _live(here, size, settings.lasting(SECONDS), results, live)
    for table, is_live in ((once, False), (live, True)):
        if table:
            _describe(here, table, is_live=is_live)
            results.tell(table)


def _describe(peers: list[Peer], table: Table, *, is_live: bool) -> None:
    for peer in peers:
        if table.has(peer.name):
            table.put(peer.name, "version", peer.version_number() or "-")
            table.put(peer.name, "", peer.about_live if is_live else peer.about_once)


def _once(peers: list[Peer], size: int, rounds: int, results: Results, table: Table) -> None:
    able = []
    for peer in peers:
        if peer.once:
            with results.attempt(f"{peer.name} once, {so_many(size)}"):
                rehearse(peer.once, _lines(peer, size))
                able.append(peer)
    samples: dict[str, list[float]] = defaultdict(list)
    for number in range(rounds):
        turn = number % max(len(able), 1)
        for peer in (*able[turn:], *able[:turn]):
            samples[peer.name].append(run_timed(peer.once).seconds)
    for name, times in samples.items():
        results.keep(f"{name} once, {so_many(size)}", times)
        against = f" ({ratio(times, samples[SS]):.1f}x)" if SS in samples else ""
        table.put(name, so_many(size), duration(median(times)) + against)


def _lines(peer: Peer, size: int) -> int:
    """How many lines it must print at least: JSON may be a single one."""
    return 1 if "json" in " ".join(peer.once) else size


def _live(peers: list[Peer], size: int, seconds: int, results: Results, table: Table) -> None:
    found: dict[str, float] = {}
    for peer in peers:
        if not peer.live or not shutil.which(peer.live[0]):
            continue
        with results.attempt(f"{peer.name} live, {so_many(size)}"), PlainTerminal(peer.live, SIZE) as terminal:
            terminal.wait_for(lambda output: len(output) > SIZE.columns, "a screen")
            terminal.listen(SETTLED)
            found[peer.name] = processor_over(terminal, seconds)
            _, peak = memory_of(terminal.process.pid)
            results.keep(f"{peer.name} live, {so_many(size)}", [found[peer.name], peak])
            against = f" ({found[peer.name] / found[SS]:.1f}x)" if found.get(SS) else ""
            table.put(peer.name, f"processor, {so_many(size)}", f"{found[peer.name]:.1f} s{against}")
            table.put(peer.name, "peak memory of the program itself", mebibytes(peak))


@contextmanager
def _inside(name: str) -> Iterator[None]:
    """Start children in a network namespace: this thread is in it while the block runs."""
    before = os.open("/proc/self/ns/net", os.O_RDONLY)
    try:
        _enter(Path("/run/netns", name))
        try:
            yield
        finally:
            _set_namespace(before)
    finally:
        os.close(before)


def _enter(path: Path) -> None:
    namespace = os.open(path, os.O_RDONLY)
    try:
        _set_namespace(namespace)
    finally:
        os.close(namespace)


def _set_namespace(descriptor: int) -> None:
    """setns(2); `os.setns` is there from Python 3.12 on."""
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


PEERS_BESIDE = Part("peers", "other programs that show sockets, once and live", _measure)
