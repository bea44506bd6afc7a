"""`--watch`, `--wait-for` and `--record`, as a script runs them."""

from __future__ import annotations

import fcntl
import json
import os
import re
import select
import signal
import socket as net
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from netwatch_tui.recording.reader import END, open_recording
from tests.support.program import PATIENCE, PROGRAM, run, running, wait_until, wait_until_it_catches
from tests.support.schema import errors_of
from tests.support.terminal import Terminal


def free_port() -> int:
    with net.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def test_watch_tells_of_a_connection_that_comes_and_goes() -> None:
    with (
        net.create_server(("127.0.0.1", 0)) as server,
        running(
            "--watch", "--interval", "0.05", "-t", "--capture", "never", f"port:{server.getsockname()[1]}"
        ) as program,
    ):
        opened = None
        while opened is None:  # until it has had its first tick, which tells of nothing
            client = net.create_connection(server.getsockname())
            port = client.getsockname()[1]
            accepted, _ = server.accept()
            opened = program.about(port, 2.0)
            client.close()  # first, so that its end is the one that lingers
            accepted.close()
        changed = program.about(port)
        assert changed
        events = [opened, changed]
        assert [(event["event"], event["was"]) for event in events] == [("opened", None), ("changed", "ESTAB")]
        assert events[1]["socket"]["state"] == "TIME-WAIT"
        assert events[0]["socket"]["owners"][0]["pid"] == os.getpid()
        assert events[0]["host"] == os.uname().nodename
        assert not any(errors_of(event, "event") for event in events)
        assert program.end(signal.SIGINT) == 0
        assert program.complaints == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
@pytest.mark.parametrize("argv", [["--watch"], ["--watch", "--interval", "60"]])
def test_a_signal_ends_watch_at_once_and_silently(argv: list[str], number: int) -> None:
    with running(*argv, "-A", "all") as program:
        wait_until_it_catches(program.process.pid, signal.SIGALRM)  # the last
        start = time.monotonic()
        assert program.end(number) == 0
        assert time.monotonic() - start < 30  # half of the longest interval, on the busiest machine
        assert program.complaints == ""


@pytest.mark.parametrize("argv", [["--watch", "port:1"], ["--record", "it"]])
def test_what_nohup_ignores_stays_ignored(argv: list[str], tmp_path: Path) -> None:
    with subprocess.Popen(["nohup", PROGRAM, *argv], cwd=tmp_path, stdin=-3, stdout=-1, stderr=-3) as process:
        wait_until_it_catches(process.pid, signal.SIGALRM)
        process.send_signal(signal.SIGHUP)
        process.terminate()  # which is heard after it
        assert process.wait(PATIENCE) == 0
    ignored = 'trap "" HUP INT QUIT; exec "$0" --wait-for port:1'
    with subprocess.Popen(["sh", "-c", ignored, PROGRAM]) as process:
        wait_until_it_catches(process.pid, signal.SIGALRM)
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
            process.send_signal(number)
        assert process.wait(PATIENCE) == 128 + signal.SIGTERM


def test_a_signal_ends_it_while_nobody_reads() -> None:
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    with ExitStack() as stack:
        for _ in range(50):  # so many that not even the first frame finds room
            stack.enter_context(net.create_server(("127.0.0.1", 0)))
        process = stack.enter_context(subprocess.Popen([PROGRAM, "--record", "-"], stdout=writer, stderr=-3))
        stack.callback(process.kill)
        wait_until(lambda: not select.select([], [writer], [], 0)[1])
        process.terminate()
        assert process.wait(PATIENCE) == 0
    os.close(reader)
    os.close(writer)


def test_a_reader_that_goes_away_ends_watch_though_nothing_happens() -> None:
    reader, writer = os.pipe()
    with subprocess.Popen([PROGRAM, "--watch", "--interval", "60", "port:1"], stdout=writer, stderr=-1) as process:
        os.close(writer)
        wait_until_it_catches(process.pid, signal.SIGALRM)
        os.close(reader)
        assert process.wait(PATIENCE) == 0
        assert process.stderr
        assert process.stderr.read() == b""


def test_watch_ends_by_itself() -> None:
    start = time.monotonic()
    done = run("--watch", "--for", "0.5s", "--interval", "0.1", "port:1")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert time.monotonic() - start >= 0.5


def test_wait_for_a_server_that_comes_up_late() -> None:
    port = free_port()
    with running("--wait-for", f"port:{port}", "-l", "--interval", "0.05", "--timeout", "15s") as program:
        wait_until_it_catches(program.process.pid, signal.SIGALRM)
        time.sleep(0.3)  # some ticks, of which nothing tells
        assert program.process.poll() is None
        with net.create_server(("127.0.0.1", port)):
            assert program.process.wait(PATIENCE) == 0
        assert (program.line(), program.complaints) == ("", "")


