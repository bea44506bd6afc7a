"""What keeps the holders of sockets out of sight: facts of a tick, and the words for them."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Denied(Enum):
    """What it means that the descriptors of a process may not be read."""

    OTHER = "of another user"
    SHIELDED = "of the same user, and shielded"
    HEADLESS = "those of its main thread, which has ended"
    """Its other threads hold what it holds, and can be read."""
    EMPTY = "has none"
    """A zombie or a thread of the kernel: nothing is hidden."""

    @property
    def hides(self) -> bool:
        """Whether the process may hold what nobody can see."""
        return self in (Denied.OTHER, Denied.SHIELDED)


class Unseen(NamedTuple):
    """Which processes could not be looked into, and what this process would need to.

    Who may look into a process is what ptrace(2) calls PTRACE_MODE_READ: its own user, or anybody with CAP_SYS_PTRACE
    in the user namespace of that process, unless a security module forbids it.
    """

    others: int = 0
    """Processes of other users that are listed and may not be read."""
    shielded: int = 0
    """Processes of the same user that may not be read: not dumpable (prctl(2)), or with more capabilities."""
    proc_hides: bool = False
    """`/proc` does not list what belongs to others: it is mounted with `hidepid`, see proc(5)."""
    is_enclosed: bool = False
    """`/proc` shows one of the inner pid namespaces (pid_namespaces(7)), not the processes outside it."""
    is_root: bool = False
    """The effective user is number 0."""
    may_trace: bool = False
    """This process has CAP_SYS_PTRACE."""
    may_search: bool = True
    """This process has CAP_DAC_READ_SEARCH, which it takes to list the descriptors of another user's process."""
    unreadable: int = 0
    """Processes that may be read, and of which some descriptors could not be: the snapshot's problems say why."""
    not_listed: bool = False
    """This time the processes could not be listed; the same problems say why."""
    waiting: int = 0
    """Processes whose turn has not come yet: a tick looks at so many descriptors only, the next one goes on."""

    @property
    def is_anything(self) -> bool:
        """Whether there may be a holder that nobody can find from here."""
        return bool(
            self.others
            or self.shielded
            or self.proc_hides
            or self.is_enclosed
            or self.unreadable
            or self.not_listed
            or self.waiting
        )

    def denied(self, things: str) -> str:
        """That some things may not be read, and what would help."""
        if not self.may_trace:
            return f"{'CAP_SYS_PTRACE' if self.is_root else 'root'} needed for {things}"
        if not self.may_search:
            return f"CAP_DAC_READ_SEARCH needed for {things}"
        return f"{things} closed even to CAP_SYS_PTRACE"  # another user namespace, or a security module

    def texts(self) -> list[str]:
        """What could not be looked at, and what it takes: one phrase for each cause, none where all was seen."""
        found: list[str] = []
        if self.others:
            of_whom = "of other users" if self.others > 1 else "of another user"
            found.append(self.denied(f"{counted_processes(self.others)} {of_whom}"))
        if self.shielded:
            found.append(self.denied(counted_processes(self.shielded, "shielded ")))
        if self.proc_hides:
            found.append("/proc hides processes of other users (hidepid)")
        if self.is_enclosed:
            found.append("processes outside this pid namespace do not show")
        if self.unreadable:
            found.append(f"{counted_processes(self.unreadable)} could not be read")
        if self.not_listed:
            found.append("processes could not be listed")
        if self.waiting:
            found.append(f"{counted_processes(self.waiting)} not looked into yet")
        return found


def counted_processes(count: int, kind: str = "") -> str:
    """`1 process`, `1,200 processes`."""
    return f"{count:,} {kind}{'process' if count == 1 else 'processes'}"
