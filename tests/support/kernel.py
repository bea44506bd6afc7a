"""What the tests against the real kernel share: namespaces, child processes, and the machine as a source."""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import pkgutil
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, Self

import netwatch_tui
from netwatch_tui.kernel.source import LinuxSource

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534
"""An ordinary user, who has no processes but those of the tests."""
_PREFIX = "netwatch-test"
_PATIENCE = 20.0
"""Seconds in which a child that is hung up on has to end by itself."""
_PR_SET_DUMPABLE = 4


@contextmanager
def linux_source() -> Iterator[LinuxSource]:
    """The machine; what it holds open is closed at the end."""
    source = LinuxSource()
    try:
        yield source
    finally:
        source.close()


def become(uid: int) -> None:
    """Be an ordinary user from now on, and one whose `/proc/PID` is the user's own as after an exec.

    Nothing can be imported afterwards where the tests lie in a folder of root's: all that may be is imported before.
    """
    for module in pkgutil.walk_packages(netwatch_tui.__path__, "netwatch_tui."):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


class Netns(NamedTuple):
    """A network namespace that a test made."""

    name: str
    inode: int

    def command(self, *words: str, uid: int = 0) -> list[str]:
        """A command line that runs inside, with the number of the process that is started."""
        user = [f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]
        return ["ip", "netns", "exec", self.name, *(["setpriv", *user] if uid else []), *words]


def why_no_namespaces() -> str:
    """Why namespaces can't be made here; empty where they can."""
    if os.getuid():
        return "only root may make network namespaces"
    missing = [program for program in ("ip", "nsenter", "ss", "setpriv", "unshare") if not shutil.which(program)]
    if missing:
        return f"not installed: {', '.join(missing)}"
    try:
        with new_netns("probe"):
            return ""
    except subprocess.CalledProcessError as error:
        return f"ip netns add: {error.stderr.strip()}"


@contextmanager
def quiet_machine() -> Iterator[list[str]]:
    """Words before a command that then runs where none but the processes started so can be seen, and no named netns.

    A pid namespace with its own `/proc`, and a mount namespace, which both end with the block.
    """
    hide = "if [ -d /run/netns ]; then mount -t tmpfs none /run/netns; fi; echo; exec cat"
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", hide]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout
        first.stdout.readline()
        folder = f"/proc/{first.pid}/ns"
        yield ["nsenter", f"--wd={ROOT}", f"--pid={folder}/pid_for_children", f"--mount={folder}/mnt"]
        first.communicate()


@contextmanager
def new_netns(name: str) -> Iterator[Netns]:
    """A network namespace with nothing in it but a loopback device."""
    _sweep()
    full = f"{_PREFIX}-{os.getpid()}-{name}"
    _ip("netns", "add", full)
    try:
        _ip("-n", full, "link", "set", "lo", "up")
        yield Netns(full, Path("/run/netns", full).stat().st_ino)
    finally:
        # A test may have taken away the mount that makes the file a name, but not the file.
        if Path("/run/netns", full).stat().st_dev == os.stat("/proc/self/ns/net").st_dev:
            _ip("netns", "delete", full)
        else:
            Path("/run/netns", full).unlink()


def _sweep() -> None:
    """Take away what tests left that were killed."""
    with suppress(FileNotFoundError):
        for entry in os.scandir("/run/netns"):
            pid = entry.name.removeprefix(f"{_PREFIX}-").partition("-")[0]
            if entry.name.startswith(_PREFIX) and not Path("/proc", pid).exists():
                _ip("netns", "delete", entry.name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


class Child:
    """A program of the tests that is asked one JSON line at a time, and ends when it is hung up on."""

    def __init__(self, module: str, *arguments: str, netns: Netns | None = None, before: Sequence[str] = ()) -> None:
        command = [*before, sys.executable, "-m", module, *arguments]
        self.name = module
        self._process = subprocess.Popen(
            netns.command(*command) if netns else command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            start_new_session=True,
        )
        self.pid = self._process.pid
        assert self._process.stdin
        assert self._process.stdout
        self._to, self._from = self._process.stdin, self._process.stdout
        self._read = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(BrokenPipeError):
            self._to.close()
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._from.close()

    def ask(self, request: object = None, timeout: float = 120.0) -> Any:
        """Send a request and wait for the answer."""
        self._to.write(json.dumps(request).encode() + b"\n")
        self._to.flush()
        deadline = time.monotonic() + timeout
        while b"\n" not in self._read:
            ready = select.select([self._from], [], [], max(deadline - time.monotonic(), 0))[0]
            data = os.read(self._from.fileno(), 1 << 20) if ready else b""
            if not data:
                raise AssertionError(f"{self.name} {'ended' if ready else 'gave no answer in time'}")
            self._read += data
        line, _, self._read = self._read.partition(b"\n")
        return json.loads(line)


def requests() -> Iterator[Any]:
    """What a child is asked for, one after the other."""
    for line in sys.stdin:
        yield json.loads(line)


def answer(value: object) -> None:
    """What a child says to a request."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def ss(netns: Netns, *options: str, uid: int = 0) -> tuple[int, list[str]]:
    """The process number of an ss that ran in a namespace, and the lines that it printed."""
    command: Sequence[str] = netns.command("ss", *options, uid=uid)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout
        printed = process.stdout.read().decode("utf-8", "surrogateescape")
    assert process.returncode == 0
    return process.pid, printed.splitlines()
