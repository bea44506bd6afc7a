"""Program, directory and parents of owners as columns: read where they are needed, some processes a tick."""

from __future__ import annotations

from netwatch_tui.collect.collector import LOOK_ROUND_EVERY
from netwatch_tui.collect.process_details_watch import AT_ONCE, ProcessDetailsWatch
from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.fields.field_needs import field_needs
from netwatch_tui.query import parse
from netwatch_tui.sockets.marks import Marks
from netwatch_tui.sockets.needs import NOTHING_MORE, Needs
from netwatch_tui.sockets.ownership import ProcessDetails
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.view.row_choice import RowChoice, moment_of
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import arrange
from tests.support.build import process, tcp
from tests.support.fake import FakeSource, Watch
from tests.support.recordings import record, replayed

NGINX = ProcessDetails("/usr/sbin/nginx", "/srv", ((5, "bash"), (1, "init")))
HIDDEN = ProcessDetails(None, None, ())
WANTED = Needs(of_process_details=True)
ONE, TWO, THREE = (tcp(f"10.0.0.5:{port}", inode=port) for port in (11, 12, 13))


class CountingSource(FakeSource):
    """Counts who is asked about."""

    def __init__(self) -> None:
        super().__init__(ONE, TWO, THREE)
        self.hold(7, ONE)
        self.hold(8, TWO)
        self.details.update({7: NGINX, 8: HIDDEN})
        self.asked_about: list[int] = []

    def process_details(self, pid: int) -> ProcessDetails | None:
        self.asked_about.append(pid)
        return super().process_details(pid)


def look(source: FakeSource) -> Watch:
    watch = Watch(source=source)
    watch.source.put(ONE, TWO, THREE)
    return watch


def cells(seen: Snapshot, column: str) -> list[str]:
    return [FIELD_BY_ID[column].text(socket, moment_of(seen)) for socket in seen.sockets]


def test_columns_say_what_may_be_read() -> None:
    watch = look(CountingSource())
    watch.collector.needs = field_needs(["exe"])
    seen = watch.again()
    assert cells(seen, "exe") == ["/usr/sbin/nginx", "-", "-"]
    assert cells(seen, "cwd") == ["/srv", "-", "-"]
    assert cells(seen, "parents") == ["bash (5) < init (1)", "-", "-"]
    chosen = RowChoice(queries=(parse("parents:bash exe:sbin"),)).in_snapshot(seen)
    assert [socket.inode for socket in chosen] == [11]
    assert {s.inode for s in RowChoice(queries=(parse("exe:-"),)).in_snapshot(seen)} == {12, 13}


def test_nobody_is_asked_where_nothing_needs_it() -> None:
    source = CountingSource()
    watch = look(source)
    watch.collector.needs = NOTHING_MORE
    watch.again()
    assert source.asked_about == []
    assert parse("exe:nginx").needs.of_process_details
    assert ViewSpec(sort="cwd").needs.of_process_details
    assert not ViewSpec().needs.of_process_details


def test_each_is_asked_about_once_and_again_with_the_look_round() -> None:
    source = CountingSource()
    watch = look(source)
    watch.collector.needs = WANTED
    first, second = watch.again(), watch.again()
    assert source.asked_about == [7, 8]
    assert second.process_details is first.process_details
    source.details[7] = NGINX._replace(cwd="/elsewhere")
    assert cells(watch.again(LOOK_ROUND_EVERY), "cwd")[0] == "/elsewhere"
    assert source.asked_about == [7, 8] * 2


def test_one_that_runs_another_program_is_asked_about_at_once() -> None:
    source = CountingSource()
    watch = look(source)
    watch.collector.needs = WANTED
    watch.again()
    source.processes[7] = process(7, "other")
    watch.again()
    assert source.asked_about == [7, 8, 7]


def test_one_tick_asks_about_so_many_and_all_get_their_turn() -> None:
    source = CountingSource()
    watch, holders = ProcessDetailsWatch(source, AT_ONCE), {pid: process(pid) for pid in range(2 * AT_ONCE + 1)}
    for tick in range(1, 4):
        watch.look(holders, again=True)
        assert len(source.asked_about) == tick * AT_ONCE
    assert set(source.asked_about) == set(holders)
    assert watch.look({}, again=False) == {}


def test_what_is_found_out_later_moves_the_row() -> None:
    source = CountingSource()
    watch, spec = look(source), ViewSpec(sort="exe", query=parse("exe:nginx"))
    before = arrange(watch.again(), Marks(), spec, 0.0)
    assert before.shown == 0
    watch.collector.needs = spec.needs
    assert arrange(watch.again(), Marks(), spec, 1.0, before=before).shown == 1


def test_a_recording_carries_them_and_what_becomes_of_them() -> None:
    source = CountingSource()
    watch = look(source)
    watch.collector.needs = WANTED
    seen = [watch.again(), watch.again()]
    source.details[7] = NGINX._replace(cwd="/elsewhere")
    del source.details[8]
    seen += [watch.again(LOOK_ROUND_EVERY), watch.again()]
    read, recording = replayed(record(seen))
    assert [each.process_details for each in read] == [each.process_details for each in seen]
    assert read[2].process_details == {7: source.details[7]}
    assert not recording.is_broken
    assert cells(read[0], "parents")[0] == "bash (5) < init (1)"
