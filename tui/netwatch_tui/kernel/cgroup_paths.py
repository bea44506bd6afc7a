"""Paths of cgroups by their ids, from a walk through the mounted cgroup2 file system; see cgroups(7).

The id of a cgroup is the inode of its directory. There is no cheaper way from one to the other for an ordinary user.
"""

from __future__ import annotations

import os
from contextlib import suppress

from netwatch_tui.kernel.faults import FAULTS
from netwatch_tui.kernel.mounts import read_mounts

_MOST = 100_000
"""Directories after which a walk ends."""


class CgroupPaths:
    """The paths that were found. Walks when an id is not known, at most once until `look_again`."""

    def __init__(self, proc: str) -> None:
        """Walk nowhere yet; the `/proc` tells where cgroup2 is mounted."""
        self._proc = proc
        self._known: dict[int, str] = {}
        self._has_walked = False

    def look_again(self) -> None:
        """Walk anew for the next id that is not known: cgroups come and go."""
        self._has_walked = False

    def find(self, id: int) -> str | None:
        """The path as `/proc/PID/cgroup` spells it, `/system.slice/x.service`; None if it is not below the mount."""
        if id not in self._known and not self._has_walked:
            self._has_walked = True
            self._known = self._walk()
        return self._known.get(id)

    def _walk(self) -> dict[int, str]:
        found: dict[int, str] = {}
        top = _mount_point(self._proc)
        if top is None:
            return found
        with suppress(OSError):
            found[os.stat(top).st_ino] = "/"
        folders = [""]
        while folders and len(found) < _MOST:
            folder = folders.pop()
            try:
                with os.scandir(f"{top}{folder}") as entries:
                    inside = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
            except OSError:
                continue  # gone meanwhile, or not for everyone
            for entry in inside:
                path = f"{folder}/{entry.name}"
                found[entry.inode()] = path
                folders.append(path)
        return found


def _mount_point(proc: str) -> str | None:
    """Where cgroup2 is mounted."""
    with suppress(*FAULTS):
        return next((mount.point for mount in read_mounts(proc, "cgroup2")), None)
    return None
