"""The collecting thread: it posts views, outlives faults, and ends in the middle of a tick."""

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable, Collection

import pytest

from netwatch_tui.collect.collector import Collects
from netwatch_tui.hosts.fleet import Fleet
from netwatch_tui.kernel.inet_answers import SocketKey
from netwatch_tui.kernel.namespaces import Namespaces
from netwatch_tui.kernel.proc_net import TABLES, Table
from netwatch_tui.play.alerting import Alerting
from netwatch_tui.play.garbage import LONG, MOST_AT_ONCE, MOST_LEFT_OUT, MOST_OLD, MOST_YOUNG, Garbage
from netwatch_tui.play.garbage import PATIENCE as PATIENCE_WITH_GARBAGE
from netwatch_tui.play.live_feed import LiveFeed
from netwatch_tui.play.news import CollectFailed, DataAged, ViewReady
from netwatch_tui.query import parse
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.ownership import ProcessDetails
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.view.alert_rule import watched_filter
from netwatch_tui.view.spec import ViewSpec
from tests.support.build import owner, tcp
from tests.support.fake import OWN, FakeNamespace, FakeSource
from tests.support.feeds import PATIENCE, Posted
from tests.support.hosts import FakeHost

WEB = tcp("10.0.0.5:443", inode=11)
CLIENT = tcp("10.0.0.5:443", "10.0.0.9:50001", inode=12)


def owners(message: ViewReady) -> list[int]:
    """The processes of the owners that are shown."""
    return [owner.pid for row in message.view.rows if isinstance(row, Socket) for owner in row.owners]


def test_the_owners_follow_the_sockets_at_once() -> None:
    source, posted = FakeSource(WEB), Posted()
    source.hold(7, WEB)
    worker = LiveFeed(source, TABLES, ViewSpec(interval=60))
    worker.begin(posted.post)
    assert [owners(posted.next(ViewReady)) for _ in range(2)] == [[], [7]]
    worker.stop()


def test_it_ticks_until_it_is_stopped() -> None:
    source, posted = FakeSource(WEB), Posted()
    worker = LiveFeed(source, TABLES, ViewSpec(interval=0.05))
    worker.begin(posted.post)
    assert [socket.inode for socket in posted.next(ViewReady).view.order.rows(descending=False)] == [11]
    source.put(WEB, CLIENT)
    posted.until(lambda message: len(message.view.rows) == 2)
    worker.stop()
    assert not collectors()


def test_what_another_machine_sends_is_shown_before_the_next_tick() -> None:
    host, posted = FakeHost("web01"), Posted()
    fleet = Fleet([host])
    worker = LiveFeed(fleet, (), ViewSpec(interval=60))
    worker.begin(posted.post)
    assert not posted.next(ViewReady).view.rows
    host.tell([WEB], time.time())
    posted.until(lambda message: len(message.view.rows) == 1)
    worker.show(ViewSpec(interval=30))
    posted.until(lambda message: message.view.spec.interval == 30)
    assert fleet.interval == 30
    worker.stop()
    assert host.is_stopped


def test_details_of_a_process_are_those_of_its_machine() -> None:
    host, posted = FakeHost("web01"), Posted()
    host.details = {7: ProcessDetails("/bin/true", "/", ())}
    host.tell([WEB._replace(owners=(owner(7),), owner_reason=None)], time.time())
    worker = LiveFeed(Fleet([host]), (), ViewSpec(interval=60))
    worker.begin(posted.post)
    (row,) = posted.until(lambda message: bool(message.view.rows)).view.rows
    assert isinstance(row, Socket)
    worker.show(ViewSpec(subject=row.id, interval=60))
    details = posted.until(lambda message: message.view.socket_details is not None).view.socket_details
    assert details is not None
    assert details.processes == {row.owners[0].pid: host.details[7]}
    worker.stop()


def test_a_wish_is_granted_at_once_and_not_at_the_next_tick() -> None:
    posted = Posted()
    worker = LiveFeed(FakeSource(WEB, CLIENT), TABLES, ViewSpec(interval=60))
    worker.begin(posted.post)
    assert len(posted.next(ViewReady).view.rows) == 2
    worker.show(ViewSpec(query=parse("port:50001"), interval=60))
    assert [socket.inode for socket in posted.next(ViewReady).view.order.rows(descending=False)] == [12]
    worker.stop()


