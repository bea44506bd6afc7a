"""Writing a recording, line by line; `file_format` says what stands in them."""

from __future__ import annotations

import os
import stat
import threading
import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from netwatch_tui.files.private_writer import open_output
from netwatch_tui.recording.codec import encode, encode_change, encode_networks, encode_process
from netwatch_tui.recording.event_codec import encode_event, known_sockets
from netwatch_tui.recording.file_format import ALL_EVERY, MAGIC, VERSION
from netwatch_tui.recording.line_json import to_json
from netwatch_tui.sockets.capture_status import CaptureStatus
from netwatch_tui.sockets.delta import Change, Delta
from netwatch_tui.sockets.descriptor_use import NO_DESCRIPTOR_USES, DescriptorUses
from netwatch_tui.sockets.flow import Flow
from netwatch_tui.sockets.hosts import NO_HOSTS, Hosts
from netwatch_tui.sockets.networks import NO_NETWORKS, Networks
from netwatch_tui.sockets.ownership import NO_PROCESS_DETAILS, Process
from netwatch_tui.sockets.snapshot import Seen, Snapshot
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.sockets.socket_events import SocketEvent
from netwatch_tui.sockets.unseen import Unseen


class Sink:
    """A file, a pipe or the like, compressed or not. Everything written is out when `write` returns."""

    def __init__(self, path: str) -> None:
        """Open it; `-` is standard output, and a name that ends in .gz gets compressed.

        Raises:
            OSError: As in `open_output`: recordings hold command lines, also of other users if root records.
        """
        self._fd = open_output(path)
        self._press = zlib.compressobj(wbits=31) if path.endswith(".gz") else None

    def write(self, data: bytes) -> None:
        """Write a line.

        Raises:
            OSError: It can't be written.
        """
        if self._press:
            # Flushed as far as a reader needs to read this line, and no dictionary is lost by it.
            data = self._press.compress(data) + self._press.flush(zlib.Z_SYNC_FLUSH)
        self._write(data)

    def close(self) -> None:
        """End it.

        Raises:
            OSError: The end can't be written.
        """
        try:
            if self._press:
                self._write(self._press.flush())
            if stat.S_ISREG(os.fstat(self._fd).st_mode):
                os.fsync(self._fd)
        finally:
            os.close(self._fd)

    def _write(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._fd, rest) :]


