"""The recorded data behind the pictures, played to the real collector in the kernel's own format."""

from __future__ import annotations

import errno
import os
import socket
import sys
import tomllib
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

from netwatch_tui.kernel.descriptors import DescriptorFolder, Descriptors, go_on
from netwatch_tui.kernel.inet_answers import InetFacts, SocketKey
from netwatch_tui.kernel.inet_lines import parse_inet
from netwatch_tui.kernel.mptcp_info import MptcpAnswer
from netwatch_tui.kernel.namespace_counters import DeviceBytes
from netwatch_tui.kernel.namespace_questions import Answer
from netwatch_tui.kernel.namespaces import Namespaces
from netwatch_tui.kernel.proc_net import Table
from netwatch_tui.kernel.sock_diag import Bound
from netwatch_tui.kernel.sock_diag_messages import packed_ends
from netwatch_tui.kernel.tcp_info import TcpAnswer, TcpPart
from netwatch_tui.kernel.unlisted_descriptors import HidingPlace
from netwatch_tui.sockets.networks import AddressNetworks
from netwatch_tui.sockets.ownership import Process, ProcessDetails, ProcessResources
from netwatch_tui.sockets.port_facts import PortRules
from netwatch_tui.sockets.socket import Family, Socket
from netwatch_tui.sockets.unseen import Denied, Unseen

STORY = Path(__file__).with_name("story.toml")

_STATE_NUMBERS = {
    "ESTAB": 1, "SYN-SENT": 2, "SYN-RECV": 3, "FIN-WAIT-1": 4, "FIN-WAIT-2": 5, "TIME-WAIT": 6, "UNCONN": 7,
    "CLOSE-WAIT": 8, "LAST-ACK": 9, "LISTEN": 10, "CLOSING": 11,
}  # fmt: skip


