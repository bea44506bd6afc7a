"""What is mounted where, as this process sees it: `/proc/self/mountinfo`; see proc_pid_mountinfo(5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_OCTAL = re.compile(r"\\([0-7]{3})")
"""How the kernel writes blanks, tabs, newlines and backslashes: `mangle_path` in its fs/d_path.c."""


class Mount(NamedTuple):
    """One mount."""

    device: str
    """Of the file system, `0:21`: major and minor number."""
    root: str
    """What of the file system is mounted: a folder, or for a namespace's file its number, `net:[4026531840]`."""
    point: str
    """Where it is mounted."""
    options: str
    """Those of the file system, `rw,hidepid=2`."""


def read_mounts(proc: str, type: str) -> Iterator[Mount]:
    """The mounts of one type of file system that this process can reach, in the order in which they were made.

    Raises:
        OSError: There is no such list.
    """
    sign = f" - {type} "  # blanks in names are escaped, so that it stands nowhere else
    with open(f"{proc}/self/mountinfo", encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        for line in file:
            place, found, system = line.rstrip("\n").partition(sign)
            if found:
                _, _, device, root, point, *_ = place.split(" ")
                yield Mount(device, root, _OCTAL.sub(_character, point), system.partition(" ")[2])  # after the source


def _character(match: re.Match[str]) -> str:
    return chr(int(match.group(1), 8))
