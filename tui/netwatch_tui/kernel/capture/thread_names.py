"""Names of processes where the kernel tells of its tasks, as ftrace does: each thread has a number of its own.

The numbers are those of the first pid namespace. Inside another one they mean nothing, and nobody is named.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from netwatch_tui.kernel.capture.task_names import MOST_TASKS, TaskNames, as_text
from netwatch_tui.kernel.capture.tracepoints import EXITED, FORKED, NAMED
from netwatch_tui.kernel.limits import PROC_FILE, read_file
from netwatch_tui.sockets.connection_events import EventProcess

_FIRST_NAMESPACE = "pid:[4026531836]"
"""PROC_PID_INIT_INO in the kernel's include/linux/proc_ns.h."""
_CLONE_THREAD = 0x1_0000
_PROCESS = re.compile(rb"^Tgid:\t(\d+)$", re.MULTILINE)


class ThreadNames(TaskNames):
    """Remembers which thread is of which process, and what that is called."""

    def __init__(self, proc: str = "/proc") -> None:
        super().__init__(proc)
        self._processes: dict[int, int] = {}
        """By thread, of all threads but the first one of a process."""

    @property
    def handlers(self) -> dict[int, Callable[[int, int, Any], None]]:
        """What takes rows about tasks, by their codes."""
        return {NAMED: self._task_named, FORKED: self._task_begun, EXITED: self._task_ended}

    def actor(self, task: int) -> EventProcess | None:
        """The process of the task with this number."""
        if task <= 0 or not self.can_name:
            return None
        pid = self._processes.get(task, task)
        if pid not in self._actors and pid == task:
            pid = self._look_up(task)
        return super().actor(pid)

    def _task_named(self, _: int, __: int, about: tuple[int, bytes]) -> None:
        """A task has another name."""
        task, name = about
        if task not in self._processes:
            self._keep(task, as_text(name.partition(b"\0")[0]))

    def _task_begun(self, _: int, creator: int, about: tuple[int, bytes, int]) -> None:
        """A task has begun: a process, or a thread of the one that made it."""
        task, name, flags = about
        if flags & _CLONE_THREAD:
            self._belongs(task, self._processes.get(creator, creator))
        else:
            self._keep(task, as_text(name.partition(b"\0")[0]))

    def _task_ended(self, _: int, __: int, about: tuple[int]) -> None:
        """A task has ended."""
        self._processes.pop(about[0], None)
        self._actors.pop(about[0], None)

    def _has_numbers_of_this_namespace(self) -> bool:
        """Ftrace tells numbers of the first pid namespace."""
        try:
            return os.readlink(f"{self._proc}/self/ns/pid") == _FIRST_NAMESPACE
        except OSError:
            return False

    def _look_up(self, task: int) -> int:
        """The process of a task that was there before; 0 if it is gone."""
        try:
            found = _PROCESS.search(read_file(f"{self._proc}/{task}/status", PROC_FILE))
        except OSError:
            return 0
        pid = int(found[1]) if found else 0
        if pid != task:
            self._belongs(task, pid)
        return pid

    def _belongs(self, task: int, pid: int) -> None:
        if len(self._processes) >= MOST_TASKS:
            self._processes.clear()
        self._processes[task] = pid
