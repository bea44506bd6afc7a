"""The benchmark of many machines measures what it says: frames that follow from one another, played by stand-ins."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

from netwatch_tui.recording.reader import Recording
from tests.benchmarks import host_stand_in
from tests.benchmarks.fleet import MERGED, Merging, OnScreen, make_ssh, merging, tell, ticks_of, write_recording
from tests.benchmarks.results import Results
from tests.support.program import PATIENCE


def test_each_tick_replaces_one_percent() -> None:
    ticks = list(ticks_of(host=3, sockets=200, ticks=5))
    for before, after in pairwise(ticks):
        sockets = {socket.id: socket for socket in before.sockets}
        after.delta.apply(sockets)
        assert tuple(sockets.values()) == after.sockets
        assert (len(after.delta.opened), len(after.delta.closed), len(after.sockets)) == (2, 2, 200)


def test_all_frames_of_all_hosts_are_read_and_merged(tmp_path: Path) -> None:
    for host in (1, 2):
        write_recording(tmp_path / f"web{host:03}.ndjson", host, 20, MERGED)
    found = merging(tmp_path, hosts=2)
    assert len(found.reading) == len(found.merging) == MERGED + 1


def test_a_stand_in_plays_its_recording_and_tells_the_time(tmp_path: Path) -> None:
    write_recording(tmp_path / "web001.ndjson", 1, 20, 1)
    make_ssh(tmp_path)
    command = [str(tmp_path / "ssh"), "-T", "--", "web001", "sh -c 'anything'"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(b'{"ask": 7, "about": "clock"}\n')
        process.stdin.flush()
        lines: list[bytes] = []
        while len(lines) < 5:
            lines.append(process.stdout.readline())
        process.stdin.close()
        process.wait(PATIENCE)
    answers = [json.loads(line) for line in lines if line.startswith(b'{"answer"')]
    frames = [line for line in lines if not line.startswith(b'{"answer"')]
    assert [answer["answer"] for answer in answers] == [7]
    played = list(Recording(iter([*frames, b'{"ended_at":9e9}\n']), "it"))
    assert [len(snapshot.sockets) for snapshot in played] == [20] * len(played)
    assert all(after.taken_at > before.taken_at > 1e9 for before, after in pairwise(played))


def test_a_stand_in_starts_with_next_to_nothing() -> None:
    command = [sys.executable, "-I", "-S", host_stand_in.__file__, "/dev/null"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=PATIENCE)
    assert done.stderr == b""


def test_what_was_measured_is_told_and_held_against_its_bar() -> None:
    said: list[str] = []
    for mib, is_met in ((256, True), (512, False)):
        results = Results(said.append)
        merged = Merging([1.0, 0.08, 0.06], [0.5, 0.02, 0.02])
        tell(OnScreen(5.0, [], (1 << 20, mib << 20), 0.4), merged, "100 hosts of 1,000 sockets", results)
        (paragraph,) = results.paragraphs
        assert "every row is there after 5.0 s; the program takes 40% of a processor" in paragraph
        assert "in 70.0 ms (the first in 1,000 ms) and merges it in 20.0 ms (500 ms)" in paragraph
        assert [verdict.is_met for verdict in results.verdicts] == [is_met]
