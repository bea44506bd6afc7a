from __future__ import annotations

import os
from pathlib import Path

import pytest

from netwatch_tui.kernel.process_names import ProcessNames
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.sockets.ownership import Process, ProcessDetails


@pytest.fixture
def source(tmp_path: Path) -> LinuxSource:
    return LinuxSource(str(tmp_path), ProcessNames(str(tmp_path)))


def test_the_name_of_a_process_is_what_it_calls_itself(tmp_path: Path, source: LinuxSource) -> None:
    (tmp_path / "30").mkdir()
    (tmp_path / "30" / "comm").write_bytes(b"a) \x1b[2J\n\xff b\n")
    found = source.process(30)
    assert found
    assert (found.pid, os.fsencode(found.name), found.cmdline) == (30, b"a) \x1b[2J\n\xff b", ())
    assert source.process(31) is None
    assert source.process_details(30) is None


class Recorder:
    """Tells of processes, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[int | tuple[int, str]] = []

    def read(self, pid: int) -> Process | None:
        self.asked.append(pid)
        return None

    def details(self, pid: int) -> ProcessDetails | None:
        self.asked.append(-pid)
        return None

    def forget(self, pid: int) -> None:
        self.asked.append((pid, "forget"))

    @property
    def faults(self) -> dict[int, int]:
        return {}


def test_metadata_is_read_by_whoever_was_named(tmp_path: Path) -> None:
    recorder = Recorder()
    source = LinuxSource(str(tmp_path), recorder)
    source.process(7)
    source.process_details(8)
    source.forget_process(9)
    assert recorder.asked == [7, -8, (9, "forget")]


def test_without_a_name_psutil_tells_of_processes() -> None:
    source = LinuxSource()
    source.forget_process(os.getpid())
    found = source.process(os.getpid())
    assert found
    assert found.cmdline
    assert source.process_details(os.getpid())
