"""How many descriptors a process may have open."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import NamedTuple

from netwatch_tui.kernel.limits import PROC_FILE, read_file

_LIMITS = re.compile(rb"^Max open files\s+(\S+)\s+(\S+)\s", re.MULTILINE)


class DescriptorLimits(NamedTuple):
    """The two RLIMIT_NOFILE, see getrlimit(2); None for what is no number."""

    soft: int | None
    hard: int | None


def read_descriptor_limits(proc: str, pid: int) -> DescriptorLimits | None:
    """Those in `/proc/PID/limits`; None where there are none, or they can't be read."""
    try:
        found = _LIMITS.search(read_file(f"{proc}/{pid}/limits", PROC_FILE))
    except OSError:  # it is gone, or of a user whose processes may not be looked into
        return None
    return DescriptorLimits(*(int(each) if each.isdigit() else None for each in found.groups())) if found else None


def read_descriptor_limit(proc: str, pid: int) -> int | None:
    """The soft one alone."""
    limits = read_descriptor_limits(proc, pid)
    return limits.soft if limits else None


def own_limit_for(needed: int) -> int:
    """How many descriptors this process may have, after as many as it needs were asked for.

    By default a process has 1,024 of half a million that it may have, see systemd.exec(5).
    """
    from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit, setrlimit  # here, as hardly anybody needs so many

    soft, hard = getrlimit(RLIMIT_NOFILE)
    if soft != RLIM_INFINITY and soft < needed and soft != hard:
        with suppress(OSError, ValueError):
            setrlimit(RLIMIT_NOFILE, (hard, hard))
        soft, _ = getrlimit(RLIMIT_NOFILE)
    return needed if soft == RLIM_INFINITY else soft
