"""`--once` in all its forms, as a script runs it."""

from __future__ import annotations

import csv
import io
import json
import os
import socket as net
import subprocess
import sys
from collections.abc import Iterator

import pytest

from netwatch_tui.fields.catalogue import CELL_FIELDS
from tests.support.program import PROGRAM, run
from tests.support.schema import errors_of, validate


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where this process listens."""
    with net.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_json_is_valid_by_the_schema_and_names_this_process(port: int) -> None:
    done = run("--format", "json", "-A", "all")
    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    one_of_each = {(each["netid"], each["state"]): each for each in document["sockets"]}
    validate({**document, "sockets": list(one_of_each.values())})  # all of a busy machine's would take a minute
    assert document["host"] == os.uname().nodename
    (found,) = (each for each in document["sockets"] if each["local_port"] == port and each["netid"] == "tcp")
    assert found["state"] == "LISTEN"
    (owner,) = found["owners"]
    assert owner["pid"] == os.getpid()
    assert owner["cmdline"][0]
    assert owner["started_at"] < found["seen_at"]


def test_ndjson_is_one_socket_a_line(port: int) -> None:
    done = run("-f", "ndjson", "-tl", f"port:{port}")
    (line,) = done.stdout.splitlines()
    assert not errors_of(json.loads(line), "socket")


def test_csv_is_read_back_by_the_csv_module(port: int) -> None:
    done = run("-f", "csv", "-tl", f"port:{port}")
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert list(row) == list(CELL_FIELDS)
    assert (row["local_port"], row["pid"]) == (str(port), str(os.getpid()))
    assert run("-f", "csv", "-tlH", f"port:{port}").stdout.split(",")[:9] == list(row.values())[:9]


def test_tsv_has_the_columns_that_are_asked_for(port: int) -> None:
    done = run("-f", "tsv", "--columns", "local,pid,state", "-tl", f"port:{port}")
    assert done.stdout == f"local\tpid\tstate\n127.0.0.1:{port}\t{os.getpid()}\tLISTEN\n"


def test_the_table_has_the_columns_that_are_asked_for(port: int) -> None:
    done = run("--once", "--columns", "pid,local,netid", "-tl", f"port:{port}")
    heading, row = done.stdout.splitlines()
    assert heading.split() == ["PID", "Local", "Address:Port", "Netid"]
    assert row.split() == [str(os.getpid()), f"127.0.0.1:{port}", "tcp"]


def test_letters_of_ss_add_columns_and_those_without_effect_are_taken(port: int) -> None:
    heading, row = run("-tlneopr", f"port:{port}").stdout.splitlines()
    assert heading.split()[-3:] == ["User", "Inode", "Timer"]
    assert row.split()[-1] == "-"


def test_with_info_tables_and_files_tell_what_flows(port: int) -> None:
    with net.create_connection(("127.0.0.1", port)) as client:
        client.send(b"x" * 1234)
        row = f"sport = :{client.getsockname()[1]}"
        heading, cells = run("-tie", "--interval", "0.05", row).stdout.splitlines()
        assert heading.split()[-8:] == ["User", "Inode", "In/s", "Out/s", "In", "Out", "RTT", "Retrans"]
        assert cells.split()[-6:-2] == ["0", "0", "0", "1.2k"]
        (told,) = map(json.loads, run("-f", "ndjson", "-ti", "--interval", "0.05", row).stdout.splitlines())
        assert (told["bytes_out"], told["rate_out"], told["retrans_total"], told["state"]) == (1234, 0, 0, "ESTAB")
        assert 0 < told["rtt"] < 10
        only = run("-f", "csv", "--columns", "bytes_out", "bytes_out:1k-2k", row).stdout.splitlines()
        assert only == ["bytes_out", "1234"]


def test_rows_are_sorted_by_any_column() -> None:
    with net.create_server(("127.0.0.1", 0)), net.create_server(("127.0.0.1", 0)):
        for order, reverse in (("local", False), ("local:asc", False), ("local:desc", True)):
            done = run("-f", "ndjson", "--sort", order, "-tl", "127.0.0.1", "-4")
            ends = [(each["local_address"], each["local_port"]) for each in map(json.loads, done.stdout.splitlines())]
            ports = [port for address, port in ends if address == "127.0.0.1"]
            assert len(ports) > 1
            assert ports == sorted(ports, reverse=reverse)


def test_metrics_are_utf8_whatever_the_locale_is_and_tell_a_full_accept_queue() -> None:
    code = """