def test_wait_for_what_is_there_prints_it_if_asked() -> None:
    with net.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = run("--wait-for", f"port:{port}", "-tl", "--format", "ndjson")
        assert (done.returncode, json.loads(done.stdout)["local_port"]) == (0, port)
        assert run("--wait-for", f"port:{port}", "-tl", "127.0.0.1").stdout == ""


def test_wait_for_needs_nobody_to_read() -> None:
    port = free_port()
    reader, writer = os.pipe()
    os.close(reader)
    with subprocess.Popen(
        [PROGRAM, "--wait-for", f"port:{port}", "-l", "--interval", "0.05"], stdout=writer
    ) as process:
        os.close(writer)
        wait_until_it_catches(process.pid, signal.SIGALRM)
        time.sleep(0.3)
        with net.create_server(("127.0.0.1", port)):
            assert process.wait(PATIENCE) == 0


def test_wait_for_gives_up() -> None:
    start = time.monotonic()
    done = run("--wait-for", f"port:{free_port()}", "--timeout", "0.5", "--interval", "0.1")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")
    assert time.monotonic() - start >= 0.5
    assert run("--wait-for", "port:1", "--timeout", "0").returncode == 1


def test_wait_for_ends_with_the_signal() -> None:
    with running("--wait-for", "port:1") as program:
        wait_until_it_catches(program.process.pid, signal.SIGALRM)
        assert program.end(signal.SIGTERM) == 128 + signal.SIGTERM


# --- recordings ---


