"""Lines that look like one socket: two of them, or one that a torn read lists twice."""

from __future__ import annotations

from collections import deque

import pytest

from netwatch_tui.collect.doubled_lines import Spare, are_one, numbered, place_of, pointer_of
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket, State, Timer
from tests.support.build import NETNS, POINTER, line, tcp, time_wait, unix
from tests.support.fake import Watch, busy, events

SERVER = tcp("[fe80::1]:80", "[fe80::2]:50000", inode=3)
TWIN = SERVER._replace(inode=4)
CLOSED = time_wait(SERVER)
LISTENER = tcp("[::]:80", inode=1)
HIDDEN = "0" * 16


def hidden(*sockets: Socket) -> list[bytes]:
    """Lines as a user gets them from whom pointers are hidden."""
    return [line(socket).replace(POINTER.encode(), HIDDEN.encode()) for socket in sockets]


def pointed(*sockets: Socket) -> list[bytes]:
    """Lines with a pointer of its own each."""
    return [
        line(socket).replace(POINTER.encode(), f"{number:016x}".encode()) for number, socket in enumerate(sockets, 1)
    ]


def look(watch: Watch, lines: list[bytes], *torn: list[bytes]) -> Snapshot:
    watch.source.tables["tcp6"] = lines
    watch.source.torn["tcp6"] = deque(torn)
    return watch.again()


def ids(snapshot: Snapshot) -> list[int]:
    return sorted(socket.id for socket in snapshot.sockets)


SHAPES = {
    "both over, with pointers": pointed(CLOSED, CLOSED),
    "both over, pointers hidden": hidden(CLOSED, CLOSED),
    "both over, with other timers": hidden(CLOSED, time_wait(SERVER, 59.0)),
    "one over": hidden(TWIN, CLOSED),
    "one over, in the other order": hidden(CLOSED, TWIN),
    "one not accepted yet": hidden(TWIN, SERVER._replace(inode=0)),
    "both in handshake": hidden(*[SERVER._replace(state=State.SYN_RECV, inode=0)] * 2),
}


