"""A connection to something that plays the far end: a script with what it is to do, in place of ssh."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from netwatch_tui.hosts import allowance as allowance_module
from netwatch_tui.hosts import host_connection, pauses, remote_stream
from netwatch_tui.hosts.agent_archive import agent_archive
from netwatch_tui.hosts.allowance import Allowance
from netwatch_tui.hosts.host_connection import MOST_UNTAKEN, HostConnection
from netwatch_tui.hosts.host_feed import HostFeed, HostNews
from netwatch_tui.hosts.pauses import LASTED, Pauses
from netwatch_tui.hosts.remote_command import agent_input
from netwatch_tui.hosts.remote_stream import Patience
from netwatch_tui.hosts.targets import parse_targets
from netwatch_tui.sockets.hosts import HostPhase, HostStatus
from netwatch_tui.sockets.needs import Need, Needs
from netwatch_tui.sockets.ownership import ProcessDetails, ProcessResources
from netwatch_tui.sockets.snapshot import Snapshot
from tests.support.program import PATIENCE, wait_until
from tests.support.recordings import story

#: What a far end has at hand: the lines of a recording, its number among those started, and ways to speak and hear.
FAR_END = """
import json, os, signal, subprocess, sys, time
header, *frames = open(sys.argv[1], "rb").read().splitlines(keepends=True)
with open(sys.argv[1] + ".pids", "a") as pids:
    print(os.getpid(), file=pids)
number = len(open(sys.argv[1] + ".pids").readlines())

def say(*lines):
    sys.stdout.buffer.write(b"".join(lines))
    sys.stdout.flush()

def complain(text):
    sys.stderr.write(text)
    sys.stderr.flush()

def orders():
    for line in sys.stdin.buffer:
        yield json.loads(line)

def answer(ask, told):
    say(json.dumps({"answer": ask, "told": told}).replace(": ", ":").encode() + b"\\n")

def wait():
    for order in orders():
        pass
"""


DEFAULT = Patience()


class Far:
    """The far ends that were started, and the connection that starts them."""

    def __init__(self, feed: HostConnection, file: Path) -> None:
        self.feed = feed
        self._pids = file.with_name(file.name + ".pids")
        self.snapshots: list[Snapshot] = []
        self.beginnings: list[int] = []
        """How many snapshots there were before each new connection's first."""
        self.statuses: list[HostStatus] = []
        self.woken = threading.Event()

    @property
    def pids(self) -> list[int]:
        return [int(line) for line in self._pids.read_text().split()] if self._pids.exists() else []

    def take(self) -> HostNews:
        news = self.feed.take()
        if news.begins_anew:
            self.beginnings.append(len(self.snapshots))
        self.snapshots += news.snapshots
        if not self.statuses or self.statuses[-1] != news.status:
            self.statuses.append(news.status)
        return news

    def until(self, condition: Callable[[HostStatus], object]) -> HostStatus:
        """Take what comes until a status of it is as wanted."""
        end = time.monotonic() + PATIENCE
        while not condition(status := self.take().status):
            assert self.woken.wait(end - time.monotonic()), f"it never came to that: {status}"
            self.woken.clear()
        return status

    def until_phase(self, phase: HostPhase) -> HostStatus:
        return self.until(lambda status: status.phase is phase)


@pytest.fixture(autouse=True)
def _without_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pauses, "FIRST_PAUSE", 0.05)


@contextmanager
def far_end(
    tmp_path: Path, body: str, patience: Patience = DEFAULT, frames: int = 3, name: str = "web1"
) -> Iterator[Far]:
    """A connection to a far end that does this; when it is over, nothing of it is left."""
    file = tmp_path / "recording"
    *lines, _ = story(frames)  # a far end never ends a recording by itself
    file.write_bytes(b"".join(lines))
    (target,) = parse_targets([name])
    command = (sys.executable, "-I", "-S", "-c", FAR_END + body, str(file))
    far = Far(HostConnection(target, command, threading.BoundedSemaphore(1), patience=patience), file)
    far.feed.begin(far.woken.set)
    try:
        yield far
    finally:
        far.feed.stop()
        assert not [pid for pid in far.pids if Path(f"/proc/{pid}").exists()]


