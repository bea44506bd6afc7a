"""From rows of tracepoints to calls as they are told: with process, addresses and what is known of the socket.

A call waits until what it needs is known: whether its descriptor is a socket, and which address it got, is seen by a
look at the descriptor, and only the rows that come later tell whether the look still met the same file. No clock, no
input and no output but through what is handed in.
"""

from __future__ import annotations

import errno
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from netwatch_tui.kernel.capture.thread_names import ThreadNames
from netwatch_tui.kernel.capture.tracepoints import EXITED, FORKED
from netwatch_tui.kernel.tracing.call_pairs import CallPairs, PairedCall
from netwatch_tui.kernel.tracing.call_points import (
    CALLS,
    ENTERED,
    EXECUTED,
    LOST,
    RESUMED,
    RETURNED,
    ROUTED,
    STATE,
    TOLD,
    CallKind,
    Role,
)
from netwatch_tui.kernel.tracing.descriptor_tables import Descriptor, DescriptorTables, TracedSocket
from netwatch_tui.kernel.tracing.waiting_call import WaitingCall, end_of, note
from netwatch_tui.sockets.connection_events import EventProcess
from netwatch_tui.sockets.traced_call import TracedCall

MOST_WAITING = 65_536
"""Calls that may wait for a look; of more, the oldest are told as they are."""
MOST_LOOKS = 512
"""Descriptors at which is looked at a time, some 20 ms; what the others would show stays unknown."""

_CLONE_FILES = 0x400
_LAST = (1 << 31) - 1
"""The greatest descriptor."""
_TYPE = 0xF
"""SOCK_TYPE_MASK: the rest are flags."""
_ANYTHING = {Role.MOVES, Role.CLOSES}
_REPLACES = {"dup2", "dup3"}


class WantedLook(NamedTuple):
    """A descriptor that should be looked at."""

    pid: int
    fd: int
    descriptor: Descriptor


class _Caught(NamedTuple):
    """A call in which a thread was when the trace began."""

    at: int
    registers: tuple[int, ...]
    about: Descriptor | None

    def explain(self, call: PairedCall) -> PairedCall:
        """The call that returned first, if its beginning was not seen: it is that in which the thread was."""
        if call.arguments is not None or call.kind.role in (Role.OPENS_OTHER, Role.COPIES) or call.ended <= self.at:
            return call
        about = self.about if "fd" in (call.kind.names or call.kind.fields) else None
        return call._replace(arguments=call.kind.arguments(call.kind.chosen(self.registers)), about=about)