@pytest.mark.parametrize("lines", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("can_ask", [True, False])
def test_what_two_reads_list_twice_is_two_sockets(lines: list[bytes], is_first: bool, can_ask: bool) -> None:
    watch = busy()
    watch.source.alive = {SERVER.ends: 0} if can_ask else None
    if not is_first:
        look(watch, hidden(LISTENER))
    both = look(watch, hidden(LISTENER) + lines)
    assert len(both.sockets) == 3
    again = look(watch, hidden(LISTENER) + lines)
    assert (ids(again), again.delta.is_empty) == (ids(both), True)
    one = look(watch, hidden(LISTENER) + lines[:1])
    assert (len(one.sockets), len(one.delta.closed), one.delta.opened) == (2, 1, ())
    assert set(ids(one)) < set(ids(both))


ONE_LIFE = ("both over, with pointers", "both over, with other timers", "one over", "both in handshake")


@pytest.mark.parametrize("lines", [SHAPES[name] for name in ONE_LIFE], ids=ONE_LIFE)
@pytest.mark.parametrize("is_first", [True, False])
def test_what_only_a_torn_read_lists_twice_is_one(lines: list[bytes], is_first: bool) -> None:
    watch = busy()
    if not is_first:
        look(watch, hidden(LISTENER))
    torn = look(watch, hidden(LISTENER) + lines[1:], hidden(LISTENER) + lines)
    assert len(torn.sockets) == 2
    assert look(watch, hidden(LISTENER) + lines[1:]).delta.opened == ()


@pytest.mark.parametrize("lines", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("is_first", [True, False])
@pytest.mark.parametrize("count", [1, 2])
def test_where_sock_diag_knows_how_many_there_are_its_word_decides(
    lines: list[bytes], is_first: bool, count: int
) -> None:
    watch = busy()
    watch.source.counts = {SERVER.ends: count}
    if not is_first:
        look(watch, hidden(LISTENER))
    assert len(look(watch, hidden(LISTENER) + lines).sockets) == 1 + count


def test_a_line_with_another_timer_and_the_same_pointer_is_the_same_socket() -> None:
    watch = busy()
    lines = [line(CLOSED), line(time_wait(SERVER, 59.0))]
    assert len(look(watch, lines).sockets) == 1
    reads = watch.source.reads
    assert len(look(watch, [line(time_wait(SERVER, left)) for left in (58.0, 57.0)]).sockets) == 1
    assert watch.source.reads == 2 * reads, "there was nothing to settle"


def test_two_whose_timers_run_stay_two() -> None:
    watch = busy()
    before = look(watch, hidden(CLOSED, CLOSED))
    for left in (59.0, 58.0, 57.0):
        after = look(watch, hidden(time_wait(SERVER, left), time_wait(SERVER, left)))
        assert ids(after) == ids(before)
        assert {socket.timer for socket in after.sockets} == {Timer("timewait", left)}
        assert events(after.delta).keys() == {"updated"}


def test_two_that_fall_to_time_wait_in_one_tick_stay_two() -> None:
    watch = busy()
    before = look(watch, hidden(SERVER, TWIN))
    after = look(watch, hidden(CLOSED, CLOSED))
    assert (ids(after), list(events(after.delta))) == (ids(before), ["changed"])


def test_of_two_the_one_that_ends_is_closed_though_sock_diag_finds_the_other_at_the_same_ends() -> None:
    watch = busy()
    both = look(watch, pointed(CLOSED, CLOSED))
    watch.source.alive = {SERVER.ends: 0}
    one = look(watch, pointed(CLOSED))
    assert (len(one.delta.closed), len(one.sockets)) == (1, 1)
    assert set(ids(one)) < set(ids(both))


def test_a_twin_that_one_read_lost_is_not_closed() -> None:
    watch = busy()
    before = look(watch, pointed(CLOSED, CLOSED))
    after = look(watch, pointed(CLOSED, CLOSED), pointed(CLOSED))
    assert (ids(after), after.delta.is_empty) == (ids(before), True)


def test_equal_lines_of_unix_connections_that_nobody_accepted_are_as_many_sockets() -> None:
    waiting = unix("/run/x", inode=0, state=State.SYN_SENT)
    watch = busy()
    watch.source.silent = {NETNS}
    watch.source.tables["unix"] = hidden(waiting, waiting, waiting)
    assert len(watch.again().sockets) == 3
    watch.source.tables["unix"] = hidden(waiting, waiting)
    assert len(watch.again().delta.closed) == 1
    watch.source.tables["unix"] = hidden(waiting, waiting, waiting, waiting)
    assert len(watch.again().delta.opened) == 2
    assert watch.again().delta.is_empty


def test_a_second_read_is_made_only_where_there_is_doubt() -> None:
    watch = busy()
    look(watch, pointed(LISTENER, SERVER))
    reads = watch.source.reads
    look(watch, pointed(LISTENER, SERVER))
    tables = watch.source.reads - reads
    look(watch, pointed(LISTENER, SERVER) + pointed(LISTENER, SERVER))
    assert watch.source.reads == reads + 2 * tables, "a line twice, with its pointer, is one socket"


# --- its parts ---


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        (hidden(CLOSED)[0], b""),
        (hidden(unix())[0], b""),
        (hidden(tcp())[0] + b"   ", b""),
        (line(CLOSED), POINTER.encode()),
        (line(tcp("[::]:80")), POINTER.encode()),
        (line(unix()), POINTER.encode()),
        (b"", b""),
    ],
)
def test_a_line_tells_its_pointer_where_it_is_not_hidden(text: bytes, pointer: bytes) -> None:
    assert pointer_of(text) == pointer
    assert are_one(text, text) == bool(pointer)


def test_lines_of_the_same_ends_have_one_place() -> None:
    assert place_of(line(SERVER)) == place_of(line(CLOSED)) != place_of(line(LISTENER))
    assert numbered(line(SERVER), 2).startswith(place_of(line(SERVER)))


def taken(count: int | None, second: list[bytes], known: list[bytes]) -> int:
    spare = Spare({b"a ": count}, second, known)
    return [spare.take(b"a ") for _ in range(5)].count(True)


def test_what_a_second_read_or_sock_diag_has_more_can_be_taken_once() -> None:
    assert taken(None, [b"a 1", b"a 2", b"b 3"], [b"a 1"]) == 1
    assert taken(None, [b"a 1"], [b"a 1", b"b 3"]) == 0
    assert taken(3, [], [b"a 1"]) == 2
    assert Spare({}, [], []).take(b"elsewhere")


def test_a_second_read_that_is_torn_itself_counts_no_pointer_twice() -> None:
    assert taken(None, [b"a 1 000000000000000f", b"a 2 000000000000000f"], [b"a 1"]) == 0
