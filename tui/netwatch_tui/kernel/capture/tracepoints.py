"""The tracepoints that tell what happens to sockets, and what a record of each becomes.

Which task is the current one says who did it only where the kernel acts for that task. In an interrupt, hard or soft,
it is whoever was interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from netwatch_tui.kernel.capture.event_format import EventFormat, FormatError, event_format
from netwatch_tui.kernel.capture.tracefs import Tracefs

Row = tuple[int, int, int, Any]
"""Nanoseconds of CLOCK_MONOTONIC; number of the current task, 0 in an interrupt; one of the codes below; its values."""

STATE, DESTROY, ERROR, ROUTE, UDP_END, NAMED, FORKED, EXITED = range(8)
"""What a row is about: numbers, because there are a hundred thousand a second.

| code | values |
|---|---|
| STATE | skaddr, old and new state, local and peer port, AF_*, local and peer address as IPv6 |
| DESTROY | skaddr, local and peer port, cookie |
| ERROR | error number, local and peer port, local and peer address as IPv6 |
| ROUTE | peer address, local and peer port, of UDP |
| UDP_END | a `destroyed_sockets.DestroyedSocket` |
| NAMED, FORKED, EXITED | of a perf ring as `task_names` takes them, of an instance as `thread_names` does |
"""

INTERRUPT = 0x18
"""TRACE_FLAG_HARDIRQ and TRACE_FLAG_SOFTIRQ in common_flags."""


class Tracepoint(NamedTuple):
    """One of them."""

    name: str
    code: int
    filter: str
    """In the kernel's language; empty for all records."""
    wanted: dict[str, str]
    """Names of fields with their struct codes, in the order of the record."""
    is_needed: bool = True
    """Whether there is no capture without it."""


_PORTS = {"sport": "H", "dport": "H"}
_ENDS = {"saddr_v6": "16s", "daddr_v6": "16s"}
"""For IPv4 the kernel writes `::ffff:192.0.2.1` there."""

TCP = (
    Tracepoint(
        "sock/inet_sock_set_state", STATE,
        "protocol==6&&((newstate==7&&oldstate!=7&&oldstate!=3)||"
        "newstate==1||newstate==2||newstate==4||newstate==9||newstate==10)",
        {"skaddr": "Q", "oldstate": "i", "newstate": "i", **_PORTS, "family": "H", **_ENDS},
    ),
    Tracepoint("tcp/tcp_destroy_sock", DESTROY, "", {"skaddr": "Q", **_PORTS, "sock_cookie": "Q"}),
    Tracepoint(  # Linux 5.12
        "sock/inet_sk_error_report", ERROR, "protocol==6&&error!=0&&dport!=0",
        {"error": "i", **_PORTS, **_ENDS}, is_needed=False,
    ),
)  # fmt: skip
"""Numbers of states are those of include/net/tcp_states.h: what matters is ESTABLISHED, SYN-SENT, FIN-WAIT-1, CLOSE,
LAST-ACK, LISTEN; from SYN-RECV or CLOSE to CLOSE no connection ends."""

UDP = (
    Tracepoint("fib/fib_table_lookup", ROUTE, "proto==17&&sport!=0", {"dst": "4s", **_PORTS}, is_needed=False),
    Tracepoint("fib6/fib6_table_lookup", ROUTE, "proto==17&&sport!=0", {"dst": "16s", **_PORTS}, is_needed=False),
)
"""Look-ups of routes: UDP has no tracepoint for its sockets. One that is connected makes one look-up, another one a
look-up for each datagram."""

TASKS = (
    Tracepoint("task/task_newtask", FORKED, "", {"pid": "i", "comm": "16s", "clone_flags": "Q"}),
    Tracepoint("task/task_rename", NAMED, "", {"pid": "i", "newcomm": "16s"}),
    Tracepoint("sched/sched_process_exit", EXITED, "", {"pid": "i"}),
)
"""What a perf ring tells of tasks by itself."""

IN_TASK, IN_IDLE = "common_pid!=0", "common_pid==0"
"""Conditions for a filter: whether the current task is another one than the idle task of the processor, or that one."""

Decoder = tuple[Callable[[bytes, int], tuple[Any, ...]], int]
"""Takes a record apart at an offset; the code of its row."""


class KnownTracepoint(NamedTuple):
    """A tracepoint as this kernel has it."""

    point: Tracepoint
    format: EventFormat

    def narrowed(self, condition: str) -> KnownTracepoint:
        """The same, recorded only if a condition holds as well."""
        filter = f"{condition}&&({self.point.filter})" if self.point.filter else condition
        return self._replace(point=self.point._replace(filter=filter))

    @property
    def decoder(self) -> Decoder:
        """What a record becomes."""
        return self.format.record.unpack_from, self.point.code


def known_tracepoints(tracefs: Tracefs, points: Iterable[Tracepoint]) -> list[KnownTracepoint]:
    """Those of some tracepoints that this kernel has.

    Raises:
        FormatError: One that is needed has a layout that is not known.
        OSError: One that is needed is missing, or they may not be read.
    """
    found = []
    for point in points:
        try:
            format = event_format(point.name, tracefs.event_format(point.name), point.wanted)
        except (FileNotFoundError, FormatError):
            if point.is_needed:
                raise
            continue
        found.append(KnownTracepoint(point, format))
    return found
