from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.files.text_lines import OVERLONG, read_lines
from netwatch_tui.recording import writer as recording_module
from netwatch_tui.recording.codec import decode, encode
from netwatch_tui.recording.frames import Frames
from netwatch_tui.recording.reader import END, Recording, RecordingError, open_recording
from netwatch_tui.recording.recorder import Recorder
from netwatch_tui.recording.shapes import ShapeError
from netwatch_tui.recording.writer import Sink
from netwatch_tui.sockets.delta import Delta, diff
from netwatch_tui.sockets.flow import Flow, TcpCounters
from netwatch_tui.sockets.needs import EVERY_NEED, NOTHING_MORE, Needs
from netwatch_tui.sockets.ownership import Owner, Process
from netwatch_tui.sockets.snapshot import Counts, Problem, Seen, Snapshot
from netwatch_tui.sockets.socket import Socket, State
from netwatch_tui.sockets.traffic import Traffic
from netwatch_tui.sockets.unseen import Unseen
from tests.support.build import NETNS, netlink, owner, packet, tcp, udp, unix
from tests.support.fake import Watch
from tests.support.flows import flow
from tests.support.recordings import HOST, lines_of, packed, record, replayed, save
from tests.support.strategies import histories, parsed_sockets

SEEN = Seen({NETNS: "own"}, 0, 0)
EVIL = "\x1b[2J\n\udcff\u202e"


def chain(sets: Sequence[dict[int, Socket]], **changes: Any) -> list[Snapshot]:
    """A snapshot for each set of sockets, as a collector would give them."""
    snapshots = [snapshot(sets[0], Delta(), 100.25)]
    for at, (before, after) in enumerate(pairwise(sets), 1):
        delta = diff(before, after)
        snapshots.append(snapshot(after, delta, 100.25 + at))
    return [each._replace(**changes) for each in snapshots]


def snapshot(sockets: dict[int, Socket], delta: Delta, now: float) -> Snapshot:
    every = tuple(sockets.values())
    return Snapshot(now, every, delta, Counts().after(Delta(opened=every)), 0.1 / 3, (), SEEN)


WEB = tcp("10.0.0.1:443", id=1, seen_at=99.5, was_there=True, user="root", owners=(owner(7), owner(8)), inode=11)
VISIT = tcp("10.0.0.1:443", "10.0.0.9:50000", id=2, seen_at=101.25, user="root", owners=(owner(7, 9),), inode=12)
OVER = VISIT._replace(state=State.TIME_WAIT, inode=0, owners=(), user=None, uid=None)
STORY = chain([{1: WEB}, {1: WEB, 2: VISIT}, {1: WEB, 2: OVER}, {1: WEB._replace(recv_q=3), 2: OVER}, {1: WEB}])


# --- what is read is what was written ---

counted = st.integers(0, 2**64 - 1)
moments = st.floats(0, 1e9)


