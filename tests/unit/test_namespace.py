"""One network namespace, by the `/proc` and the sock_diag of a machine that the tests make up."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from netwatch_tui.kernel import tcp_diag
from netwatch_tui.kernel.namespace import LinuxNamespace
from netwatch_tui.kernel.namespace_questions import Answer, Namespace
from netwatch_tui.kernel.proc_net import TABLES
from netwatch_tui.kernel.sock_diag import Bound, SockDiagError
from netwatch_tui.sockets.socket import Family, Socket, State
from tests.support.build import NETNS, file_of, line, tcp, udp, unix

BLUE = NETNS + 100
TABLE = {table.name: table for table in TABLES}
CONNECTION = tcp("10.0.0.1:80", "10.0.0.9:5000", inode=5)

_T = TypeVar("_T")


class Proc:
    """A folder that looks like /proc, in which nothing can be entered."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.add("self", NETNS)
        self.own = LinuxNamespace(NETNS, str(root), is_own=True)
        self.blue = LinuxNamespace(BLUE, str(root))
        self.blue.way = str(self.add("30", BLUE))

    def add(self, pid: str, netns: int) -> Path:
        """A process, which sees one TCP socket whose inode is that of its namespace."""
        folder = self.root / pid
        (folder / "net").mkdir(parents=True)
        (folder / "ns").mkdir()
        (folder / "net" / "tcp").write_bytes(file_of([line(tcp(inode=netns))]))
        self.move(pid, netns)
        return folder

    def move(self, pid: str, netns: int) -> None:
        """Let a process be in another namespace."""
        link = self.root / pid / "ns" / "net"
        link.unlink(missing_ok=True)
        link.symlink_to(f"net:[{netns}]")


@pytest.fixture
def proc(tmp_path: Path) -> Proc:
    return Proc(tmp_path)


def lines_of(namespace: Namespace, table: str) -> list[bytes]:
    return [text for part in namespace.lines(TABLE[table], lambda: None) for text in part]


# --- tables ---


def test_a_table_is_read_through_the_process_of_its_namespace(proc: Proc) -> None:
    for namespace, inode in ((proc.own, NETNS), (proc.blue, BLUE)):
        (text,) = lines_of(namespace, "tcp")
        assert TABLE["tcp"].parse(text, NETNS).inode == inode


def test_lines_without_slot_numbers_are_left_whole(proc: Proc) -> None:
    text = line(unix("/run/x: y", inode=7))
    (proc.root / "self" / "net" / "unix").write_bytes(b"Num       RefCount Protocol Flags\n" + text + b"\n")
    assert lines_of(proc.own, "unix") == [text]


def test_a_table_that_the_kernel_lacks_is_told_from_a_process_that_shows_none_any_more(proc: Proc) -> None:
    with pytest.raises(FileNotFoundError):
        lines_of(proc.blue, "sctp/eps")
    (proc.root / "30" / "net" / "tcp").unlink()  # as of a zombie, whose folder is still there
    with pytest.raises(ProcessLookupError):
        lines_of(proc.blue, "tcp")


def test_nothing_is_read_through_a_process_that_is_elsewhere(proc: Proc) -> None:
    proc.move("30", NETNS)
    with pytest.raises(ProcessLookupError):
        lines_of(proc.blue, "tcp")


def test_a_table_of_the_own_namespace_is_no_other_ones(proc: Proc) -> None:
    table = proc.root / "30" / "net" / "tcp"
    table.unlink()
    os.link(proc.root / "self" / "net" / "tcp", table)  # the link says blue: it went and came back meanwhile
    with pytest.raises(ProcessLookupError):
        lines_of(proc.blue, "tcp")


