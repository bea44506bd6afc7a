"""Which processes `/proc` shows at all, and what this process may read of them; see proc(5) and capabilities(7)."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import NamedTuple

from netwatch_tui.kernel.faults import FAULTS, GONE
from netwatch_tui.kernel.limits import PROC_FILE, read_file
from netwatch_tui.kernel.mounts import read_mounts
from netwatch_tui.sockets.unseen import Denied, Unseen

_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH, _CAP_SYS_PTRACE = 1, 2, 19
_FIRST_PID_NAMESPACE = 0xEFFF_FFFC
_FIRST_USER_NAMESPACE = 0xEFFF_FFFD
"""Inodes that the namespaces of the machine's start have had since Linux 3.8: `PROC_*_INIT_INO` in linux/proc_ns.h."""
_INIT = 1
_KTHREADD = 2
"""The father of all kernel threads, which live in the first pid namespace alone."""
_PF_KTHREAD = 0x0020_0000  # include/linux/sched.h; the 9th field of /proc/PID/stat
_ENDED = frozenset({b"Z", b"X"})
_INVISIBLE = frozenset({"2", "invisible"})
_NOT_PTRACEABLE = frozenset({"4", "ptraceable"})
"""Values of `hidepid` with which processes are not listed, in numbers before Linux 5.8; 1 lists them, unreadable."""


def read_visibility(proc: str) -> Unseen:
    """What keeps whole processes out of this `/proc`, with nothing counted yet.

    Where it can't be found out, it counts as hidden: that everything was seen has to be known.
    """
    try:
        may_trace = has_capability(proc, _CAP_SYS_PTRACE)
        may_search = has_capability(proc, _CAP_DAC_READ_SEARCH) or has_capability(proc, _CAP_DAC_OVERRIDE)
        hides = _hides(proc, may_trace=may_trace)
        is_enclosed = not _shows_all_namespaces(proc)
    except FAULTS:
        may_trace, may_search, hides, is_enclosed = False, False, False, True
    return Unseen(
        proc_hides=hides, is_enclosed=is_enclosed, is_root=os.geteuid() == 0, may_trace=may_trace, may_search=may_search
    )


def read_denied(proc: str, pid: int) -> Denied:
    """What it means that the descriptors of a process may not be read.

    A zombie and a thread of the kernel have none, and the files that would tell are root's, whoever's the process is:
    `task_dump_owner` in the kernel's fs/proc/base.c. The folder of a process is its effective user's, see proc(5).
    """
    try:
        with suppress(PermissionError):  # by hidepid=1, or of another user's threads
            stat = _stat(proc, pid)
            has_ended = stat.state in _ENDED
            if stat.is_kernel_thread or (has_ended and stat.threads <= 1):
                return Denied.EMPTY
            if has_ended and _shows_other_threads(proc, pid):
                return Denied.HEADLESS
        return Denied.SHIELDED if os.stat(f"{proc}/{pid}").st_uid == os.geteuid() else Denied.OTHER
    except (FileNotFoundError, ProcessLookupError):
        return Denied.EMPTY


def _shows_other_threads(proc: str, pid: int) -> bool:
    """Whether the descriptors of the threads may be read that go on after the main one has ended."""
    folder = f"{proc}/{pid}/task"
    for task in os.listdir(folder):
        if task != str(pid):
            with suppress(FileNotFoundError, ProcessLookupError):
                os.listdir(f"{folder}/{task}/fd")
                return True
    return False


class _Stat(NamedTuple):
    """Some fields of `/proc/PID/stat`; see proc_pid_stat(5)."""

    state: bytes
    """Of the main thread."""
    is_kernel_thread: bool
    threads: int


def _stat(proc: str, pid: int) -> _Stat:
    with open(f"{proc}/{pid}/stat", "rb") as file:
        fields = file.read().rpartition(b")")[2].split()  # from the third on
    return _Stat(fields[0], bool(int(fields[6]) & _PF_KTHREAD), int(fields[17]))


def has_capability(proc: str, number: int) -> bool:
    """Whether this process has a capability, in its own user namespace.

    Raises:
        OSError, ValueError: That can't be read.
    """
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
        # Only a security module can still hide some. It lets nobody at the first process if it confines this one.
        return hidepid in _NOT_PTRACEABLE and not os.path.exists(f"{proc}/{_INIT}")
    # One group is let off; where the mount names none it is root's.
    return hidepid in _NOT_PTRACEABLE or int(options.get("gid", "0")) not in {os.getegid(), *os.getgroups()}


def _mount_options(proc: str) -> dict[str, str]:
    """The options of the proc file system that is mounted there, told from others by its device number."""
    device = os.stat(proc).st_dev
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for mount in read_mounts(proc, "proc"):
        if mount.device == wanted:
            pairs = (option.partition("=") for option in mount.options.split(","))
            return {name: value for name, _, value in pairs}
    return {}


def _shows_all_namespaces(proc: str) -> bool:
    """Whether the processes of every pid namespace are listed: the first one's `/proc` shows those of all inner ones.

    A process sees itself only in the `/proc` of its own namespace or of one around it.
    """
    if _namespace(proc, "pid") == _FIRST_PID_NAMESPACE:
        return True
    try:
        return _stat(proc, _KTHREADD).is_kernel_thread
    except GONE:
        return False


def _namespace(proc: str, kind: str) -> int:
    return os.stat(f"{proc}/self/ns/{kind}").st_ino