import socket
server = socket.create_server(("127.0.0.1", 0), backlog=1)
open("/proc/self/comm", "w").write("caf\\u00e9")
clients = [socket.create_connection(server.getsockname()) for _ in range(2)]
print(server.getsockname()[1], flush=True)
input()
"""
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        port = int(holder.stdout.readline())
        command = [PROGRAM, "-tf", "prometheus", f"port:{port}"]
        done = subprocess.run(command, capture_output=True, check=False, env=environment)
        holder.communicate(b"\n")
    assert (done.returncode, done.stderr) == (0, b"")
    lines = done.stdout.decode().splitlines()
    labels = f'{{netid="tcp",netns="own",port="{port}",address="127.0.0.1",process="caf\u00e9"}}'
    for name, value in (("sockets", 1), ("accept_queue_length", 2), ("backlog", 1)):
        assert f"netwatch_listener_{name}{labels} {value}" in lines
    assert 'netwatch_problem_sockets{problem="accept-queue-full",severity="critical"} 1' in lines
    assert 'netwatch_sockets{netid="tcp",state="ESTAB"} 4' in lines


@pytest.mark.parametrize("format", ["table", "json", "ndjson", "csv", "tsv"])
def test_a_pipe_that_is_closed_early_ends_it_silently(format: str) -> None:
    with subprocess.Popen(
        [PROGRAM, "-f", format, "-A", "all"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(20) == 0
        assert process.stderr.read() == b""


def test_colour_is_for_terminals_or_whoever_asks_for_it() -> None:
    assert "\x1b" not in run("--once").stdout
    assert "\x1b" not in run("--once", "--color", "auto").stdout
    assert run("--once", "--color=always").stdout.startswith("\x1b[1mNetid")
    assert "\x1b" not in run("--once", "--color=always", "-H").stdout


def test_the_table_needs_neither_psutil_nor_datetime_nor_json() -> None:
    code = "import sys; from netwatch_tui.cli import main; main(['--once']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = set(done.stderr.split())
    assert not modules & {"psutil", "datetime", "json", "csv", "netwatch_tui.fields.catalogue", "netwatch_tui.ui"}


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--format", "xml"], "xml"),
        (["-f", "prometheus", "--columns", "pid"], "--columns can't be used with --format prometheus"),
        (["--probe", "-f", "prometheus"], "--probe prints table, json"),
        (["--columns", "local,nope"], "'nope' is not a column: netid, "),
        (["--sort", "nope"], "'nope' is not a column: netid, "),
        (["--columns", "pid,state,pid"], "column pid is named twice"),
        (["--columns", "recv_q,Recv-Q"], "column recv_q is named twice"),
        (["--watch", "--wait-for", "port:1"], "--watch can't be used with --wait-for"),
        (["--once", "--diff", "a", "b"], "--once can't be used with --diff"),
        (["--sort", "local:up"], "'up' is not a direction"),
        (["--color", "red"], "red"),
        (["--timeout", "3s"], "--timeout can't be used with --once"),
        (["--for", "3s"], "--for can't be used with --once"),
        (["--watch", "--sort", "local"], "--sort can't be used with --watch"),
        (["--watch", "--for", "soon"], "'soon' is not a duration"),
        (["--watch", "--format", "csv"], "--watch prints ndjson"),
        (["--watch", "--record", "-"], "--record - needs standard output"),
        (["--wait-for", "port:x"], "port: needs a number"),
        (["--replay", "x", "--all-namespaces"], "--all-namespaces can't be used with --replay"),
        (["--replay", "x", "--record", "y"], "--record can't be used with --replay"),
        (["--record", "/tmp/x", "port:1"], "give the filter to --replay"),
        (["--diff", "only-one"], "--diff"),
        (["--diff", "a", "b", "--format", "csv"], "--diff prints table or ndjson"),
    ],
)
def test_what_means_nothing_is_refused_in_one_line(argv: list[str], words: str) -> None:
    done = run(*argv)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert done.stderr.startswith("netwatch-tui: ")


def test_a_column_is_known_by_every_name_of_its_field() -> None:
    done = run("--once", "-f", "csv", "--columns", "proto,Recv-Q, dev", "--sort", "recvq")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "netid,recv_q,interface")


def test_a_filter_that_asks_for_more_than_names_gets_it(port: int) -> None:
    for text in (f"cmd:/{os.path.basename(sys.argv[0])}|pytest/", "not unit:no-such-unit"):
        assert f":{port} " in run("--once", "-tlH", f"port:{port}", text).stdout
    assert run("--once", "-tlH", f"port:{port}", "cmd:no-such-program").stdout == ""
