"""What is known of a process is the same with and without psutil."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from netwatch_tui.kernel.process_metadata import ProcessMetadata
from netwatch_tui.kernel.processes import Processes

NOBODY = 65534


@pytest.fixture
def child(tmp_path: Path) -> Iterator[int]:
    """A process of ours, of another user where that may be."""
    user = NOBODY if os.getuid() == 0 else None
    command = ["/bin/sh", "-c", "echo; read line", "an argument", ""]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/", user=user) as process:
        assert process.stdout
        process.stdout.readline()
        yield process.pid
        process.communicate(b"\n")


def test_both_tell_the_same_of_a_process(child: int) -> None:
    with_psutil, alone = Processes("/proc").read(child), ProcessMetadata("/proc").read(child)
    assert with_psutil
    assert alone
    assert alone.create_time == pytest.approx(with_psutil.create_time, abs=1.5)  # a boot in whole seconds
    assert alone._replace(create_time=0.0) == with_psutil._replace(create_time=0.0)
    assert alone.cmdline[-2:] == ("an argument", "")


def test_both_tell_the_same_details(child: int) -> None:
    details = ProcessMetadata("/proc").details(child)
    assert details == Processes("/proc").details(child)
    assert details
    assert details.cwd == "/"
    assert details.parents[0][0] == os.getpid()


def test_nothing_is_known_of_what_has_ended(child: int) -> None:
    for reader in (Processes("/proc"), ProcessMetadata("/proc")):
        assert reader.read(2**22 - 1) is None
        assert reader.details(2**22 - 1) is None


def test_a_parent_that_began_after_its_child_is_another_process(tmp_path: Path) -> None:
    for pid, parent, began in ((7, 5, 100), (5, 3, 90), (3, 2, 95), (2, 0, 1)):
        folder = tmp_path / str(pid)
        folder.mkdir()
        fields = ["S", str(parent), *["0"] * 17, str(began)]
        (folder / "stat").write_text(f"{pid} (a) b) {' '.join(fields)}\n")
        (folder / "comm").write_text(f"name-{pid}\n")
    details = ProcessMetadata(str(tmp_path)).details(7)
    assert details
    assert details.parents == ((5, "name-5"),)
    assert (details.exe, details.cwd) == (None, None)


def test_a_status_without_users_is_a_fault_and_the_rest_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "7"
    folder.mkdir()
    (folder / "stat").write_text(f"7 (server) {' '.join(['S', *['0'] * 50])}\n")
    for name, text in (("comm", "server\n"), ("cmdline", "server\0"), ("status", "Name:\tserver\n"), ("cgroup", "")):
        (folder / name).write_text(text)
    reader = ProcessMetadata(str(tmp_path))
    process = reader.read(7)
    assert process
    assert (process.name, process.cmdline, process.user) == ("server", ("server",), "")
    assert set(reader.faults) == {7}