def test_details_of_processes_come_with_the_view_that_asks_for_them() -> None:
    source, posted = FakeSource(WEB), Posted()
    source.hold(7, WEB)
    source.details = {7: ProcessDetails("/bin/true", "/", ())}
    worker = LiveFeed(source, TABLES, ViewSpec(interval=60))
    worker.begin(posted.post)
    (row,) = posted.until(lambda message: bool(owners(message))).view.rows
    assert isinstance(row, Socket)
    worker.show(ViewSpec(subject=row.id, interval=60))
    socket_details = posted.next(ViewReady).view.socket_details
    assert socket_details is not None
    assert socket_details.processes == source.details
    worker.stop()


def test_a_process_that_can_not_be_asked_about_costs_only_its_details() -> None:
    source, posted = Unanswering(WEB), Posted()
    source.hold(7, WEB)
    worker = LiveFeed(source, TABLES, ViewSpec(subject=1, interval=60))
    worker.begin(posted.post)
    assert not owners(posted.next(ViewReady))
    assert posted.next(CollectFailed).reason == "RuntimeError: no answer"
    socket_details = posted.next(ViewReady).view.socket_details
    assert socket_details is not None
    assert socket_details.processes == {}
    worker.stop()


def test_a_shorter_interval_holds_at_once() -> None:
    source, posted = FakeSource(WEB), Posted()
    worker = LiveFeed(source, TABLES, ViewSpec(interval=60))
    worker.begin(posted.post)
    posted.next(ViewReady)
    reads = source.reads
    worker.show(ViewSpec(interval=0.05))
    posted.until(lambda _: source.reads > reads + 5)
    worker.stop()


def test_another_namespace_is_read_at_once() -> None:
    source, posted = FakeSource(WEB), Posted()
    worker = LiveFeed(source, TABLES, ViewSpec(interval=60))
    worker.begin(posted.post)
    posted.next(ViewReady)
    reads = source.reads
    worker.show(ViewSpec(namespaces="*", interval=60))
    posted.next(ViewReady)
    posted.next(ViewReady)
    assert source.reads > reads
    worker.stop()


def test_lights_go_out_between_two_ticks() -> None:
    source, posted = FakeSource(WEB), Posted()
    clock = ManualClock()
    worker = LiveFeed(source, TABLES, ViewSpec(interval=10), clock=clock)
    worker.begin(posted.post)
    posted.next(ViewReady)
    source.put(WEB, CLIENT)
    clock.now += 10
    worker.show(ViewSpec(interval=10))
    lit = posted.until(lambda message: bool(message.view.moment.marked))
    assert [marked.socket.inode for marked in lit.view.moment.marked.values()] == [12]
    clock.now += 4
    worker.show(ViewSpec(interval=10))
    reads = source.reads
    posted.until(lambda message: not message.view.moment.marked)
    assert source.reads == reads
    worker.stop()


def test_a_fault_is_told_and_the_next_tick_tries_again() -> None:
    source, posted = FailingSource(WEB), Posted()
    worker = LiveFeed(source, TABLES, ViewSpec(interval=0.05))
    worker.begin(posted.post)
    assert posted.next(CollectFailed).reason == "RuntimeError: out of luck"
    source.fails = False
    while isinstance(message := posted.any(), CollectFailed):
        pass
    assert isinstance(message, ViewReady)
    worker.stop()


def test_while_a_tick_hangs_its_age_is_told_and_filters_still_work() -> None:
    source, posted = HangingSource(WEB, CLIENT), Posted()
    worker = LiveFeed(source, TABLES, ViewSpec(interval=0.05))
    worker.begin(posted.post)
    before = posted.next(ViewReady).view.snapshot
    source.go_on.clear()
    while not isinstance(aged := posted.any(), DataAged):
        pass
    assert aged.age >= 1.05
    assert source.hangs.wait(PATIENCE)
    worker.show(ViewSpec(query=parse("port:50001"), interval=0.05))
    while not isinstance(found := posted.any(), ViewReady):
        pass
    assert [socket.inode for socket in found.view.order.rows(descending=False)] == [12]
    while not isinstance(again := posted.any(), DataAged):
        pass
    assert again.age > aged.age
    source.go_on.set()
    while not isinstance(fresh := posted.any(), ViewReady):
        pass
    assert fresh.view.snapshot.taken_at > before.taken_at
    worker.stop()


