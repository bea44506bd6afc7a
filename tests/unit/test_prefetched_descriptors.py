"""The scan by a second process: the same as this one's, and no process is left behind."""

from __future__ import annotations

import gc
import marshal
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from netwatch_tui.cli import main
from netwatch_tui.kernel import descriptor_scan
from netwatch_tui.kernel.descriptor_scan import DescriptorScan
from netwatch_tui.kernel.descriptors import NO_SOCKET
from netwatch_tui.kernel.prefetched_descriptors import PrefetchedSource


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A folder that looks like /proc, with two processes."""
    for pid, targets in ((7, ("socket:[56]", "/dev/null")), (8, ("socket:[57]",))):
        (tmp_path / str(pid) / "fd").mkdir(parents=True)
        for fd, target in enumerate(targets, 3):
            (tmp_path / str(pid) / "fd" / str(fd)).symlink_to(target)
    return tmp_path


@pytest.fixture
def descriptors_before() -> Iterator[None]:
    gc.collect()  # what other tests left open is closed now, and not while this one counts
    before = os.listdir("/proc/self/fd")
    yield
    assert len(os.listdir("/proc/self/fd")) == len(before), "a descriptor was left open"


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})


def scanned(proc: Path) -> PrefetchedSource:
    return PrefetchedSource(DescriptorScan(str(proc)), str(proc))


def is_mine(pid: int) -> bool:
    """Whether this process has such a child, running or not yet waited for."""
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
    except ChildProcessError:
        return False
    return True


@pytest.mark.usefixtures("descriptors_before")
def test_the_first_look_is_what_the_second_process_saw(proc: Path) -> None:
    scan = DescriptorScan(str(proc))
    child, source = scan.child, PrefetchedSource(scan, str(proc))
    assert is_mine(child)
    assert source.pids() == [7, 8]
    assert (source.descriptors(7), source.descriptors(8)) == ({3: 56, 4: NO_SOCKET}, {3: 57})
    assert not is_mine(child)


def test_asked_again_it_looks_itself(proc: Path) -> None:
    source = scanned(proc)
    source.pids()
    (proc / "8" / "fd" / "4").symlink_to("socket:[58]")
    (proc / "9" / "fd").mkdir(parents=True)
    assert source.descriptors(8) == {3: 57}, "the first look is one look"
    assert source.descriptors(8, [4]) == {4: 58}, "a question about one descriptor is none of it"
    assert source.pids() == [7, 8, 9]
    assert source.descriptors(8) == {3: 57, 4: 58}
    assert source.descriptors(9) == {}


@pytest.mark.usefixtures("descriptors_before")
def test_where_the_second_process_was_killed_this_one_looks(proc: Path) -> None:
    scan = DescriptorScan(str(proc))
    os.kill(scan.child, signal.SIGKILL)
    source = PrefetchedSource(scan, str(proc))
    assert source.pids() == [7, 8]
    assert (source.descriptors(7), source.descriptors(8)) == ({3: 56, 4: NO_SOCKET}, {3: 57})


def test_what_may_not_be_looked_into_is_a_permission_error(proc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listdir = os.listdir

    def denied(folder: str | int = ".") -> list[str]:
        if isinstance(folder, int) and Path(f"/proc/self/fd/{folder}").readlink() == proc / "8" / "fd":
            raise PermissionError
        return listdir(folder)

    monkeypatch.setattr(os, "listdir", denied)
    source = scanned(proc)
    assert source.pids() == [7, 8]
    assert source.descriptors(7) == {3: 56, 4: NO_SOCKET}
    with pytest.raises(PermissionError):
        source.descriptors(8)


def test_nobody_waits_for_ever_where_the_first_process_ends_without_asking() -> None:
    """What the second process says is more than a pipe holds; the pipe to us closes only when both have ended."""
    code = (
        "import os\n"
        "from netwatch_tui.kernel.descriptors import DescriptorFolder\n"
        "from netwatch_tui.kernel import descriptor_scan\n"
        "descriptor_scan.list_pids = lambda proc: range(100_000)\n"
        "descriptor_scan.stat_descriptors = lambda proc, pid: DescriptorFolder(2, 1)\n"
        "descriptor_scan.read_descriptors = lambda proc, pid: {3: 1, 4: 2}\n"
        "os.sched_getaffinity = lambda pid: {0, 1}\n"
        "descriptor_scan.DescriptorScan()\n"
        "os._exit(3)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", "")


@pytest.mark.usefixtures("descriptors_before")
@pytest.mark.parametrize("call", ["fork", "pipe"])
def test_where_there_can_be_no_second_process_this_one_looks(
    proc: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def refused() -> None:
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(os, call, refused)
    source = scanned(proc)
    assert source.pids() == [7, 8]
    assert (source.descriptors(7), source.descriptors(8)) == ({3: 56, 4: NO_SOCKET}, {3: 57})


@pytest.mark.usefixtures("descriptors_before")
@pytest.mark.parametrize("said", [b"{", b"nonsense", b"[\x01"])
def test_where_the_second_process_ends_in_the_middle_of_a_word_this_one_looks(
    proc: Path, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(
        descriptor_scan, "marshal", SimpleNamespace(dump=lambda _, pipe: pipe.write(said), loads=marshal.loads)
    )
    source = scanned(proc)
    assert source.pids() == [7, 8]
    assert source.descriptors(8) == {3: 57}


def test_a_process_that_does_not_hear_of_its_children_takes_what_they_found(proc: Path) -> None:
    """Whoever started it may have let SIGCHLD be ignored: then the kernel waits for the children itself."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        source = scanned(proc)
        assert source.pids() == [7, 8]
        assert source.descriptors(8) == {3: 57}
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_another_process_by_the_same_number_is_looked_at_anew(proc: Path) -> None:
    source = scanned(proc)
    source.pids()
    (proc / "7").rename(proc / "gone")
    (proc / "7" / "fd").mkdir(parents=True)
    (proc / "7" / "fd" / "3").symlink_to("socket:[99]")
    for pid in (7, 8):
        source.stat_descriptors(pid)
    assert (source.descriptors(7), source.descriptors(8)) == ({3: 99}, {3: 57})


def test_on_one_processor_there_is_no_second_process(proc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3})
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("forked"))
    assert scanned(proc).pids() == [7, 8]


@pytest.mark.usefixtures("descriptors_before")
def test_a_scan_that_nobody_takes_ends_with_the_program(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    started: list[int] = []
    fork = os.fork

    def forked() -> int:
        started.append(fork())
        return started[-1]

    monkeypatch.setattr(os, "fork", forked)
    with pytest.raises(SystemExit):
        main(["--once", "port:x"])
    assert "port:x" in capsys.readouterr().err
    assert len(started) == 2
    assert not any(map(is_mine, started))
