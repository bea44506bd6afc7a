"""Whatever is lost and however late is looked, what is told of descriptors is what a perfect observer knows, or `?`."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.kernel.capture.thread_names import ThreadNames
from netwatch_tui.kernel.capture.tracepoints import FORKED
from netwatch_tui.kernel.proc_line import ip_address
from netwatch_tui.kernel.tracing.call_points import CALLS, ENTERED, LOST, RESUMED, RETURNED
from netwatch_tui.kernel.tracing.call_stream import CallStream
from netwatch_tui.kernel.tracing.descriptor_tables import SocketLook
from netwatch_tui.sockets.connection_events import EventProcess
from netwatch_tui.sockets.traced_call import CallEnd, TracedCall

PLACES = {kind.name: at for at, kind in enumerate(CALLS)}
DESCRIPTORS = range(3, 7)
DATAGRAM = 2
THINGS = ("socket", "open", "silent", "close", "close", "dup2", "bind", "read", "write", "fork", "look")
STEPS = 60
SHARES = 0x400


class File(NamedTuple):
    """What stands behind a descriptor."""

    number: int
    """Also its inode, and the port to which it is bound."""
    is_socket: bool

    @property
    def end(self) -> CallEnd:
        return CallEnd(ip_address(bytes([127, 0, 0, 1])), self.number)


class Names(ThreadNames):
    """Knows which process a thread is of, whatever is lost."""

    def __init__(self) -> None:
        super().__init__()
        self.processes: dict[int, int] = {}

    def actor(self, task: int) -> EventProcess | None:
        return EventProcess(self.processes.get(task, task), None)


class Machine:
    """Processes with descriptors, of which some calls are recorded, and which is looked at."""

    def __init__(self, random: Random, loss: float) -> None:
        self._names = Names()
        self.stream = CallStream(self._names, float)
        self.told: list[TracedCall] = []
        self.truth: dict[float, File] = {}
        """What stood behind the descriptor of a call, by when it was made."""
        self._random = random
        self._loss = loss
        self._now = 1_000
        self._is_losing = False
        self._tables: dict[int, dict[int, File]] = {1: {}}
        self._bound: set[int] = set()
        self._files = 0

    def _row(self, tid: int, code: int, *values: object) -> None:
        self._now += 10
        if self._random.random() < self._loss:
            if not self._is_losing:
                self.stream.take(self._now, 0, LOST, ())
            self._is_losing = True
            return
        if self._is_losing and self._random.random() < 0.5:  # else others are missing, which nobody made
            self._is_losing = False
            self.stream.take(self._now - 5, 0, RESUMED, ())
        self.stream.take(self._now, tid, code, values)

    def _call(self, tid: int, name: str, *values: int, result: int) -> None:
        if name not in ("socket", "dup2"):
            self.truth[self._now + 10] = self._tables[tid][values[0]]
        self._row(tid, ENTERED + PLACES[name], *values)
        self._row(tid, RETURNED + PLACES[name], result)

    def _file(self, *, is_socket: bool) -> File:
        self._files += 1
        return File(self._files, is_socket)

    def step(self) -> None:
        """Something happens in one of the processes."""
        random = self._random
        tid = random.choice(list(self._tables))
        table = self._tables[tid]
        fd = random.choice(DESCRIPTORS)
        free = next((each for each in DESCRIPTORS if each not in table), None)
        match random.choice(THINGS):
            case "socket" if free is not None:
                self._call(tid, "socket", 2, DATAGRAM, 0, result=free)
                table[free] = self._file(is_socket=True)
            case "open" if free is not None:
                table[free] = self._file(is_socket=False)
                self._row(tid, RETURNED + PLACES["openat"], free)
            case "silent" if free is not None:  # as those that come through another socket
                table[free] = self._file(is_socket=random.random() < 0.5)
            case "close" if fd in table:
                self._call(tid, "close", fd, result=0)
                del table[fd]
            case "dup2" if fd in table:
                new = random.choice(DESCRIPTORS)
                self._call(tid, "dup2", fd, new, result=new)
                table[new] = table[fd]
            case "bind" if fd in table and table[fd].is_socket and table[fd].number not in self._bound:
                self._call(tid, "bind", fd, result=0)
                self._bound.add(table[fd].number)
            case "read" | "write" as name if fd in table:
                self._call(tid, name, fd, 10, result=10)
            case "fork" if len(self._tables) < 4:
                child = 100 + self._now
                shares = random.random() < 0.5
                self._tables[child] = table if shares else dict(table)
                if shares:
                    self._names.processes[child] = self._names.processes.get(tid, tid)
                self._row(tid, FORKED, child, b"", SHARES if shares else 0)
            case "look":
                self.look()
            case _:
                pass

    def look(self) -> None:
        """As between two readings."""
        self.told += self.stream.release(self._now)
        for each in list(self.stream.wanted()):
            self._now += 1
            file = self._tables[each.pid].get(each.fd)
            end = file.end if file is not None and file.number in self._bound else None
            found = SocketLook(self._now, self._now, file and file.is_socket, file and file.number, DATAGRAM, end)
            each.descriptor.look = found

    def finish(self) -> None:
        """Tell everything."""
        self.look()
        self.stream.end(self._now)
        self.told += self.stream.release(None)


@given(st.integers(0, 1 << 32), st.sampled_from((0.0, 0.0, 0.1, 0.4)))
def test_what_is_told_is_true(seed: int, loss: float) -> None:
    machine = Machine(Random(seed), loss)
    for _ in range(STEPS):
        machine.step()
    machine.finish()
    told = [call for call in machine.told if call.name != "socket"]
    for call in told:
        if call.arguments is None:
            continue
        file = machine.truth[call.at]
        if call.name in ("read", "write", "close"):
            assert file.is_socket, call
        assert call.inode in (None, file.number)
        assert call.end in (None, file.end)
        assert call.local in (None, file.end)
    if not loss:
        assert len(told) + machine.stream.unknown >= sum(file.is_socket for file in machine.truth.values())
        assert all(call.arguments is not None for call in told)