def test_a_table_is_nobodys_while_the_process_shows_now_this_one_and_now_that(
    proc: Proc, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The link says blue each time it is asked, and is not asked while the table is another one."""
    proc.add("40", BLUE + 1)
    looks = itertools.count()

    def stat(path: str) -> os.stat_result:
        return os.lstat(path.replace("/30/", "/40/") if next(looks) % 2 else path)

    with monkeypatch.context() as patch, pytest.raises(ProcessLookupError):
        patch.setattr("netwatch_tui.kernel.namespace.os.stat", stat)
        lines_of(proc.blue, "tcp")
    assert len(lines_of(proc.blue, "tcp")) == 1


# --- sock_diag ---


class Diag:
    """Plays `SockDiag`; fails as often as the test says."""

    opened: list[Diag]
    failures: int
    known: dict[int, int]

    def __init__(self) -> None:
        self.is_closed = False
        Diag.opened.append(self)

    def close(self) -> None:
        self.is_closed = True

    def inodes(self, sockets: list[Socket]) -> list[int | None]:
        return self._answer([Diag.known.get(socket.local_port) for socket in sockets])

    def bound(self, *, idle: bool = True) -> dict[int, Bound]:
        del idle
        return self._answer({7: Bound(0, 128, "eth0")})

    def listing(self, kind: str, _: Family) -> list[list[bytes]]:
        return self._answer([[kind.encode()], [b"more"]])

    def unix_inodes(self) -> set[int]:
        return self._answer({5})

    def _answer(self, answer: _T) -> _T:
        if Diag.failures:
            Diag.failures -= 1
            raise SockDiagError("refused")
        return answer


@pytest.fixture
def diag(monkeypatch: pytest.MonkeyPatch) -> type[Diag]:
    Diag.opened, Diag.failures, Diag.known = [], 0, {80: 5}
    monkeypatch.setattr(tcp_diag, "TcpDiag", Diag)
    return Diag


@pytest.mark.parametrize(
    ("socket", "answer"),
    [
        (CONNECTION, Answer.PRESENT),
        (CONNECTION._replace(inode=6), Answer.ABSENT),
        (CONNECTION._replace(local_port=81), Answer.ABSENT),
        (CONNECTION._replace(local_port=82), Answer.FILELESS),
        (CONNECTION._replace(local_port=82, inode=0, state=State.TIME_WAIT), Answer.PRESENT),
        (tcp("10.0.0.1:80", inode=5), Answer.CANNOT_TELL),
        (udp("10.0.0.1:80", inode=5), Answer.CANNOT_TELL),
        (unix(inode=5), Answer.PRESENT),
        (unix(inode=6), Answer.ABSENT),
        (unix(inode=0), Answer.CANNOT_TELL),
    ],
)
def test_what_sock_diag_says_of_a_socket(proc: Proc, diag: type[Diag], socket: Socket, answer: Answer) -> None:
    diag.known = {80: 5, 82: 0}
    assert proc.own.ask([socket]) == [answer]
    assert proc.own.ask([udp(), socket, CONNECTION]) == [Answer.CANNOT_TELL, answer, Answer.PRESENT]


def test_sock_diag_is_opened_once_and_asked_often(proc: Proc, diag: type[Diag]) -> None:
    for _ in range(2):
        assert proc.own.ask([CONNECTION]) == [Answer.PRESENT]
        assert proc.own.bound() == {7: Bound(0, 128, "eth0")}
        assert listed(proc.own) == [[b"unix"], [b"more"]]
    assert len(diag.opened) == 1


UNIX = next(table for table in TABLES if table.kind == "unix")


def listed(namespace: Namespace) -> list[list[bytes]] | None:
    answers = namespace.answers(UNIX, lambda: None)
    return None if answers is None else list(answers)


QUESTIONS: dict[str, tuple[Callable[[Namespace], object], object]] = {
    "ask": (lambda namespace: namespace.ask([CONNECTION]), [Answer.CANNOT_TELL]),
    "bound": (lambda namespace: namespace.bound(), {}),
    "answers": (listed, None),
}


@pytest.mark.parametrize(("question", "otherwise"), QUESTIONS.values(), ids=QUESTIONS)
def test_a_question_that_fails_is_not_known_and_the_next_is_asked_anew(
    proc: Proc, diag: type[Diag], question: Callable[[Namespace], object], otherwise: object
) -> None:
    diag.failures = 1
    assert question(proc.own) == otherwise
    assert [each.is_closed for each in diag.opened] == [True]
    assert question(proc.own) != otherwise
    assert [each.is_closed for each in diag.opened] == [True, False]


@pytest.mark.parametrize(("question", "otherwise"), QUESTIONS.values(), ids=QUESTIONS)
def test_a_machine_without_sock_diag_and_a_namespace_that_cannot_be_entered_are_asked_in_vain(
    proc: Proc,
    monkeypatch: pytest.MonkeyPatch,
    question: Callable[[Namespace], object],
    otherwise: object,
) -> None:
    def refuse() -> None:
        raise SockDiagError("Protocol not supported")

    assert question(proc.blue) == otherwise
    monkeypatch.setattr(tcp_diag, "TcpDiag", refuse)
    assert question(proc.own) == otherwise
    assert question(proc.own) == otherwise


def test_a_device_has_its_name_and_number_0_is_any() -> None:
    own = LinuxNamespace(NETNS, "/proc", is_own=True)
    assert (own.device(0), own.device(1), own.device(987_654)) == (None, "lo", "if987654")
    own.close()
