"""Names of users, from `/etc/passwd` and nowhere else.

The C library's getpwuid(3) would ask whatever nsswitch.conf(5) says: it connects to nscd at every start, and may wait
for a directory server. A program that watches sockets opens none for this, and does not hang with the network.
"""

from __future__ import annotations

from netwatch_tui.kernel.limits import USERS, file_version, read_lines

PASSWD = "/etc/passwd"  # noqa: S105 -- a file, and no password has been in it for decades


class Users:
    """Users by number. The file is read again when it is another one."""

    def __init__(self, passwd: str = PASSWD) -> None:
        self._path = passwd
        self._names: dict[int, str] | None = None
        self._version: tuple[int, ...] = ()

    def name(self, uid: int) -> str:
        """The name of a user; the number as text where there is none, or the file can't be read."""
        if self._names is None:
            self._version = file_version(self._path)
            self._names = _read(self._path)
        name = self._names.get(uid)
        if name is None:
            name = str(uid)
            if len(self._names) < USERS:
                self._names[uid] = name
        return name

    def look_again(self) -> None:
        """Read the file again for the next name, if it has changed since it was read."""
        if self._names is not None and file_version(self._path) != self._version:
            self._names = None


def _read(path: str) -> dict[int, str]:
    """Names by number; the first line of a number counts, and what is no line of passwd(5) is left out."""
    names: dict[int, str] = {}
    try:
        lines = read_lines(path)
    except OSError:
        return names
    for line in lines:
        name, _, rest = line.partition(b":")
        number = rest.split(b":", 2)[1:2]
        if name and number and number[0].isdigit() and len(number[0]) <= 10 and len(names) < USERS:
            names.setdefault(int(number[0]), name.decode("utf-8", "surrogateescape"))
    return names