TIMES = (-120.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
"""When the frames are, in seconds from the start of the story: what has gone on for long has begun in the first."""

LEAD = 2
"""Frames before something happens: pictures are made one later, and the tour goes through the rest."""


class Story:
    """A source that gives one recorded frame after the other; `frame` says which."""

    def __init__(self, path: Path = STORY) -> None:
        self._data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        self.start: float = self._data["start"]
        self.host: str = self._data["host"]
        self.frame = 0

    def namespaces(self, in_use: Collection[int] = ()) -> Namespaces:  # noqa: ARG002 -- there is one
        """The one in which it plays."""
        return Namespaces(StoryNamespace(self), (), 0)

    def cgroup_path(self, id: int) -> None:
        """Stories tell no cgroups."""

    def backlogs(self) -> dict[int, Bound]:
        """The limits of accept queues, by the listener's inode."""
        return {
            each["inode"]: Bound(each.get("recv_q", 0), each["backlog"], None)
            for each in self._now()
            if "backlog" in each
        }

    def lines(self, table: str) -> list[bytes]:
        """The lines of a table in this frame."""
        return [_line(each, self.frame) for each in self._now() if each["is"].split()[0] == table]

    def stopwatch(self) -> float:
        """Seconds by which ticks are measured; they take no time."""
        return TIMES[self.frame]

    def flowing(self) -> list[dict[str, Any]]:
        """The connections of this frame of which the story counts bytes."""
        return [each for each in self._now() if "flow" in each]

    def devices(self) -> dict[str, DeviceBytes]:
        """The bytes that have gone through each device by this frame."""
        told = self._data["devices"].items()
        return {name: DeviceBytes(_at(each["in"], self.frame), _at(each["out"], self.frame)) for name, each in told}

    def pids(self) -> list[int]:
        """All processes of the story."""
        return [int(pid) for pid in self._data["processes"]]

    def visibility(self) -> Unseen:
        """Nothing keeps a process out of sight."""
        return Unseen()

    def denied(self, pid: int) -> Denied:  # noqa: ARG002 -- all may be read
        """Nobody asks."""
        return Denied.EMPTY

    def descriptor_limit(self, pid: int) -> None:
        """Nobody holds many descriptors."""

    def hiding_places(
        self,
        pid: int,  # noqa: ARG002 -- there are none
        rings: Iterable[int],  # noqa: ARG002
        check: Callable[[], None] = go_on,  # noqa: ARG002
    ) -> list[HidingPlace]:
        """All sockets are held by descriptors."""
        return []

    def read_hiding_place(self, place: HidingPlace, check: Callable[[], None] = go_on) -> Descriptors:  # noqa: ARG002 -- there is none
        """There is no such place."""
        raise FileNotFoundError(place)

    def stat_descriptors(self, pid: int) -> DescriptorFolder:
        """How many sockets a process holds in this frame."""
        return DescriptorFolder(len(self.descriptors(pid)), 0)

    def list_descriptors(self, pid: int) -> list[int]:
        """The descriptors of a process in this frame."""
        return list(self.descriptors(pid))

    def descriptors(
        self,
        pid: int,
        fds: Iterable[int] | None = None,
        check: Callable[[], None] = go_on,  # noqa: ARG002 -- there are few
    ) -> Descriptors:
        """The sockets that a process holds in this frame."""
        held = {fd: each["inode"] for each in self._now() if "held" in each for fd in each["held"].get(str(pid), ())}
        return held if fds is None else {fd: held[fd] for fd in fds if fd in held}

    def process(self, pid: int) -> Process | None:
        """What the story says of a process."""
        told = self._data["processes"][str(pid)]
        return Process(pid, told["name"], tuple(told["cmdline"]), told["user"], self.start - 7200)

    def process_faults(self) -> dict[int, int]:
        """All of it can be read."""
        return {}

    def process_details(self, pid: int) -> ProcessDetails:
        """Every program is where its command line says, and systemd started it."""
        return ProcessDetails(self._data["processes"][str(pid)]["cmdline"][0], "/", ((1, "systemd"),))

    def lineage(self, _: int) -> None:
        """Nobody asks."""

    def process_resources(self, pid: int) -> ProcessResources:  # noqa: ARG002 -- all are alike
        """Every program has some descriptors and one thread."""
        return ProcessResources(1, 0, 24, 1_024, 524_288)

    def forget_process(self, pid: int) -> None:
        """A story does not change its processes."""

    def user(self, uid: int) -> str:
        """The name of a user."""
        return str(self._data["users"][str(uid)])

    def _now(self) -> list[dict[str, Any]]:
        return [each for each in self._data["sockets"] if self.frame in each.get("frames", range(len(TIMES)))]


class StoryNamespace:
    """Where a story plays. As on a kernel that can't be asked, `/proc/net` is all that there is."""

    inode = 4026531840
    name = "4026531840"

    def __init__(self, story: Story) -> None:
        self._story = story

    def lines(self, table: Table, check: Callable[[], None]) -> list[list[bytes]]:
        """The lines of a table, as `proc_net.read_lines` gives them."""
        check()
        return [self._story.lines(table.name)]

    def answers(self, table: Table, check: Callable[[], None]) -> None:
        """Stories tell lines only."""

    def ask(self, sockets: Sequence[Socket]) -> list[Answer]:
        """Stories answer no questions."""
        return [Answer.CANNOT_TELL] * len(sockets)

    def count(self, sockets: Sequence[Socket]) -> list[None]:
        """Stories answer no questions."""
        return [None] * len(sockets)

    def bound(self, *, idle: bool = True) -> dict[int, Bound]:  # noqa: ARG002 -- the protocol says so
        """The limits of accept queues."""
        return self._story.backlogs()

    def facts(self) -> dict[SocketKey, InetFacts]:
        """Nothing."""
        return {}

    def tcp(self, check: Callable[[], None]) -> list[TcpPart]:
        """What the story counts of connections, all read at once."""
        check()
        return [TcpPart(self._story.stopwatch(), [_answer(each, self._story.frame) for each in self._story.flowing()])]

    def tcp_of(self, sockets: Sequence[Socket]) -> list[TcpAnswer | None]:  # noqa: ARG002 -- the protocol says so
        """Stories are asked about all connections."""
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    def mptcp(self) -> list[MptcpAnswer]:
        """No connection of a story has several ways."""
        return []

    def facts_of(self, sockets: Sequence[Socket]) -> list[InetFacts | None]:
        """Nothing."""
        return [None] * len(sockets)

    def autobound(self) -> None:
        """Nothing."""

    def device(self, index: int) -> str | None:
        """Every device is one."""
        return f"eth{index}"

    def overflows(self) -> None:
        """Stories count nothing."""

    def devices(self) -> dict[str, DeviceBytes]:
        """What the devices of the story have counted by now."""
        return self._story.devices()

    def local_ports(self) -> None:
        """Nobody asks."""

    def port_rules(self) -> PortRules:
        """A story has none."""
        return PortRules()

    def waiting_at(self, _: int) -> list[Socket]:
        """It asks about no port."""
        return []

    def networks(self) -> AddressNetworks:
        """No listener of the story is bound to an address of a network."""
        return {}


def _line(told: dict[str, Any], frame: int) -> bytes:
    """One line of /proc/net/tcp and its siblings, without the slot number."""
    kind, state, local, peer = told["is"].split()
    if frame >= LEAD and "then" in told:
        state = told["then"]
    timer = "03:00001770" if state == "TIME-WAIT" else "00:00000000"
    last = "0" if kind.startswith("udp") else "20 4 30 10 -1"  # drops; what only tcp_info(7) explains
    send_q = told.get("send_q", [0])
    return (
        f"{_hex(local)} {_hex(peer)} {_STATE_NUMBERS[state]:02X} "
        f"{send_q[min(frame, len(send_q) - 1)]:08X}:{told.get('recv_q', 0):08X} "
        f"{timer} 00000000 {told.get('uid', 0):5d}        0 {told.get('inode', 0)} 1 0000000000000000 {last}"
    ).encode()


def _answer(told: dict[str, Any], frame: int) -> TcpAnswer:
    """What the kernel counts of a connection: bytes by frame, milliseconds of round-trip time, segments sent again."""
    flow, line = told["flow"], _line(told, frame)
    read = parse_inet(line, 0, "tcp", Family.INET6 if told["is"].startswith("tcp6") else Family.INET)
    rtt, again = int(flow["rtt"] * 1000), flow.get("again", 0)
    return TcpAnswer(
        state=_STATE_NUMBERS[read.state], ends=packed_ends(read), cookie=read.inode, send_q=read.send_q or 0,
        inode=read.inode, info_header=0, probes=0, mss=1448, retrans=0, last_sent=40, last_received=12, rtt=rtt,
        rtt_var=rtt // 8, cwnd=flow.get("cwnd", 10), retrans_total=again, pacing_rate=2**64 - 1,
        received=_at(flow["in"], frame), unsent=0, rtt_min=rtt * 3 // 4, delivery_rate=0, busy=0, limited_by_receiver=0,
        limited_by_sender=0, sent=_at(flow["out"], frame) + again * 1448, bytes_retrans=again * 1448,
        congestion_header=0, congestion=b"cubic\0",
    )  # fmt: skip


def _at(counted: Sequence[int], frame: int) -> int:
    """What is counted by this frame: after the last one that is told it goes on as it went."""
    beyond = frame - len(counted) + 1
    return counted[frame] if beyond <= 0 else counted[-1] + beyond * (counted[-1] - counted[-2])


def _hex(endpoint: str) -> str:
    host, _, port = endpoint.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    packed = socket.inet_pton(family, host.strip("[]"))
    words = (int.from_bytes(packed[at : at + 4], sys.byteorder) for at in range(0, len(packed), 4))
    return "".join(f"{word:08X}" for word in words) + f":{int(port):04X}"
