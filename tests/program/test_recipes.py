"""The recipes are run as they are printed, on what the program wrote of connections that are known."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import signal
import socket as net
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support import kernel_shop as shop
from tests.support.capturing import why_no_events
from tests.support.kernel import Child, Netns, new_netns, why_no_namespaces
from tests.support.program import PATIENCE, PROGRAM, run, wait_until
from tests.support.recipes import block, blocks, command, statements

HOST = os.uname().nodename
TUESDAY_HOST, OLD_HOST, OPEN_HOST = "tuesday", "old", "open"
"""Copies of the same files, as of other hosts: of a Tuesday, of long ago, and of one where a connection never ended."""
SNAPSHOTS = 2
REFUSED = """
import socket
try:
    socket.create_connection(("127.0.0.1", 9))
except ConnectionRefusedError:
    pass
"""


class Written(NamedTuple):
    """What machines wrote, each a line."""

    events: list[str]
    snapshots: list[str]


@pytest.fixture(scope="module")
def netns() -> Iterator[Netns]:
    if reason := why_no_namespaces():
        pytest.skip(reason)
    if reason := why_no_events():
        pytest.skip(reason)
    with new_netns("shop") as made:
        for address in (shop.SERVER, shop.CLIENT):
            subprocess.run(made.command("ip", "address", "add", f"{address}/32", "dev", "lo"), check=True)
        yield made


def shell(netns: Netns, script: str, folder: Path) -> subprocess.Popen[bytes]:
    """Run a printed command in a namespace, with the program in the path; its complaints go to a file."""
    environment = {**os.environ, "PATH": f"{Path(PROGRAM).parent}:{os.environ['PATH']}"}
    with (folder / "complaints").open("ab") as complaints:
        return subprocess.Popen(netns.command("bash", "-ec", script), cwd=folder, env=environment, stderr=complaints)


@pytest.fixture(scope="module")
def machine(netns: Netns, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """What the printed commands wrote on this machine."""
    folder = tmp_path_factory.mktemp("machine")
    events, snapshots = folder / "events.ndjson", folder / "snapshots.ndjson"
    take = command("columns=")

    def told() -> list[dict[str, Any]]:
        return [json.loads(line) for line in events.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def is_lost() -> bool:
        return "lost" in (folder / "complaints").read_text()

    def has_begun() -> bool:
        subprocess.run(netns.command(sys.executable, "-c", REFUSED), check=True)
        return is_lost() or any(event["event"] == "refused" for event in told())

    def has_told(what: str) -> bool:
        return is_lost() or any(event["event"] == what and event["socket"]["local_port"] == kept for event in told())

    with shell(netns, f"exec {command('netwatch-tui --watch')}", folder) as watch:  # which then gets the signal
        try:
            wait_until(events.exists)
            wait_until(has_begun)
            with Child("tests.support.kernel_shop", netns=netns) as talking:
                kept = talking.ask()
                wait_until(partial(has_told, "opened"))  # by a tick, which has seen all of it then
                for _ in range(SNAPSHOTS):
                    with shell(netns, take, folder) as taking:
                        assert taking.wait(PATIENCE) == 0
                talking.ask()
            wait_until(partial(has_told, "closed"))
            watch.send_signal(signal.SIGTERM)
            assert watch.wait(PATIENCE) == 0
        finally:
            watch.kill()
    if is_lost():
        pytest.skip("the kernel threw events away: whatever else this machine does is too much for the capture")
    return Written(events.read_text().splitlines(), snapshots.read_text().splitlines())


def moved(line: str, by: timedelta) -> str:
    """The same at another time."""

    def at(match: re.Match[str]) -> str:
        return f"{(datetime.fromisoformat(match[0]) + by).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"

    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", at, line)


def last_tuesdays() -> set[datetime]:
    """The noon of the last Tuesday before today, also if today ends while the test runs."""
    now = datetime.now(UTC)
    found = set()
    for today in (now, now + timedelta(hours=1)):
        tuesday = today.date() - timedelta(days=(today.isoweekday() + 4) % 7 + 1)
        found.add(datetime(tuesday.year, tuesday.month, tuesday.day, 12, tzinfo=UTC))
    return found


@pytest.fixture(scope="module")
def written(machine: Written) -> Written:
    """The same, and copies as of other hosts."""
    first = datetime.fromisoformat(json.loads(machine.events[0])["time"])
    ports = [
        each["local_port"]
        for each in json.loads(machine.snapshots[0])["sockets"]
        if (each["local_address"], each["peer_port"], each["state"]) == (shop.CLIENT, shop.PORT, "ESTAB")
    ]
    (kept,) = ports
    shifts = {TUESDAY_HOST: [noon - first for noon in last_tuesdays()], OLD_HOST: [timedelta(days=-100)],
              OPEN_HOST: [timedelta()]}  # fmt: skip
    made = Written([*machine.events], [*machine.snapshots])
    for host, moves in shifts.items():
        for by in moves:
            for lines, copies in zip(machine, made, strict=True):
                for line in lines:
                    told = {**json.loads(moved(line, by)), "host": host}
                    is_end = told.get("event") == "closed" and told["socket"]["local_port"] == kept
                    if not (host == OPEN_HOST and is_end):
                        copies.append(json.dumps(told))
    return made


@pytest.fixture(scope="module")
def folder(written: Written, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where it was written, after the rotation of the night and a power failure."""
    folder = tmp_path_factory.mktemp("log")
    for name, lines in zip(("events", "snapshots"), written, strict=True):
        (folder / f"{name}.ndjson").write_text("\n".join(lines) + "\n")
    if shutil.which("logrotate"):
        printed = block("logrotate", "").replace("/var/log/netwatch-tui", str(folder))
        (folder / "rotation").write_text(printed)
        rotate = ["logrotate", "--force", "--state", str(folder / "state"), str(folder / "rotation")]
        subprocess.run(rotate, check=True)
    else:
        for name, lines in zip(("events", "snapshots"), written, strict=True):
            with gzip.open(folder / f"{name}.ndjson-1.gz", "wt") as file:
                file.write("\n".join(lines) + "\n")
    assert len(list(folder.glob("*.ndjson-*.gz"))) == 2
    (folder / "events.ndjson-broken").write_text(written.events[0][:200])
    return folder


