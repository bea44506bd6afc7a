"""How many descriptors a process may have open."""

from __future__ import annotations

import re

from netwatch_tui.kernel.limits import PROC_FILE, read_file

_SOFT = re.compile(rb"^Max open files\s+([0-9]+)\s", re.MULTILINE)


def read_descriptor_limit(proc: str, pid: int) -> int | None:
    """The soft RLIMIT_NOFILE in `/proc/PID/limits`, see getrlimit(2); None where there is none, or it can't be read."""
    try:
        found = _SOFT.search(read_file(f"{proc}/{pid}/limits", PROC_FILE))
    except OSError:  # it is gone, or of a user whose processes may not be looked into
        return None
    return int(found[1]) if found else None
