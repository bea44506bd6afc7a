from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from netwatch_tui.kernel import sock_diag as sockdiag
from netwatch_tui.kernel.namespaces import Namespace
from netwatch_tui.kernel.proc_net import TABLES
from netwatch_tui.kernel.process_names import ProcessNames
from netwatch_tui.kernel.sock_diag import Bound, SockDiagError, UnixDetails
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.sockets.ownership import Process, ProcessDetails
from netwatch_tui.sockets.socket import Socket
from tests.support.build import NETNS, file_of, line, tcp, unix

TABLE = {table.name: table for table in TABLES}
CONNECTION = tcp("10.0.0.1:80", "10.0.0.9:5000", inode=5)

_T = TypeVar("_T")


def lines_of(source: LinuxSource, pid: int, table: str) -> list[bytes]:
    parts = source.lines(Namespace(NETNS, "", pid), TABLE[table], lambda: None)
    return [text for part in parts for text in part]


def go_on() -> None:
    pass


@pytest.fixture
def source(tmp_path: Path) -> LinuxSource:
    return LinuxSource(str(tmp_path), ProcessNames(str(tmp_path)))


# --- tables ---


def test_a_table_is_read_through_the_process_of_its_namespace(tmp_path: Path, source: LinuxSource) -> None:
    for pid in (30, 40):
        (tmp_path / str(pid) / "net").mkdir(parents=True)
        (tmp_path / str(pid) / "net" / "tcp").write_bytes(file_of([line(tcp(inode=pid))]))
    found = [lines_of(source, pid, "tcp") for pid in (30, 40)]
    assert [TABLE["tcp"].parse(text, NETNS).inode for (text,) in found] == [30, 40]


def test_lines_without_slot_numbers_are_left_whole(tmp_path: Path, source: LinuxSource) -> None:
    (tmp_path / "30" / "net").mkdir(parents=True)
    text = line(unix("/run/x: y", inode=7))
    (tmp_path / "30" / "net" / "unix").write_bytes(b"Num       RefCount Protocol Flags\n" + text + b"\n")
    assert lines_of(source, 30, "unix") == [text]


def test_a_missing_table_is_told_from_a_process_that_is_gone(tmp_path: Path, source: LinuxSource) -> None:
    with pytest.raises(ProcessLookupError):
        lines_of(source, 30, "sctp/eps")
    (tmp_path / "30" / "net").mkdir(parents=True)
    with pytest.raises(FileNotFoundError):
        lines_of(source, 30, "sctp/eps")


def test_the_name_of_a_process_is_what_it_calls_itself(tmp_path: Path, source: LinuxSource) -> None:
    (tmp_path / "30").mkdir()
    (tmp_path / "30" / "comm").write_bytes(b"a) \x1b[2J\n\xff b\n")
    found = source.process(30)
    assert found
    assert (found.pid, os.fsencode(found.name), found.cmdline) == (30, b"a) \x1b[2J\n\xff b", ())
    assert source.process(31) is None
    assert source.process_details(30) is None


class Recorder:
    """Tells of processes, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[int | None] = []

    def read(self, pid: int) -> Process | None:
        self.asked.append(pid)
        return None

    def details(self, pid: int) -> ProcessDetails | None:
        self.asked.append(-pid)
        return None

    def forget(self) -> None:
        self.asked.append(None)


def test_metadata_is_read_by_whoever_was_named(tmp_path: Path) -> None:
    recorder = Recorder()
    source = LinuxSource(str(tmp_path), recorder)
    source.process(7)
    source.process_details(8)
    source.forget_processes()
    assert recorder.asked == [7, -8, None]


def test_without_a_name_psutil_tells_of_processes() -> None:
    source = LinuxSource()
    source.forget_processes()
    found = source.process(os.getpid())
    assert found
    assert found.cmdline
    assert source.process_details(os.getpid())


# --- sock_diag ---


class Diag:
    """Plays `SockDiag`; fails as often as the test says."""

    opened: list[Diag]
    failures: int

    def __init__(self) -> None:
        self.is_closed = False
        Diag.opened.append(self)

    def close(self) -> None:
        self.is_closed = True

    def inodes(self, sockets: list[Socket]) -> list[int | None]:
        return self._answer([socket.inode for socket in sockets])

    def bound(self) -> dict[int, Bound]:
        return self._answer({7: Bound(0, 128, "eth0")})

    def unix(self) -> dict[int, UnixDetails]:
        return self._answer({7: UnixDetails(8, 0, 0, None)})

    def _answer(self, answer: _T) -> _T:
        if Diag.failures:
            Diag.failures -= 1
            raise SockDiagError("refused")
        return answer


@pytest.fixture
def diag(monkeypatch: pytest.MonkeyPatch) -> type[Diag]:
    Diag.opened, Diag.failures = [], 0
    monkeypatch.setattr(sockdiag, "SockDiag", Diag)
    return Diag


def test_sock_diag_is_opened_once_and_asked_often(source: LinuxSource, diag: type[Diag]) -> None:
    assert source.connected([CONNECTION]) == [5]
    assert source.bound() == {7: Bound(0, 128, "eth0")}
    assert source.unix() == {7: UnixDetails(8, 0, 0, None)}
    assert len(diag.opened) == 1


QUESTIONS: dict[str, tuple[Callable[[LinuxSource], object], object]] = {
    "connected": (lambda source: source.connected([CONNECTION]), None),
    "bound": (lambda source: source.bound(), {}),
    "unix": (lambda source: source.unix(), {}),
}


@pytest.mark.parametrize(("question", "otherwise"), QUESTIONS.values(), ids=QUESTIONS)
def test_a_question_that_fails_is_not_known_and_the_next_is_asked_anew(
    source: LinuxSource, diag: type[Diag], question: Callable[[LinuxSource], object], otherwise: object
) -> None:
    diag.failures = 1
    assert question(source) == otherwise
    assert [each.is_closed for each in diag.opened] == [True]
    assert question(source) != otherwise
    assert [each.is_closed for each in diag.opened] == [True, False]


@pytest.mark.parametrize(("question", "otherwise"), QUESTIONS.values(), ids=QUESTIONS)
def test_a_machine_without_sock_diag_is_asked_in_vain(
    source: LinuxSource,
    monkeypatch: pytest.MonkeyPatch,
    question: Callable[[LinuxSource], object],
    otherwise: object,
) -> None:
    def refuse() -> None:
        raise SockDiagError("Protocol not supported")

    monkeypatch.setattr(sockdiag, "SockDiag", refuse)
    assert question(source) == otherwise
    assert question(source) == otherwise


def test_device_number_0_is_any_device(source: LinuxSource) -> None:
    assert source.device(0) is None
    assert source.device(1) == "lo"
    assert source.device(987_654) == "if987654"