Ask = Callable[[str], list[dict[str, Any]]]
"""Gives the rows that answer a question, by the name of its block or in words of the engine."""


def duckdb_asked(folder: Path) -> Ask:
    duckdb = pytest.importorskip("duckdb", reason="the extra `recipes` is not installed")
    connection = duckdb.connect()
    home = os.getcwd()
    os.chdir(folder)  # as printed
    try:
        for script in (block("sql", "duckdb schema"), *[block("sql", "duckdb load")] * 2):  # nothing is taken in twice
            for statement in statements(script):
                connection.execute(statement)
    finally:
        os.chdir(home)

    def ask(question: str) -> list[dict[str, Any]]:
        asked = connection.execute(question if " " in question else block("sql", f"duckdb {question}"))
        names = [column[0] for column in asked.description]
        return [dict(zip(names, row, strict=True)) for row in asked.fetchall()]

    return ask


def clickhouse_asked(written: Written) -> Ask:
    chdb_session = pytest.importorskip("chdb.session", reason="the extra `recipes` is not installed")
    session = chdb_session.Session()
    for statement in statements(block("sql", "clickhouse schema")):
        session.query(statement)
    inserts = re.findall(r"--query '(.+)' < (\w+)\.ndjson", command("clickhouse-client"))
    assert [name for _, name in inserts] == ["events", "snapshots"]
    for (insert, _), lines in zip(inserts, written, strict=True):
        session.query(f"{insert} {os.linesep.join(lines)}")

    def ask(question: str) -> list[dict[str, Any]]:
        asked = question if " " in question else statements(block("sql", f"clickhouse {question}"))[0].strip(";\n")
        return [json.loads(line) for line in str(session.query(asked, "JSONEachRow")).splitlines()]

    return ask


@pytest.fixture(scope="module", params=["duckdb", "clickhouse"])
def ask(request: pytest.FixtureRequest, written: Written, folder: Path) -> Ask:
    return duckdb_asked(folder) if request.param == "duckdb" else clickhouse_asked(written)


def of(rows: list[dict[str, Any]], host: str, **others: Any) -> list[dict[str, Any]]:
    """The rows of a host with these values."""
    return [row for row in rows if row["host"] == host and others.items() <= row.items()]


