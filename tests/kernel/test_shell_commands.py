"""The commands that a person copies, run by a shell: each tool finds the socket or process that they were made for."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from netwatch_tui.view.shell_commands import shell_commands
from tests.support.build import NETNS, owner, tcp
from tests.support.kernel import Child, Netns
from tests.support.kernel_show import NAMES

pytestmark = pytest.mark.skipif(shutil.which("ss") is None, reason="iproute2 is not installed")
PATIENCE = 20.0


def needs(tool: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not installed")


@pytest.fixture(scope="module")
def holder(here: Netns) -> Iterator[Child]:
    with Child("tests.support.kernel_show", netns=here) as child:
        yield child


HELD = [name for name in NAMES if name not in ("tcp TIME-WAIT", "unix stream that nobody accepted")]


@needs("lsof")
@pytest.mark.parametrize("name", [name for name in HELD if not name.startswith("netlink")])
def test_lsof_prints_exactly_the_descriptor(here: Netns, holder: Child, name: str) -> None:
    _, sign, _, commands = holder.ask(name)
    done = subprocess.run(
        here.command("sh", "-c", commands["lsof"]), capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    heading, line = done.stdout.splitlines()
    pid, fd = line.split()[1], line.split()[3].rstrip("uwr")
    assert heading.startswith("COMMAND")
    assert sign == f"pid={pid},fd={fd})" or sign.strip() in line.split()


@needs("lsof")
def test_lsof_knows_a_socket_of_another_namespace_from_outside(holder: Child) -> None:
    _, sign, _, commands = holder.ask("tcp connection")
    pid, fd = sign.removeprefix("pid=").removesuffix(")").split(",fd=")
    seen = tcp("[::1]:80", netns=NETNS + 1, owners=(owner(int(pid), int(fd)),))
    (text,) = (each.text for each in shell_commands(seen, NETNS) if each.tool == "lsof")
    assert text == f"nsenter -t {pid} -n {commands['lsof']}"
    done = subprocess.run(["sh", "-c", text], capture_output=True, text=True, check=True, timeout=PATIENCE)
    assert "TCP [::1]:" in done.stdout


@needs("tcpdump")
@pytest.mark.parametrize("name", NAMES)
def test_tcpdump_understands_what_is_asked_of_it(here: Netns, holder: Child, name: str) -> None:
    command = holder.ask(name)[3].get("tcpdump")
    if command is None:
        assert name.startswith(("unix", "packet", "netlink", "udplite"))
        return
    done = subprocess.run(
        here.command("sh", "-c", f"{command} -d"), capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert (done.returncode, done.stdout[:5]) == (0, "(000)"), done.stderr


@contextmanager
def running(command: list[str], ready: bytes) -> Iterator[tuple[int, int]]:
    """A tool that has told on standard error that it began, and where its output and its errors are read."""
    out, inner = os.openpty()  # on a terminal each line is written at once
    with subprocess.Popen(command, stdout=inner, stderr=subprocess.PIPE, start_new_session=True) as process:
        os.close(inner)
        assert process.stderr
        errors = process.stderr.fileno()
        try:
            read_until(errors, ready)
            yield out, errors
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
            os.close(out)


def read_until(file: int, wanted: bytes) -> bytes:
    """What a file gives up to where this stands in it."""
    found, deadline = b"", time.monotonic() + PATIENCE
    while wanted not in found:
        ready = select.select([file], [], [], max(deadline - time.monotonic(), 0))[0]
        data = os.read(file, 65_536) if ready else b""
        if not data:
            if b"not permitted" in found:
                pytest.skip(found.decode())
            raise AssertionError(found)
        found += data
    return found


@needs("tcpdump")
@pytest.mark.parametrize(
    ("name", "family", "host", "port", "shown"),
    [
        ("udp that shares its port", "AF_INET", "127.0.0.1", 53, b"127.0.0.1.53:"),
        ("udp without an address", "AF_INET6", "::1", 5353, b"::1.5353:"),
    ],
)
def test_tcpdump_shows_the_packets_of_the_socket_alone(
    here: Netns, holder: Child, name: str, family: str, host: str, port: int, shown: bytes
) -> None:
    command = holder.ask(name)[3]["tcpdump"]
    send = f"""if True:
        import socket
        sender = socket.socket(socket.{family}, socket.SOCK_DGRAM)
        sender.sendto(b"to somebody else", ({host!r}, {port + 1}))
        sender.sendto(b"to it", ({host!r}, {port}))
    """
    with running(here.command("sh", "-c", f"exec {command}"), b"listening on") as (out, _):
        subprocess.run(here.command(sys.executable, "-c", send), check=True, timeout=PATIENCE)
        printed = read_until(out, shown)
    assert f".{port + 1}:".encode() not in printed


@needs("strace")
def test_strace_shows_what_the_process_does_with_sockets(holder: Child) -> None:
    command = holder.ask("tcp connection")[3]["strace"]
    with running(["sh", "-c", f"exec {command}"], b"attached") as (_, errors):
        holder.ask("tcp connection")  # for which it asks its socket of netlink
        assert b"sendto(" in read_until(errors, b"recvfrom(")


def test_kill_ends_the_process() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        seen = tcp(owners=(owner(process.pid),))
        (text,) = (each.text for each in shell_commands(seen, NETNS) if each.tool == "kill")
        subprocess.run(["sh", "-c", text], check=True, timeout=PATIENCE)
        assert process.wait(PATIENCE) == -signal.SIGTERM
