"""Several machines in one snapshot: whose is whose, what a lost connection costs, and that deltas lead from one to the
next."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.hosts.fleet import Fleet
from netwatch_tui.sockets.capture_status import CaptureStatus
from netwatch_tui.sockets.descriptor_use import DescriptorUse
from netwatch_tui.sockets.health import ACCEPT_QUEUE_FULL, Finding
from netwatch_tui.sockets.hosts import HostPhase, host_number, on_host, own_number
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.networks import Network
from netwatch_tui.sockets.ownership import ProcessDetails
from netwatch_tui.sockets.snapshot import Counts, Problem, Seen, Snapshot
from netwatch_tui.sockets.socket import Socket, State
from netwatch_tui.sockets.traffic import Traffic
from tests.support.build import NETNS, owner, tcp, time_wait, udp
from tests.support.flows import flow
from tests.support.hosts import FakeHost
from tests.support.recordings import record, replayed

WEB = tcp("10.0.0.5:443", inode=11, owners=(owner(7, name="nginx"),), owner_reason=None)
CLIENT = tcp("10.0.0.5:443", "10.0.0.9:50001", inode=12, owners=(owner(7, 4, "nginx"),), owner_reason=None)
DNS = udp("127.0.0.53:53", inode=14, owners=(owner(8, name="resolved"),), owner_reason=None)


def places(snapshot: Snapshot) -> list[tuple[int, int]]:
    """Of which machine each row is, and its inode."""
    return [(host_number(socket.netns), socket.inode) for socket in snapshot.sockets]


def the_row(snapshot: Snapshot, host: int, inode: int) -> Socket:
    (row,) = [each for each in snapshot.sockets if (host_number(each.netns), each.inode) == (host, inode)]
    return row


def test_the_same_numbers_on_two_machines_are_two_things() -> None:
    hosts = [FakeHost("web01"), FakeHost("web02")]
    fleet = Fleet(hosts)
    for host in hosts:
        host.tell([WEB, DNS], 100.0)
    snapshot = fleet.collect(100.0)
    assert places(snapshot) == [(1, 11), (1, 14), (2, 11), (2, 14)]
    assert len({socket.id for socket in snapshot.sockets}) == 4
    pids = {own.pid for socket in snapshot.sockets for own in socket.owners}
    assert len(pids) == 4
    assert {own_number(pid) for pid in pids} == {7, 8}
    row = the_row(snapshot, 2, 11)
    assert row.owners[0].process.pid == row.owners[0].pid == on_host(7, 2)
    assert row.owners[0].own_pid == row.owners[0].process.own_pid == 7
    assert snapshot.namespaces.names == {on_host(NETNS, 1): f"web01:{NETNS}", on_host(NETNS, 2): f"web02:{NETNS}"}
    assert [(status.name, status.sockets) for status in snapshot.hosts.values()] == [("web01", 2), ("web02", 2)]
    assert snapshot.delta.is_empty, "as in the first snapshot of any machine"


def test_a_clock_that_is_out_of_all_measure_costs_the_recording_of_no_machine() -> None:
    far, good = FakeHost("far", ahead=2.5e11), FakeHost("good")
    fleet = Fleet([far, good], needs=Needs(flows_of_all=True))
    early = tcp("10.0.0.5:22", inode=13)._replace(seen_at=5.0)
    far.tell([early], 100.0)
    good.tell([WEB], 100.0)
    told = far._waiting[0]
    far._waiting = [told._replace(flows={socket.id: flow(5.0, None) for socket in told.sockets})]
    snapshot = fleet.collect(100.0)
    assert [each.read_at for each in snapshot.flows.values()] == [0.0]
    again, recording = replayed(record([snapshot]))
    assert not recording.is_broken
    assert [each.sockets for each in again] == [snapshot.sockets]


def test_a_number_too_large_is_none_of_another_machine() -> None:
    host = FakeHost("evil")
    host.tell([WEB._replace(netns=on_host(NETNS, 9), owners=(owner(on_host(7, 9)),))], 100.0)
    (row,) = Fleet([FakeHost("good"), host]).collect(100.0).sockets
    assert [host_number(number) for number in (row.netns, row.owners[0].pid, row.owners[0].process.pid)] == [2, 2, 2]


def test_what_a_tick_brings_is_told_and_the_rest_stays_the_same_object() -> None:
    busy, idle = FakeHost("web01"), FakeHost("web02")
    fleet = Fleet([busy, idle])
    busy.tell([WEB, CLIENT], 100.0)
    idle.tell([WEB], 100.0)
    before = fleet.collect(100.0)
    busy.tell([WEB, time_wait(CLIENT), DNS], 101.0)
    after = fleet.collect(101.0)
    assert [socket.inode for socket in after.delta.opened] == [14]
    assert [change.after.state for change in after.delta.changed] == [State.TIME_WAIT]
    assert not after.delta.closed
    assert the_row(after, 1, 11) is the_row(before, 1, 11)
    assert the_row(after, 2, 11) is the_row(before, 2, 11)
    assert after.hosts[2] is before.hosts[2]
    assert fleet.collect(102.0).delta.is_empty


def test_several_ticks_of_one_machine_are_one_step() -> None:
    host = FakeHost("web01")
    fleet = Fleet([host])
    host.tell([WEB], 100.0)
    fleet.collect(100.0)
    host.tell([WEB, CLIENT], 101.0)
    host.tell([WEB, DNS], 102.0)
    delta = fleet.collect(102.0).delta
    assert [socket.inode for socket in delta.opened] == [14]
    assert [socket.inode for socket in delta.passed] == [12], "which no snapshot of the table has"
    assert not delta.closed


def test_a_lost_machine_keeps_its_rows_and_a_new_connection_finds_them_again() -> None:
    host = FakeHost("web01")
    fleet = Fleet([host])
    host.tell([WEB, CLIENT, DNS], 100.0)
    before = fleet.collect(100.0)
    host.stand(HostPhase.LOST, "Connection refused", retry_at=109.0)
    lost = fleet.collect(101.0)
    assert lost.sockets == before.sockets
    assert lost.delta.is_empty
    assert not lost.hosts[1].is_live
    assert (lost.hosts[1].as_of, lost.hosts[1].text) == (100.0, "Connection refused")
    new = tcp("10.0.0.5:443", "10.0.0.9:50002", inode=15)
    host.tell([WEB, time_wait(CLIENT), new], 109.0)
    back = fleet.collect(109.0)
    assert back.hosts[1].is_live
    assert [socket.inode for socket in back.delta.opened] == [15]
    assert [change.after.state for change in back.delta.changed] == [State.TIME_WAIT]
    assert [socket.inode for socket in back.delta.closed] == [14]
    assert not back.delta.updated
    assert the_row(back, 1, 11) is the_row(before, 1, 11)
    assert not back.delta.opened[0].was_there, "it is news"


def test_what_began_in_a_namespace_that_was_not_looked_at_before_is_no_news() -> None:
    host = FakeHost("web01")
    fleet = Fleet([host])
    host.tell([WEB], 100.0)
    fleet.collect(100.0)
    host.stand(HostPhase.LOST)
    other = WEB._replace(netns=5, inode=20)
    host.tell([WEB, other], 105.0, namespaces=Seen({NETNS: "own", 5: "shop"}, 0, 0))
    (opened,) = fleet.collect(105.0).delta.opened
    assert (opened.inode, opened.was_there) == (20, True)
    host.stand(HostPhase.LOST)
    host.tell([WEB], 110.0, namespaces=Seen({NETNS: "own"}, 1, 0))
    delta = fleet.collect(110.0).delta
    assert [socket.inode for socket in delta.dropped] == [20]
    assert not delta.closed


def test_times_are_those_of_this_machine() -> None:
    host = FakeHost("web01", ahead=3600.0)
    fleet = Fleet([host])
    host.tell([WEB], 100.0)
    assert fleet.collect(100.0).sockets[0].seen_at == 100.0
    host.tell([WEB, DNS], 101.0)
    assert the_row(fleet.collect(101.0), 1, 14).seen_at == 101.0


def test_what_goes_by_number_is_told_by_the_number_that_it_has_here() -> None:
    hosts = [FakeHost("web01"), FakeHost("web02")]
    fleet = Fleet(hosts)
    for host in hosts:
        host.tell([WEB], 100.0)
    fleet.collect(100.0)
    finding = Finding(ACCEPT_QUEUE_FULL, 100.0, WEB._replace(id=7))
    hosts[1].tell(
        [WEB],
        101.0,
        findings={7: (finding,)},
        descriptors={7: DescriptorUse(90, 100)},
        process_details={7: ProcessDetails("/usr/sbin/nginx", "/", ())},
        networks={NETNS: {b"\x0a\0\0\5": (Network("10.0.0.0/8", "eth0"),)}},
        traffic={"eth0": Traffic(1.0, 2.0), "lo": Traffic(5.0, 5.0)},
        problems=(Problem("some processes could not be read", 2),),
    )
    snapshot = fleet.collect(101.0)
    row = the_row(snapshot, 2, 11)
    assert snapshot.findings == {row.id: (finding._replace(socket=row),)}
    assert snapshot.descriptors == {on_host(7, 2): DescriptorUse(90, 100)}
    assert snapshot.process_details.keys() == {on_host(7, 2)}
    assert snapshot.networks.keys() == {on_host(NETNS, 2)}
    assert snapshot.traffic == {"web02:eth0": Traffic(1.0, 2.0)}
    assert snapshot.problems == (Problem("web02: some processes could not be read", 2),)
    hosts[1].tell([WEB], 102.0)
    assert fleet.collect(102.0).findings == {}


def test_a_machine_is_asked_for_its_own_numbers_and_only_for_what_is_new() -> None:
    hosts = [FakeHost("web01"), FakeHost("web02")]
    fleet = Fleet(hosts, interval=2.0)
    for host in hosts:
        host.tell([WEB, DNS], 100.0)
    row = the_row(fleet.collect(100.0), 2, 14)
    fleet.needs, fleet.namespaces = Needs(of_ids=frozenset({row.id}), of_port=443), "*"
    fleet.collect(101.0)
    fleet.collect(102.0)
    assert [wanted[-1] for wanted in (hosts[0].wanted, hosts[1].wanted)] == [
        ("*", Needs(), 2.0),
        ("*", Needs(of_ids=frozenset({8})), 2.0),
    ]
    assert [len(host.wanted) for host in hosts] == [2, 2]
    hosts[1].details = {8: ProcessDetails("/usr/bin/resolved", "/", ())}
    assert fleet.process_details(row.owners[0].pid) == hosts[1].details[8]
    assert (hosts[0].asked, hosts[1].asked) == ([], [8])
    assert fleet.process_details(8) is None, "this machine is none of them"


def test_what_flows_is_told_by_the_clock_here_and_remembered_of_what_is_looked_at() -> None:
    hosts = [FakeHost("web01"), FakeHost("web02", ahead=3600.0)]
    fleet = Fleet(hosts)
    for host in hosts:
        host.tell([CLIENT], 100.0, flows={7: flow(read_at=100.0 + 3600.0, rate_in=5.0)})
    row = the_row(fleet.collect(100.0), 2, 12)
    fleet.needs = Needs(of_ids=frozenset({row.id}), flows_of_ids=frozenset({row.id}))
    first = fleet.collect(101.0)
    assert first.flows[row.id].read_at == 100.0
    assert len(first.flows) == 2
    hosts[1].tell([CLIENT], 102.0, flows={7: flow(read_at=102.0 + 3600.0, rate_in=7.0)})
    second = fleet.collect(102.0)
    assert [(sample.at, sample.rate_in) for sample in second.histories[row.id]] == [(101.0, 5.0), (102.0, 7.0)]
    assert first.flows[row.id].rate_in == 5.0, "a snapshot is not changed afterwards"
    hosts[1].stand(HostPhase.LOST)
    hosts[1].tell([CLIENT], 110.0)
    assert row.id not in fleet.collect(110.0).flows, "nothing is known by the ids of before"


POOL = [
    tcp(f"10.0.0.5:{port}", "10.0.0.9:50000", state=state, inode=inode, recv_q=recv_q)
    for port in (80, 443)
    for state, inode in ((State.ESTAB, port), (State.CLOSE_WAIT, port), (State.TIME_WAIT, 0), (State.ESTAB, port + 1))
    for recv_q in (0, 1)
] + [udp("127.0.0.1:53", inode=53), udp("127.0.0.1:53", "127.0.0.1:9", inode=53)]


@st.composite
def happenings(draw: st.DrawFn) -> list[list[tuple[int, str, list[Socket]]]]:
    """Between two ticks of the table, what happens to which of three machines."""

    def sockets() -> list[Socket]:
        chosen = draw(st.lists(st.sampled_from(POOL), max_size=6))
        return list({(each.netid, each.local_port): each for each in chosen}.values())

    kinds = st.sampled_from(["tick", "tick", "lost", "late"])
    steps = draw(st.lists(st.lists(st.tuples(st.integers(0, 2), kinds), max_size=5), min_size=1, max_size=8))
    return [[(host, kind, sockets()) for host, kind in step] for step in steps]


@given(happenings())
def test_deltas_lead_from_one_snapshot_to_the_next_whatever_happens(
    steps: list[list[tuple[int, str, list[Socket]]]],
) -> None:
    hosts = [FakeHost(f"web0{number}") for number in range(3)]
    fleet = Fleet(hosts)
    known: dict[int, Socket] | None = None
    told: dict[int, list[Socket]] = {}
    for now, step in enumerate(steps, 100):
        for at, kind, sockets in step:
            if kind == "tick":
                hosts[at].tell(sockets, float(now))
                told[at + 1] = sockets
            else:
                hosts[at].stand(HostPhase(kind), "why")
        snapshot = fleet.collect(float(now))
        if known is None:
            known = {socket.id: socket for socket in snapshot.sockets}
            assert snapshot.delta.is_empty
        else:
            gone = [socket.id for socket in (*snapshot.delta.closed, *snapshot.delta.dropped)]
            assert known.keys() >= set(gone)
            snapshot.delta.apply(known)
        assert tuple(known.values()) == snapshot.sockets
        assert snapshot.counts == Counts().after(
            snapshot.delta._replace(opened=snapshot.sockets, changed=(), updated=(), closed=(), dropped=())
        )
        shown = Counter(
            (host_number(socket.netns), socket.ends[1:], socket.state, socket.recv_q) for socket in snapshot.sockets
        )
        assert shown == Counter(
            (host, socket.ends[1:], socket.state, socket.recv_q) for host, every in told.items() for socket in every
        )


def test_how_events_are_taken_in_is_told_once_or_by_machine() -> None:
    hosts = [FakeHost(f"web0{number}") for number in (1, 2, 3)]
    perf = CaptureStatus("perf", "All is seen.")
    ends = CaptureStatus("ends only", "Only ends are seen.", is_partial=True)
    fleet = Fleet(hosts)
    for host in hosts:
        host.tell([WEB], 100.0, capture=perf)
    assert fleet.collect(100.0).capture == perf
    hosts[1].tell([WEB], 101.0, capture=ends)
    told = fleet.collect(101.0).capture
    assert told == CaptureStatus(
        "perf on 2, ends only on 1", "web01, web03: All is seen. web02: Only ends are seen.", is_partial=True
    )
    for host in hosts:
        host.tell([WEB], 102.0)
    assert fleet.collect(102.0).capture is None
