"""What a shell there does, with the programs that a folder has and no others."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from netwatch_tui.hosts.remote_command import (
    LEAST_PYTHON,
    WAITS,
    agent_input,
    refusal,
    remote_command,
    remote_script,
)
from netwatch_tui.hosts.targets import Transport, parse_targets
from netwatch_tui.hosts.wire_format import PROTOCOL
from tests.support.program import PATIENCE, PROGRAM

LOGIN_SHELLS = ("sh", "bash", "dash", "zsh", "csh", "tcsh", "fish", "ksh")


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def python(folder: Path, name: str, version: str) -> None:
    """Something that says that it is this Python, and what it is called with."""
    program(folder, name, f'case "$*" in *version_info*) printf {version};; *) echo {name} "$@";; esac')


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The one folder of programs, in which there is a shell."""
    (tmp_path / "sh").symlink_to("/bin/sh")
    return tmp_path


def said(folder: Path, *, sudo: bool = False, shell: str = "") -> list[str]:
    """What comes of the script, if need be from a login shell."""
    script = remote_script(sudo=sudo)
    words = [shell, "-c", f"sh -c '{script}'"] if shell else ["sh", "-c", script]
    environment: Mapping[str, str] = {"PATH": str(folder), "HOME": str(folder)}
    done = subprocess.run(
        words, env=environment, capture_output=True, text=True, check=False, timeout=PATIENCE, stdin=subprocess.DEVNULL
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_no_python_is_said(folder: Path) -> None:
    assert said(folder) == ["netwatch-tui python"]


def test_an_old_python_is_said_with_its_version(folder: Path) -> None:
    python(folder, "python3", "3.8")
    python(folder, "python", "2.7")
    assert said(folder) == ["netwatch-tui python 3.8"]


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.19", "3.20"])
def test_the_first_python_that_fits_is_started(folder: Path, version: str) -> None:
    python(folder, "python3", "3.9")
    python(folder, "python3.12", version)
    python(folder, "python3.11", "3.11")
    (line,) = said(folder)
    assert line.startswith("python3.12 -I -c import sys;")
    assert line.split()[-3:-1] == WAITS.decode().split()


@pytest.mark.parametrize("version", ["3.1", "3.2", "3.10", "3.9", "2.7", "4.11"])
def test_others_are_not(folder: Path, version: str) -> None:
    python(folder, "python3", version)
    assert said(folder) == [f"netwatch-tui python {version}"]


def test_one_that_does_not_even_say_its_version_is_passed_over(folder: Path) -> None:
    program(folder, "python3", "exit 127")
    python(folder, "python3.11", "3.11")
    assert said(folder)[0].startswith("python3.11 -I")


@pytest.mark.parametrize("wrong", ["exit 127", "printf 3.8"])
def test_one_that_is_broken_or_old_hides_none_in_a_later_folder(folder: Path, wrong: str) -> None:
    later = folder / "later"
    later.mkdir()
    program(folder, "python3", wrong)
    python(later, "python3", "3.12")
    (folder / "python").mkdir()
    environment = {"PATH": f"{folder}:/nowhere:{later}", "HOME": str(folder)}
    words = ["sh", "-c", remote_script(sudo=False)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert done.stderr == ""
    assert done.stdout.startswith("python3 -I -c import sys;")


@pytest.mark.parametrize("sudo", [False, True])
def test_an_installed_program_that_fits_goes_first(folder: Path, *, sudo: bool) -> None:
    python(folder, "python3", "3.11")
    program(folder, "sudo", 'echo sudo "$@"')
    program(folder, "netwatch-tui", f'case "$*" in *fits) echo {PROTOCOL};; *) echo netwatch-tui "$@";; esac')
    own = f"sudo -n {folder}/netwatch-tui" if sudo else "netwatch-tui"
    assert said(folder, sudo=sudo) == [f"{own} --remote-end"]


def test_one_that_speaks_otherwise_or_knows_of_nothing_does_not(folder: Path) -> None:
    python(folder, "python3", "3.11")
    program(folder, "netwatch-tui", "echo 0")
    assert said(folder)[0].startswith("python3 ")
    program(folder, "netwatch-tui", "echo netwatch-tui: unrecognized >&2; exit 2")
    assert said(folder)[0].startswith("python3 ")


def test_the_real_program_fits(folder: Path) -> None:
    (folder / "netwatch-tui").symlink_to(PROGRAM)
    assert said(folder)[0].startswith('{"netwatch-tui":"recording"')


def test_root_is_asked_for_without_a_password(folder: Path) -> None:
    python(folder, "python3", "3.11")
    program(folder, "sudo", 'echo sudo "$@"')
    assert said(folder, sudo=True)[0].startswith(f"sudo -n {folder}/python3 -I -c ")


@pytest.mark.parametrize("shell", LOGIN_SHELLS)
def test_any_login_shell_hands_it_on(folder: Path, shell: str) -> None:
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"{shell} is not installed")
    python(folder, "python3", "3.9")
    python(folder, "python3.11", "3.11")
    assert said(folder, shell=path) == said(folder)
    assert said(folder)[0].startswith("python3.11 -I -c import sys;")


def test_what_waits_runs_what_it_reads(tmp_path: Path) -> None:
    (tmp_path / "sh").symlink_to("/bin/sh")
    (tmp_path / "python3").symlink_to(sys.executable)
    words = ["sh", "-c", remote_script(sudo=False)]
    with subprocess.Popen(words, env={"PATH": str(tmp_path)}, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as agent:
        assert agent.stdin
        assert agent.stdout
        assert agent.stdout.readline().strip() == WAITS
        agent.stdin.write(agent_input())
        agent.stdin.flush()
        assert agent.stdout.readline().startswith(b'{"netwatch-tui":"recording"')
        agent.stdin.close()
        assert agent.wait(PATIENCE) == 0


@pytest.mark.parametrize("text", ["docker:shop", "podman:shop", "kubectl:front/shop"])
def test_a_container_is_asked_by_its_own_command(folder: Path, text: str) -> None:
    python(folder, "python3", "3.8")
    (target,) = parse_targets([text])
    # What such a command does: it runs the words behind the name, without a shell of its own.
    program(folder, text.partition(":")[0], 'until test "$1" = sh; do shift; done; exec "$@"')
    command = [str(folder / text.partition(":")[0]), *remote_command(target, sudo=False)[1:]]
    done = subprocess.run(command, env={"PATH": str(folder)}, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("netwatch-tui python 3.8\n", "")


@pytest.mark.parametrize(
    ("text", "begins", "is_one_word"),
    [
        ("me@web1", ("ssh", "-T"), True),
        ("docker:db", ("docker", "exec", "-i", "db", "sh", "-c"), False),
        ("podman:db", ("podman", "exec", "-i", "db", "sh", "-c"), False),
        ("kubectl:shop/web-0", ("kubectl", "exec", "-i", "-n", "shop", "web-0", "--", "sh", "-c"), False),
    ],
)
def test_each_kind_of_target_has_its_command(text: str, begins: tuple[str, ...], is_one_word: bool) -> None:
    (target,) = parse_targets([text])
    command = remote_command(target, sudo=False)
    script = remote_script(sudo=False)
    assert command[: len(begins)] == begins
    assert command[-1] == (f"sh -c '{script}'" if is_one_word else script)
    if target.transport is Transport.SSH:
        assert command[-3:-1] == ("--", "me@web1")
        assert "BatchMode=yes" in command


def test_nothing_in_it_means_anything_to_a_shell_between_quotes() -> None:
    assert not set(remote_script(sudo=True)) & set("'\\!\n")


def test_a_refusal_says_what_is_there_and_what_is_needed() -> None:
    assert (
        refusal(b"netwatch-tui python 3.9\n", Transport.SSH)
        == f"Python 3.9 is there; {LEAST_PYTHON} or later is needed"
    )
    assert refusal(b"netwatch-tui python\n", Transport.SSH) == f"no Python there; {LEAST_PYTHON} or later is needed"
    assert "; -N shows" in refusal(b"netwatch-tui python\n", Transport.DOCKER)
    assert refusal(b"netwatch-tui python \x1b[2J" + b"9" * 999, Transport.SSH).isprintable()