class Writer:
    """Turns snapshots into the lines of a recording. Any thread may close it."""

    def __init__(self, write: Callable[[bytes], object], host: str, started_at: float, interval: float) -> None:
        """Write the header.

        Args:
            write: Gets the lines.
            host: The machine's name.
            started_at: Seconds since the epoch.
            interval: Seconds from tick to tick, as far as it is known.
        """
        self._write = write
        self._sockets: dict[int, Socket] = {}
        self._numbers: dict[Process, int] = {}
        self._described: dict[int, dict[str, Any]] = {}
        self._namespaces: Seen | None = None
        self._unseen: Unseen | None = None
        self._networks: Networks | None = None
        self._details = NO_PROCESS_DETAILS
        self._descriptors: DescriptorUses | None = None
        self._flows: Mapping[int, Flow] = {}
        self._capture: CaptureStatus | None = None
        self._hosts: Hosts = NO_HOSTS
        self._left = 0
        self._lock = threading.Lock()
        self._ended = False
        started = datetime.fromtimestamp(started_at, UTC).isoformat().replace("+00:00", "Z")
        self._line({MAGIC: "recording", "version": VERSION, "host": host, "started_at": started, "interval": interval})

    def add(self, snapshot: Snapshot) -> None:
        """Write a frame; nothing after the end.

        Raises:
            OSError: It can't be written.
        """
        with self._lock:
            if not self._ended:
                frame = self._frame(snapshot)
                self._ended = True  # should the line be cut short: nothing may stand behind half a line
                self._write(frame)
                self._ended = False

    def end(self, now: float) -> None:
        """Write that this is the end.

        Raises:
            OSError: It can't be written.
        """
        with self._lock:
            if not self._ended:
                self._ended = True
                self._line({"ended_at": now})

    def _line(self, value: dict[str, Any]) -> None:
        self._write(to_json(value).encode() + b"\n")

    def _frame(self, snapshot: Snapshot) -> bytes:
        frame: dict[str, Any] = {"t": snapshot.taken_at, "cost": snapshot.cost}
        every = ""
        known, after = self._sockets, self._applied(snapshot)
        self._left -= 1
        if after is None or self._left < 0:
            self._left = ALL_EVERY - 1
            self._numbers.clear()
            self._namespaces = self._unseen = self._networks = self._descriptors = self._capture = None
            self._details, self._flows, self._hosts = NO_PROCESS_DETAILS, {}, NO_HOSTS
            after = {socket.id: socket for socket in snapshot.sockets}
            # One by one, because the encoder lets no other thread run meanwhile, and the screen must not stand still.
            every = ",".join(to_json(encode(socket, self._number)) for socket in snapshot.sockets)
            every = f',"sockets":[{every}]'
            frame.update(self._delta(snapshot.delta, known, after))
        else:
            frame.update(self._delta(snapshot.delta, known, {}))
        if snapshot.events is not None:
            frame["events"] = self._events(snapshot.events, snapshot.delta.passed, known, after)
        self._sockets = after
        if self._described:
            frame["processes"], self._described = _by_text(self._described), {}
        if snapshot.problems:
            frame["problems"] = snapshot.problems
        if snapshot.namespaces != self._namespaces:
            self._namespaces = snapshot.namespaces
            seen = snapshot.namespaces
            frame["namespaces"] = {**seen._asdict(), "names": _by_text(seen.names)}
        if snapshot.unseen != self._unseen:
            self._unseen = snapshot.unseen
            frame["unseen"] = snapshot.unseen._asdict()
        if snapshot.networks != (self._networks or NO_NETWORKS):
            frame["networks"] = _by_text({netns: encode_networks(each) for netns, each in snapshot.networks.items()})
        self._networks = snapshot.networks
        if snapshot.descriptors != (self._descriptors or NO_DESCRIPTOR_USES):
            frame["descriptors"] = _by_text(snapshot.descriptors)
        self._descriptors = snapshot.descriptors
        if told := _changed(self._details, snapshot.process_details):
            frame["process_details"] = _by_text(told)
        self._details = snapshot.process_details
        if flows := _changed(self._flows, snapshot.flows):
            frame["flows"] = _by_text(flows)
        self._flows = snapshot.flows
        if snapshot.hosts != self._hosts:
            self._hosts = snapshot.hosts
            frame["hosts"] = _by_text({number: status._asdict() for number, status in snapshot.hosts.items()})
        if snapshot.traffic:
            frame["traffic"] = snapshot.traffic
        if snapshot.capture != self._capture:
            self._capture = snapshot.capture
            frame["capture"] = None if snapshot.capture is None else snapshot.capture._asdict()
        return f"{to_json(frame)[:-1]}{every}}}\n".encode()

    def _applied(self, snapshot: Snapshot) -> dict[int, Socket] | None:
        """What a reader makes of the sockets before and the delta; None if that is not what the snapshot holds."""
        sockets = self._sockets
        if not snapshot.delta.is_empty:
            sockets = dict(sockets)
            try:
                snapshot.delta.apply(sockets)
            except KeyError:
                return None
        # Nearly always the same objects, which takes a fraction of a microsecond each to see.
        return sockets if tuple(sockets.values()) == snapshot.sockets else None

    def _delta(self, delta: Delta, before: dict[int, Socket], here: dict[int, Socket]) -> dict[str, Any]:
        """The parts of a delta that are not empty.

        Args:
            delta: What happened.
            before: The sockets that the reader knows from the frame before, by id.
            here: Those that stand in this frame.
        """
        parts = {
            "opened": [self._entry(socket, here) for socket in delta.opened],
            "changed": [self._change(change, before, here) for change in delta.changed],
            "updated": [self._change(change, before, here) for change in delta.updated],
            "closed": [self._entry(socket, before) for socket in delta.closed],
            "dropped": [self._entry(socket, before) for socket in delta.dropped],
            "passed": [encode(socket, self._number) for socket in delta.passed],
        }
        return {name: part for name, part in parts.items() if part}

    def _events(
        self,
        events: Iterable[SocketEvent],
        passed: Iterable[Socket],
        before: dict[int, Socket],
        after: dict[int, Socket],
    ) -> list[dict[str, Any]]:
        """What happened; the arguments are what a reader knows, as in `Frames`."""
        known = known_sockets({socket.id: socket for socket in passed}, after, before)

        def entry(socket: Socket) -> int | dict[str, Any]:
            return socket.id if known(socket.id) == socket else encode(socket, self._number)

        return [encode_event(event, entry) for event in events]

    def _entry(self, socket: Socket, known: dict[int, Socket]) -> int | dict[str, Any]:
        """The id of a socket that the reader knows, else all about it."""
        return socket.id if known.get(socket.id) == socket else encode(socket, self._number)

    def _change(self, change: Change, before: dict[int, Socket], here: dict[int, Socket]) -> Any:
        old, new = change
        if before.get(new.id) != old:
            return [encode(old, self._number), encode(new, self._number)]
        return new.id if here.get(new.id) == new else encode_change(old, new, self._number)

    def _number(self, process: Process) -> int:
        number = self._numbers.get(process)
        if number is None:
            number = self._numbers[process] = len(self._numbers)
            self._described[number] = encode_process(process)
        return number


_TellsT = TypeVar("_TellsT")


def _changed(before: Mapping[int, _TellsT], now: Mapping[int, _TellsT]) -> dict[int, _TellsT | None]:
    """What is told otherwise than before; None of that of which nothing is told any more."""
    if now is before:
        return {}
    gone: dict[int, _TellsT | None] = dict.fromkeys(before.keys() - now.keys())
    return gone | {number: told for number, told in now.items() if before.get(number) != told}


def _by_text(numbered: Mapping[int, Any]) -> dict[str, Any]:
    """Numbers as JSON has them for names of members, beside which something can be said of a member."""
    return {str(number): each for number, each in numbered.items()}
