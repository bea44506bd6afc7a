"""A process has one name, whoever tells it: a filter chooses the same with and without psutil."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from netwatch_tui.kernel.process_names import ProcessNames
from netwatch_tui.kernel.processes import Processes


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("a-rather-long-program", "a-rather-long-program"),
        ("/usr/bin/a-rather-long-program", "a-rather-long-program"),
        ("something else", "a-rather-long-p"),
    ],
)
def test_a_name_that_the_kernel_cut_short_is_whole_for_both(tmp_path: Path, called: str, name: str) -> None:
    program = tmp_path / "a-rather-long-program"
    program.symlink_to(sys.executable)
    # An exec names the process after the file, whatever the first argument says.
    command = [called, "-c", "print(flush=True); input()"]
    with subprocess.Popen(command, executable=program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        told = [reader.read(process.pid) for reader in (ProcessNames(), Processes("/proc"))]
        process.communicate(b"\n")
    assert [each.name for each in told if each] == [name, name]
