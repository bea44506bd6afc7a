"""Any history of a kernel is told as it was."""

from __future__ import annotations

from collections import deque
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.collect.collector import LOOK_ROUND_EVERY
from netwatch_tui.kernel.proc_net import TABLES
from netwatch_tui.sockets.delta import Delta, continues
from netwatch_tui.sockets.snapshot import Counts, Snapshot
from netwatch_tui.sockets.socket import Socket, State
from tests.support.build import NETNS, line, owner, tcp, udp, unix
from tests.support.fake import FakeSource, Place, Watch, held, in_order, table_name

OTHER = NETNS + 1
FEW = [table for table in TABLES if table.name in ("tcp", "tcp6", "udp", "unix")]


class Stop(Exception):  # noqa: N818
    """What a check raises."""


#: What a kernel may list. Few ends and few inodes, so that two moments have much in common.
CONNECTIONS = [
    tcp(f"127.0.0.1:{here}", f"127.0.0.2:{there}", state=state, inode=inode, recv_q=recv_q)
    for here, there in product((1, 2), (1, 2, 3))
    for state in sorted(set(State) - {State.LISTEN, State.UNCONN})
    for inode in (0, 1, 2, 3)
    for recv_q in (0, 1)
]
OTHERS = [
    *(tcp(f"[::1]:{port}", inode=inode, recv_q=queue) for port, inode, queue in product((1, 2), (4, 5, 6), (0, 1))),
    *(
        udp(f"127.0.0.1:{port}", peer, inode=inode)
        for port, peer, inode in product((1, 2), (None, "127.0.0.1:9"), (6, 7))
    ),
    *(unix(name, inode=i, state=state) for name, i, state in product(("*", "/x"), (8, 9), (State.ESTAB, State.LISTEN))),
]


def possible(sockets: list[Socket]) -> list[Socket]:
    """Those of which no connection has the same ends as another, and no inode stands twice."""
    ends, inodes, chosen = set(), set(), []
    for socket in sockets:
        place = socket.ends if socket.peer_port else (socket.ends, socket.inode)
        if place not in ends and (not socket.inode or socket.inode not in inodes):
            ends.add(place)
            inodes.add(socket.inode)
            chosen.append(socket)
    return chosen


def kernels() -> st.SearchStrategy[list[Socket]]:
    """What a kernel may hold at one moment."""
    return st.lists(st.sampled_from(CONNECTIONS) | st.sampled_from(OTHERS), max_size=8).map(possible)


def tear(data: st.DataObject, source: FakeSource, before: list[Socket], now: list[Socket]) -> None:
    """Let the first read of each table lose lines of sockets that stay as they were, and double others."""
    for name in {table_name(socket) for socket in now}:
        here = [socket for socket in now if table_name(socket) == name]
        old = [socket for socket in here if socket in before]
        lost = data.draw(st.lists(st.sampled_from(old), max_size=2)) if old else []
        doubled = data.draw(st.lists(st.sampled_from(here), max_size=2))
        source.torn[name] = deque([[line(socket) for socket in (*here, *doubled) if socket not in lost]])


def know(source: FakeSource, kernel: list[Socket]) -> None:
    """Let sock_diag know the connections."""
    source.alive = {socket.ends: socket.inode for socket in kernel if socket.netid == "tcp"}


def check_tick(before: Snapshot | None, after: Snapshot, kernel: list[Socket]) -> None:
    assert in_order(held(after)) == in_order(kernel)
    check_story(before, after)


def check_story(before: Snapshot | None, after: Snapshot) -> None:
    """What a tick says happened must lead from what was to what is."""
    sockets = {socket.id: socket for socket in after.sockets}
    assert len(sockets) == len(after.sockets)
    assert after.counts == Counts().after(Delta(opened=after.sockets))
    if before is None:
        assert after.delta.is_empty
        return
    patched = {socket.id: socket for socket in before.sockets}
    old = dict(patched)
    after.delta.apply(patched)
    assert patched == sockets
    assert all(sockets[id] is old[id] for id in sockets.keys() & old.keys() if sockets[id] == old[id])
    delta = after.delta
    ids = [socket.id for part in (delta.opened, delta.closed, delta.dropped) for socket in part]
    ids += [change.after.id for part in (delta.changed, delta.updated) for change in part]
    assert len(ids) == len(set(ids))


@given(st.lists(kernels(), min_size=2, max_size=6), st.data(), st.booleans())
def test_any_history_is_told_as_it_was(history: list[list[Socket]], data: st.DataObject, can_ask: bool) -> None:
    watch = Watch(tables=FEW)
    watch.source.hold(7)
    last: Snapshot | None = None
    before: list[Socket] = []
    for kernel in history:
        watch.source.put(*kernel)
        tear(data, watch.source, before, kernel)
        if can_ask:
            know(watch.source, kernel)
        snapshot = watch.again()
        watch.source.torn.clear()
        if can_ask:
            # What is missing is kept or closed by its answer, and shown as it is now a tick later.
            check_story(last, snapshot)
            last, snapshot = snapshot, watch.again(0.1)
        check_tick(last, snapshot, kernel)
        last, before = snapshot, kernel