def built(kind: Any, **others: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A named tuple with any values of the types that it declares."""
    return st.builds(kind, **({name: by_type(hint) for name, hint in get_type_hints(kind).items()} | others))


def by_type(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of the type of a field."""
    kinds = {int: counted, float: st.floats(0, 1e10), str: st.text(max_size=20), State: st.sampled_from(State)}
    members = [kinds[each] if each in kinds else st.none() for each in get_args(hint) or (hint,)]
    return st.one_of(members)


@given(histories())
def test_any_history_is_replayed_as_it_was(sets: list[dict[int, Socket]]) -> None:
    snapshots = chain(sets)
    found, recording = replayed(record(snapshots))
    assert found == snapshots
    assert (recording.ended, recording.is_broken) == (END, False)


@given(histories(), st.integers(1, 3))
def test_it_does_not_matter_how_often_all_sockets_are_written(sets: list[dict[int, Socket]], every: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recording_module, "ALL_EVERY", every)
        data = record(chain(sets))
    assert replayed(data)[0] == chain(sets)


@given(
    histories(),
    st.lists(st.builds(Problem, st.text(), counted)),
    st.builds(Seen, st.dictionaries(counted, st.text()), counted, counted, counted, counted),
    st.builds(Unseen, counted, counted, *[st.booleans()] * 5, counted, st.booleans(), counted),
    st.floats(0, 1e10),
    st.dictionaries(counted, built(Flow, read_at=moments, counters=built(TcpCounters))),
    st.dictionaries(st.text(max_size=15), built(Traffic)),
)
def test_what_goes_with_the_sockets_is_replayed_as_well(
    sets: list[dict[int, Socket]],
    problems: list[Problem],
    seen: Seen,
    unseen: Unseen,
    cost: float,
    flows: dict[int, Flow],
    traffic: dict[str, Traffic],
) -> None:
    snapshots = chain(sets, problems=tuple(problems), namespaces=seen, unseen=unseen, cost=cost, traffic=traffic)
    # Each one with other flows than the one before: some are new, some others, some gone.
    snapshots = [each._replace(flows=dict(list(flows.items())[at % 2 :])) for at, each in enumerate(snapshots)]
    assert replayed(record(snapshots))[0] == snapshots


def test_flows_are_written_when_they_are_others_than_before() -> None:
    one, other = flow(received=10), flow(received=20)
    steps = [{2: one, 3: one}, {2: one, 3: one}, {2: other, 3: one}, {2: other}, {}]
    snapshots = [each._replace(flows=flows) for each, flows in zip(STORY, steps, strict=True)]
    lines = [json.loads(line) for line in record(snapshots).splitlines()[1:-1]]
    told = [{id: each and each[2][12] for id, each in line.get("flows", {}).items()} for line in lines]
    assert told == [{"2": 10, "3": 10}, {}, {"2": 20}, {"3": None}, {"2": None}]


@pytest.mark.parametrize(
    ("flows", "problem"),
    [
        ([], "flows: [] is no object"),
        ({"x": None}, "flows: 'x' is no number"),
        ({"2": [1, 100.0]}, "flows.2: counters is missing"),
        ({"2": [1, -1.0, []]}, "flows.2.read_at: -1.0 is no number of seconds"),
    ],
)
def test_flows_of_another_shape_are_refused_with_their_place(flows: object, problem: str) -> None:
    seen = {"names": {}, "others": 0, "denied": 0}
    with pytest.raises(ShapeError, match=re.escape(problem)):
        Frames({}).next({"t": 1.0, "cost": 0.0, "namespaces": seen, "sockets": [], "flows": flows})


@given(histories(), histories())
def test_snapshots_that_do_not_follow_from_one_another_are_replayed_as_they_were(
    sets: list[dict[int, Socket]], others: list[dict[int, Socket]]
) -> None:
    snapshots = [each._replace(delta=other.delta) for each, other in zip(chain(sets), chain(others), strict=False)]
    found, _ = replayed(record(snapshots))
    assert [(each.sockets, each.delta) for each in found] == [(each.sockets, each.delta) for each in snapshots]


@given(parsed_sockets(), st.text(), st.text())
def test_any_socket_comes_back(socket: Socket, name: str, unit: str) -> None:
    process = Process(7, name, (name, ""), name, 1.5, unit, unit)
    socket = socket.followed(3, 0.1, True, name, (Owner(7, 3, process), Owner(8, 3, process)), None)
    told = json.loads(json.dumps(encode(socket, lambda _: 0)))
    assert decode(told, {0: process}) == socket


@pytest.mark.parametrize(
    "socket",
    [
        unix("/run/bus"),
        unix(),
        unix("@log"),
        unix("1.2.3.4"),
        unix(EVIL),
        unix("@log", inode=0),
        packet("ip", 2),
        netlink(15, 1),
        udp(interface="eth0", drops=None, refs=0),
        tcp(recv_q=None, send_q=None),
    ],
)
def test_sockets_with_names_come_back(socket: Socket) -> None:
    told = json.loads(json.dumps(encode(socket, lambda _: 0)))
    assert decode(told, {}) == socket


def test_a_collectors_snapshots_come_back() -> None:
    watch = Watch(WEB)
    snapshots = [watch.again(), watch.tick(WEB, VISIT), watch.tick(WEB, OVER), watch.tick(WEB), watch.again()]
    assert replayed(record(snapshots))[0] == snapshots


def test_a_namespace_whose_name_is_no_utf8_comes_back() -> None:
    snapshots = [each._replace(namespaces=Seen({NETNS: "own", 7: "caf\udce9"}, 0, 0)) for each in STORY]
    assert replayed(record(snapshots))[0] == snapshots


def test_nothing_from_outside_stands_raw_in_a_recording() -> None:
    data = record(chain([{1: WEB._replace(user=EVIL, owners=(owner(7, 3, EVIL),))}]))
    assert all(line.isascii() and line.decode().rstrip("\n").isprintable() for line in lines_of(data))


def test_a_frame_is_short_where_little_happens() -> None:
    header, first, *frames, end = lines_of(record([*STORY, STORY[-1]._replace(delta=Delta())]))
    told = [json.loads(line) for line in frames]
    assert "sockets" in json.loads(first)
    assert told[0]["opened"][0]["owners"] == [[0, 9]]
    assert "processes" not in told[0]
    assert told[2]["updated"] == [{"id": 1, "recv_q": 3}]
    assert told[3]["closed"] == [2]
    assert told[4].keys() == {"t", "cost"}
    assert json.loads(header) == {
        "netwatch-tui": "recording",
        "version": 1,
        "host": HOST,
        "started_at": "2026-01-01T09:00:00Z",
        "interval": 1.0,
    }
    assert json.loads(end) == {"ended_at": 1_767_258_060.0}


# --- broken, foreign and newer ---


def test_a_recording_cut_at_any_byte_is_replayed_up_to_there() -> None:
    data = record(STORY)
    header = data.index(b"\n")
    for length in range(len(data)):
        cut = data[:length]
        if length < header:
            with pytest.raises(RecordingError):
                replayed(cut)
            continue
        found, recording = replayed(cut)
        assert found == STORY[: len(found)]
        assert len(found) >= cut.count(b"\n") - 1
        if length < len(data) - 1:
            assert recording.is_broken
            assert str(recording.ended).startswith("the recording breaks off: ")


def test_a_compressed_recording_cut_at_any_byte_is_replayed_up_to_there(tmp_path: Path) -> None:
    data, path = packed(record(STORY)), tmp_path / "cut.gz"
    most = 0
    for length in range(len(data)):
        path.write_bytes(data[:length])
        try:
            recording = open_recording(str(path))
        except RecordingError:
            assert most == 0
            continue
        found = list(recording)
        assert found == STORY[: len(found)]
        assert len(found) >= most
        most = len(found)
        assert recording.is_broken or recording.ended == END
    assert most == len(STORY)


@given(st.integers(0), st.binary(min_size=1, max_size=3))
def test_damage_is_told_or_makes_no_difference_to_what_is_before_it(at: int, garbage: bytes) -> None:
    data = record(STORY)
    at = data.index(b"\n") + 1 + at % (len(data) - data.index(b"\n") - 1)
    before = data[:at].count(b"\n") - 1
    found, recording = replayed(data[:at] + garbage + data[at + len(garbage) :])
    assert found[:before] == STORY[:before]
    assert recording.ended


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is not a recording"),
        (b"\n", "is not a recording"),
        (b"hello\n", "is not a recording"),
        (b"[1]\n", "is not a recording"),
        (b"[" * 100_000, "is not a recording"),
        (b"\xff\xfe\x00", "is not a recording"),
        (b'{"version": 1}\n', "is not a recording"),
        (b'{"netwatch-tui": "recording"}\n', "is not a recording"),
        (b'{"netwatch-tui": "recording", "version": 2}\n', "newer netwatch-tui"),
    ],
)
def test_what_is_no_recording_is_refused_in_one_line(data: bytes, words: str) -> None:
    with pytest.raises(RecordingError) as refused:
        replayed(data)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_damaged_compression_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(b"\x1f\x8bnothing that was ever compressed")
    with pytest.raises(RecordingError, match="damaged"):
        open_recording(str(path))


