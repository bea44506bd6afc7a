"""Names of addresses from `/etc/hosts`, which ask nobody."""

from __future__ import annotations

import socket
from collections.abc import Iterable

from netwatch_tui.kernel.limits import HOSTS, file_version, read_lines
from netwatch_tui.sockets.host_names import host_name
from netwatch_tui.sockets.mapped_addresses import plain

HOSTS_FILE = "/etc/hosts"


class HostsFile:
    """Names by address, read again when the file is another one."""

    def __init__(self, path: str = HOSTS_FILE) -> None:
        self._path = path
        self._version: tuple[int, ...] | None = None
        self._names: dict[bytes, str] = {}

    def look_again(self) -> bool:
        """Read the file if it was never read, or is another one; tells whether it was."""
        version = file_version(self._path)
        if version == self._version:
            return False
        self._version = version
        try:
            self._names = parse_hosts(read_lines(self._path))
        except OSError:
            self._names = {}
        return True

    def name(self, packed: bytes) -> str | None:
        """What it calls an address of 4 or 16 bytes; None where it says nothing."""
        return self._names.get(packed)


def parse_hosts(lines: Iterable[bytes]) -> dict[bytes, str]:
    """The first name of each address in its first line, as hosts(5) has them: `10.0.0.5 web.example web # comment`.

    What is no such line is left out, as the C library does.
    """
    names: dict[bytes, str] = {}
    for line in lines:
        words = line.partition(b"#")[0].decode("utf-8", "surrogateescape").split()
        if len(words) < 2 or len(names) >= HOSTS:
            continue
        packed, name = _packed(words[0]), host_name(words[1])
        if packed is not None and name is not None:
            names.setdefault(plain(packed), name)
    return names


def _packed(text: str) -> bytes | None:
    """The bytes of an address; None for what is none."""
    try:
        return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)
    except (OSError, ValueError):  # no address, or no text of one: UnicodeEncodeError
        return None
