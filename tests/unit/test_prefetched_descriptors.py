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

import pytest

from netwatch_tui.kernel import prefetched_descriptors
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


def child_of(source: PrefetchedSource) -> int:
    return source._child


def is_mine(pid: int) -> bool:
    """Whether this process has such a child, running or not yet waited for."""
    try:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
    except ChildProcessError:
        return False
    return True


@pytest.mark.usefixtures("descriptors_before")
def test_the_first_look_is_what_the_second_process_saw(proc: Path) -> None:
    source = PrefetchedSource(str(proc))
    child = child_of(source)
    assert source.pids() == [7, 8]
    assert (source.descriptors(7), source.descriptors(8)) == ({3: 56, 4: NO_SOCKET}, {3: 57})
    assert not is_mine(child)


def test_asked_again_it_looks_itself(proc: Path) -> None:
    source = PrefetchedSource(str(proc))
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
    source = PrefetchedSource(str(proc))
    os.kill(child_of(source), signal.SIGKILL)
    assert source.pids() == [7, 8]
    assert (source.descriptors(7), source.descriptors(8)) == ({3: 56, 4: NO_SOCKET}, {3: 57})


def test_what_may_not_be_looked_into_is_a_permission_error(proc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listdir = os.listdir

    def denied(folder: str | int = ".") -> list[str]:
        if isinstance(folder, int) and Path(f"/proc/self/fd/{folder}").readlink() == proc / "8" / "fd":
            raise PermissionError
        return listdir(folder)

    monkeypatch.setattr(os, "listdir", denied)
    source = PrefetchedSource(str(proc))
    assert source.pids() == [7, 8]
    assert source.descriptors(7) == {3: 56, 4: NO_SOCKET}
    with pytest.raises(PermissionError):
        source.descriptors(8)


def test_nobody_waits_for_ever_where_the_first_process_ends_without_asking() -> None:
    """What the second process says is more than a pipe holds; the pipe to us closes only when both have ended."""
    code = (
        "import os\n"
        "from netwatch_tui.kernel import prefetched_descriptors as ahead\n"
        "ahead.list_pids = lambda proc: range(100_000)\n"
        "ahead.read_descriptors = lambda proc, pid: {3: 1, 4: 2}\n"
        "ahead.PrefetchedSource()\n"
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
    source = PrefetchedSource(str(proc))
    assert source.pids() == [7, 8]
    assert (source.descriptors(7), source.descriptors(8)) == ({3: 56, 4: NO_SOCKET}, {3: 57})


@pytest.mark.usefixtures("descriptors_before")
@pytest.mark.parametrize("said", [b"{", b"nonsense", b"[\x01"])
def test_where_the_second_process_ends_in_the_middle_of_a_word_this_one_looks(
    proc: Path, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(
        prefetched_descriptors, "marshal", SimpleNamespace(dump=lambda _, pipe: pipe.write(said), loads=marshal.loads)
    )
    source = PrefetchedSource(str(proc))
    assert source.pids() == [7, 8]
    assert source.descriptors(8) == {3: 57}


def test_a_process_that_does_not_hear_of_its_children_takes_what_they_found(proc: Path) -> None:
    """Whoever started it may have let SIGCHLD be ignored: then the kernel waits for the children itself."""
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        source = PrefetchedSource(str(proc))
        assert source.pids() == [7, 8]
        assert source.descriptors(8) == {3: 57}
    finally:
        signal.signal(signal.SIGCHLD, before)
