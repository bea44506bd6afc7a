"""Threads, children and descriptors of a process as `/proc` tells them, and when they are asked for."""

from __future__ import annotations

from pathlib import Path

from netwatch_tui.collect.collector import Collector
from netwatch_tui.kernel.limits import DESCRIPTORS_COUNTED, THREADS_ASKED
from netwatch_tui.kernel.process_resources import read_process_resources
from netwatch_tui.play.session import MOST_MEASURED, Session
from netwatch_tui.sockets.ownership import ProcessResources
from netwatch_tui.view.spec import ViewSpec
from tests.support.build import tcp
from tests.support.fake import FakeSource

STAT = "7 (a ) b) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 {} 0 100 0 0"


def make(proc: Path, threads: dict[int, str | None], told: int | None = None) -> None:
    """A process 7 with these threads, each with its list of children, None where the kernel has none."""
    for thread, children in threads.items():
        folder = proc / "7" / "task" / str(thread)
        folder.mkdir(parents=True)
        if children is not None:
            (folder / "children").write_text(children)
    (proc / "7" / "stat").write_text(STAT.format(len(threads) if told is None else told))


def test_children_of_all_threads_are_counted(tmp_path: Path) -> None:
    make(tmp_path, {7: "11 12 ", 8: "", 9: "13 "})
    found = read_process_resources(str(tmp_path), 7)
    assert found == ProcessResources(threads=3, children=3)


def test_what_the_kernel_does_not_tell_is_not_known(tmp_path: Path) -> None:
    make(tmp_path, {7: None})
    assert read_process_resources(str(tmp_path), 7) == ProcessResources(threads=1)


def test_a_thread_that_has_just_ended_costs_nothing(tmp_path: Path) -> None:
    make(tmp_path, {7: "11 ", 8: None})
    found = read_process_resources(str(tmp_path), 7)
    assert found is not None
    assert found.children == 1


def test_too_much_is_not_counted(tmp_path: Path) -> None:
    make(tmp_path, dict.fromkeys(range(7, 8 + THREADS_ASKED), ""))
    found = read_process_resources(str(tmp_path), 7)
    assert found is not None
    assert (found.threads, found.children) == (THREADS_ASKED + 1, None)
    assert DESCRIPTORS_COUNTED > 1_024


def test_nonsense_is_not_known_and_no_process_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "stat").write_text("nothing")
    assert read_process_resources(str(tmp_path), 7) == ProcessResources()
    assert read_process_resources(str(tmp_path), 8) is None


def test_every_tick_asks_while_details_are_open_and_of_some_processes_only() -> None:
    source, socket = FakeSource(tcp(inode=11)), tcp(inode=11)
    asked: list[int] = []

    def measure(pid: int) -> ProcessResources:
        asked.append(pid)
        return ProcessResources(threads=len(asked))

    for pid in range(1, MOST_MEASURED + 3):
        source.hold(pid, socket)
    session = Session(Collector(source), ViewSpec(), source.process_details, measure=measure)
    view = session.tick(1.0)
    assert view is not None
    assert asked == []
    shown = session.show(ViewSpec(subject=view.snapshot.sockets[0].id), 1.0)
    again = session.tick(2.0)
    assert asked == [*range(1, MOST_MEASURED + 1)] * 2
    assert shown is not None
    assert again is not None
    assert shown.socket_details is not None
    assert again.socket_details is not None
    assert (shown.socket_details.resources[1].threads, again.socket_details.resources[1].threads) == (1, 9)
