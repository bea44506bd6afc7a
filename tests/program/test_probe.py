"""`--probe` as scripts use it: this machine's own listeners, tried from itself."""

from __future__ import annotations

import csv
import io
import json
import os
import socket as net
from collections.abc import Iterator

import pytest

from tests.support.program import run
from tests.support.schema import errors_of


@pytest.fixture
def port() -> Iterator[int]:
    """A port at which this process listens."""
    with net.create_server(("127.0.0.1", 0), backlog=16) as listener:
        yield listener.getsockname()[1]


def test_a_table_tells_which_listener_answers(port: int) -> None:
    done = run("--probe", f"port:{port}")
    heading, row = done.stdout.splitlines()
    assert heading.split()[:4] == ["Port", "State", "Service", "Reason"]
    assert row.split()[:4] == [f"{port}/tcp", "open", "-", "syn-ack"]
    assert "127.0.0.1" in row
    assert str(os.getpid()) in row
    assert row.endswith("this machine")
    assert (done.returncode, done.stderr) == (0, "")
    assert run("--probe", "-H", f"port:{port}").stdout.splitlines()[0].split()[0] == f"{port}/tcp"


def test_json_has_each_attempt_and_the_listener_by_the_schema(port: int) -> None:
    done = run("--probe", "-f", "json", f"port:{port}")
    document = json.loads(done.stdout)
    assert errors_of(document, "probes") == []
    (probe,) = document["probes"]
    assert (probe["state"], probe["reason"], probe["reach"], probe["not_tried"]) == (
        "open", "syn-ack", "loopback only", 0,
    )  # fmt: skip
    (attempt,) = probe["attempts"]
    assert (attempt["address"], attempt["from"]) == ("127.0.0.1", "inside")
    assert attempt["seconds"] == probe["seconds"] >= 0
    assert probe["listener"]["owners"][0]["pid"] == os.getpid()
    (line,) = run("--probe", "-f", "ndjson", f"port:{port}").stdout.splitlines()
    assert errors_of(json.loads(line), "probe") == []


def test_csv_is_flat(port: int) -> None:
    (row,) = csv.DictReader(io.StringIO(run("--probe", "-f", "csv", f"port:{port}").stdout))
    assert (row["local_port"], row["state"], row["addresses"], row["scope"]) == (
        str(port), "open", "127.0.0.1", "this machine",
    )  # fmt: skip


def test_udp_is_told_and_never_tried() -> None:
    with net.socket(net.AF_INET, net.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        number = server.getsockname()[1]
        (probe,) = map(json.loads, run("--probe", "-u", "-f", "ndjson", f"port:{number}").stdout.splitlines())
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.recv(1)
    assert (probe["state"], probe["reason"], probe["attempts"]) == ("not tried", "not TCP", [])
    assert errors_of(probe, "probe") == []


def test_what_is_no_listener_is_not_tried(port: int) -> None:
    with net.create_connection(("127.0.0.1", port)) as client:
        done = run("--probe", "-f", "json", f"sport = :{client.getsockname()[1]}")
    assert (json.loads(done.stdout)["probes"], done.returncode) == ([], 0)
    assert "there is no listener to try" in done.stderr


def test_a_family_that_is_not_wanted_is_not_told_of(port: int) -> None:
    assert json.loads(run("--probe", "-6", "-f", "json", f"port:{port}").stdout)["probes"] == []
    assert len(json.loads(run("--probe", "-4", "-f", "json", f"port:{port}").stdout)["probes"]) == 1


@pytest.mark.parametrize("words", [["--once"], ["--columns", "pid"], ["--replay", "x"], ["--record", "x"], ["--watch"]])
def test_what_makes_no_sense_with_it_is_refused(words: list[str]) -> None:
    done = run("--probe", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--probe" in done.stderr
