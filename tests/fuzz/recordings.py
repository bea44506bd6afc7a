"""Spoiled recordings: bytes, types, the order of lines, compression."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random
from unittest.mock import patch

from netwatch_tui.recording import writer
from netwatch_tui.recording.reader import RecordingError, count_frames, open_recording
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.snapshot import Problem, Snapshot
from netwatch_tui.sockets.socket import DiagFacts, Socket, State, Timer
from netwatch_tui.sockets.traffic import Traffic
from netwatch_tui.sockets.unseen import Unseen
from tests.fuzz.consumers import consume, file_of
from tests.fuzz.mutations import packed_at_times, spoil_bytes, spoil_some_lines
from tests.fuzz.runner import Counts, check_said, run_inputs
from tests.support.build import netlink, owner, packet, tcp, udp, unix
from tests.support.fake import Watch
from tests.support.flows import flow
from tests.support.recordings import lines_of, record

SAMPLE = Path(__file__).parents[1] / "samples" / "recording-form-1.ndjson"
EVIL = "\x1b[2J\n\udcff\u202e"


def sockets() -> list[Socket]:
    """Some of every kind, with all that can be known of them."""
    return [
        tcp("10.0.0.1:443", inode=11, owners=(owner(7), owner(8, 4, EVIL)), user="root", send_q=128),
        tcp("[::]:80", inode=12, diag=DiagFacts(5, v6only=False, fwmark=3, cgroup=9, cgroup_path="/a", autobound=True)),
        tcp("[2001:db8::1]:443", "[2001:db8::2]:50000", inode=13, timer=Timer("on", 0.25), retransmits=2),
        tcp("10.0.0.1:443", "10.0.0.9:50001", state=State.TIME_WAIT, inode=0, owner_reason=OwnerReason.LAST_HELD,
            evidence=(owner(7),)),
        udp("0.0.0.0:68", inode=14, interface="eth0", drops=5),
        unix("/run/bus", inode=15), unix(EVIL, inode=16), unix(inode=17), packet("ip", 2, inode=18),
        netlink(15, 1, inode=19),
    ]  # fmt: skip


@cache
def good_lines() -> tuple[tuple[bytes, ...], ...]:
    """Recordings to spoil, as lines."""
    watch = Watch(*sockets())
    visits = [tcp("10.0.0.1:443", f"10.0.0.9:{port}", inode=port) for port in range(20_000, 20_004)]
    story: list[Snapshot] = [watch.again()]
    for at, visit in enumerate(visits):
        story.append(watch.tick(*sockets()[at:], visit))
        story.append(watch.tick(*sockets(), visit._replace(recv_q=at)))
    story[2] = story[2]._replace(problems=(Problem("a file could not be read", 3),), unseen=Unseen(3, 1))
    for at, seen in enumerate(story):
        flows = {socket.id: flow(1e6 * at, None, received=at, rtt=1500) for socket in seen.sockets[at % 3 :]}
        story[at] = seen._replace(flows=flows, traffic={"eth0": Traffic(1e3, 2e3 * at)})
    with patch.object(writer, "ALL_EVERY", 3):
        return tuple(lines_of(record(story))), tuple(lines_of(SAMPLE.read_bytes()))


def make(random: Random) -> tuple[int, bytes]:
    """A spoiled recording, and a number for what is done with it."""
    lines = list(random.choice(good_lines()))
    data = b"".join(spoil_some_lines(random, lines, random.choice((1, 1, 1, 2, 5))))
    if random.random() < 0.2:
        data = spoil_bytes(random, data)
    return random.randrange(1 << 30), packed_at_times(random, data)


def attempt(made: tuple[int, bytes]) -> bool:
    """Read it, show what it holds, and say whether anything of it was refused."""
    number, data = made
    with file_of(data) as path:
        count_frames(path)
        try:
            recording = open_recording(path)
        except RecordingError as error:
            check_said(str(error))
            return True
        snapshots = list(recording)
    check_said(str(recording.ended))
    consume(Random(number), snapshots)
    return recording.is_broken


def run(seed: int, seconds: float) -> Counts:
    """Spoil and read recordings."""
    return run_inputs(seed, seconds, make, attempt)