class CallStream:
    """Takes rows in the order of time."""

    def __init__(self, names: ThreadNames, epoch: Callable[[int], float], only: int | None = None) -> None:
        """Know nothing yet.

        Args:
            names: Who a thread belongs to.
            epoch: Nanoseconds of CLOCK_MONOTONIC in seconds since the epoch.
            only: The inode of the one socket of which calls are told; None for all sockets.
        """
        self._only = only
        self.tables = DescriptorTables(lambda tid: self._who(tid).pid)
        self.unknown = 0
        """Calls that were not told since the last time, as nobody can say whether they were about sockets."""
        self._names = names
        self._epoch = epoch
        self._pairs = CallPairs()
        self._waiting: deque[WaitingCall] = deque()
        self._caught: dict[int, _Caught] = {}
        """By thread, until something is told of it."""
        self._handlers: dict[int, Callable[[int, int, Any], None]] = {
            STATE: self._state_changed,
            ROUTED: self._routed,
            EXECUTED: self._executed,
            LOST: self._lost,
            RESUMED: self._resumed,
            **names.handlers,
            FORKED: self._forked,
            EXITED: self._exited,
        }

    def take(self, at: int, tid: int, code: int, values: Any) -> None:
        """What a row tells; a thread 0 stands for an interrupt."""
        if code >= STATE or code < ENTERED:
            self._handlers[code](at, tid, values)
        elif code >= RETURNED:
            caught = self._caught.pop(tid, None)
            for call in self._pairs.returned(at, tid, CALLS[code - RETURNED], values[0]):
                self._finish(call if caught is None else caught.explain(call))
        else:
            self._caught.pop(tid, None)
            self._enter(at, tid, CALLS[code - ENTERED], values)

    def caught(self, at: int, tid: int, registers: tuple[int, ...]) -> None:
        """At this time a thread was in a call with these arguments, whichever it is, that it may have begun before."""
        fd = registers[0]
        self._caught[tid] = _Caught(at, registers, self.tables.at(tid, fd) if fd <= _LAST else None)

    def end(self, at: int) -> None:
        """Nothing more is taken: what has not returned is told so."""
        for call in self._pairs.under_way(at):
            self._finish(call)

    def wanted(self) -> Iterator[WantedLook]:
        """The descriptors that calls wait to be looked at, each once, at most so many."""
        found: dict[int, WantedLook] = {}
        for each in self._waiting:
            for descriptor, fd in each.to_look_at():
                found[id(descriptor)] = WantedLook(each.who.pid, fd, descriptor)
            if len(found) >= MOST_LOOKS:
                break
        yield from found.values()

    def release(self, known: int | None) -> Iterator[TracedCall]:
        """The calls that are complete, in the order in which they returned.

        Args:
            known: The time up to which all rows were taken; None to wait for nothing any more.
        """
        while self._waiting:
            first = self._waiting[0]
            if known is not None and len(self._waiting) <= MOST_WAITING and first.must_wait(known):
                return
            self._waiting.popleft()
            if (told := self._told(first)) is not None:
                yield told

    # Rows

    def _state_changed(self, _: int, tid: int, values: tuple[int, int, int, int, bytes, bytes]) -> None:
        _before, _after, port, peer_port, local, peer = values
        self._pairs.state_changed(tid, (local, port), (peer, peer_port))

    def _routed(self, _: int, tid: int, values: tuple[bytes, int]) -> None:
        self._pairs.routed(tid, *values)

    def _forked(self, at: int, creator: int, values: tuple[int, bytes, int]) -> None:
        self._names.handlers[FORKED](at, creator, values)
        self.tables.forked(values[0], creator, shares=bool(values[2] & _CLONE_FILES))

    def _executed(self, at: int, tid: int, values: tuple[int]) -> None:
        self.tables.executed(at, tid, values[0])

    def _exited(self, at: int, tid: int, values: tuple[int]) -> None:
        if (call := self._pairs.ended(at, values[0])) is not None:
            self._finish(call)
        self.tables.exited(at, values[0])
        self._caught.pop(values[0], None)
        self._names.handlers[EXITED](at, tid, values)

    def _lost(self, at: int, _: int, __: tuple[()]) -> None:
        self._pairs.lose(is_losing=True)
        self.tables.forget(at)
        self._caught.clear()

    def _resumed(self, _: int, __: int, ___: tuple[()]) -> None:
        self._pairs.lose(is_losing=False)

    # Calls

    def _who(self, tid: int) -> EventProcess:
        """The process of a thread; of one that is gone before anything is known of it, the thread itself."""
        return self._names.actor(tid) or EventProcess(tid, None)

    def _enter(self, at: int, tid: int, kind: CallKind, values: tuple[int, ...]) -> None:
        """A thread begins a call: what its descriptor stands for may be closed before it returns."""
        arguments = kind.arguments(values)
        fd = arguments.get("fd", -1)
        about = self.tables.at(tid, fd) if fd >= 0 and not self._pairs.is_losing else None
        before = self._pairs.entered(at, tid, kind, arguments, about)
        if before is not None:
            self._finish(before)

    def _finish(self, call: PairedCall) -> None:
        """Note what a call did, and have it told."""
        role, arguments, about = call.kind.role, call.arguments, call.about
        fd = None if arguments is None else arguments.get("fd")
        made = None if self._pairs.is_losing else self._made(call, about)
        if about is not None:
            note(call, about.socket)
        if arguments is None and (role is Role.CLOSES or call.kind.name in _REPLACES):
            self.tables.forget(call.ended)  # nobody knows which one
        elif about is not None and fd is not None and role is Role.CLOSES:
            self.tables.closed(call.began or call.ended, call.tid, fd, fd)
        if role not in TOLD:
            return
        if arguments is None and role in _ANYTHING:
            self.unknown += 1
            return
        self._waiting.append(WaitingCall(call, self._who(call.tid), fd, about, made))

    def _made(self, call: PairedCall, about: Descriptor | None) -> Descriptor | None:
        """Note which descriptors a call made, and which it closed in passing; gives the socket that it made."""
        tid, at, fd, arguments = call.tid, call.ended, call.result, call.arguments or {}
        if fd is None or fd < 0:
            return None
        match call.kind.role:
            case Role.OPENS:
                type = arguments.get("type")
                socket = TracedSocket(is_socket=True, type=None if type is None else type & _TYPE)
                return self.tables.opened(at, tid, fd, socket)
            case Role.ACCEPTS:
                socket = TracedSocket(is_socket=True, type=None if about is None else about.socket.type)
                return self.tables.opened(at, tid, fd, socket)
            case Role.OPENS_OTHER:
                self.tables.opened(at, tid, fd, TracedSocket(is_socket=False))
            case Role.COPIES if about is not None and fd != arguments["fd"]:
                self.tables.opened(call.began or at, tid, fd, about.socket)
            case Role.CLOSES_MANY if arguments:
                last = arguments["max_fd"]
                self.tables.closed(call.began or at, tid, arguments["fd"], _LAST if last < 0 else last)
            case _:
                pass
        return None

    def _told(self, waiting: WaitingCall) -> TracedCall | None:
        """A call as it is told; None if it is not about a socket, or nobody can say."""
        call, who, _, about, made = waiting
        look = None if about is None else about.settle()
        if made is not None:
            made.settle()
        socket = (about or made or Descriptor(TracedSocket())).socket
        if call.kind.role in _ANYTHING and not socket.is_socket:
            self.unknown += socket.is_socket is None and call.result != -errno.EBADF
            return None
        if self._only is not None and socket.inode != self._only:
            return None
        has_end, end = end_of(call, socket, None if made is None else made.socket, look)
        arguments = call.arguments
        if arguments is not None:
            arguments.pop("addr", None)  # a pointer, which says no more than that there is one
        seconds = None if call.began is None or call.result is None else (call.ended - call.began) / 1e9
        return TracedCall(
            self._epoch(call.began or call.ended), who.pid, call.tid, who.name, call.kind.name.removesuffix("64"),
            arguments, call.result, seconds, end if has_end else None, has_end, socket.inode, socket.local, socket.peer,
        )  # fmt: skip