def test_who_talked_to_an_address_last_tuesday(ask: Ask) -> None:
    every = ask("last-tuesday")
    assert {row["host"] for row in every} == {TUESDAY_HOST}
    rows = of(every, TUESDAY_HOST, process="shop-client")  # beside failed attempts of namespaces that nobody knows
    told = {row["port"]: (int(row["connections"]) // len(last_tuesdays()), row["events"]) for row in rows}
    assert told == {
        shop.PORT: (shop.SHORT + 1, ["closed", "opened", "was open"]),
        shop.FULL_PORT: (shop.WAITING, ["closed", "opened", "was open"]),
        shop.REFUSED_PORT: (1, ["refused"]),
    }
    assert all("kernel_shop" in row["cmdline"] for row in rows)


def test_which_process_opens_the_most_connections_a_minute(ask: Ask) -> None:
    rows = ask("most-connections")
    (row,) = of(rows, HOST, process="shop-client")
    assert (int(row["in_all"]), int(row["failed"])) == (shop.SHORT + shop.WAITING + 2, 1)
    assert row["in_all"] // 2 <= row["most_in_a_minute"] <= row["in_all"]  # a minute may end meanwhile
    assert not of(rows, HOST, process="shop-server")  # which opened none of those that it took


def test_what_listens_where_and_since_when(ask: Ask, machine: Written) -> None:
    rows = of(ask("listeners"), HOST, local_address=shop.SERVER)
    assert [(row["netid"], row["local_port"], row["process"]) for row in rows] == [
        ("tcp", shop.PORT, "shop-server"),
        ("tcp", shop.FULL_PORT, "shop-server"),
    ]
    first, last = (json.loads(machine.events[n])["time"].replace("T", " ")[:19] for n in (0, -1))
    for row in rows:
        assert first <= str(row["opened"])[:19] <= last
        assert row["process_started"]
    assert len(of(ask("listeners"), OPEN_HOST, local_address=shop.SERVER)) == 2


@pytest.mark.parametrize("host", [HOST, OPEN_HOST])
def test_who_moves_the_most_bytes_with_each_connection_counted_once(ask: Ask, host: str) -> None:
    (row,) = of(ask("top-talkers"), host, process="shop-client", peer_address=shop.SERVER)
    assert int(row["connections"]) == shop.SHORT + shop.WAITING + 1
    assert int(row["sent"]) == shop.SHORT * shop.SENT + shop.KEPT_SENT
    received = shop.SHORT * shop.RECEIVED + shop.KEPT_RECEIVED
    assert received <= int(row["received"]) <= received + shop.WAITING + 1  # a FIN may be counted as a byte


def test_which_hosts_have_full_queues(ask: Ask) -> None:
    (row,) = of(ask("full-queues"), HOST)
    assert {key: row[key] for key in ("process", "local_address", "local_port")} == {
        "process": "shop-server", "local_address": shop.SERVER, "local_port": shop.FULL_PORT,
    }  # fmt: skip
    assert [int(row[key]) for key in ("times", "waiting", "backlog")] == [SNAPSHOTS, shop.WAITING, shop.BACKLOG]


def test_nothing_is_lost_on_the_way_and_what_is_too_old_is_dropped(
    ask: Ask, written: Written, request: pytest.FixtureRequest
) -> None:
    is_duckdb = request.node.callspec.params["ask"] == "duckdb"
    tables = ("events", "sockets") if is_duckdb else ("netwatch.events", "netwatch.sockets")
    if not is_duckdb:
        for table in tables:
            ask(f"OPTIMIZE TABLE {table} FINAL")  # else in the background, within hours
    hosts = (json.loads(line)["host"] for line in written.events)
    (events,), (sockets,) = (ask(f"SELECT count(*) AS rows FROM {table}") for table in tables)
    assert int(events["rows"]) == sum(host != OLD_HOST for host in hosts)
    snapshots = [snapshot for snapshot in map(json.loads, written.snapshots) if snapshot["host"] != OLD_HOST]
    assert int(sockets["rows"]) == sum(len(snapshot["sockets"]) for snapshot in snapshots)


def test_a_recording_becomes_events(tmp_path: Path) -> None:
    recording = tmp_path / "it.gz"
    assert run("--record", recording, "--for", "0.2s", "--interval", "0.1", "--capture", "never").returncode == 0
    printed = command("netwatch-tui --replay").split()
    assert printed[1:3] == ["--replay", "it.gz"]
    done = run("--replay", recording, *printed[3 : printed.index(">")])
    assert (done.returncode, done.stderr) == (0, "")


def test_configurations_can_be_parsed() -> None:
    for text in blocks("toml"):
        assert tomllib.loads(text)
    assert json.loads(block("json", "elasticsearch"))
    vector = tomllib.loads(block("toml", "vector"))
    tables = {sink["inputs"][0]: sink["table"] for sink in vector["sinks"].values()}
    assert tables == {"parsed_events": "events_in", "parsed_snapshots": "snapshots_in"}


def test_prometheus_takes_the_metrics_and_the_rules(tmp_path: Path) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("there is no promtool")
    rules = tmp_path / "rules.yml"
    rules.write_text(block("yaml", "prometheus-rules"))
    with net.create_server(("127.0.0.1", 0)):
        metrics = run("-f", "prometheus", "-A", "all").stdout
    for what, text in (("metrics", metrics), ("rules", "")):
        check = ["promtool", "check", what, *([str(rules)] if what == "rules" else [])]
        done = subprocess.run(check, input=text, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert set(re.findall(r"netwatch_\w+", rules.read_text())) <= set(re.findall(r"netwatch_\w+", metrics))
