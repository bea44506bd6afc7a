"""How much work one snapshot of real sockets is, counted at two sizes: system calls by strace, and the interpreter's.

Of system calls those are left out that Python needs to start, those that depend on the C library's memory, and those on
who waits for whom. Each figure was noted with Python 3.11 on Linux 6.18 and may be exceeded by a sixth. Who makes
something cheaper notes the new one.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.benchmarks.helper import Helper
from tests.support.kernel import ROOT, new_netns, quiet_machine
from tests.support.program import PATIENCE, PROGRAM
from tests.support.work import MARGIN, Work

PROCESSES = 5
SIZES = (100, 1_000)
"""Sockets of each of them, beside one that listens."""
CALLS = (2_239, 6_921)
WORK = (Work(lines=29_153, calls=13_344), Work(lines=219_265, calls=102_710))

_COUNT = re.compile(r"\s*(\d+) (\w+)")
_OF_MEMORY = {"brk", "madvise", "mmap", "mprotect", "mremap", "munmap"}
_OF_WAITING = {"futex", "poll", "ppoll", "sched_yield", "select", "wait4", "waitid"}
_TOTAL = "total"


@pytest.fixture(scope="module")
def words(may_make_namespaces: None) -> Iterator[Sequence[str]]:
    """Words before a command that then runs where no other sockets and processes are."""
    with quiet_machine() as quiet, new_netns("counted") as netns:
        words = netns.command(*quiet)
        subprocess.run([*words, PROGRAM, "--once", "-tanH"], stdout=subprocess.DEVNULL, check=True)  # compiles it
        yield words


@contextmanager
def held(words: Sequence[str], sockets: int) -> Iterator[None]:
    """Processes hold so many connected sockets each while the block runs."""
    with ExitStack() as stack:
        holder = [*words, sys.executable, "-I", "-S", str(ROOT / "tests/benchmarks/holder.py")]
        for number in range(1, PROCESSES + 1):
            helper = Helper(f"holder {number}", holder)
            stack.callback(helper.end)
            helper.ask(f"open 127.80.0.{number} 1 {sockets // 2}", PATIENCE)
        yield


def run(*command: object) -> None:
    """Run something of which the output does not matter."""
    words = list(map(str, command))
    subprocess.run(words, cwd=ROOT, stdout=subprocess.DEVNULL, check=True, timeout=PATIENCE)


def calls(words: Sequence[str], report: Path, *command: str) -> int:
    """How many system calls a command takes."""
    run(*words, "strace", "-f", "-c", "-U", "calls,name", "-o", report, *command)
    lines = report.read_text().splitlines()
    counts = {found[2]: int(found[1]) for found in map(_COUNT.fullmatch, lines) if found}
    return sum(count for name, count in counts.items() if name not in {_TOTAL, *_OF_MEMORY, *_OF_WAITING})


class Counted(NamedTuple):
    """What one snapshot took."""

    system_calls: int
    """0 where there is no strace."""
    work: Work


@pytest.fixture(scope="module")
def snapshots(words: Sequence[str], tmp_path_factory: pytest.TempPathFactory) -> list[Counted]:
    """What is counted at each size."""
    report, has_strace, found = tmp_path_factory.mktemp("counted") / "report", shutil.which("strace"), []
    python = calls(words, report, sys.executable, "-c", "") if has_strace else 0
    for sockets in SIZES:
        with held(words, sockets):
            made = calls(words, report, PROGRAM, "--once", "-tanH") - python if has_strace else 0
            run(*words, sys.executable, "-m", "tests.support.counted_once", report)
            found.append(Counted(made, Work(*json.loads(report.read_text()))))
    return found


@pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")
def test_a_snapshot_takes_no_more_system_calls_than_it_did(snapshots: list[Counted]) -> None:
    found = [counted.system_calls for counted in snapshots]
    assert [now <= noted * MARGIN for now, noted in zip(found, CALLS, strict=True)] == [True, True], found


def test_a_snapshot_takes_no_more_lines_and_calls_of_python_than_it_did(snapshots: list[Counted]) -> None:
    found = [counted.work for counted in snapshots]
    assert [now.is_within(noted) for now, noted in zip(found, WORK, strict=True)] == [True, True], found
