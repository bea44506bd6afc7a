"""Where nothing can be kept, the program works, and says so in one line."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.terminal import Terminal

PROGRAM = str(Path(sys.executable).with_name("netwatch-tui"))
NOBODY = 65534


def said_with(environment: Mapping[str, str]) -> list[str]:
    """What the program says of it while it works, and remembers a filter, and ends."""
    with Terminal([PROGRAM, "-a"], columns=160, lines=24, environment=environment) as terminal:
        rows = terminal.wait_for(lambda rows: any("nothing is remembered" in row for row in rows), "the line")
        terminal.send("/state:listen\r/\x1b[A")
        terminal.wait_for(lambda rows: any("state:listen" in row for row in rows), "the filter, typed and recalled")
        terminal.send("\rq")
        assert terminal.wait_for_end() == 0
        assert "Traceback" not in "\n".join(terminal.rows)
    return [row for row in rows if "nothing is remembered" in row]


def test_a_folder_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (line,) = said_with({"XDG_STATE_HOME": str(tmp_path / "file")})
    assert "file is not a directory" in line


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can have the home of another user, as with sudo -E")
def test_the_home_of_another_user(tmp_path: Path) -> None:
    home = tmp_path / "ada"
    home.mkdir()
    os.chown(home, NOBODY, NOBODY)
    (line,) = said_with({"XDG_STATE_HOME": "", "HOME": str(home)})
    assert "belongs to another user" in line
    assert os.listdir(home) == []
