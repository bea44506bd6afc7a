"""The system calls that are traced, and the tracepoints that tell of them: `syscalls/sys_enter_*` and `sys_exit_*`.

The kernel writes an argument of any type in eight bytes. Of addresses and messages it writes where they are in the
memory of the process, and not what they are: `CallPairs` learns addresses by other tracepoints, `SocketLook` the rest.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

from netwatch_tui.kernel.capture.tracepoints import TASKS, Tracepoint


class Role(Enum):
    """What a call does to descriptors."""

    USES = auto()
    """It works on sockets only."""
    MOVES = auto()
    """It works on anything that has a descriptor: told where that is a socket."""
    OPENS = auto()
    """It makes a socket."""
    ACCEPTS = auto()
    CLOSES = auto()
    COPIES = auto()
    """It gives a descriptor another number. Not told, as are the following."""
    CLOSES_MANY = auto()
    OPENS_OTHER = auto()
    """What it makes is no socket."""


TOLD = frozenset({Role.USES, Role.MOVES, Role.OPENS, Role.ACCEPTS, Role.CLOSES})


class CallKind(NamedTuple):
    """A system call."""

    name: str
    role: Role
    fields: tuple[str, ...] = ()
    """The kernel's names of its arguments that matter, in their order."""
    names: tuple[str, ...] = ()
    """What they are called in what is told; by default the same."""
    filter: str = ""
    """Of its beginnings, in the kernel's language."""
    places: tuple[int, ...] = ()
    """Which arguments these are, from 0; by default the first ones."""

    def chosen(self, registers: tuple[int, ...]) -> tuple[int, ...]:
        """Of all arguments those that matter."""
        return tuple(registers[at] for at in self.places or range(len(self.fields)))

    def arguments(self, values: tuple[int, ...]) -> dict[str, int]:
        """What it got. All of them are signed numbers of 32 bits, but those that tell how much."""
        return {
            name: value if value < _SIGN or name in _LONG else (value & 0xFFFF_FFFF) - ((value & _SIGN) << 1)
            for name, value in zip(self.names or self.fields, values, strict=True)
        }


_SIGN = 0x8000_0000
_LONG = frozenset({"len", "size", "count", "vlen", "addr"})

CALLS = (
    CallKind("socket", Role.OPENS, ("family", "type", "protocol")),
    CallKind("socketpair", Role.USES, ("family", "type", "protocol")),
    CallKind("connect", Role.USES, ("fd",)),
    CallKind("bind", Role.USES, ("fd",)),
    CallKind("listen", Role.USES, ("fd", "backlog")),
    CallKind("accept", Role.ACCEPTS, ("fd",)),
    CallKind("accept4", Role.ACCEPTS, ("fd", "flags"), places=(0, 3)),
    CallKind("sendto", Role.USES, ("fd", "len", "flags", "addr"), places=(0, 2, 3, 4)),
    CallKind("sendmsg", Role.USES, ("fd", "flags"), places=(0, 2)),
    CallKind("sendmmsg", Role.USES, ("fd", "vlen", "flags"), places=(0, 2, 3)),
    CallKind(
        "recvfrom", Role.USES, ("fd", "size", "flags", "addr"), ("fd", "len", "flags", "addr"), places=(0, 2, 3, 4)
    ),
    CallKind("recvmsg", Role.USES, ("fd", "flags"), places=(0, 2)),
    CallKind("recvmmsg", Role.USES, ("fd", "vlen", "flags"), places=(0, 2, 3)),
    CallKind("shutdown", Role.USES, ("fd", "how")),
    CallKind("read", Role.MOVES, ("fd", "count"), ("fd", "len"), places=(0, 2)),
    CallKind("write", Role.MOVES, ("fd", "count"), ("fd", "len"), places=(0, 2)),
    CallKind("readv", Role.MOVES, ("fd", "vlen"), places=(0, 2)),
    CallKind("writev", Role.MOVES, ("fd", "vlen"), places=(0, 2)),
    CallKind("sendfile64", Role.MOVES, ("out_fd", "count"), ("fd", "len"), places=(0, 3)),
    CallKind("close", Role.CLOSES, ("fd",)),
    CallKind("dup", Role.COPIES, ("fildes",), ("fd",)),
    CallKind("dup2", Role.COPIES, ("oldfd", "newfd"), ("fd", "new")),
    CallKind("dup3", Role.COPIES, ("oldfd", "newfd"), ("fd", "new")),
    CallKind("fcntl", Role.COPIES, ("fd",), filter="cmd==0||cmd==1030"),  # F_DUPFD, F_DUPFD_CLOEXEC
    CallKind("close_range", Role.CLOSES_MANY, ("fd", "max_fd"), filter="flags!=4"),  # CLOSE_RANGE_CLOEXEC
    *(
        CallKind(name, Role.OPENS_OTHER)
        for name in (
            "open", "openat", "openat2", "eventfd2", "epoll_create1", "timerfd_create", "memfd_create",
            "io_uring_setup",
        )
    ),
)  # fmt: skip
"""See syscalls(2). The second of each pair of names that mean the same is the manual page's."""

ENTERED, RETURNED = 100, 200
"""Codes of rows: the beginning and the end of the call with this place in the table, added to it."""
STATE, ROUTED, EXECUTED, LOST, RESUMED = range(300, 305)
"""Codes of the others.

| code | values |
|---|---|
| STATE | old and new state, local and peer port, local and peer address as IPv6 |
| ROUTED | destination, its port |
| EXECUTED | number of the thread that becomes the process |
| LOST | none: from here on records may be missing |
| RESUMED | none: from here on none is |
"""

POINTS = (
    Tracepoint(
        "sock/inet_sock_set_state", STATE, "protocol==6",
        {"oldstate": "i", "newstate": "i", "sport": "H", "dport": "H", "saddr_v6": "16s", "daddr_v6": "16s"},
    ),
    Tracepoint("fib/fib_table_lookup", ROUTED, "proto==6||proto==17", {"dst": "4s", "dport": "H"}, is_needed=False),
    Tracepoint("fib6/fib6_table_lookup", ROUTED, "proto==6||proto==17", {"dst": "16s", "dport": "H"}, is_needed=False),
    Tracepoint("sched/sched_process_exec", EXECUTED, "", {"old_pid": "i"}),
    *TASKS,
    *(
        Tracepoint(
            f"syscalls/sys_enter_{kind.name}", ENTERED + at, kind.filter, dict.fromkeys(kind.fields, "Q"),
            is_needed=kind.name in ("connect", "close"),
        )
        for at, kind in enumerate(CALLS) if kind.role is not Role.OPENS_OTHER
    ),
    *(
        Tracepoint(f"syscalls/sys_exit_{kind.name}", RETURNED + at, "", {"ret": "q"}, is_needed=False)
        for at, kind in enumerate(CALLS)
    ),
)  # fmt: skip
"""All that is recorded of the threads that are traced: where a kernel has no `connect` there, it tells of no calls."""
