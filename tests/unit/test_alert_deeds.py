"""What follows when sockets begin to match: words, bells and files, and of a flood no more than one a second."""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.collect.alert_watch import Ringing
from netwatch_tui.files import private_writer
from netwatch_tui.files.private_writer import append_file
from netwatch_tui.output.alert_objects import AlertFormat
from netwatch_tui.play.alert_deeds import MOST_CELLS, AlertDeeds, AlertsOfTick
from netwatch_tui.play.alerting import MOST_WAITING, Alerting
from netwatch_tui.play.news import AlertsRang, News
from netwatch_tui.play.throttle import A_SECOND, Throttle
from netwatch_tui.query import parse
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.view.alert_rule import AlertRule, watched_filter
from tests.support.build import owner, snapshot, tcp, unix
from tests.support.program import wait_until
from tests.support.schema import errors_of

MANY = [
    tcp("10.0.0.5:22", f"10.0.0.9:{50000 + id}", id=id, inode=id, owners=(owner(7, 3, "sshd"),)) for id in range(1, 100)
]
FORMAT = AlertFormat("web1", dict)
RULE = watched_filter("ssh", parse("port:22"))
SILENT = RULE._replace(bell=False, notice=False)


class Told:
    """The deeds of some rules, and what the screen hears of them."""

    def __init__(self) -> None:
        self.news: list[News] = []
        self.deeds = AlertDeeds(FORMAT, self.news.append)

    def ring(self, rule: AlertRule, sockets: Sequence[Socket], now: float, unsearched: str = "") -> list[News]:
        """What the screen hears of this."""
        before = len(self.news)
        self.deeds.take(AlertsOfTick(snapshot(*MANY), [Ringing(rule, tuple(sockets), unsearched)]))
        self.deeds.do_due(now)
        return self.news[before:]

    def wait(self, now: float) -> list[News]:
        """What it hears at a later time."""
        before = len(self.news)
        self.deeds.do_due(now)
        return self.news[before:]


@given(st.lists(st.tuples(st.floats(0.0, 2.0), st.integers(0, 3)), max_size=20))
def test_one_passes_a_second_and_all_are_counted(offers: list[tuple[float, int]]) -> None:
    throttle, now, number, passed = Throttle[int](), 0.0, 0, []
    for wait, times in offers:
        now += wait
        for _ in range(times):
            number += 1
            throttle.offer(number)
        if let := throttle.take(now):
            passed.append((now, let))
    if throttle.due is not None and (last := throttle.take(throttle.due)):
        passed.append((throttle.due or now + A_SECOND, last))
    assert sum(let.times for _, let in passed) == number
    assert [let.first for _, let in passed] == [*accumulate((let.times for _, let in passed), initial=1)][:-1]
    assert all(later >= before + A_SECOND for (before, _), (later, _) in pairwise(passed[:-1]))


def test_a_socket_is_told_with_the_name_of_the_rule() -> None:
    words = ("Alert ssh: tcp ESTAB 10.0.0.5:22 → 10.0.0.9:50001 sshd",)
    assert Told().ring(RULE, MANY[:1], 0.0) == [AlertsRang(1, words, bell=True)]
    assert Told().ring(RULE._replace(bell=False), MANY[:1], 0.0) == [AlertsRang(1, words, bell=False)]
    assert Told().ring(RULE._replace(notice=False), MANY[:1], 0.0) == [AlertsRang(1, (), bell=True)]
    assert Told().ring(SILENT, MANY[:1], 0.0) == [AlertsRang(1, (), bell=False)], "it counts all the same"


def test_what_is_said_is_one_harmless_line_that_ends() -> None:
    held = unix("/run/x.sock", inode=5, local_port=5, owners=tuple(owner(n, 3, f"x\x1b[{n}m") for n in range(1, 1000)))
    (news,) = Told().ring(RULE._replace(name="a\x1b[31m\n"), [held], 0.0)
    assert isinstance(news, AlertsRang)
    assert news.notices[0].startswith(r"Alert a\x1b[31m\x0a: u_str ESTAB /run/x.sock 5 ")
    assert news.notices[0].isprintable()
    assert len(news.notices[0]) == MOST_CELLS


def test_a_flood_is_one_notice_and_one_bell_a_second_with_its_count() -> None:
    told = Told()
    first = "Alert ssh: tcp ESTAB 10.0.0.5:22 → 10.0.0.9:50001 sshd"
    assert told.ring(RULE, MANY[:1], 0.0) == [AlertsRang(1, (first,), bell=True)]
    assert told.ring(RULE, MANY[1:42], 0.1) == []
    assert told.ring(RULE, MANY[42:43], 0.9) == []
    assert told.deeds.next_due(0.9) == 1.0
    second = "Alert ssh: tcp ESTAB 10.0.0.5:22 → 10.0.0.9:50002 sshd, and 41 more"
    assert told.wait(1.0) == [AlertsRang(43, (second,), bell=True)]
    assert (told.wait(2.0), told.deeds.next_due(2.0)) == ([], None)
    other = RULE._replace(name="other")
    assert len(told.ring(other, MANY[:1], 1.1)) == 1, "each rule has a second of its own"