def test_what_is_wanted_while_a_tick_hangs_is_collected_by_the_next_one() -> None:
    source, posted = HangingSource(WEB), Posted()
    source.go_on.clear()
    worker = LiveFeed(source, TABLES, ViewSpec(interval=60))
    worker.begin(posted.post)
    assert source.hangs.wait(PATIENCE)
    worker.show(ViewSpec(query=parse("autobound"), interval=60))
    source.autobound = set()
    source.go_on.set()
    while source.asked_for_autobound == 0:
        posted.any()
    worker.stop()


def test_the_age_is_counted_while_ticks_fail() -> None:
    source, posted = FailingSource(WEB), Posted()
    worker = LiveFeed(source, TABLES, ViewSpec(interval=0.5))
    worker.begin(posted.post)
    while not isinstance(aged := posted.any(), DataAged):
        assert isinstance(aged, CollectFailed)
    assert aged.age >= 1.5
    worker.stop()


def test_after_a_machine_slept_there_is_one_word_and_not_one_a_second() -> None:
    source, posted, clock = HangingSource(WEB), Posted(), ManualClock()
    worker = LiveFeed(source, TABLES, ViewSpec(interval=10), clock=clock)
    worker.begin(posted.post)
    posted.next(ViewReady)
    source.go_on.clear()
    clock.now += 8 * 3600
    worker.show(ViewSpec(interval=10))
    kinds = [type(posted.any()) for _ in range(2)]
    assert sorted(kind.__name__ for kind in kinds) == ["DataAged", "ViewReady"]
    source.go_on.set()
    posted.next(ViewReady)
    worker.stop()


def test_it_stops_at_once_while_a_tick_hangs() -> None:
    source = HangingSource(WEB)
    source.go_on.clear()
    worker = LiveFeed(source, TABLES, ViewSpec(interval=1))
    worker.begin(lambda _: None)
    assert source.hangs.wait(PATIENCE)
    start = time.monotonic()
    worker.stop()
    assert time.monotonic() - start < 5
    source.go_on.set()


class HangingSource(FakeSource):
    """Hangs in the kernel where nobody can interrupt it, until it may go on."""

    def __init__(self, *sockets: Socket) -> None:
        super().__init__(*sockets)
        self.go_on = threading.Event()
        self.go_on.set()
        self.hangs = threading.Event()
        self.asked_for_autobound = 0

    def pids(self) -> list[int]:
        if not self.go_on.is_set():
            self.hangs.set()
            assert self.go_on.wait(PATIENCE)
        return super().pids()

    def namespaces(self, in_use: Collection[int] = ()) -> Namespaces:
        seen = super().namespaces(in_use)
        return seen._replace(own=AutoboundCounter(self))


class AutoboundCounter(FakeNamespace):
    """Counts who asks which ports the kernel chose."""

    def __init__(self, source: HangingSource) -> None:
        super().__init__(source, OWN)
        self._counted = source

    def autobound(self) -> Collection[SocketKey] | None:
        self._counted.asked_for_autobound += 1
        return super().autobound()


class Cycle:
    """Lives on until somebody searches for cycles."""

    def __init__(self) -> None:
        self.itself = self


def test_while_it_runs_the_interpreter_searches_for_no_cycles() -> None:
    posted = Posted()
    worker = LiveFeed(FakeSource(WEB), TABLES, ViewSpec(interval=0.05))
    worker.begin(posted.post)
    posted.next(ViewReady)
    posted.next(ViewReady)
    assert not gc.isenabled()
    worker.stop()
    assert gc.isenabled()


def test_cycles_are_freed_the_more_seldom_the_longer_it_takes() -> None:
    times = iter([0.0, 1.0, 19.0, 20.0, 20.5, 519.0, 520.5, 520.6])
    garbage = Garbage(lambda: next(times))
    try:
        before = gc.get_freeze_count()
        garbage.collect()
        assert gc.get_freeze_count() > before, "what is there from the start is searched no more"
        lost = weakref.ref(Cycle())
        garbage.collect()
        assert lost() is not None, "19 seconds are not enough"
        garbage.collect()
        assert lost() is None
        lost = weakref.ref(Cycle())
        garbage.collect()
        assert lost() is not None, "half a second is a thousandth of 500"
        garbage.collect()
        assert lost() is None
    finally:
        garbage.hand_back()


