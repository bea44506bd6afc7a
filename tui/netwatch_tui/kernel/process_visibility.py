"""Which processes `/proc` shows at all, and what this process may read of them; see proc(5) and capabilities(7)."""

from __future__ import annotations

import os

from netwatch_tui.kernel.faults import FAULTS, GONE
from netwatch_tui.kernel.limits import PROC_FILE, read_file, read_lines
from netwatch_tui.sockets.unseen import Unseen

_CAP_SYS_PTRACE = 19
_FIRST_PID_NAMESPACE = 0xEFFF_FFFC
_FIRST_USER_NAMESPACE = 0xEFFF_FFFD
"""Inodes that the namespaces of the machine's start have had since Linux 3.8: `PROC_*_INIT_INO` in linux/proc_ns.h."""
_KTHREADD = 2
"""The father of all kernel threads, which live in the first pid namespace alone."""
_PF_KTHREAD = 0x0020_0000  # include/linux/sched.h; the 9th field of /proc/PID/stat
_INVISIBLE = frozenset({"2", "invisible"})
_NOT_PTRACEABLE = frozenset({"4", "ptraceable"})
"""Values of `hidepid` with which processes are not listed, in numbers before Linux 5.8; 1 lists them, unreadable."""


def read_visibility(proc: str) -> Unseen:
    """What keeps whole processes out of this `/proc`, with nothing counted yet.

    Where it can't be found out, it counts as hidden: that everything was seen has to be known.
    """
    try:
        may_trace = _has_capability(proc, _CAP_SYS_PTRACE)
        hides = _hides(proc, may_trace=may_trace)
        is_enclosed = not _shows_all_namespaces(proc)
    except FAULTS:
        may_trace, hides, is_enclosed = False, False, True
    return Unseen(proc_hides=hides, is_enclosed=is_enclosed, is_root=os.geteuid() == 0, may_trace=may_trace)


def _has_capability(proc: str, number: int) -> bool:
    return bool(int(_field(f"{proc}/self/status", "CapEff"), 16) >> number & 1)


def _field(path: str, name: str) -> str:
    """The value in a line `name:	value`.

    Raises:
        ValueError: There is no such line.
    """
    for line in read_file(path, PROC_FILE).decode("utf-8", "replace").split("\n"):
        if line.startswith(f"{name}:"):
            return line.partition(":")[2].strip()
    raise ValueError(name)


def _hides(proc: str, *, may_trace: bool) -> bool:
    """Whether processes of others are left out: `has_pid_permissions` in the kernel's fs/proc/base.c."""
    options = _mount_options(proc)
    hidepid = options.get("hidepid", "0")
    if hidepid not in _INVISIBLE | _NOT_PTRACEABLE:
        return False
    if may_trace and _namespace(proc, "user") == _FIRST_USER_NAMESPACE:
        return False
    # One group is let off; where the mount names none it is root's.
    return hidepid in _NOT_PTRACEABLE or int(options.get("gid", "0")) not in {os.getegid(), *os.getgroups()}


def _mount_options(proc: str) -> dict[str, str]:
    """The options of the proc file system that is mounted there, told from others by its device number."""
    device = os.stat(proc).st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in read_lines(f"{proc}/self/mountinfo"):
        # id, parent, device, ..., a dash, type, source and the options of the file system; see proc(5)
        before, _, after = line.decode("utf-8", "replace").partition(" - ")
        if before.split()[2] == wanted:
            pairs = (option.partition("=") for option in after.split()[2].split(","))
            return {name: value for name, _, value in pairs}
    return {}


def _shows_all_namespaces(proc: str) -> bool:
    """Whether the processes of every pid namespace are listed: the first one's `/proc` shows those of all inner ones.

    A process sees itself only in the `/proc` of its own namespace or of one around it.
    """
    if _namespace(proc, "pid") == _FIRST_PID_NAMESPACE:
        return True
    try:
        stat = read_file(f"{proc}/{_KTHREADD}/stat", PROC_FILE)
        return bool(int(stat.rpartition(b")")[2].split()[6]) & _PF_KTHREAD)
    except GONE:
        return False


def _namespace(proc: str, kind: str) -> int:
    return os.stat(f"{proc}/self/ns/{kind}").st_ino