def test_what_could_not_be_searched_is_said_and_is_no_alert() -> None:
    why = "3 texts not searched: the regular expression takes too long"
    assert Told().ring(RULE, [], 0.0, why) == [AlertsRang(0, (f"Alert ssh: {why}.",), bell=False)]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_file_gets_every_socket_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    path, told = tmp_path / "ssh.ndjson", Told()
    before = os.umask(0)
    try:
        told.ring(SILENT._replace(file=str(path)), MANY[:50], 0.0)
        told.ring(SILENT._replace(file=str(path)), MANY[50:], 0.1)
    finally:
        os.umask(before)
    found = lines(path)
    assert [event["socket"]["peer_port"] for event in found] == [socket.peer_port for socket in MANY]
    assert [errors_of(event, "event") for event in found] == [[]] * len(MANY)
    assert {(event["event"], event["rule"], event["host"]) for event in found} == {("alert", "ssh", "web1")}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_may_lie_in_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    Told().ring(SILENT._replace(file="~/ssh.ndjson"), MANY[:1], 0.0)
    assert len(lines(tmp_path / "ssh.ndjson")) == 1


def make_link(path: Path) -> None:
    path.symlink_to(path.with_name("elsewhere"))


def make_second_name(path: Path) -> None:
    path.with_name("elsewhere").touch()
    path.hardlink_to(path.with_name("elsewhere"))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (make_link, "it is a symbolic link, and no link is followed"),
        (make_second_name, "it belongs to another user as well"),
        (os.mkfifo, "it is a pipe, not a regular file"),
        (Path.mkdir, "Is a directory"),
    ],
)
def test_what_is_no_file_of_ones_own_is_never_written(tmp_path: Path, make: Any, reason: str) -> None:
    path = tmp_path / "ssh.ndjson"
    make(path)
    text = f"Alert ssh, 2 sockets: {path} can't be written: {reason}."
    assert Told().ring(SILENT._replace(file=str(path)), MANY[:2], 0.0) == [AlertsRang(2, (text,), bell=False)]
    elsewhere = path.with_name("elsewhere")
    assert not elsewhere.exists() or not elsewhere.read_text()


def test_what_is_written_only_in_part_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    with pytest.raises(OSError, match="a device, not a regular file"):
        append_file(Path("/dev/full"), b"x")

    class Short:
        """Takes one byte less than it is given."""

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            os.close(self._fd)

        def __init__(self, fd: int, *_: object, **__: object) -> None:
            self._fd = fd

        def fileno(self) -> int:
            return self._fd

        def write(self, data: bytes) -> int:
            return len(data) - 1

    monkeypatch.setattr(private_writer, "open", Short, raising=False)
    with pytest.raises(OSError, match="No space left on device"):
        append_file(tmp_path / "x", b"12")


def test_no_fault_of_one_rule_keeps_the_others_from_ringing() -> None:
    class Faulty(AlertFormat):
        def events(self, rule: str, sockets: Iterable[Socket], snapshot: Snapshot) -> Iterator[str]:
            raise ZeroDivisionError(rule)

    news: list[News] = []
    deeds = AlertDeeds(Faulty("web1", dict), news.append)
    both = [Ringing(SILENT._replace(file="/x"), tuple(MANY[:1]), ""), Ringing(RULE._replace(name="b"), (MANY[1],), "")]
    deeds.take(AlertsOfTick(snapshot(), both))
    deeds.do_due(0.0)
    said = (
        "Alert b: tcp ESTAB 10.0.0.5:22 → 10.0.0.9:50002 sshd",
        "Alert ssh, 1 socket: failed: ZeroDivisionError: ssh.",
    )
    assert news == [AlertsRang(2, said, bell=True)]


def told_by(news: list[News]) -> str:
    return " ".join(text for each in news if isinstance(each, AlertsRang) for text in each.notices)


def test_what_comes_while_a_file_hangs_is_bounded_and_counted(tmp_path: Path) -> None:
    hangs, go_on = threading.Event(), threading.Event()

    class Hanging(AlertFormat):
        def events(self, rule: str, sockets: Iterable[Socket], snapshot: Snapshot) -> Iterator[str]:
            hangs.set()
            go_on.wait(60)
            return super().events(rule, sockets, snapshot)

    news: list[News] = []
    alerting = Alerting([RULE._replace(file=str(tmp_path / "it"))], Hanging("web1", dict))
    alerting.begin(news.append)
    alerting.look(snapshot())
    shown: list[Socket] = []
    for socket in MANY[: MOST_WAITING + 5]:
        shown.append(socket)
        alerting.look(snapshot(*shown, delta=Delta(opened=(socket,))))
        assert hangs.wait(60)
    go_on.set()
    wait_until(lambda: (tmp_path / "it").exists() and len(lines(tmp_path / "it")) == MOST_WAITING)
    late = MANY[-1]
    alerting.look(snapshot(*shown, late, delta=Delta(opened=(late,))))
    wait_until(lambda: "Alert ssh, 5 sockets: not told, as a file or a command takes too long." in told_by(news))
    alerting.stop()


def test_saved_rules_come_beside_the_configured_ones() -> None:
    alerting, needs = Alerting([RULE]), []
    for rules in ([], [watched_filter("busy", parse("rate_in:>1M"))], []):
        alerting.have(rules)
        needs.append(alerting.needs.flows_of_all)
    assert needs == [False, True, False]
