"""Commands of alerts as real processes: what they get, what they don't, and that nothing of them stays."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from netwatch_tui.collect.alert_watch import Ringing
from netwatch_tui.output.alert_objects import AlertFormat
from netwatch_tui.play.alert_commands import MOST_RUNNING, AlertCommands
from netwatch_tui.play.alert_deeds import AlertDeeds, AlertsOfTick
from netwatch_tui.play.alerting import Alerting
from netwatch_tui.play.news import AlertsRang, News
from netwatch_tui.query import parse
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.view.alert_rule import AlertRule, watched_filter
from tests.support.build import snapshot, tcp
from tests.support.program import wait_until
from tests.support.schema import errors_of

A, B = (tcp("10.0.0.5:22", f"10.0.0.9:5000{id}", id=id, inode=id) for id in (1, 2))
FORMAT = AlertFormat("web1", dict)

TELLS = """
import json, os, signal, sys
fds = sorted(int(fd) for fd in os.listdir("/proc/self/fd"))
about = {
    "argv": sys.argv[2:], "text": sys.stdin.read(), "session": os.getsid(0) == os.getpid(),
    "fds": [fd for fd in fds if os.path.exists(f"/proc/self/fd/{fd}")],
    "out": [os.readlink(f"/proc/self/fd/{fd}") for fd in (1, 2)],
    "status": dict(line.split(":", 1) for line in open("/proc/self/status") if line.startswith("Sig")),
}
print("nobody reads this")
with open(sys.argv[1] + ".new", "w") as file:
    json.dump(about, file)
