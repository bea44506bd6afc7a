"""The installed program in a real terminal, from start to end."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.terminal import Terminal

PROGRAM = str(Path(sys.executable).with_name("netwatch-tui"))


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """One of two, so that there is something to leave out."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)):
        yield server


def rows_of_sockets(rows: list[str]) -> list[str]:
    return [row for row in rows if re.match(r"[ +~-] (tcp|udp) ", row)]


def test_a_new_connection_lights_up_and_is_found_by_its_port(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with Terminal([PROGRAM, "--interval", "0.1"], columns=120, lines=40) as terminal:
        terminal.wait_for(lambda rows: any(f"127.0.0.1:{port}" in row for row in rows), "the listener")
        terminal.send(f"/port:{port}\r")
        terminal.wait_for(lambda rows: len(rows_of_sockets(rows)) == 1 and " of " in rows[0], "the listener alone")
        assert [row[0] for row in rows_of_sockets(terminal.rows)] == [" "], "the first snapshot marks nothing"
        with socket.create_connection(("127.0.0.1", port)) as client:
            client_port = client.getsockname()[1]
            terminal.wait_for(
                lambda rows: any(row.startswith("+ tcp") and f":{client_port}" in row for row in rows), "a lit row"
            )
            terminal.send(f"p{client_port}\r")
            rows = terminal.wait_for(
                lambda rows: (found := rows_of_sockets(rows)) and all(f":{client_port}" in row for row in found),
                "the ends of the connection and nothing else",
            )
            assert any(str(os.getpid()) in row for row in rows_of_sockets(rows)), "its owner is this test"
        terminal.send("\x1b")
        terminal.wait_for(lambda rows: " of " not in rows[0], "all sockets again")
        terminal.send("q")
        assert terminal.wait_for_end() == 0
        assert terminal.settings == terminal.settings_before
        for end in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1003l"):
            assert end in terminal.written, f"{end!r} puts the terminal back"
        with pytest.raises(ProcessLookupError):
            os.killpg(terminal.process.pid, 0)


def test_it_starts_and_quits_also_where_there_is_little_room(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    with Terminal([PROGRAM, f"port:{port}"], columns=40, lines=10) as terminal:
        terminal.wait_for(lambda rows: any(f":{port} " in row for row in rows), "the listener")
        terminal.send("q")
        assert terminal.wait_for_end() == 0


def test_it_ends_well_when_it_is_told_to_from_outside() -> None:
    with Terminal([PROGRAM]) as terminal:
        terminal.wait_for(lambda rows: "sockets" in rows[0] or "socket " in rows[0], "the counts")
        terminal.process.terminate()
        assert terminal.wait_for_end() == 0
        assert terminal.settings == terminal.settings_before


def test_it_does_not_outlive_its_terminal() -> None:
    with Terminal([PROGRAM]) as terminal:
        terminal.wait_for(lambda rows: "socket" in rows[0], "the counts")
        assert terminal.hang_up() == 128 + signal.SIGHUP


def test_a_wrong_theme_is_one_line_on_the_terminal() -> None:
    with Terminal([PROGRAM, "--theme", "no-such"]) as terminal:
        assert terminal.wait_for_end() == 2
    assert terminal.rows[0].startswith("netwatch-tui: there is no theme 'no-such'; there are: ")


def test_a_resize_is_followed(listener: socket.socket) -> None:
    with Terminal([PROGRAM], columns=160, lines=30) as terminal:
        terminal.wait_for(lambda rows: any("User" in row and "Unit" in row for row in rows), "all columns")
        terminal.resize(50, 20)
        terminal.wait_for(
            lambda rows: any("Peer" in row and "User" not in row for row in rows),
            "fewer columns, and a word about it",
        )


def test_a_digit_at_the_end_of_a_row_costs_its_cells_and_not_the_row() -> None:
    with ExitStack() as stack:
        terminal = stack.enter_context(Terminal([PROGRAM, "-l", "--fresh"], columns=200, lines=40))
        terminal.wait_for(lambda rows: "socket" in rows[0] and "reading" not in rows[0], "the first tick")
        for _ in range(30):
            stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        terminal.wait_for(lambda rows: len(ages(rows)) == 30 and min(ages(rows)) > 3, "rows that are lit no more")
        before, age = len(terminal.written), max(ages(terminal.rows))
        terminal.wait_for(lambda rows: min(ages(rows)) >= age + 2, "rows that are two seconds older")
        sent, ticks = len(terminal.written) - before, max(ages(terminal.rows)) - age
        assert 60 < sent < ticks * 30 * 60, "30 rows of 200 cells a tick, of which an age is five cells"
        terminal.send("q")
        assert terminal.wait_for_end() == 0


def ages(rows: list[str]) -> list[int]:
    """The ages of the listeners on loopback, in seconds."""
    return [
        int(found[1])
        for row in rows
        if "LISTEN" in row and "127.0.0.1:" in row and (found := re.search(r" (\d+)s ", row))
    ]
