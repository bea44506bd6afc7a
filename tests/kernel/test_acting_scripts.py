"""`--close` and `--kill` as a script runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.kernel import NOBODY, Child, Netns

PROGRAM = str(Path(sys.executable).with_name("netwatch-tui"))


class Ran(NamedTuple):
    status: int
    hits: list[dict[str, Any]]
    said: str


class Script:
    def __init__(self, here: Netns) -> None:
        self.here = here

    def run(self, *words: str, **environment: str) -> Ran:
        before = ["env", *(f"{name}={value}" for name, value in environment.items())]
        command = self.here.command(*before, PROGRAM, *words)
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        return Ran(done.returncode, list(map(json.loads, done.stdout.splitlines())), done.stderr)


@pytest.fixture
def script(here: Netns) -> Script:
    return Script(here)


@pytest.fixture
def victim(here: Netns) -> Iterator[Child]:
    with Child("tests.support.kernel_victim", "0", netns=here) as child:
        yield child


@pytest.fixture
def peer(here: Netns) -> Iterator[Child]:
    with Child("tests.support.kernel_victim", "0", netns=here) as child:
        yield child


def test_without_yes_it_lists_what_would_be_hit(script: Script, victim: Child) -> None:
    listener = victim.ask(["listen"])
    ran = script.run("--kill", f"port:{listener[2]}")
    assert ran.status == 3
    (hit,) = ran.hits
    assert hit["started"]
    del hit["started"]
    assert hit == {
        "action": "signal",
        "done": False,
        "error": None,
        "signal": "TERM",
        "pid": victim.pid,
        "name": "python",
        "user": "root",
    } | {"name": hit["name"]}
    assert "nothing was done; --yes would hit 1 of 1" in ran.said
    assert victim.ask(["listen"]), "it runs"


def test_with_yes_the_signal_is_sent_to_who_holds_them(script: Script, victim: Child, peer: Child) -> None:
    listener, other = victim.ask(["listen"]), peer.ask(["listen"])
    ran = script.run("--kill", "kill", f"port:{listener[2]}", "--yes")
    assert (ran.status, ran.said) == (0, "")
    assert [(hit["pid"], hit["signal"], hit["done"]) for hit in ran.hits] == [(victim.pid, "KILL", True)]
    assert victim._process.wait(20) == -9
    assert peer.ask(["listen"])
    assert script.run("--kill", f"port:{listener[2]}", "--yes").status == 1
    assert other


def test_connections_are_closed_and_listeners_only_where_they_are_asked_for(
    script: Script, victim: Child, peer: Child
) -> None:
    listener = victim.ask(["listen"])
    connected = peer.ask(["connect", listener[2]])
    accepted = victim.ask(["accept", listener[1]])
    listed = script.run("--close", f"local_port:{listener[2]}")
    assert listed.status == 3
    assert [(hit["action"], hit["way"], hit["socket"]["inode"]) for hit in listed.hits] == [
        ("close", "sock-destroy", accepted[0])
    ]
    assert "listeners left alone: 1; -l or state:listen closes them" in listed.said
    done = script.run("--close", f"local_port:{listener[2]}", "--yes")
    assert [(hit["done"], hit["error"]) for hit in done.hits] == [(True, None)]
    assert victim.ask(["received", accepted[1]]) == "ECONNABORTED"
    assert peer.ask(["received", connected[1]]) == "ECONNRESET"
    stopped = script.run("--close", "-l", f"local_port:{listener[2]}", "--yes")
    assert [(hit["action"], hit["done"]) for hit in stopped.hits] == [("stop-listening", True)]
    assert victim.ask(["accepted", listener[1]]) == "EINVAL"


def test_what_is_guarded_is_left_alone_whatever_is_said(script: Script, victim: Child, peer: Child) -> None:
    listener = victim.ask(["listen"])
    connected = peer.ask(["connect", listener[2]])
    accepted = victim.ask(["accept", listener[1]])
    ssh = f"127.0.0.1 {connected[2]} 127.0.0.1 {listener[2]}"
    ran = script.run("--close", f"local_port:{listener[2]}", "--yes", SSH_CONNECTION=ssh)
    assert ran.status == 1
    assert [(hit["done"], hit["error"]) for hit in ran.hits] == [
        (False, "left alone: it is the connection through which this session came: closing it ends the session")
    ]
    peer.ask(["send", connected[1]])
    assert victim.ask(["received", accepted[1]]) == "x"


def test_what_is_not_permitted_is_told_with_its_reason(script: Script, victim: Child) -> None:
    listener = victim.ask(["listen"])
    with Child("tests.support.kernel_look", "", str(NOBODY), netns=script.here) as users:
        printed, _ = users.ask({"told": ["--close", "-l", f"port:{listener[2]}", "--yes"]})
    assert json.loads(printed)["error"] == "it takes CAP_NET_ADMIN"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--kill"], "--kill needs a filter that says what is hit"),
        (["--kill", "HUP"], "--kill needs a filter that says what is hit"),
        (["--close"], "--close needs a filter that says what is hit"),
        (["--kill", "22"], "--kill 22: say port:22 or pid:22, or a signal by its name, such as TERM"),
        (["--kill", "port:1", "--read-only"], "--kill is refused: this is read-only"),
        (["--close", "port:1", "--once"], "--once can't be used with --close or --kill"),
        (["--once", "--yes"], "--yes can't be used with --once"),
    ],
)
def test_what_is_not_clear_is_refused(script: Script, words: list[str], said: str) -> None:
    ran = script.run(*words)
    assert (ran.status, ran.hits) == (2, [])
    assert said in ran.said


def test_a_configuration_that_is_read_only_holds_for_scripts_as_well(
    script: Script, victim: Child, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text("read_only = true\n")
    listener = victim.ask(["listen"])
    ran = script.run("--kill", f"port:{listener[2]}", "--yes", "--config", str(config))
    assert ran.status == 2
    assert "--kill is refused: this is read-only" in ran.said
    assert victim.ask(["listen"])
