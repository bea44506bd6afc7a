"""Configured alerts in the real program on its terminal: what the screen, the file and the command get."""

from __future__ import annotations

import json
import signal
import socket as net
from contextlib import ExitStack
from pathlib import Path

import pytest

from netwatch_tui.sockets.delta import Delta
from tests.support.build import snapshot
from tests.support.program import PROGRAM, wait_until
from tests.support.recordings import VISIT, WEB, save
from tests.support.schema import errors_of
from tests.support.terminal import Terminal

CONFIGURATION = """\
[[alerts]]
name = "visit"
filter = {filter}
bell = true
file = {file}
command = ["sh", "-c", 'cat > "$0.new"; cat /proc/self/status > "$0.status"; mv "$0.new" "$0"', {got}]

[[alerts]]
name = "wrong"
filter = "port:1"
file = "relative"
"""


def configured(folder: Path, filter: str) -> list[str]:
    """Options that make the program obey it."""
    values = {"filter": filter, "file": str(folder / "file"), "got": str(folder / "got")}
    path = folder / "my.toml"
    path.write_text(CONFIGURATION.format(**{name: json.dumps(value) for name, value in values.items()}))
    return ["--config", str(path)]


@pytest.mark.parametrize("more", [[], ["--read-only"]])
def test_a_connection_rings_on_the_screen_in_the_file_and_for_the_command(tmp_path: Path, more: list[str]) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(net.create_server(("127.0.0.1", 0)))
        port = server.getsockname()[1]
        stack.enter_context(net.create_connection(server.getsockname()))  # was there, and does not ring
        argv = [PROGRAM, "--interval", "0.1", *configured(tmp_path, f"peer_port:{port}"), *more]
        terminal = stack.enter_context(Terminal(argv, columns=120))
        terminal.wait_for(lambda rows: "file: 'relative' is not the path" in rows[-2], "what is wrong")
        terminal.wait_for(lambda rows: any(f"127.0.0.1:{port}" in row for row in rows), "the server")
        terminal.wait_for(lambda rows: " (looking)" not in "".join(rows), "owners")
        terminal.written = b""
        client = stack.enter_context(net.create_connection(server.getsockname()))
        terminal.wait_for(lambda rows: "1 alert " in rows[0], "the count")
        terminal.wait_for(lambda rows: f"→ 127.0.0.1:{port} " in rows[-2], "the notice")
        assert terminal.rows[-2].startswith("Alert visit: tcp ESTAB 127.0.0.1:")
        assert terminal.written.count(b"\a") == 1
        wait_until((tmp_path / "got").exists)
        told = json.loads((tmp_path / "got").read_text())
        assert errors_of(told, "socket") == []
        assert told["local_port"] == client.getsockname()[1]
        (event,) = map(json.loads, (tmp_path / "file").read_text().splitlines())
        assert errors_of(event, "event") == []
        assert (event["rule"], event["socket"]["local_port"]) == ("visit", told["local_port"])
        assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600
        fields = dict(line.split(":", 1) for line in (tmp_path / "got.status").read_text().splitlines())
        ignored = int(fields["SigIgn"], 16)
        assert not [number for number in signal.valid_signals() if ignored >> (number - 1) & 1]
        terminal.send("q")
        assert terminal.wait_for_end() == 0


def test_a_recording_starts_no_command_and_writes_no_file(tmp_path: Path) -> None:
    web, visit = (socket._replace(id=id) for id, socket in enumerate((WEB, VISIT), 1))
    frames = [
        snapshot(web, taken_at=0.0),
        snapshot(web, visit, delta=Delta(opened=(visit,)), taken_at=0.1),
        snapshot(web, visit, taken_at=0.2),
    ]
    path = save(tmp_path / "recording", frames)
    with Terminal([PROGRAM, "--replay", str(path), *configured(tmp_path, "port:443")], columns=120) as terminal:
        terminal.wait_for(lambda rows: any("10.0.0.9:50000" in row for row in rows), "the connection")
        terminal.wait_for(lambda rows: "the recording ends here" in rows[0], "the end")
        assert "alert" not in terminal.rows[0]
        terminal.send("q")
        assert terminal.wait_for_end() == 0
    assert not (tmp_path / "file").exists()
    assert not (tmp_path / "got").exists()
