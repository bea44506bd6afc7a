"""`--why-port` as a person and as a script run it."""

from __future__ import annotations

import json
import os
import socket as net
from collections.abc import Iterator
from pathlib import Path

import pytest

from netwatch_tui.kernel.machine_names import read_services
from tests.support.program import run
from tests.support.schema import errors_of


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where this process listens for TCP."""
    with net.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def free_port() -> int:
    """One that nobody has and that the kernel gives to nobody: below all that it chooses from."""
    for port in range(20_000, 30_000):
        with net.socket() as tcp, net.socket(type=net.SOCK_DGRAM) as udp:
            try:
                tcp.bind(("", port))
                udp.bind(("", port))
            except OSError:
                continue
            return port
    raise AssertionError("every port is taken")


def test_a_held_port_is_told_with_its_holder_and_what_to_do(port: int) -> None:
    done = run("--why-port", port)
    first, second, *rest = done.stdout.splitlines()
    assert first.startswith(f"TCP port {port} is held by ")
    assert f"({os.getpid()}" in first
    assert first.endswith("on 127.0.0.1.")
    assert second.startswith(f"UDP port {port} is free to bind")
    assert "What to do:" in rest
    assert (done.returncode, done.stderr) == (1, "")


def test_letters_ask_about_one_protocol(port: int) -> None:
    assert run("--why-port", port, "-t").returncode == 1
    done = run("--why-port", port, "-u")
    assert done.returncode == 0
    assert done.stdout.startswith(f"UDP port {port} is free to bind")


def test_a_free_port_is_status_zero() -> None:
    port = free_port()
    done = run("--why-port", port)
    assert done.returncode == 0
    assert "free to bind" in done.stdout.splitlines()[0]


def test_json_is_one_object_by_the_schema_with_the_sockets_as_snapshots_have_them(port: int) -> None:
    done = run("--why-port", port, "-f", "json")
    document = json.loads(done.stdout)
    assert not errors_of(document, "port")
    assert (done.returncode, document["port"], document["verdict"], document["is_free"]) == (1, port, "listener", False)
    tcp, udp = document["protocols"]
    assert (tcp["protocol"], tcp["verdict"], udp["is_free"], udp["sockets"]) == ("tcp", "listener", True, [])
    (socket,) = tcp["sockets"]
    assert (socket["local_port"], socket["owners"][0]["pid"]) == (port, os.getpid())
    (snapshot,) = json.loads(run("-f", "json", "-tl", f"port:{port}").stdout)["sockets"]
    assert snapshot.keys() == socket.keys()


def test_a_service_is_a_port_by_name() -> None:
    services = read_services()
    if "http" not in services.get("tcp", {}):
        pytest.skip("this machine has no /etc/services")
    assert "port 80 " in run("--why-port", "http", "-t").stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("0",), "neither a port from 1 to 65535 nor the name of a service"),
        (("65536",), "neither a port"),
        (("no-such-service",), "'no-such-service' is neither a port"),
        (("80", "-x"), "asks about ports, which u_dgr sockets do not have"),
        (("80", "process:nginx"), "takes one port and no filter"),
        (("80", "-f", "csv"), "prints table or json, not csv"),
        (("80", "-l"), "--listening can't be used with --why-port"),
        (("80", "-4"), "--ipv4 can't be used with --why-port"),
        (("80", "--watch"), "--why-port can't be used with --watch"),
        (("80", "--all-namespaces"), "--all-namespaces can't be used with --why-port"),
        (("80", "-N", "no-such-namespace"), "no network namespace 'no-such-namespace' can be seen"),
        (("80", "--replay", str(Path(os.devnull))), "can't be used with"),
    ],
)
def test_wrong_use_is_one_line_and_status_two(words: tuple[str, ...], complaint: str) -> None:
    done = run("--why-port", *words)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert complaint in line