def test_what_a_search_of_all_leaves_free_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = weakref.ref(Cycle())
    lost_when_given_back: list[bool] = []
    monkeypatch.setattr(
        "netwatch_tui.play.garbage.give_back_free_memory", lambda: lost_when_given_back.append(lost() is None)
    )
    times = iter([0.0, 1.0, 19.0, 20.0, 20.1])
    garbage = Garbage(lambda: next(times))
    try:
        garbage.collect()
        lost = weakref.ref(Cycle())
        garbage.collect()
        assert lost_when_given_back == [], "nothing was searched"
        garbage.collect()
        assert lost_when_given_back == [True]
    finally:
        garbage.hand_back()


def test_cycles_that_are_many_are_freed_before_it_is_time() -> None:
    garbage = Garbage(lambda: 0.0)
    try:
        garbage.collect()
        lost = weakref.ref(Cycle())
        garbage.collect()
        assert lost() is not None
        cycles = [Cycle() for _ in range(MOST_YOUNG + 1)]
        garbage.collect()
        assert lost() is None
        assert cycles
    finally:
        garbage.hand_back()


def test_what_outlives_searches_of_the_new_ones_is_bounded() -> None:
    garbage = Garbage(lambda: 0.0)
    try:
        garbage.collect()
        outlived = Cycle()
        kept = [Cycle() for _ in range(MOST_YOUNG + 1)]
        garbage.collect()  # it is old from now on
        lost = weakref.ref(outlived)
        del outlived
        for _ in range(MOST_OLD // MOST_YOUNG + 1):
            kept += [Cycle() for _ in range(MOST_YOUNG + 1)]
            garbage.collect()
        assert lost() is None
    finally:
        garbage.hand_back()


def test_garbage_that_is_freed_at_once_counts_for_nothing() -> None:
    garbage = Garbage(lambda: 0.0)
    try:
        garbage.collect()
        old = Cycle()
        gc.collect(1)
        lost = weakref.ref(old)
        del old
        for _ in range(2 * (MOST_OLD // MOST_YOUNG + 1)):
            for _ in range(MOST_YOUNG + 1):
                Cycle()
            garbage.collect()
        assert lost() is not None, "all are searched no sooner"
    finally:
        garbage.hand_back()


def test_a_search_that_takes_long_waits_while_somebody_types() -> None:
    times, typing = iter([0.0, *[1.0] * 2, *[PATIENCE_WITH_GARBAGE] * 9]), [True]
    garbage = Garbage(lambda: next(times), lambda: typing[0])
    try:
        garbage.collect()
        kept = [Cycle() for _ in range(MOST_YOUNG + 1)]
        lost = weakref.ref(Cycle())
        garbage.collect()
        assert lost() is not None, "how long it takes is not known yet"
        garbage.collect()
        assert lost() is None, "it waits no longer than that"
        assert kept
    finally:
        garbage.hand_back()


@pytest.mark.parametrize(("seconds", "is_searched"), [(LONG / 2, True), (LONG * 2, False)])
def test_a_search_that_takes_no_time_holds_nobody_up(seconds: float, is_searched: bool) -> None:
    now, typing = [0.0], [False]

    def stopwatch() -> float:
        now[0] += seconds
        return now[0]

    garbage = Garbage(stopwatch, lambda: typing[0])
    try:
        garbage.collect()
        kept = [Cycle() for _ in range(MOST_YOUNG + 1)]
        garbage.collect()
        typing[0] = True
        lost = weakref.ref(Cycle())
        kept += [Cycle() for _ in range(MOST_YOUNG + 1)]
        garbage.collect()
        assert (lost() is None) == is_searched
        typing[0] = False
        garbage.collect()
        assert lost() is None, "nobody types any more"
        assert kept
    finally:
        garbage.hand_back()


CLIENTS = watched_filter("clients", parse("peer_port:50001"))


def test_a_watched_filter_rings_also_while_the_screen_is_paused() -> None:
    source, posted = FakeSource(WEB), Posted()
    worker = LiveFeed(source, TABLES, ViewSpec(interval=0.05))
    worker.watch([CLIENTS])
    worker.begin(posted.post)
    posted.until(lambda message: message.view.pace is not None)  # it has had its second tick
    worker.show(ViewSpec(interval=0.05, paused=True))
    source.put(WEB, CLIENT)
    rang = posted.until_it_rings()
    assert (rang.total, rang.bell) == (1, True)
    assert rang.notices[0].startswith("Alert clients: tcp ESTAB 10.0.0.5:443 → 10.0.0.9:50001 ")
    worker.stop()
    assert "alerts" not in {thread.name for thread in threading.enumerate()}


def test_what_a_watched_filter_asks_for_is_collected_whatever_is_shown() -> None:
    source, posted = FakeSource(WEB, CLIENT), Posted()
    busy = watched_filter("busy", parse("rate_in:>1M"))
    worker = LiveFeed(source, TABLES, ViewSpec(interval=0.05), alerts=Alerting([busy]))
    worker.begin(posted.post)
    posted.until(lambda _: source.counter_lists > 0)
    worker.stop()


def test_what_opens_in_a_tick_that_is_lost_rings_with_the_next_one() -> None:
    source, posted, lossy = FakeSource(WEB), Posted(), Lossy()
    worker = LiveFeed(source, TABLES, ViewSpec(interval=0.05), record=lossy.around)
    worker.watch([CLIENTS])
    worker.begin(posted.post)
    posted.until(lambda message: message.view.pace is not None)
    lossy.loses = True
    source.put(WEB, CLIENT)
    while not isinstance(posted.any(), CollectFailed):
        pass
    lossy.loses = False
    assert posted.until_it_rings().total == 1
    worker.stop()


def test_it_stops_in_the_middle_of_a_tick() -> None:
    source = EndlessSource(WEB)
    worker = LiveFeed(source, TABLES, ViewSpec(interval=1))
    worker.begin(lambda _: None)
    assert source.reading.wait(PATIENCE)
    worker.stop()
    assert not collectors()


def test_stopping_a_worker_that_never_began_is_no_fault() -> None:
    LiveFeed(FakeSource(), TABLES, ViewSpec(interval=1)).stop()


def collectors() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name in ("collector", "views")]


class ManualClock:
    """Stands until it is set."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class FailingSource(FakeSource):
    """Fails until it is told not to."""

    fails = True

    def lines(self, namespace: FakeNamespace, table: Table, check: Callable[[], None]) -> list[list[bytes]]:
        if self.fails:
            raise RuntimeError("out of luck")
        return super().lines(namespace, table, check)


class Lossy:
    """A collector that has looked, and whose word gets lost."""

    def __init__(self) -> None:
        self.loses = False

    def around(self, collects: Collects) -> Collects:
        self._collects = collects
        return self

    @property
    def namespaces(self) -> str:
        return self._collects.namespaces

    @namespaces.setter
    def namespaces(self, namespaces: str) -> None:
        self._collects.namespaces = namespaces

    @property
    def needs(self) -> Needs:
        return self._collects.needs

    @needs.setter
    def needs(self, needs: Needs) -> None:
        self._collects.needs = needs

    def collect(self, now: float) -> Snapshot:
        snapshot = self._collects.collect(now)
        if self.loses:
            raise RuntimeError("lost")
        return snapshot


class Unanswering(FakeSource):
    """Tells nothing about processes."""

    def process_details(self, pid: int) -> ProcessDetails | None:
        raise RuntimeError("no answer")


class EndlessSource(FakeSource):
    """A file that never ends, read in slices."""

    def __init__(self, *sockets: object) -> None:
        super().__init__()
        self.reading = threading.Event()

    def lines(self, namespace: FakeNamespace, table: Table, check: Callable[[], None]) -> list[list[bytes]]:
        while True:
            self.reading.set()
            check()


def test_what_comes_all_at_once_is_left_out_and_what_hides_in_it_is_freed_in_the_end() -> None:
    garbage = Garbage(lambda: 0.0)
    try:
        garbage.collect()
        lost = []
        for at in range(MOST_LEFT_OUT):
            lost.append(weakref.ref(Cycle()))
            kept = [Cycle() for _ in range(MOST_AT_ONCE + 1)]
            before = gc.get_freeze_count()
            garbage.collect()
            is_last = at == MOST_LEFT_OUT - 1
            assert (gc.get_freeze_count() > before + MOST_AT_ONCE) or is_last, "it was left out, not searched"
            assert is_last or lost[0]() is not None
        assert kept
        assert [each() for each in lost] == [None] * MOST_LEFT_OUT
    finally:
        garbage.hand_back()
        gc.unfreeze()
