"""Acts on another machine: what is asked for here is what is held and hit there, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netwatch_tui.actions.act import Act, ActKind, Way
from netwatch_tui.actions.aim import Aim, NotHeldError, TooManyError
from netwatch_tui.actions.guards import Guard
from netwatch_tui.actions.subject import Holding, Subject, subject_of, subject_of_all
from netwatch_tui.fields.format import printable
from netwatch_tui.hosts import remote_aim
from netwatch_tui.hosts.act_answers import MOST_HELD, ActAnswers
from netwatch_tui.hosts.act_format import (
    Deed,
    HeldThere,
    HitThere,
    ProcessThere,
    SocketThere,
    decode_deed,
    decode_held,
    decode_hits,
    decode_places,
    decode_subject,
    encode_deed,
    encode_held,
    encode_hits,
    encode_subject,
)
from netwatch_tui.hosts.fleet_actor import FleetActor
from netwatch_tui.hosts.orders import MOST_ASKED, NoAnswerError, Orders
from netwatch_tui.hosts.refusals import RefusedError, refusal
from netwatch_tui.hosts.remote_aim import aim_over
from netwatch_tui.hosts.wire_format import About, Ask
from netwatch_tui.recording.shapes import ShapeError
from netwatch_tui.sockets.hosts import on_host
from netwatch_tui.sockets.socket import Socket
from screenshots.actor import FakeActor, Sent
from tests.support.build import owner, process, tcp, unix
from tests.support.far_end import NO_ANSWER, FarEnd, as_said
from tests.support.far_end import far_end as connected
from tests.support.hosts import FakeHost
from tests.support.program import wait_until
from tests.support.strategies import owned_sockets

TERM, KILL = Act(ActKind.SIGNAL, 15), Act(ActKind.SIGNAL, 9)
LISTENER = tcp("10.0.0.5:443", inode=11, owners=(owner(7, 3, "nginx"), owner(8, 3, "nginx")), owner_reason=None)
VISIT = tcp("10.0.0.5:443", "10.0.0.9:50001", inode=12, owners=(owner(7, 4, "nginx"),), owner_reason=None)
OTHER = tcp("10.0.0.5:22", inode=13, owners=(owner(9, 3, "sshd"),), owner_reason=None)
EVERY = (LISTENER, VISIT, OTHER)


class ActingEnd:
    """A far end that acts."""

    def __init__(self, far: FarEnd, actor: FakeActor) -> None:
        self.far = far
        self.orders = far.orders
        self.actor = actor


@contextmanager
def far_end() -> Iterator[ActingEnd]:
    actor = FakeActor()
    with connected(lambda: ActAnswers(actor, lambda: EVERY).answer) as far:
        yield ActingEnd(far, actor)


def await_end(aim: Aim) -> None:
    """Look until all processes have ended."""
    wait_until(lambda: all(each.handle.has_ended() for each in aim.processes))


# --- from one end to the other ---


def test_what_is_meant_is_held_there_and_told_of() -> None:
    with far_end() as far:
        far.actor.guarded = {7: Guard.ABOVE}
        subject = subject_of(LISTENER, (), [VISIT])
        aim = aim_over(far.orders, subject)
        (held,) = far.actor.subjects
        assert (held.sockets, held.accepted, held.every) == ((LISTENER,), (VISIT,), EVERY)
        assert [each.pid for each in held.processes] == [7], "the others were not meant"
        assert [(each.process.pid, each.guard, each.denied) for each in aim.processes] == [(7, Guard.ABOVE, "")]
        assert aim.holding == Holding(1, 1, 0, 1), "counted there, among all sockets"
        assert [each.socket for each in aim.listeners] == [LISTENER]
        assert [each.socket for each in aim.accepted] == [VISIT]
        assert {each.way for each in (*aim.listeners, *aim.accepted)} == {Way.DESTROY}
        aim.release()
        wait_until(lambda: far.actor.released == 1)
        assert far.far.told(About.ENDED) == [About.AIM, About.RELEASE]


def test_an_act_hits_the_targets_that_are_named_and_no_others() -> None:
    with far_end() as far:
        far.actor.deadly = {9}
        aim = aim_over(far.orders, subject_of_all([LISTENER, VISIT, OTHER], (), "3 marked sockets"))
        assert [each.process.pid for each in aim.processes] == [7, 8, 9]
        hits = aim.perform(KILL, [aim.processes[2], aim.processes[1]])
        assert far.actor.sent == [Sent(9, 9), Sent(8, 9)]
        assert [(hit.target, hit.failure) for hit in hits] == [(aim.processes[2], ""), (aim.processes[1], "")]
        (hit,) = aim.perform(Act(ActKind.CLOSE), aim.connections)
        assert (far.actor.closed, hit.way) == ([VISIT], Way.DESTROY)
        aim.perform(Act(ActKind.STOP_LISTENING), aim.listeners[1:])
        assert far.actor.closed == [VISIT, OTHER]


def test_what_fails_there_is_told() -> None:
    with far_end() as far:
        far.actor.denied, far.actor.ended = {7}, {8}
        aim = aim_over(far.orders, subject_of_all([LISTENER], (), "1 marked socket"))
        hits = aim.perform(TERM, aim.processes)
        assert [hit.failure.partition(":")[0] for hit in hits] == ["not permitted", "it had ended already"]


def test_the_end_of_a_process_is_told() -> None:
    with far_end() as far:
        aim = aim_over(far.orders, subject_of(LISTENER, ()))
        assert not aim.processes[0].handle.has_ended()
        far.actor.ended = {7}
        await_end(aim)


def test_a_refusal_is_passed_on() -> None:
    with far_end() as far:
        far.actor.fails = TooManyError("401 processes are too many at once; filter for fewer")
        with pytest.raises(NotHeldError, match="too many at once"):
            aim_over(far.orders, subject_of(LISTENER, ()))
        far.actor.fails = PermissionError(1, "x")
        with pytest.raises(NotHeldError, match="not permitted"):
            aim_over(far.orders, subject_of(LISTENER, ()))


# --- when the connection breaks ---


def test_nothing_is_done_over_a_connection_that_is_not_there() -> None:
    with far_end() as far:
        aim = aim_over(far.orders, subject_of(LISTENER, ()))
        far.far.end()
        (hit,) = aim.perform(TERM, aim.processes)
        assert hit.failure == "there is no connection now"
        with pytest.raises(NotHeldError, match="there is no connection now"):
            aim.processes[0].handle.has_ended()
        with pytest.raises(NotHeldError, match="there is no connection now"):
            aim_over(far.orders, subject_of(LISTENER, ()))
        aim.release()
        far.far.begin()
    assert far.actor.sent == []


def test_what_was_held_over_one_connection_is_never_hit_over_the_next() -> None:
    with far_end() as far:
        aim = aim_over(far.orders, subject_of(LISTENER, ()))
        far.far.end()
        far.far.begin()
        again = aim_over(far.orders, subject_of(OTHER, ()))
        (hit,) = aim.perform(KILL, aim.processes)
        assert hit.failure == "it is not held any more"
        with pytest.raises(NotHeldError, match="not held any more"):
            await_end(aim)
        aim.release()
        assert not again.perform(KILL, again.processes)[0].failure
    assert far.actor.sent == [Sent(9, 9)]


def test_an_act_without_an_answer_may_have_been_done_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_aim, "ACT_WITHIN", 0.05)
    with far_end() as far:
        aim = aim_over(far.orders, subject_of(LISTENER, ()))
        far.far.spoil = lambda ask, told: NO_ANSWER if ask.about is About.ACT else told
        (hit,) = aim.perform(TERM, aim.processes)
        assert hit.failure == "it may have been done: there is no answer within 0.05 s"
        assert far.actor.sent == [Sent(7, 15)], "it was"


def test_what_is_held_too_late_is_let_go_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_aim, "AIM_WITHIN", 0.05)
    with far_end() as far:
        far.far.spoil = lambda ask, told: NO_ANSWER if ask.about is About.AIM else told
        with pytest.raises(NotHeldError, match="no answer within"):
            aim_over(far.orders, subject_of(LISTENER, ()))
        wait_until(lambda: far.actor.released == 1)


def test_the_far_end_holds_few_things_whatever_is_forgotten_here() -> None:
    with far_end() as far:
        aims = [aim_over(far.orders, subject_of(LISTENER, ())) for _ in range(MOST_HELD + 2)]
        assert far.actor.released == 2
        assert aims[0].perform(TERM, aims[0].processes)[0].failure == "it is not held any more"
        assert not aims[-1].perform(TERM, aims[-1].processes)[0].failure


def test_questions_have_an_end() -> None:
    orders = Orders()
    orders.open()
    asked = [orders.begin(About.ENDED, more=1) for _ in range(MOST_ASKED)]
    with pytest.raises(NoAnswerError, match="not answered yet"):
        orders.begin(About.ENDED, more=1)
    with pytest.raises(NoAnswerError, match="there is no answer within 0 s"):
        asked[0].told()
    orders.begin(About.ENDED, more=1)
    orders.shut()
    assert all(question.is_over for question in asked[1:])
    with pytest.raises(NoAnswerError, match="the connection has ended"):
        asked[1].told()
    orders.close()


# --- what the other end may say ---


@pytest.mark.parametrize(
    "told",
    [
        None,
        7,
        {},
        {"held": []},
        {"held": {"processes": [[1]]}},
        {"refused": 7},
        encode_held(HeldThere((), Holding(0, 0, 0, 0), (SocketThere(1, None, "", None),), (), (), ())),
        encode_held(HeldThere((ProcessThere(process(9), None, ""),), Holding(0, 0, 0, 0), (), (), (), ())),
    ],
)
def test_an_aim_that_is_none_is_refused(told: object) -> None:
    with far_end() as far:
        far.far.spoil = lambda ask, real: told if ask.about is About.AIM else real
        with pytest.raises(NotHeldError):
            aim_over(far.orders, subject_of(LISTENER, ()))


def test_what_a_machine_says_in_words_is_harmless_and_has_an_end() -> None:
    with far_end() as far:
        aim = aim_over(far.orders, subject_of(LISTENER, ()))
        far.far.spoil = lambda _, __: encode_hits([HitThere("\x1b[2J\n" + 1_300 * "no ", None)])
        (hit,) = aim.perform(TERM, aim.processes)
        assert hit.failure.startswith(r"\x1b[2J\x0ano no ")
        assert len(hit.failure) == 1_000


@pytest.mark.parametrize(
    "told", [None, {}, {"hits": []}, {"hits": [["", None], ["", None]]}, {"hits": [["", "magic"]]}]
)
def test_hits_that_are_none_may_have_been_hits(told: object) -> None:
    with far_end() as far:
        aim = aim_over(far.orders, subject_of(LISTENER, ()))
        far.far.spoil = lambda _, __: told
        assert aim.perform(TERM, aim.processes)[0].failure.startswith("it may have been done: ")


@pytest.mark.parametrize(
    "more",
    [
        None,
        {},
        {"processes": [], "meant": [0], "sockets": [], "accepted": []},
        {"processes": [], "meant": [], "sockets": [{}], "accepted": []},
    ],
)
def test_a_subject_that_is_none_is_not_aimed_at(more: object) -> None:
    actor = FakeActor()
    with pytest.raises(ShapeError):
        ActAnswers(actor, tuple).answer(Ask(1, About.AIM, 0, more))
    assert actor.subjects == []


@pytest.mark.parametrize(
    "more",
    [
        {"aim": 1, "kind": "signal", "signal": 9, "targets": [1]},
        {"aim": 2, "kind": "signal", "signal": 9, "targets": [0]},
        {"aim": 1, "kind": "close", "signal": 0, "targets": [0]},
    ],
)
def test_what_is_not_held_is_not_hit(more: object) -> None:
    actor = FakeActor()
    answers = ActAnswers(actor, tuple)
    answers.answer(Ask(1, About.AIM, 0, as_said(encode_subject(subject_of(LISTENER, ())))))
    assert set(answers.answer(Ask(2, About.ACT, 0, more))) == {"refused"}
    assert (actor.sent, actor.closed) == ([], [])


@pytest.mark.parametrize("wrong", [{"kind": "shell"}, {"signal": 1_000}, {"signal": -1}, {"targets": [-1]}])
def test_a_deed_of_another_shape_is_refused(wrong: dict[str, object]) -> None:
    told = encode_deed(Deed(1, ActKind.SIGNAL, 9, (0,)))
    assert decode_deed(as_said(told)) == Deed(1, ActKind.SIGNAL, 9, (0,))
    with pytest.raises(ShapeError):
        decode_deed({**told, **wrong})


texts = st.text(max_size=20).map(printable)
processes = st.builds(process, st.integers(1, 2**22), texts)
guards = st.none() | st.sampled_from(Guard)
sockets_there = st.lists(
    st.builds(SocketThere, st.integers(0, 9), st.none() | st.sampled_from(Way), texts, guards), max_size=3
).map(tuple)
counts = st.integers(0, 2**20)
held_there = st.builds(
    HeldThere,
    st.lists(st.builds(ProcessThere, processes, guards, texts), max_size=3).map(tuple),
    st.builds(Holding, counts, counts, counts, counts),
    sockets_there,
    sockets_there,
    sockets_there,
    st.lists(texts, max_size=3).map(tuple),
)


@given(held_there)
def test_what_is_held_is_read_as_it_was_written(held: HeldThere) -> None:
    assert decode_held(as_said(encode_held(held))) == held


@settings(max_examples=50)
@given(
    st.lists(owned_sockets, max_size=4),
    st.lists(owned_sockets, max_size=2),
    st.lists(processes, max_size=3, unique=True),
)
def test_a_subject_is_read_as_it_was_written(meant: list[Socket], accepted: list[Socket], hit: list[Any]) -> None:
    subject = Subject(tuple(meant), tuple(hit), accepted=tuple(accepted))
    read = decode_subject(as_said(encode_subject(subject)), EVERY)
    assert read == subject._replace(every=EVERY)


def test_answers_are_told_apart() -> None:
    assert decode_hits(as_said(encode_hits([HitThere("", Way.SHUTDOWN)])), 1) == (HitThere("", Way.SHUTDOWN),)
    assert decode_places([0, 2]) == (0, 2)
    for told in (refusal("no"), refusal("no\x1b[2J")):
        with pytest.raises(RefusedError, match="no") as refused:
            decode_held(told)
        assert str(refused.value).isprintable()


def test_too_much_to_be_named_is_refused_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_aim, "MOST_ORDER", 1_000)
    with far_end() as far:
        with pytest.raises(TooManyError, match="4 sockets are too many to be named at once; filter for fewer"):
            aim_over(far.orders, subject_of_all([LISTENER, VISIT, OTHER, unix()], (), "4 marked sockets"))
        assert far.far.asked == []


# --- on one machine of several ---


class Feeds:
    """Three machines."""

    def __init__(self) -> None:
        self.hosts = {number: FakeHost(f"web0{number}") for number in (1, 2, 3)}
        for host in self.hosts.values():
            host.actor = FakeActor()

    def feed_of(self, host: int) -> FakeHost | None:
        return self.hosts.get(host)

    def actor(self, host: int) -> FakeActor:
        actor = self.hosts[host].actor
        assert actor
        return actor


def at(host: int, socket: Socket) -> Socket:
    """A socket of a host as the table has it."""
    owners = tuple(
        each._replace(pid=on_host(each.pid, host), process=each.process._replace(pid=on_host(each.pid, host)))
        for each in socket.owners
    )
    return socket._replace(netns=on_host(socket.netns, host), owners=owners)


def test_it_is_the_machine_of_the_row_that_is_acted_on_by_its_own_numbers() -> None:
    feeds = Feeds()
    row, visit = at(2, LISTENER), at(2, VISIT)
    aim = FleetActor(feeds).take_aim(subject_of(row, (row, visit), [visit]))
    (subject,) = feeds.actor(2).subjects
    assert (subject.sockets, subject.accepted, [each.pid for each in subject.processes]) == (
        (LISTENER,),
        (VISIT,),
        [7],
    )
    assert aim.host == "web02"
    assert [each.socket for each in aim.listeners] == [row]
    assert [each.socket for each in aim.accepted] == [visit]
    assert [each.process.pid for each in aim.processes] == [on_host(7, 2)]
    (hit,) = aim.perform(TERM, aim.processes)
    assert (hit.failure, hit.target) == ("", aim.processes[0])
    (hit,) = aim.perform(Act(ActKind.STOP_LISTENING), aim.listeners)
    assert (hit.failure, hit.target) == ("", aim.listeners[0])
    assert (feeds.actor(2).sent, feeds.actor(2).closed) == ([Sent(7, 15)], [LISTENER])
    assert feeds.actor(1).subjects == feeds.actor(3).subjects == []


def test_what_is_on_several_machines_is_not_acted_on_at_once() -> None:
    feeds = Feeds()
    rows = [at(host, LISTENER) for host in (1, 2, 3)]
    with pytest.raises(NotHeldError, match=r"3 machines \(web01, web02, web03\): one at a time, as by host:web01"):
        FleetActor(feeds).take_aim(subject_of_all(rows, (), "3 marked sockets"))
    mixed = subject_of(at(1, LISTENER), ())._replace(processes=(process(on_host(7, 2), "nginx"),))
    for wrong in (mixed, subject_of(LISTENER, ()), subject_of(at(9, LISTENER), ())):
        with pytest.raises(NotHeldError):
            FleetActor(feeds).take_aim(wrong)
    assert all(feeds.actor(host).subjects == [] for host in (1, 2, 3))


def test_why_it_is_not_held_names_the_machine() -> None:
    feeds = Feeds()
    feeds.hosts[2].actor = None
    with pytest.raises(NotHeldError, match="on web02: there is no connection now"):
        FleetActor(feeds).take_aim(subject_of(at(2, LISTENER), ()))
