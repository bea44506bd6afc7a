from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.benchmarks.load import Limits, Load, LoadError, Part, plan

ROOT = Path(__file__).parents[2]
PLENTY = Limits(descriptors=20_000, own_descriptors=20_000, system_files=2_000_000, ports=28_232)


def sockets_of(pids: list[int]) -> set[str]:
    """The sockets that processes hold, by the name of their links."""
    found = set()
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                target = str(descriptor.readlink())
                if target.startswith("socket:"):
                    found.add(target)
    return found


def states_of(pids: list[int]) -> list[str]:
    """The states of their TCP sockets, as the kernel numbers them."""
    inodes = {name.removeprefix("socket:[").removesuffix("]") for name in sockets_of(pids)}
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sorted(fields[3] for fields in lines if fields[9] in inodes)


def left_behind() -> list[str]:
    """Connections of a load in TIME-WAIT."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return [fields[2] for fields in lines if fields[2][4:8] == "507F" and fields[3] == "06"]


def is_running(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until_gone(pids: list[int]) -> None:
    end = time.monotonic() + 20
    while any(map(is_running, pids)):
        assert time.monotonic() < end, "still running"
        time.sleep(0.01)


def test_holds_exactly_what_it_says_and_leaves_nothing() -> None:
    with Load(sockets=203, processes=4) as load:
        pids = load.pids
        assert len(set(pids)) == 4
        assert len(sockets_of(pids)) == 203
        states = states_of(pids)
        assert states.count("01") == 2 * load.pairs
        assert states.count("0A") == 203 - 2 * load.pairs
    assert not any(map(is_running, pids))
    assert left_behind() == []


def test_replaces_exactly_the_share() -> None:
    with Load(sockets=200, processes=4) as load:
        before = sockets_of(load.pids)
        assert load.replace(0.1) == 20
        after = sockets_of(load.pids)
        assert len(after) == 200
        assert len(after - before) == 20
        assert load.replace(0) == 0
        assert sockets_of(load.pids) == after
        assert load.replace(1) == 2 * load.pairs
        assert len(after & sockets_of(load.pids)) == 200 - 2 * load.pairs
    assert left_behind() == []


def test_the_smallest_share_is_one_connection() -> None:
    with Load(sockets=10, processes=1) as load:
        assert load.replace(0.001) == 2


def test_churns_while_the_block_runs() -> None:
    with Load(sockets=40, processes=2) as load:
        before = sockets_of(load.pids)
        with load.churn(50):
            with pytest.raises(LoadError, match="churns already"):
                load.replace(0.1)
            end = time.monotonic() + 20
            while len(before & sockets_of(load.pids)) > 20:
                assert time.monotonic() < end, "nothing churns"
                time.sleep(0.01)
        assert load.churned >= 20
        assert len(sockets_of(load.pids)) == 40
        still = sockets_of(load.pids)
        assert load.replace(0.1) == 4
        assert len(still - sockets_of(load.pids)) == 4


def test_its_processes_end_when_it_is_killed() -> None:
    command = [sys.executable, "-m", "tests.benchmarks.load", "--sockets", "60", "--processes", "3", "--churn", "1"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pids = [int(word) for word in re.findall(r"\d+", parent.stdout.readline().partition(":")[2])]
        assert len(pids) == 3
        assert all(map(is_running, pids))
        parent.send_signal(signal.SIGKILL)
    wait_until_gone(pids)
    assert left_behind() == []


def test_says_when_one_of_its_processes_is_lost() -> None:
    with Load(sockets=20, processes=2) as load:
        os.kill(load.pids[0], signal.SIGKILL)
        with pytest.raises(LoadError, match="process 0 of the load ended with status -9"):
            load.replace(1)
        other = load.pids[1]
    assert not is_running(other)


def test_the_parts_add_up() -> None:
    assert plan(100_000, 50, PLENTY) == [Part(2, 999)] * 50
    for sockets, processes in ((3, 1), (4, 1), (1_000, 7), (99_999, 50)):
        parts = plan(sockets, processes, PLENTY)
        assert len(parts) == processes
        assert sum(part.sockets for part in parts) == sockets
        assert all(part.listeners and part.pairs for part in parts)


def test_a_listener_is_not_asked_for_more_connections_than_there_are_ports() -> None:
    (part,) = plan(10_000, 1, PLENTY._replace(ports=1_000))
    assert part.pairs / part.listeners <= 500
    assert part.sockets == 10_000


@pytest.mark.parametrize(
    ("limits", "sockets", "processes", "reason"),
    [
        (PLENTY, 100_000, 2, r"50000 in each.*RLIMIT_NOFILE.*more processes"),
        (PLENTY._replace(own_descriptors=128), 1_000, 60, r"2 pipes each.*fewer processes"),
        (PLENTY._replace(system_files=5_000), 10_000, 50, r"fs\.file-max"),
        (PLENTY, 10, 50, "too few for 50 processes"),
        (PLENTY, 10, 0, "too few"),
    ],
)
def test_says_which_limit_forbids_a_size(limits: Limits, sockets: int, processes: int, reason: str) -> None:
    with pytest.raises(LoadError, match=reason):
        plan(sockets, processes, limits)


def test_a_load_that_cant_be_opened_leaves_no_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    holder = tmp_path / "holder.py"
    holder.write_text("import sys\nsys.stdin.readline()\nprint('error No buffer space available', flush=True)\ninput()")
    monkeypatch.setattr("tests.benchmarks.load._HOLDER", holder)
    load = Load(sockets=20, processes=2)
    with pytest.raises(LoadError, match="process 0 of the load: No buffer space available"), load:
        raise AssertionError("not reached")
    assert not any(map(is_running, load.pids))


def test_processes_hold_more_descriptors_when_asked_to() -> None:
    with Load(sockets=12, processes=2) as load:
        before = [len(os.listdir(f"/proc/{pid}/fd")) for pid in load.pids]
        load.pad(100)
        assert [len(os.listdir(f"/proc/{pid}/fd")) for pid in load.pids] == [count + 100 for count in before]
        assert len(sockets_of(load.pids)) == 12
        with pytest.raises(LoadError, match="Too many open files"):
            load.pad(10_000_000)