def ended(pid: int) -> bool:
    """Whether a process has; in the namespace of the tests a shell reaps what is nobody's child."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_it_is_a_host_feed(tmp_path: Path) -> None:
    with far_end(tmp_path, "wait()") as far:
        feed: HostFeed = far.feed
        assert feed.name == "web1"
        assert far.take().status == HostStatus("web1", HostPhase.CONNECTING)


def test_what_comes_is_taken_in_order_and_lives(tmp_path: Path) -> None:
    with far_end(tmp_path, "say(header, *frames); wait()") as far:
        status = far.until(lambda _: len(far.snapshots) == 3)
        assert (status.phase, status.text, status.retry_at) == (HostPhase.LIVE, "", None)
        assert status.as_of is not None
        assert far.beginnings == [0]
        assert far.snapshots[0].delta.is_empty
        assert [len(snapshot.sockets) for snapshot in far.snapshots] == [1, 2, 1]
        assert [len(snapshot.delta.opened) for snapshot in far.snapshots] == [0, 1, 0]
        assert far.take() == HostNews((), begins_anew=False, status=status)


def test_nobody_knows_what_was_before_the_first_frame_whatever_it_says(tmp_path: Path) -> None:
    body = """
first = json.loads(frames[0])
first["opened"] = [first["sockets"][0]["id"]]
say(header, json.dumps(first).encode() + b"\\n"); wait()
"""
    with far_end(tmp_path, body) as far:
        far.until_phase(HostPhase.LIVE)
        assert far.snapshots[0].delta.is_empty


def test_what_start_up_files_print_is_passed_over(tmp_path: Path) -> None:
    with far_end(tmp_path, "say(b'Welcome!\\n', b'\\xff\\x00\\nno end', header, frames[0]); wait()") as far:
        far.until_phase(HostPhase.LIVE)


def test_a_python_that_waits_for_the_program_gets_it_and_the_orders_behind_it(tmp_path: Path) -> None:
    size = len(agent_archive())
    body = f"""
say(b"netwatch-tui archive\\n")
sys.stdin.buffer.read({agent_input().index(b"%d" % size)})
archive = sys.stdin.buffer.read(int(sys.stdin.buffer.readline()))
order = next(orders())
if len(archive) == {size} and order["follow"]["interval"] == 2.5:
    say(header, frames[0])
