"""`-r` with a real name server, a real `/etc/hosts` and the C library's resolver between them."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.kernel import Child, Netns
from tests.support.kernel_names import SILENT
from tests.support.program import PROGRAM, wait_until
from tests.support.terminal import Terminal

pytestmark = pytest.mark.skipif(shutil.which("unshare") is None, reason="util-linux is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files of that machine lie."""
    return tmp_path_factory.mktemp("etc")


@pytest.fixture(scope="module")
def machine(here: Netns, folder: Path) -> Iterator[Child]:
    """A machine with a name server of its own."""
    with Child("tests.support.kernel_names", str(folder), netns=here, before=("unshare", "--mount")) as child:
        yield child


def peers(machine: Child, *arguments: str) -> tuple[dict[str, Any], str, list[str]]:
    """The name of each peer of the connections here, what was complained of, and what the server was asked for."""
    status, out, err, asked = machine.ask([*arguments, "-f", "json", "src 10.77.0.1:8080 and state established"])
    assert status == 0, err
    sockets = json.loads(out)["sockets"]
    return {each["peer_address"]: each.get("peer_name", "no field") for each in sockets}, err, asked


def test_names_come_from_the_network_and_what_gets_no_answer_is_a_number(machine: Child) -> None:
    found, err, asked = peers(machine, "--once", "-t", "-r")
    assert found == {
        "10.77.0.2": "visitor.dns.example",
        "10.77.0.3": None,
        "10.77.0.4": None,  # it calls itself 10.77.0.9
        "10.77.0.5": None,
    }
    assert err == "netwatch-tui: -r: no answer for 1 of 5 addresses in 5 s: they are numbers\n"
    assert {name.partition(".")[0] for name in asked} == {"2", "3", "4", "5"}, "10.77.0.1 is in /etc/hosts"
    assert SILENT in asked


def test_the_file_names_what_it_has_and_only_what_is_printed_is_looked_up(machine: Child) -> None:
    status, out, err, asked = machine.ask(["--once", "-tl", "-r", "sport = :8080"])
    assert (status, err) == (0, "")
    assert "10.77.0.1:" in out
    assert " (server.hosts.example)" in out
    assert "[2001:db8::77]:" in out
    assert " (six.dns.example)" in out
    assert len(asked) == 1
    assert asked[0].endswith("ip6.arpa")


def test_without_r_nobody_is_asked(machine: Child) -> None:
    found, err, asked = peers(machine, "--once", "-t")
    assert set(found.values()) == {"no field"}
    assert (err, asked) == ("", [])


def on_screen(machine: Child, home: Path, *arguments: str) -> Terminal:
    """The program on that machine."""
    inside = ["nsenter", f"--target={machine.pid}", "--mount", "--net"]
    filter = "src 10.77.0.1:8080 and state established"
    return Terminal([*inside, PROGRAM, *arguments, filter], columns=120, environment={"HOME": str(home)})


def test_the_screen_asks_when_n_says_so(machine: Child, tmp_path: Path) -> None:
    machine.ask(["--version"])
    with on_screen(machine, tmp_path) as terminal:
        terminal.wait_for(lambda rows: any("10.77.0.2:" in row for row in rows), "the connections")
        terminal.send("n")
        terminal.wait_for(lambda rows: any("Names of services in place" in row for row in rows), "names of services")
        assert machine.ask([]) == []
        terminal.send("n")
        rows = terminal.wait_for(lambda rows: any("(visitor.dns.example)" in row for row in rows), "the name")
        assert any("10.77.0.2:" in row and "(visitor.dns.example)" in row for row in rows)
        file = tmp_path / "it.csv"
        terminal.send("w")
        terminal.wait_for(lambda rows: any("Enter" in row and "Esc" in row for row in rows), "where to write")
        terminal.send(f"\x15{file}\r")
        terminal.wait_for(lambda rows: any(row.strip().startswith("Wrote ") for row in rows), "that it is written")
        written = {each["peer_address"]: each["peer_name"] for each in csv.DictReader(file.read_text().splitlines())}
        assert (written["10.77.0.2"], written["10.77.0.3"]) == ("visitor.dns.example", "")
        terminal.send("q")
        assert terminal.wait_for_end() == 0


def test_q_does_not_wait_for_a_resolver_that_hangs(machine: Child, folder: Path, tmp_path: Path) -> None:
    before = (folder / "resolv.conf").read_text()
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:30 attempts:5\n")  # minutes
    try:
        machine.ask(["--version"])
        with on_screen(machine, tmp_path, "-r") as terminal:
            terminal.wait_for(lambda rows: any("(visitor.dns.example)" in row for row in rows), "the name")
            wait_until(lambda: SILENT in machine.ask([]))
            terminal.send("q")
            assert terminal.wait_for_end() == 0
    finally:
        (folder / "resolv.conf").write_text(before)