WHOLE_EACH = 3
"""Frames from one with all sockets to the next, in what follows."""


def spoiled(number: int, spoil: Callable[[dict[str, Any]], object]) -> bytes:
    """A recording of which one line, counted from 1, is changed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recording_module, "ALL_EVERY", WHOLE_EACH)
        lines = list(lines_of(record(STORY)))
    told = json.loads(lines[number - 1])
    spoil(told)
    lines[number - 1] = json.dumps(told).encode() + b"\n"
    return b"".join(lines)


@pytest.mark.parametrize(
    ("number", "spoil", "words", "found"),
    [
        (
            2,
            lambda told: told["sockets"][0].update(local_port="80"),
            r"sockets\[0\].local_port: '80' is no whole",
            [3, 4],
        ),
        (3, lambda told: told["opened"][0]["owners"][0].__setitem__(0, 7), r"opened\[0\].owners\[0\]: 7", [0, 3, 4]),
        (3, lambda told: told.update(t=1e300), r"t: 1e\+300 is no number of seconds", [0, 3, 4]),
        (3, lambda told: told["opened"].append(told["opened"][0]), None, [0, 1, 2, 3, 4]),
        (4, lambda told: told.update(closed=[99]), r"closed\[0\]: 99 is the id of no socket here", [0, 1, 3, 4]),
        (5, lambda told: told["sockets"].append(told["sockets"][0]), "two sockets have the same id", [0, 1, 2]),
        (6, lambda told: told.pop("cost"), "cost is missing", [0, 1, 2, 3]),
        (6, lambda told: told.update(problems=[["x", True]]), r"problems\[0\].times: True is no whole", [0, 1, 2, 3]),
    ],
)
def test_a_damaged_line_is_told_with_its_place_and_the_rest_is_used(
    number: int, spoil: Callable[[dict[str, Any]], object], words: str | None, found: list[int]
) -> None:
    snapshots, recording = replayed(spoiled(number, spoil))
    assert [each.sockets for each in snapshots] == [STORY[at].sockets for at in found]
    assert [each.counts for each in snapshots] == [STORY[at].counts for at in found]
    ended = str(recording.ended)
    if words is None:  # said twice, and once meant
        assert (ended, recording.is_broken) == (END, False)
        return
    assert re.fullmatch(rf"{END}; line {number} is damaged \(.*{words}.*\)(; \d lines left out)?", ended)
    assert recording.is_broken
    after = [each for each, at in zip(snapshots, found, strict=True) if at == 3 and number < 5]
    for each in after:
        before = snapshots[found.index(3) - 1].sockets if found[0] != 3 else None
        known = {} if before is None else {socket.id: socket for socket in before}
        assert each.delta == (Delta() if before is None else diff(known, {one.id: one for one in each.sockets}))
        (problem,) = each.problems
        assert re.search(rf"lines? of the recording left out: line {number} is damaged", problem.text)


def test_lines_that_are_no_json_are_left_out_as_well() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recording_module, "ALL_EVERY", 1)
        lines = list(lines_of(record(STORY)))
    lines[2:2] = [b"\n", b"rubbish\n", b"[" * 100_000 + b"\n", b"{}\n", OVERLONG]
    snapshots, recording = replayed_lines(lines)
    assert [each.sockets for each in snapshots] == [each.sockets for each in STORY]
    assert recording.ended == f"{END}; line 3 is damaged (it is no JSON), 3 more too; 5 lines left out"


def replayed_lines(lines: Sequence[bytes]) -> tuple[list[Snapshot], Recording]:
    recording = Recording(iter(lines), "it")
    return list(recording), recording


def test_a_damaged_header_is_told_and_the_rest_is_used() -> None:
    data = spoiled(1, lambda told: told.update(host=5, interval=10**400, started_at=None))
    snapshots, recording = replayed(data)
    assert snapshots == STORY
    assert (recording.host, recording.interval, recording.started_at) == ("", 1.0, "")
    assert recording.ended == f"{END}; line 1 is damaged (host: 5 is no text), 2 more too"


def test_what_newer_programs_add_is_left_aside() -> None:
    header, *frames = (json.loads(line) for line in lines_of(record(STORY)))
    newer: dict[str, Any] = {"newer": {"x": [1]}}
    for frame in frames[:-1]:
        frame.update(newer)
        for each in (*frame.get("sockets", ()), *frame.get("opened", ()), *frame.get("updated", ())):
            each.update(newer)
        for process in frame.get("processes", {}).values():
            process.update(newer)
    data = b"".join(json.dumps(each).encode() + b"\n" for each in ({**header, **newer}, *frames))
    assert replayed(data)[0] == STORY


def test_parts_that_were_compressed_one_by_one_are_one_recording(tmp_path: Path) -> None:
    data, path = record(STORY), tmp_path / "parts.gz"
    half = data.index(b"\n", len(data) // 2) + 1
    path.write_bytes(packed(data[:half]) + packed(data[half:]))
    assert list(open_recording(str(path))) == STORY


def test_lines_come_as_soon_as_they_are_whole() -> None:
    reader, writer = os.pipe()
    lines = read_lines(reader)
    os.write(writer, b"first\nsec")
    assert next(lines) == b"first\n"
    os.write(writer, b"ond\nlast")
    assert next(lines) == b"second\n"
    os.close(writer)
    assert list(lines) == [b"last"]


# --- beside a collector ---


class Scripted:
    """Gives what it was told to."""

    def __init__(self, snapshots: Sequence[Snapshot]) -> None:
        self.namespaces = ""
        self.needs = NOTHING_MORE
        self._snapshots = iter(snapshots)

    def collect(self, now: float) -> Snapshot:
        return next(self._snapshots)


@pytest.mark.parametrize("name", ["it.nw", "it.nw.gz"])
def test_a_recorder_writes_what_it_gives(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    recorder = Recorder(Scripted(STORY), str(path), HOST, 100.0, 0.5)
    given_ = [recorder.collect(0) for _ in STORY[:3]]
    assert list(open_recording(str(path))) == given_ == STORY[:3]  # as far as it goes, and before it ends
    recorder.end(200.0)
    recording = open_recording(str(path))
    assert list(recording) == STORY[:3]
    assert (recording.host, recording.interval, recording.ended) == (HOST, 0.5, END)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_recorder_passes_on_which_namespaces_are_wanted(tmp_path: Path) -> None:
    scripted = Scripted(STORY)
    recorder = Recorder(scripted, str(tmp_path / "x"), HOST, 0, 1)
    recorder.namespaces = "*"
    assert scripted.namespaces == recorder.namespaces == "*"
    recorder.end(1)


def test_a_recorder_needs_all_that_a_replay_may_be_asked_for(tmp_path: Path) -> None:
    scripted = Scripted(STORY)
    recorder = Recorder(scripted, str(tmp_path / "x"), HOST, 0, 1)
    assert scripted.needs == EVERY_NEED
    recorder.needs = Needs(of_ids=frozenset({3}))
    assert scripted.needs == EVERY_NEED.union(Needs(of_ids=frozenset({3})))
    recorder.end(1)


def test_a_full_disk_is_a_problem_and_not_the_end() -> None:
    recorder = Recorder(Scripted(STORY), "/dev/null", HOST, 0, 1)

    def full(data: bytes) -> None:
        raise OSError(28, "No space left on device")

    recorder._writer._write = full
    for wanted in STORY[:2]:
        found = recorder.collect(0)
        assert found._replace(problems=()) == wanted
        (problem,) = found.problems
        assert problem.text == "nothing is recorded any more: /dev/null: No space left on device"
    recorder.end(1)


def test_nothing_is_written_after_half_a_line_or_after_the_end() -> None:
    written: list[bytes] = []
    writer = recording_module.Writer(written.append, HOST, 0, 1)

    def stopped(data: bytes) -> None:
        raise KeyboardInterrupt

    writer.add(STORY[0])
    writer._write = stopped
    with pytest.raises(KeyboardInterrupt):
        writer.add(STORY[1])
    writer._write = written.append
    writer.end(1)
    writer.add(STORY[2])
    assert len(written) == 2


def test_a_file_that_can_not_be_written_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        Sink(str(tmp_path / "nowhere" / "x"))


def test_saved_and_opened(tmp_path: Path) -> None:
    recording = open_recording(str(save(tmp_path / "x.gz", STORY, ends=False)))
    assert isinstance(recording, Recording)
    assert list(recording) == STORY
    assert recording.is_broken