wait()
"""
    with far_end(tmp_path, body) as far:
        far.feed.want("", Needs(), 2.5)
        far.until_phase(HostPhase.LIVE)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("say(b'netwatch-tui python 3.9\\n'); wait()", "Python 3.9 is there; 3.11 or later is needed"),
        ("say(b'hi netwatch-tui python\\n'); wait()", "no Python there; 3.11 or later is needed"),
        (
            "complain('A banner\\r\\nssh: connect to host web1 port 22: Connection refused\\r\\n'); sys.exit(255)",
            "connect to host web1 port 22: Connection refused",
        ),
        ("complain('sudo: a password is required\\n'); sys.exit(1)", "sudo: a password is required"),
        ("complain('me@web1: Permission denied (publickey).\\r\\n\\r\\n')", "me@web1: Permission denied (publickey)"),
        ("complain('\\x1b[2J\\x1b]0;owned\\x07' + 'x' * 100_000 + '\\x9b\\n')", None),
        ("complain(chr(27) + '[31mno\\n')", r"\x1b[31mno"),
        ("sys.exit(3)", f"{sys.executable} ended with status 3"),
        ("os.kill(os.getpid(), 9)", f"{sys.executable} was ended by signal 9"),
        ("say(b'x' * 100_000); wait()", "a shell there prints too much before it runs anything"),
        (
            """say(b'{"netwatch-tui":"recording","version":99}\\n'); wait()""",
            "what it sends was recorded by a newer netwatch-tui: its format version is 99, and this one reads 1",
        ),
        ("""say(b'{"netwatch-tui":\\n'); wait()""", "what it sends is not a recording of netwatch-tui"),
    ],
)
def test_a_machine_that_refuses_is_said_in_one_harmless_line_and_tried_again(
    tmp_path: Path, body: str, text: str | None
) -> None:
    with far_end(tmp_path, body) as far:
        status = far.until_phase(HostPhase.REFUSED)
        assert text in (None, status.text)
        assert status.text.isprintable()
        assert 0 < len(status.text) <= 200
        assert (status.as_of, far.snapshots) == (None, [])
        assert status.retry_at is not None
        wait_until(lambda: len(far.pids) > 2)


def test_a_command_that_is_not_there_is_said(tmp_path: Path) -> None:
    (target,) = parse_targets(["docker:db"])
    feed = HostConnection(target, ("no-such-command",), threading.BoundedSemaphore(1))
    woken = threading.Event()
    feed.begin(woken.set)
    while (status := feed.take().status).phase is not HostPhase.REFUSED:
        assert woken.wait(PATIENCE)
        woken.clear()
    assert status.text == "no-such-command can't be started: No such file or directory"
    feed.stop()


def test_a_machine_that_is_lost_keeps_its_time_and_begins_anew(tmp_path: Path) -> None:
    body = """
say(header, frames[0])
if number > 1:
    wait()
