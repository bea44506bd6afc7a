from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.sockets.delta import Change, Delta, diff
from netwatch_tui.sockets.marks import Mark, Marks
from netwatch_tui.sockets.socket import Socket, State
from tests.support.build import tcp
from tests.support.strategies import histories

BEFORE = tcp(id=1, state=State.ESTAB)
AFTER = tcp(id=1, state=State.TIME_WAIT, inode=0)
OPENED = Delta(opened=(BEFORE,))
CHANGED = Delta(changed=(Change(BEFORE, AFTER),))
CLOSED = Delta(closed=(AFTER,))


def lit(marks: Marks) -> dict[int, Mark]:
    return {id: marked.mark for id, marked in marks.by_id.items()}


def test_each_event_has_its_mark() -> None:
    delta = Delta(
        opened=(tcp(id=1),),
        changed=(Change(tcp(id=2), tcp(id=2, state=State.ESTAB)),),
        updated=(Change(tcp(id=3), tcp(id=3, recv_q=1)),),
        closed=(tcp(id=4),),
    )
    assert lit(Marks().advance(delta, 3.0)) == {1: Mark.NEW, 2: Mark.CHANGED, 4: Mark.CLOSED}


def test_a_socket_that_was_there_before_it_could_be_looked_at_is_not_lit() -> None:
    delta = Delta(opened=(tcp(id=1, was_there=True), tcp(id=2)))
    assert lit(Marks().advance(delta, 3.0)) == {2: Mark.NEW}


def test_a_socket_that_is_not_looked_at_any_more_is_dark_and_does_not_linger() -> None:
    marks = Marks().advance(Delta(opened=(tcp(id=1), tcp(id=2))), 3.0)
    after = marks.advance(Delta(dropped=(tcp(id=1), tcp(id=3))), 4.0)
    assert (lit(after), after.closed) == ({2: Mark.NEW}, ())


def test_the_latest_event_on_a_socket_wins_and_gives_it_new_time() -> None:
    marks = Marks().advance(OPENED, 3.0).advance(CHANGED, 4.0)
    assert (lit(marks), marks.next_expiry) == ({1: Mark.CHANGED}, 4.0)
    assert lit(marks.advance(CLOSED, 5.0)) == {1: Mark.CLOSED}


def test_a_mark_goes_out_at_its_time_and_not_before() -> None:
    marks = Marks().advance(OPENED, 3.0)
    assert lit(marks.expire(2.999)) == {1: Mark.NEW}
    assert lit(marks.expire(3.0)) == {}


def test_only_the_marks_whose_time_has_come_go_out() -> None:
    marks = Marks().advance(OPENED, 3.0).advance(Delta(opened=(tcp(id=2),)), 4.0)
    assert lit(marks.expire(3.5)) == {2: Mark.NEW}


def test_a_step_leaves_the_value_before_it_as_it_was() -> None:
    dark = Marks()
    bright = dark.advance(OPENED, 3.0)
    bright.advance(CLOSED, 4.0)
    bright.expire(9.0)
    assert (lit(dark), lit(bright)) == ({}, {1: Mark.NEW})


def test_a_step_without_events_is_the_same_value() -> None:
    marks = Marks().advance(OPENED, 3.0)
    assert marks.advance(Delta(updated=(Change(BEFORE, BEFORE._replace(recv_q=1)),)), 9.0) is marks
    assert marks.expire(1.0) is marks


def test_during_a_pause_a_mark_never_goes_out() -> None:
    marks = Marks().advance(OPENED, None)
    assert lit(marks.expire(1e12)) == {1: Mark.NEW}
    assert marks.next_expiry is None


def test_after_a_pause_only_the_marks_of_the_pause_get_new_time() -> None:
    marks = Marks().advance(OPENED, 3.0).advance(Delta(opened=(tcp(id=2),)), None).release(10.0)
    assert {id: marked.until for id, marked in marks.by_id.items()} == {1: 3.0, 2: 10.0}


def test_the_next_expiry_is_the_earliest() -> None:
    marks = Marks().advance(Delta(opened=(tcp(id=2),)), 4.0).advance(OPENED, 3.0)
    assert marks.next_expiry == 3.0
    assert Marks().next_expiry is None


def test_a_closed_socket_lingers_as_it_was_last_seen() -> None:
    marks = Marks().advance(CHANGED, 3.0)
    assert marks.closed == ()
    assert marks.advance(CLOSED, 4.0).closed == (AFTER,)


@given(histories(), st.lists(st.integers(1, 3), min_size=5, max_size=5))
def test_what_lingers_is_never_among_the_living(history: list[dict[int, Socket]], steps: list[int]) -> None:
    marks, now = Marks(), 0.0
    for before, after, step in zip(history, history[1:], steps, strict=False):
        now += step
        marks = marks.expire(now).advance(diff(before, after), now + 3)
        assert not {socket.id for socket in marks.closed} & after.keys()
        assert all(marked.until is not None and marked.until > now for marked in marks.by_id.values())
