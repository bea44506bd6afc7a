"""The ss command that a person copies shows, run by a shell, the socket that it was made for."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from netwatch_tui.collect.collector import Collector
from netwatch_tui.sockets.socket import State
from netwatch_tui.view.copies import ss_command
from tests.support.kernel import linux_source

pytestmark = pytest.mark.skipif(shutil.which("ss") is None, reason="iproute2 is not installed")


@pytest.fixture
def sockets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, socket.socket]]:
    """One of each kind, open while the test runs."""
    with ExitStack() as stack:
        made = {}
        for name, family, host in (("tcp", socket.AF_INET, "127.0.0.1"), ("tcp6", socket.AF_INET6, "::1")):
            listener = stack.enter_context(socket.create_server((host, 0), family=family))
            client = stack.enter_context(socket.create_connection(listener.getsockname()[:2]))
            stack.enter_context(listener.accept()[0])
            made[f"{name} listener"], made[f"{name} connection"] = listener, client
        made["any"] = stack.enter_context(socket.create_server(("0.0.0.0", 0)))
        made["udp"] = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        made["udp"].bind(("127.0.0.1", 0))
        made["unix"] = stack.enter_context(socket.socket(socket.AF_UNIX))
        made["unix"].bind(str(tmp_path_factory.mktemp("s") / "a b"))
        made["unix"].listen()
        yield made


@pytest.mark.parametrize(
    "kind", ["tcp listener", "tcp connection", "tcp6 listener", "tcp6 connection", "any", "udp", "unix"]
)
def test_it_prints_one_line_with_the_process_that_holds_it(sockets: dict[str, socket.socket], kind: str) -> None:
    with linux_source() as source:
        snapshot = Collector(source).collect(time.time())
    inode = _inode(sockets[kind])
    (row,) = [each for each in snapshot.sockets if each.inode == inode]
    command = ss_command(row, snapshot.namespaces.own)
    printed = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True, timeout=20)
    lines = [line for line in printed.stdout.splitlines() if "users:" in line]
    assert len(lines) == 1, (command, printed)
    assert f"fd={sockets[kind].fileno()})" in lines[0]
    assert (row.state is State.LISTEN) == ("LISTEN" in lines[0])


def _inode(each: socket.socket) -> int:
    return os.fstat(each.fileno()).st_ino
