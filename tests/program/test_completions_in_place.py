"""The completions and the manual page where the system looks for them: real shells on a real terminal, and man."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.terminal import Terminal

SHARE = Path(__file__).parents[2] / "tui" / "share"
BASH_COMPLETION = Path("/usr/share/bash-completion/bash_completion")

SHELLS = {
    "bash": (["bash", "--norc", "-i"], f"source {BASH_COMPLETION}"),
    "zsh": (
        ["zsh", "-f", "-i"],
        "fpath=($XDG_DATA_HOME/zsh/site-functions $fpath); autoload -Uz compinit; compinit -u -D",
    ),
    "fish": (["fish", "--init-command", "function fish_prompt; echo 'ready> '; end"], "true"),
}
"""How each is started without what a person has configured, and what they would have configured."""


@pytest.fixture
def environment(tmp_path: Path) -> Mapping[str, str]:
    """That of a user below whose home the shared files are installed."""
    shutil.copytree(SHARE, tmp_path / "share")
    return {
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "share"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PS1": "ready> ",
    }


@pytest.mark.parametrize("shell", list(SHELLS))
def test_a_shell_finds_its_completion(shell: str, environment: Mapping[str, str]) -> None:
    command, setting = SHELLS[shell]
    if (
        shutil.which(shell) is None
        or shutil.which("setsid") is None
        or (shell == "bash" and not BASH_COMPLETION.exists())
    ):
        pytest.skip(f"there is no {shell}, no bash-completion for it, or no setsid")
    with Terminal(["setsid", "--ctty", *command], environment=environment, own_session=False) as terminal:

        def prompted(rows: list[str]) -> bool:
            return [row for row in rows if row][-1:] == ["ready>"]

        terminal.wait_for(prompted, "the prompt")
        terminal.send(f"{setting}; clear; echo configured\n")
        terminal.wait_for(lambda rows: rows[:2] == ["configured", "ready>"], "the prompt again")
        terminal.send("netwatch-tui --form\t")
        terminal.wait_for(lambda rows: re.search(r"netwatch-tui --format\b", rows[1]), "the option")
        terminal.send("cs\t")
        terminal.wait_for(lambda rows: re.search(r"--format[ =]csv$", rows[1]), "its value")


def test_man_finds_the_page_and_whatis_knows_it(tmp_path: Path, environment: Mapping[str, str]) -> None:
    if shutil.which("mandb") is None:
        pytest.skip("there is no man-db")
    pages = f"{tmp_path}/share/man"

    def printed(*command: str) -> str:
        done = subprocess.run(command, env={**environment, "MANWIDTH": "80", "LC_ALL": "C.UTF-8"}, capture_output=True,
                              text=True, check=False)  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    assert "--wait-for" in printed("man", "--warnings", "-M", pages, "netwatch-tui")
    printed("mandb", "--quiet", "--create", pages)
    assert "a live table of this machine's sockets" in printed("whatis", "--long", "-M", pages, "netwatch-tui")
