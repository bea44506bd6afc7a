"""What strace prints of system calls, taken apart as far as a trace tells the same."""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support.program import PATIENCE, wait_until

CALLS = (
    "socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "shutdown", "close", "sendto", "sendmsg",
    "sendmmsg", "recvfrom", "recvmsg", "recvmmsg", "read", "write", "readv", "writev",
)  # fmt: skip
_UNFINISHED = " <unfinished ...>"
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>")
_CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+)(?:<.*>)?(?: (E[A-Z0-9]+).*)?")
_DESCRIPTOR = re.compile(r"(-?\d+)(?:<((?:[^<>]|<->)*)>)?")
_INET = re.compile(r'sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\)')
_INET6 = re.compile(r'sin6_port=htons\((\d+)\),.*?inet_pton\(AF_INET6, "([^"]+)"')
_UNIX = re.compile(r'sun_path="([^"]+)"')
_LENGTH = {"sendto", "recvfrom", "read", "write"}


class StracedCall(NamedTuple):
    """A call as both tell it."""

    name: str
    fd: int | None
    length: int | None
    result: int
    error: str | None
    end: str | None
    """`127.0.0.1:80`, the name of a unix socket, or `*` for one without."""


@contextmanager
def straced(pid: int, file: Path) -> Iterator[None]:
    """Trace a process with its threads and children until it ends."""
    command = ["strace", "-f", "-y", "-s", "0", "-o", str(file), "-e", f"trace={','.join(CALLS)}", "-p", str(pid)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as strace:
        status = Path(f"/proc/{pid}/status")
        wait_until(lambda: f"TracerPid:\t{strace.pid}" in status.read_text())
        try:
            yield
            strace.wait(PATIENCE)
        finally:
            strace.kill()


def calls_of(printed: str) -> dict[int, list[StracedCall]]:
    """The calls about sockets by thread, in the order in which they returned."""
    begun: dict[int, str] = {}
    found: dict[int, list[StracedCall]] = defaultdict(list)
    for line in printed.splitlines():
        number, _, text = line.partition(" ")
        tid, text = int(number), text.lstrip()
        if text.endswith(_UNFINISHED):
            begun[tid] = text.removesuffix(_UNFINISHED)
            continue
        text = begun.pop(tid, "") + _RESUMED.sub("", text)
        if (match := _CALL.fullmatch(text)) and (call := _call(*match.groups())) is not None:
            found[tid].append(call)
    return dict(found)


def _call(name: str, arguments: str, result: str, error: str | None) -> StracedCall | None:
    descriptor = None if name in ("socket", "socketpair") else _DESCRIPTOR.match(arguments)
    if name in ("read", "write", "readv", "writev", "close") and not (
        descriptor and (descriptor[2] or "").startswith(("socket:", "TCP", "UDP", "UNIX"))
    ):
        return None
    number = int(result)
    fd = int(descriptor[1]) if descriptor else number if name == "socket" and number >= 0 else None
    return StracedCall(name, fd, _length(name, arguments), number, error, _end(name, arguments))


def _length(name: str, arguments: str) -> int | None:
    if name not in _LENGTH:
        return None
    found = re.search(r'^[^,]*, (?:""\.*|NULL|0x[0-9a-f]+), (\d+)', arguments)
    assert found, arguments
    return int(found[1])


def _end(name: str, arguments: str) -> str | None:
    if name == "accept4" and arguments.rstrip().endswith("NULL"):
        return None
    if found := _INET.search(arguments):
        return f"{found[2]}:{found[1]}"
    if found := _INET6.search(arguments):
        return f"[{found[2]}]:{found[1]}"
    if found := _UNIX.search(arguments):
        return found[1]
    return "*" if "{sa_family=AF_UNIX}" in arguments else None