@given(st.lists(kernels(), min_size=2, max_size=6), st.data())
def test_a_socket_that_stays_is_never_closed_or_opened_however_reads_are_torn(
    history: list[list[Socket]], data: st.DataObject
) -> None:
    steady = [tcp("10.0.0.1:80", f"10.0.0.9:{port}", inode=100 + port) for port in range(1, 9)]
    watch = Watch(*steady, tables=FEW)
    watch.source.hold(7, *steady)
    ids = {socket.id for socket in watch.again().sockets}
    for kernel in history:
        everything = [*steady, *kernel]
        watch.source.put(*everything)
        know(watch.source, everything)
        if data.draw(st.booleans()):
            watch.source.alive = None
        tear(data, watch.source, steady, everything)
        snapshot = watch.again()
        watch.source.torn.clear()
        assert ids <= {socket.id for socket in snapshot.sockets}
        assert not {socket.id for socket in (*snapshot.delta.opened, *snapshot.delta.closed)} & ids


@given(st.lists(kernels(), min_size=2, max_size=6), st.data())
def test_a_socket_that_is_listed_before_and_after_it_changed_is_one(
    history: list[list[Socket]], data: st.DataObject
) -> None:
    watch = Watch(tables=FEW)
    watch.source.hold(7)
    last: Snapshot | None = None
    before: list[Socket] = []
    for kernel in history:
        watch.source.put(*kernel)
        changed = [old for old in before for new in kernel if old != new and continues(old, new)]
        twice = data.draw(st.lists(st.sampled_from(changed), unique_by=lambda socket: socket.ends)) if changed else []
        for old in twice:
            name = table_name(old)
            watch.source.torn[name] = deque([[line(old), *(watch.source.torn[name] or [watch.source.tables[name]])[0]]])
        torn = watch.again(0.1)
        check_story(last, torn)
        assert len(torn.sockets) == len(kernel)
        last = watch.tick(*kernel, after=0.1)
        check_tick(torn, last, kernel)
        before = kernel


@given(st.lists(st.tuples(kernels(), st.integers(0, 40)), min_size=2, max_size=6))
def test_a_history_with_failing_ticks_is_told_as_it_was(history: list[tuple[list[Socket], int]]) -> None:
    watch = Watch(tables=FEW)
    watch.source.hold(7)
    last: Snapshot | None = None
    for kernel, countdown in history:
        left = countdown

        def check() -> None:
            nonlocal left
            left -= 1
            if not left:
                raise Stop

        watch.check = check
        try:
            snapshot = watch.tick(*kernel)
        except Stop:
            continue
        check_tick(last, snapshot, kernel)
        last = snapshot


@given(st.lists(st.tuples(kernels(), kernels(), st.sampled_from(["", "*", "blue"])), min_size=2, max_size=5))
def test_a_history_of_two_namespaces_is_told_as_it_was(
    history: list[tuple[list[Socket], list[Socket], str]],
) -> None:
    watch = Watch(tables=FEW)
    watch.source.others = (Place(OTHER, "blue", 30),)
    last: Snapshot | None = None
    for own, other, chosen in history:
        blue = [
            socket._replace(netns=OTHER, inode=socket.inode and socket.inode + 100)._replace(
                local_port=socket.local_port if socket.local.version else socket.inode + 100
            )
            for socket in other
        ]
        watch.collector.namespaces = chosen
        snapshot = watch.tick(*own, *blue)
        check_tick(last, snapshot, [*(own if chosen != "blue" else ()), *(blue if chosen else ())])
        last = snapshot


holdings = st.dictionaries(st.integers(20, 22), st.dictionaries(st.integers(3, 6), st.integers(0, 9), max_size=4))


@given(st.lists(st.tuples(kernels(), holdings), min_size=1, max_size=5))
def test_whenever_it_is_looked_round_the_owners_are_those_of_the_processes(
    history: list[tuple[list[Socket], dict[int, dict[int, int]]]],
) -> None:
    watch = Watch(tables=FEW)
    for kernel, processes in history:
        watch.source.held = {pid: dict(descriptors) for pid, descriptors in processes.items()}
        snapshot = watch.tick(*kernel, after=LOOK_ROUND_EVERY)
        for socket in snapshot.sockets:
            expected = [
                owner(pid, fd)
                for pid, descriptors in sorted(processes.items())
                for fd, inode in sorted(descriptors.items())
                if socket.inode and inode == socket.inode
            ]
            assert list(socket.owners) == expected
            assert (socket.owner_reason is None) is bool(expected)


def later(socket: Socket, step: int) -> Socket:
    """The socket with an inode that none had in another step."""
    inode = socket.inode and socket.inode + 10 * step
    return socket._replace(inode=inode, local_port=socket.local_port if socket.local.version else inode)


@given(st.lists(st.tuples(kernels(), holdings), min_size=1, max_size=5), st.booleans())
def test_between_two_looks_every_new_socket_gets_its_owners(
    history: list[tuple[list[Socket], dict[int, dict[int, int]]]], tells_counts: bool
) -> None:
    watch = Watch(tables=FEW)
    watch.source.tells_counts = tells_counts
    watch.again()
    for step, (sockets, processes) in enumerate(history):
        kernel = [later(socket, step) for socket in sockets]
        watch.source.held = {
            pid: {fd: inode and inode + 10 * step for fd, inode in descriptors.items()}
            for pid, descriptors in processes.items()
        }
        know(watch.source, kernel)
        # Two ticks: where sock_diag can't be asked about a kind, what a first look misses is searched for in the next.
        new = {socket.id for socket in watch.tick(*kernel, after=0.1).delta.opened}
        snapshot = watch.again(0.1)
        there = {inode + 10 * step for held in processes.values() for inode in held.values() if inode}
        assert all(socket.owners for socket in snapshot.sockets if socket.id in new and socket.inode in there)