next(orders())
complain("Connection to web1 closed by remote host.\\r\\n")
"""
    with far_end(tmp_path, body) as far:
        far.until(lambda _: len(far.snapshots) == 2)
        lost = next(status for status in far.statuses if status.phase is HostPhase.LOST)
        assert lost.text == "Connection to web1 closed by remote host"
        assert lost.as_of is not None
        assert lost.retry_at is not None
        assert far.beginnings == [0, 1]
        assert far.snapshots[1].delta.is_empty
        again = next(each for each in far.statuses[2:] if each.phase is HostPhase.CONNECTING)
        assert (again.text, again.as_of) == (lost.text, lost.as_of)


def test_ticks_of_two_connections_are_taken_one_after_the_other(tmp_path: Path) -> None:
    with far_end(tmp_path, "say(header, *frames[:2]); number > 1 and wait()") as far:
        wait_until(lambda: len(far.pids) == 2)
        wait_until(lambda: len(far.feed._ticks) == 4)
        first, second, third = far.feed.take(), far.feed.take(), far.feed.take()
        assert [(len(news.snapshots), news.begins_anew) for news in (first, second, third)] == [
            (2, True),
            (2, True),
            (0, False),
        ]


def test_a_tick_that_does_not_come_is_late_and_a_machine_that_says_nothing_is_cut(tmp_path: Path) -> None:
    body = "say(header, frames[0]); number > 1 and wait(); signal.pause()"
    with far_end(tmp_path, body, Patience(silence=0.6, late=0.1, clock_every=0.1)) as far:
        far.feed.want("", Needs(), 0.05)
        late = far.until_phase(HostPhase.LATE)
        assert (late.text, late.retry_at) == ("a tick is overdue", None)
        assert late.as_of is not None
        lost = far.until_phase(HostPhase.LOST)
        assert lost.text == "silent for 0.6 s"
        assert ended(far.pids[0])


def test_a_connection_that_is_not_made_in_time_is_given_up(tmp_path: Path) -> None:
    with far_end(tmp_path, "wait()", Patience(connecting=0.1)) as far:
        assert far.until_phase(HostPhase.REFUSED).text == "nothing within 0.1 s"


@pytest.mark.parametrize("what", ["b'nonsense\\n'", "b'{\"t\":1}\\n'", "frames[2]"])
def test_after_a_frame_that_is_damaged_a_new_connection_begins(tmp_path: Path, what: str) -> None:
    with far_end(tmp_path, f"say(header, frames[0]); number > 1 and wait(); say({what}, frames[1]); wait()") as far:
        assert far.until_phase(HostPhase.LOST).text == "it sent a frame that is damaged"
        far.until(lambda _: far.beginnings == [0, 1])


def test_a_line_without_end_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_stream, "MOST_LINE", 100_000)
    with far_end(tmp_path, "say(header, frames[0]); say(b'{' * 200_000); wait()") as far:
        assert far.until_phase(HostPhase.LOST).text == "it sent a line of more than 100,000 bytes"


def test_nothing_is_read_that_nobody_takes(tmp_path: Path) -> None:
    with far_end(tmp_path, "say(header, *frames); wait()", Patience(silence=0.3, clock_every=9), frames=1_200) as far:
        wait_until(lambda: len(far.feed._ticks) >= MOST_UNTAKEN)
        time.sleep(0.5)  # longer than a machine may be silent that is listened to
        count = len(far.feed._ticks)
        assert count < 1_200
        time.sleep(0.1)
        assert len(far.feed._ticks) == count
        assert far.feed._status.phase is HostPhase.LIVE
        far.until(lambda _: len(far.snapshots) >= 1_200)


def test_who_computes_more_than_its_share_waits_for_it() -> None:
    time_now, computed = [100.0], [7.0]
    allowance = Allowance(lambda: time_now[0], lambda: computed[0])

    def go_on(seconds: float, computing: float) -> float:
        time_now[0] += seconds
        computed[0] += computing
        return allowance.wait()

    assert allowance.wait() == 0.0
    assert go_on(3.0, 3.0) == 0.0, "so much at once"
    assert go_on(1.0, 1.25) == pytest.approx(4.0), "one second too much, at a quarter of one"
    assert go_on(0.5, 0.0) == pytest.approx(3.5)
    assert go_on(1_000.0, 0.0) == 0.0
    assert go_on(4.0, 4.0) == pytest.approx(4.0), "what was not taken for long does not add up"


def test_a_machine_that_sends_without_end_takes_its_share_of_a_processor_and_orders_still_go_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allowance_module, "AT_ONCE", 0.2)
    monkeypatch.setattr(allowance_module, "SHARE", 0.02)
    flood = 'say(header, frames[0])\nwhile True: say(b\'{"answer":0,"told":0}\\n\' * 1000)'
    with far_end(tmp_path, flood, Patience(late=0.1)) as far:
        status = far.until_phase(HostPhase.LATE)
        assert status.text == "it sends more than there is time to read"
        clock = time.pthread_getcpuclockid(far.feed._thread.ident or 0)
        before = time.clock_gettime(clock)
        time.sleep(1.0)
        assert time.clock_gettime(clock) - before < 0.25, "a piece at a time is read whole"
        assert far.feed._status.phase is HostPhase.LATE


def test_orders_go_there_when_they_are_others(tmp_path: Path) -> None:
    body = """
say(header, frames[0])
for order in orders():
    if "follow" in order:
        with open(sys.argv[1] + ".orders", "a") as file:
            print(json.dumps(order), file=file)