@pytest.mark.parametrize("name", ["it", "it.gz"])
def test_what_was_recorded_is_replayed(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with net.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert run("--record", path, "--for", "0.4s", "--interval", "0.1").returncode == 0
    recording = open_recording(str(path))
    assert len(list(recording)) >= 2
    assert recording.ended == END
    done = run("--replay", path, "--format", "json", "-tl", f"port:{port}")
    document = json.loads(done.stdout)
    assert (document["host"], done.stderr) == (os.uname().nodename, "")
    assert [each["local_port"] for each in document["sockets"]] == [port]
    assert document["sockets"][0]["owners"][0]["pid"] == os.getpid()


def test_one_machine_seen_from_another(tmp_path: Path) -> None:
    with net.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        shell = f'"$0" --record - --for 0.5s --interval 0.1 | "$0" --replay - --once -Htl port:{port}'
        done = subprocess.run(["sh", "-c", shell, PROGRAM], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()[4] == f"127.0.0.1:{port}"


def test_a_recording_tells_the_events_that_it_saw(tmp_path: Path) -> None:
    path = tmp_path / "it"

    def frames() -> int:
        return path.read_bytes().count(b"\n") if path.exists() else 0

    with running("--record", path, "--interval", "0.05", "--capture", "never") as program:
        wait_until(lambda: frames() >= 3)
        with net.create_server(("127.0.0.1", 0)) as server:
            port, before = server.getsockname()[1], frames()
            wait_until(lambda: frames() >= before + 2)
        before = frames()
        wait_until(lambda: frames() >= before + 2)
        assert program.end(signal.SIGTERM) == 0
        assert program.complaints == ""
    events = [json.loads(line) for line in run("--replay", path, "--watch", f"port:{port}").stdout.splitlines()]
    assert [event["event"] for event in events] == ["opened", "closed"]
    new = run("--replay", path, "--watch", f"port:{port}", "is:new").stdout.splitlines()
    assert [json.loads(line)["event"] for line in new] == ["opened"]
    assert not any(errors_of(event, "event") for event in events)


def test_a_recording_that_breaks_off_says_so(tmp_path: Path) -> None:
    path = tmp_path / "it"
    run("--once", "--record", path)
    for size, words in (
        (0, "is not a recording"),
        (40, "is not a recording"),
        (-2, "is not complete"),
        (-20, "is not"),
    ):
        cut = tmp_path / "cut"
        data = path.read_bytes()
        cut.write_bytes(data[:size])
        done = run("--replay", cut, "--once")
        assert words in done.stderr
        assert done.stderr.count("\n") == 1
        assert done.returncode == (0 if size < 0 else 2)
        assert bool(done.stdout) is (size < 0)
    cut.write_bytes(path.read_bytes().split(b"\n")[0] + b"\n")
    done = run("--replay", cut, "--watch")
    assert (done.returncode, done.stdout) == (0, "")
    assert "breaks off" in done.stderr
    assert run("--replay", cut, "--once").returncode == 1


def test_watch_is_recorded_as_well(tmp_path: Path) -> None:
    path = tmp_path / "it"
    assert run("--watch", "--record", path, "--for", "0.3s", "--interval", "0.1").returncode == 0
    assert open_recording(str(path)).host == os.uname().nodename


def test_a_recording_whose_reader_goes_away_ends_silently() -> None:
    with running("--record", "-", "--interval", "0.1") as program:
        assert json.loads(program.line())["version"] == 1
    shell = '"$0" --record - --interval 0.1 | head -c 5; '
    done = subprocess.run(["sh", "-c", shell, PROGRAM], capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert (done.stdout, done.stderr) == ('{"net', "")


def test_a_recording_replaces_nothing_and_goes_through_no_link(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    (tmp_path / "link").symlink_to("notes")
    (tmp_path / "dangling").symlink_to("new")
    for name, words in (("notes", "it exists already"), ("link", "it is a symbolic"), ("dangling", "it is a symbolic")):
        done = run("--once", "--record", tmp_path / name, "-H")
        assert (done.returncode, done.stdout.count("\n")) == (2, 0)
        assert f"can't write {tmp_path / name}: {words}" in done.stderr
        assert done.stderr.count("\n") == 1
    assert (tmp_path / "notes").read_text() == "mine"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("option", ["--replay", "--diff"])
def test_what_is_no_file_is_told_and_not_waited_for(tmp_path: Path, option: str) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    for name, kind in ((path, "a pipe"), (tmp_path, "a directory"), (Path("/dev/zero"), "a device")):
        done = run("--once", option, name) if option == "--replay" else run(option, name, name)
        assert done.returncode == 2
        assert f"can't read {name}: it is {kind}, not a regular file" in done.stderr
        assert done.stderr.count("\n") == 1


def test_a_recording_that_can_not_be_written_is_one_line(tmp_path: Path) -> None:
    done = run("--record", tmp_path / "nowhere" / "x", "--for", "1s")
    assert done.returncode == 2
    assert re.fullmatch(r"netwatch-tui: can't write .*: No such file or directory\n", done.stderr)
    full = run("--record", "/dev/full", "--for", "1s")
    assert full.returncode == 2
    assert full.stderr == "netwatch-tui: can't write /dev/full: No space left on device\n"


def test_what_this_deploy_changed(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after.json"
    with net.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
        run("--once", "--record", before, "-H")
        same = run("--diff", before, before)
    assert (same.returncode, same.stdout, same.stderr) == (0, "", "")
    with net.create_server(("127.0.0.1", 0)) as come:
        after.write_text(run("--format", "json", "-A", "all").stdout)
        other = come.getsockname()[1]
    done = run("--diff", before, after, "-tl", "127.0.0.1")
    assert (done.returncode, done.stderr) == (1, "")
    signs = {(line.split()[0], line.split()[3]) for line in done.stdout.splitlines()}
    assert {("-", f"127.0.0.1:{port}"), ("+", f"127.0.0.1:{other}")} <= signs
    told = run("--diff", before, after, "-tl", f"port:{other}", "--format", "ndjson")
    (difference,) = map(json.loads, told.stdout.splitlines())
    assert not errors_of(difference, "difference")
    assert "\x1b[32m+" in run("--diff", before, after, "-tl", "--color=always").stdout


@pytest.mark.parametrize(
    "content", ["", "hello", "{}", "[1]", '{"version": 2, "sockets": []}', '{"version": 1, "sockets": [{}]}']
)
def test_what_can_not_be_compared_is_one_line_and_status_2(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x"
    path.write_text(content)
    done = run("--diff", path, path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert run("--diff", tmp_path / "nowhere", path).returncode == 2


def test_a_terminal_gets_colours_and_no_screen_when_a_format_is_asked_for() -> None:
    with Terminal([PROGRAM, "--format", "table", "-tl"], columns=160) as terminal:
        assert terminal.wait_for_end() == 0
    assert b"\x1b[1mNetid" in terminal.written


@pytest.mark.parametrize(
    ("argv", "closed", "words"),
    [
        (("--once", "--replay", "-"), 0, "can't read -: standard input is closed"),
        (("--diff", "-", "x"), 0, "can't read -: standard input is closed"),
        (("--once", "--record", "-"), 1, "can't write -: standard output is closed"),
    ],
)
def test_a_stream_that_was_never_open_is_told(argv: tuple[str, ...], closed: int, words: str) -> None:
    shell = f'exec {closed}>&-; exec "$0" "$@"'
    command = ["sh", "-c", shell, PROGRAM, *argv]
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (2, f"netwatch-tui: {words}\n")