os.rename(sys.argv[1] + ".new", sys.argv[1])
"""


def telling(path: Path, *words: str) -> tuple[str, ...]:
    """A command that tells of itself in a file."""
    return (sys.executable, "-ISc", TELLS, str(path), *words)


_OTHERS: set[str] = set()
"""What other tests have started and left."""


def _read(path: Path) -> str:
    """What a file of a thread or a process says; nothing when that ended just now, as threads of other tests may."""
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _started() -> Iterator[str]:
    """The numbers of the processes that this one has started."""
    for task in Path("/proc/self/task").iterdir():
        yield from _read(task / "children").split()


def children() -> list[str]:
    """The state of each process that this test has started: Z for a zombie."""
    pids = [pid for pid in _started() if pid not in _OTHERS]
    stats = [_read(Path(f"/proc/{pid}/stat")) for pid in pids]
    return [stat.rpartition(")")[2].split()[0] for stat in stats if stat]


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    """No test leaves a process, be it dead."""
    _OTHERS.clear()
    _OTHERS.update(_started())
    yield
    wait_until(lambda: not children())


def wait_for(commands: AlertCommands, running: int) -> None:
    """Wait until no more than so many run."""

    def is_so() -> bool:
        commands.reap()
        return commands.running == running

    wait_until(is_so)


def wait_for_ends(deeds: AlertDeeds, now: float) -> None:
    """Wait until no command runs, and nothing waits."""

    def is_so() -> bool:
        deeds.do_due(now)
        return deeds.next_due(now) is None

    wait_until(is_so)


def rule(command: tuple[str, ...], **fields: Any) -> AlertRule:
    return watched_filter("ssh", parse("port:22"))._replace(command=command, bell=False, notice=False, **fields)


def test_a_command_gets_the_socket_and_nothing_else_of_ours(tmp_path: Path) -> None:
    path, inherited = tmp_path / "told", os.open(os.devnull, os.O_RDONLY)
    os.set_inheritable(inherited, True)
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    commands = AlertCommands()
    words = ("$HOME", "a b", "; exit", "")
    try:
        commands.start(telling(path, *words), b"the text\n" * 100_000)
    finally:
        signal.signal(signal.SIGTTOU, before)
        os.close(inherited)
    wait_until(path.exists)
    told = json.loads(path.read_text())
    assert told["argv"] == list(words), "no shell has read them"
    assert told["text"] == "the text\n" * 100_000, "more than a pipe holds"
    assert told["session"]
    assert told["fds"] == [0, 1, 2]
    assert told["out"] == [os.devnull, os.devnull]
    blocked, ignored = (int(told["status"][name], 16) for name in ("SigBlk", "SigIgn"))
    assert blocked == 0
    assert {number for number in signal.valid_signals() if ignored >> (number - 1) & 1} == {
        signal.SIGPIPE,
        signal.SIGXFSZ,
    }, "those that Python itself ignores when it starts"
    wait_for(commands, 0)


def test_what_has_ended_is_let_go_and_what_runs_is_not(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    commands = AlertCommands()
    commands.start(("true",), b"")
    commands.start(("cat", str(tmp_path / "pipe")), b"")  # until somebody has written
    wait_for(commands, 1)
    assert "Z" not in children()
    (tmp_path / "pipe").write_text("")
    wait_for(commands, 0)


def ringing(rule: AlertRule, *sockets: Any) -> AlertsOfTick:
    return AlertsOfTick(snapshot(A, B), [Ringing(rule, sockets, "")])


def said(news: list[News]) -> list[str]:
    return [text for each in news if isinstance(each, AlertsRang) for text in each.notices]


def test_at_most_one_a_second_is_started_and_the_others_are_counted(tmp_path: Path) -> None:
    news: list[News] = []
    deeds = AlertDeeds(FORMAT, news.append)
    own = rule(("sh", "-c", 'cat >> "$0"', str(tmp_path / "got")))
    for now in (0.0, 0.3, 0.6, 0.9, 1.2, 5.0):
        deeds.take(ringing(own, A, B))
        deeds.do_due(now)
    assert deeds.next_due(5.0) == 5.5, "to see whether they have ended"
    wait_for_ends(deeds, 5.1)
    objects = [json.loads(line) for line in (tmp_path / "got").read_text().splitlines()]
    assert len(objects) == 3, "at 0.0, 1.2 and 5.0"
    assert [errors_of(each, "socket") for each in objects] == [[], [], []]
    assert {each["peer_port"] for each in objects} == {50001}
    left_out = [text.split()[2] for text in said(news)]
    assert [text for text in said(news) if "no command, as one a second is the most" not in text] == []
    assert list(map(int, left_out)) == [1, 7, 1], "of 12 sockets"


def test_a_command_that_waits_for_its_second_is_started_when_that_is_over(tmp_path: Path) -> None:
    deeds = AlertDeeds(FORMAT, lambda _: None)
    own = rule(("sh", "-c", 'cat >> "$0"', str(tmp_path / "got")))
    deeds.take(ringing(own, A))
    deeds.do_due(0.0)
    deeds.take(ringing(own, B))
    deeds.do_due(0.5)
    assert deeds.next_due(0.5) == 1.0
    deeds.do_due(1.0)
    wait_for_ends(deeds, 1.1)
    lines = (tmp_path / "got").read_text().splitlines()
    assert sorted(json.loads(line)["peer_port"] for line in lines) == [50001, 50002]


def test_commands_that_never_end_are_bounded_and_said(tmp_path: Path) -> None:
    until_told = ("sh", "-c", 'until [ -e "$0" ]; do sleep 0.02; done', str(tmp_path / "end"))
    news: list[News] = []
    deeds = AlertDeeds(FORMAT, news.append)
    for second in range(MOST_RUNNING + 1):
        deeds.take(ringing(rule(until_told), A))
        deeds.do_due(float(second))
    assert said(news) == [f"Alert ssh, 1 socket: no command, as {MOST_RUNNING} are still running."]
    assert len(children()) >= MOST_RUNNING
    (tmp_path / "end").touch()
    wait_for_ends(deeds, 99.0)


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (("/no/such/program",), "/no/such/program can't be started: No such file or directory"),
        (("no-such-program",), "no-such-program can't be started: No such file or directory"),
        (("/etc/passwd",), "/etc/passwd can't be started: Permission denied"),
        (("true", "x" * 300_000), "true can't be started: Argument list too long"),
    ],
)
def test_what_can_not_be_started_is_said_and_counted(command: tuple[str, ...], what: str) -> None:
    news: list[News] = []
    deeds = AlertDeeds(FORMAT, news.append)
    for now in (0.0, 1.0, 2.0):
        deeds.take(ringing(rule(command), A))
        deeds.do_due(now)
    assert news == [AlertsRang(number, (f"Alert ssh, 1 socket: {what}.",), bell=False) for number in (1, 2, 3)]
    assert deeds.next_due(2.0) is None


def test_the_thread_starts_it_and_goes_when_it_is_stopped(tmp_path: Path) -> None:
    path = tmp_path / "told"
    alerting = Alerting([rule(telling(path))], FORMAT)
    alerting.begin(lambda _: None)
    alerting.look(snapshot())
    assert "alerts" not in {thread.name for thread in threading.enumerate()}, "no rule rang"
    alerting.look(snapshot(A, delta=Delta(opened=(A,))))
    wait_until(path.exists)
    assert json.loads(json.loads(path.read_text())["text"])["peer_port"] == 50001
    wait_until(lambda: not children())
    alerting.stop()
    assert "alerts" not in {thread.name for thread in threading.enumerate()}


def test_a_command_outlives_the_program(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    alerting = Alerting([rule(("sh", "-c", 'cat "$0" > "$1"', str(tmp_path / "pipe"), str(tmp_path / "got")))], FORMAT)
    alerting.begin(lambda _: None)
    alerting.look(snapshot())
    alerting.look(snapshot(A, delta=Delta(opened=(A,))))
    writer = os.open(tmp_path / "pipe", os.O_WRONLY)
    alerting.stop()
    os.write(writer, b"sent")
    os.close(writer)
    wait_until(lambda: (tmp_path / "got").exists() and (tmp_path / "got").read_text() == "sent")
    wait_until(lambda: not children() or reaped())


def reaped() -> bool:
    """Let go, in the place of a program that is no more, what it has left."""
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True