"""
    with far_end(tmp_path, body) as far:
        heard = tmp_path / "recording.orders"
        far.until_phase(HostPhase.LIVE)
        wait_until(lambda: heard.exists() and heard.read_text().count("\n") == 1)
        needs = Needs(frozenset({Need.FWMARK}), frozenset({3, 2}), flows_of_all=True, flows_of_ids=frozenset({9}))
        far.feed.want("*", needs, 0.5)
        far.feed.want("*", needs, 0.5)
        wait_until(lambda: heard.read_text().count("\n") == 2)
        _, second = heard.read_text().splitlines()
        assert second == (
            '{"follow": {"interval": 0.5, "namespaces": "*", "needs": {"flows_of_all": true, '
            '"of_all": ["FWMARK"], "of_ids": [2, 3], "flows_of_ids": [9]}, "capture": "never"}}'
        )


ANSWERS = """
say(header, frames[0])
for order in orders():
    if order.get("about") == "process_details":
        answer(order["ask"], {"exe": "/bin/x", "cwd": None, "parents": [[1, "init"]]} if order["pid"] == 5 else None)
    elif order.get("about") == "process_resources":
        answer(order["ask"], {"threads": 7} if order["pid"] == 5 else "seven")
    elif order.get("about") == "clock":
        answer(order["ask"], time.time() + 1000)
        say(frames[1])
        frames[1:] = frames[2:]
"""


def test_a_process_there_can_be_asked_for(tmp_path: Path) -> None:
    with far_end(tmp_path, ANSWERS) as far:
        assert far.feed.process_details(5) is None, "there is no connection yet"
        far.until_phase(HostPhase.LIVE)
        assert far.feed.process_details(5) == ProcessDetails("/bin/x", None, ((1, "init"),))
        assert far.feed.process_resources(5) == ProcessResources(threads=7)
        assert far.feed.process_details(6) is None
        assert far.feed.process_resources(6) is None, "an answer of another shape"


def test_who_asks_does_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_connection, "ANSWER_WITHIN", 0.05)
    with far_end(tmp_path, "say(header, frames[0]); wait()") as far:
        far.until_phase(HostPhase.LIVE)
        assert far.feed.process_details(5) is None


def test_a_clock_that_is_ahead_is_measured(tmp_path: Path) -> None:
    with far_end(tmp_path, ANSWERS) as far:
        status = far.until(lambda status: status.clock_offset is not None)
        assert status.clock_offset is not None
        assert abs(status.clock_offset - 1000) < PATIENCE
        assert status.as_of is not None
        assert status.as_of <= time.time()


def test_an_answer_that_is_none_ends_the_connection(tmp_path: Path) -> None:
    with far_end(tmp_path, """say(header, frames[0], b'{"answer":-1}\\n'); wait()""") as far:
        assert far.until_phase(HostPhase.LOST).text.startswith("it sent an answer that is none: ")


def test_what_was_started_ends_though_it_does_not_want_to(tmp_path: Path) -> None:
    body = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "1000"], stdout=subprocess.DEVNULL)
with open(sys.argv[1] + ".pids", "a") as pids:
    print(child.pid, file=pids)
say(header, frames[0])
signal.pause()
"""
    with far_end(tmp_path, body) as far:
        far.until_phase(HostPhase.LIVE)
        us, child = far.pids
        os.kill(child, signal.SIGSTOP)
        far.feed.stop()
        assert not Path(f"/proc/{us}").exists()
        wait_until(lambda: ended(child))
        wait_until(lambda: not Path(f"/proc/{child}").exists())


def test_one_that_waits_for_its_turn_can_be_stopped(tmp_path: Path) -> None:
    turns = threading.BoundedSemaphore(1)
    (target,) = parse_targets(["web1"])
    with turns:
        feed = HostConnection(target, ("true",), turns)
        feed.begin(lambda: None)
        feed.stop()
        assert not feed._thread.is_alive()


def test_one_that_never_began_can_be_stopped() -> None:
    (target,) = parse_targets(["web1"])
    feed = HostConnection(target, ("true",), threading.BoundedSemaphore(1))
    feed.stop()
    feed.want("", Needs(), 9.0)


def test_pauses_grow_up_to_a_bound_and_begin_anew_after_a_connection_that_lasted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pauses, "FIRST_PAUSE", 1.0)
    each = Pauses()
    assert [each.after(0.0) for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert each.after(LASTED - 1) == 60
    assert [each.after(LASTED), each.after(0.0)] == [1, 2]
