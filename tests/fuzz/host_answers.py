"""Other machines that may answer anything: to questions about processes, acts, traces and ports that are tried."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from random import Random
from threading import BoundedSemaphore
from typing import Any

from netwatch_tui.actions.aim import NotHeldError
from netwatch_tui.actions.offers import every_signal_offer, offers
from netwatch_tui.actions.open_trace import TraceRefusedError
from netwatch_tui.actions.probes import ProbeRefusedError, Probes
from netwatch_tui.actions.subject import subject_of_all
from netwatch_tui.actions.wording import (
    act_question,
    guard_lines,
    hits_sentence,
    nothing_can_be_done,
    process_title,
    subject_lines,
    way_note,
)
from netwatch_tui.fields.format import printable
from netwatch_tui.fields.moment import Moment
from netwatch_tui.fields.probe_fields import table_fields
from netwatch_tui.hosts.act_answers import ActAnswers
from netwatch_tui.hosts.fleet import Fleet
from netwatch_tui.hosts.fleet_actor import FleetActor
from netwatch_tui.hosts.host_connection import HostConnection
from netwatch_tui.hosts.orders import Orders
from netwatch_tui.hosts.probe_answers import ProbeAnswers
from netwatch_tui.hosts.targets import parse_targets
from netwatch_tui.hosts.trace_answers import TraceAnswers
from netwatch_tui.hosts.wire_format import (
    ACTS,
    PROBES,
    TRACES,
    About,
    Ask,
    decode_answer,
    decode_order,
    encode_answer,
    encode_order,
)
from netwatch_tui.kernel.descriptors import go_on
from netwatch_tui.output.call_lines import call_objects, text_lines
from netwatch_tui.sockets.hosts import on_host
from netwatch_tui.sockets.networks import Network
from netwatch_tui.sockets.ownership import ProcessDetails, ProcessResources
from netwatch_tui.sockets.probe_results import Outcome, PlannedListener, PortState, ProbeEnd, remarks, rows_of
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.sockets.traced_call import CallEnd, TraceBatch, TracedCall
from netwatch_tui.ui.wall_clock import date_and_time, time_of_day
from netwatch_tui.view.call_text import call_line, unknown_text
from netwatch_tui.view.details import describe
from netwatch_tui.view.probe_table import fitted
from netwatch_tui.view.socket_details import SocketDetails
from screenshots.actor import FakeActor
from tests.fuzz.consumers import check_plain
from tests.fuzz.mutations import spoil_value, to_text
from tests.fuzz.runner import Counts, Wrong, check_said, run_inputs
from tests.support.build import NETNS, address, owner, tcp, udp

_HOST = 1
_NOW = 1_767_258_000.0
_WEB = tcp("0.0.0.0:443", inode=11, owners=(owner(7, 3, "nginx"), owner(8, 3, "nginx")), owner_reason=None)
_VISIT = tcp("10.0.0.5:443", "10.0.0.9:50001", inode=12, owners=(owner(7, 4, "nginx"),), owner_reason=None)
_DNS = udp("127.0.0.53:53", inode=14)
_THERE = (_WEB, _VISIT, _DNS)
_ENDS = tuple(ProbeEnd(NETNS, NETNS, address(text).packed, 443) for text in ("127.0.0.1", "10.0.0.5"))
_MOST_ATTEMPTS = 1_024


class _FakeTrace:
    """Tells of a call of every kind."""

    def __init__(self) -> None:
        self.remarks = ["calls of 32-bit programs are not told"]
        self.has_ended = False

    def read(self, *, is_last: bool = False, check: Callable[[], None] = go_on) -> TraceBatch:
        end = CallEnd(address("209.51.188.116"), 80)
        call = TracedCall(_NOW, 7, 8, "nginx", "connect", {"fd": 5}, -115, 61e-6, end, True, 12, end, end)
        calls = (
            call,
            call._replace(name="socket", arguments={"family": 2, "type": 1, "protocol": 6}, end=None, has_end=False),
            call._replace(name="sendto", arguments={"fd": 5, "len": 7, "flags": 64}),
            call._replace(name="recvmmsg", arguments={"fd": 5, "vlen": 7, "flags": 0}),
            call._replace(name="shutdown", arguments={"fd": 5, "how": 1}, process=None),
            call._replace(name="accept4", arguments={"fd": 5, "flags": 0o4000}, result=None, duration=None),
        )
        return TraceBatch(calls, 3, 4)

    def close(self) -> None:
        """There is nothing."""


class _FakeProbe:
    """Has one listener to try, at two addresses, and one of which nothing is tried."""

    def __init__(self, listeners: Sequence[Socket]) -> None:
        self.planned: Sequence[PlannedListener] = [PlannedListener(each, _ENDS, "", 3) for each in listeners]
        self.ends = _ENDS
        self.networks = {NETNS: {address("10.0.0.5").packed: (Network("10.0.0.0/8", "eth0"),)}}

    def run(self, check: Callable[[], None]) -> Iterator[tuple[ProbeEnd, Outcome]]:
        check()
        yield _ENDS[0], Outcome(PortState.OPEN, "syn-ack", 0.0001)
        yield _ENDS[1], Outcome(PortState.REFUSED, "reset", 0.0002)

    def close(self) -> None:
        """There is nothing."""


class _FarEnd:
    """Answers as a real one, by what only plays a machine."""

    def __init__(self) -> None:
        self._acts = ActAnswers(FakeActor(), lambda: _THERE).answer
        self._traces = TraceAnswers(lambda _, __: _FakeTrace()).answer
        self._probes = ProbeAnswers(lambda listeners, _: _FakeProbe(listeners), lambda: _THERE).answer

    def answer(self, ask: Ask) -> Any:
        if ask.about in ACTS:
            return self._acts(ask)
        if ask.about in TRACES:
            return self._traces(ask)
        if ask.about in PROBES:
            return self._probes(ask)
        if ask.about is About.DETAILS:
            return ProcessDetails("/usr/sbin/nginx", "/", ((1, "systemd"),))
        return ProcessResources(4, 1, 20, 1_024, 4_096)


class _SpoiledOrders(Orders):
    """Whoever asks has the answer at once: spoiled at times, and at times none."""

    def __init__(self, random: Random) -> None:
        super().__init__()
        self._random = random
        self._rate = random.choice((0.01, 0.1, 0.5))
        self._far = _FarEnd()
        self.open()

    def ring(self) -> None:
        for ask in map(_as_heard, self.take_asks()):
            value = json.loads(encode_answer(ask.number, self._far.answer(ask)))
            if self._random.random() < self._rate:
                for _ in range(self._random.choice((1, 1, 2, 4))):
                    spoil_value(self._random, value)
            with suppress(ValueError):  # by which the connection would end
                self.answer(decode_answer(to_text(value)))
            self.shut()  # who was not told anything waits no longer
            self.open()


def _as_heard(ask: Ask) -> Ask:
    """What the other end gets of it."""
    heard = decode_order(encode_order(ask))
    assert isinstance(heard, Ask)
    return heard


def make(random: Random) -> int:
    """Where the chance begins that spoils answers."""
    return random.randrange(1 << 30)


def attempt(number: int) -> bool:
    """Ask all there is to ask, show what is told, and say whether anything of it was refused."""
    (target,) = parse_targets(["web1"])
    connection = HostConnection(target, (), BoundedSemaphore())
    connection._orders.close()
    connection._orders = _SpoiledOrders(Random(number))
    fleet = Fleet([connection])
    actor = FleetActor(fleet)
    moment = Moment(_NOW, {})
    try:
        return sum((_look(fleet, moment), _act(actor), _trace(actor), _probe(actor, moment))) > 0
    finally:
        connection.stop()


def _of_table(socket: Socket) -> Socket:
    owners = tuple(
        each._replace(pid=on_host(each.pid, _HOST), process=each.process._replace(pid=on_host(each.pid, _HOST)))
        for each in socket.owners
    )
    return socket._replace(id=socket.inode, netns=on_host(socket.netns, _HOST), owners=owners)


_ROWS = tuple(map(_of_table, _THERE))


def _look(fleet: Fleet, moment: Moment) -> bool:
    """Read the details of a socket."""
    pids = [each.pid for each in _ROWS[0].owners]
    processes = {pid: told for pid in pids if (told := fleet.process_details(pid))}
    resources = {pid: had for pid in pids if (had := fleet.process_resources(pid))}
    details = SocketDetails(_ROWS[0], processes=processes, resources=resources)
    for section in describe(details, moment._replace(process_details=processes), date_and_time):
        for text in (section.title, *(fact.value for fact in section.facts)):
            check_plain(text)
    return len(processes) + len(resources) < 2 * len(pids)


def _act(actor: FleetActor) -> bool:
    """Take aim, do whatever is offered, and wait for the end."""
    try:
        aim = actor.take_aim(subject_of_all(_ROWS, (), "3 marked sockets"))
    except NotHeldError as error:
        check_said(printable(str(error)))
        return True
    for line in (
        *subject_lines(aim, "3 marked sockets", _NOW),
        *nothing_can_be_done((*aim.listeners, *aim.connections)),
    ):
        check_said(printable(line))
    for process in aim.processes:
        check_said(printable(f"{process_title(process.process)}: {process.denied}"))
    for offer in (*offers(aim), *every_signal_offer(aim)):
        lines = (act_question(offer.act, offer.targets), offer.effect, way_note(offer.targets))
        for line in (*lines, *guard_lines(offer.targets)):
            check_said(printable(line))
        hits = aim.perform(offer.act, offer.targets)
        if [hit.target for hit in hits] != list(offer.targets):
            raise Wrong("it tells of other targets than were hit")
        check_said(printable(hits_sentence(hits, offer.host)))
    try:
        for process in aim.processes:
            process.handle.has_ended()
    except NotHeldError as error:
        check_said(printable(str(error)))
        return True
    finally:
        aim.release()
    return False


def _trace(actor: FleetActor) -> bool:
    """Trace for a moment."""
    try:
        trace = actor.open_trace([each.pid for each in _ROWS[0].owners])
        for remark in trace.remarks:
            check_said(printable(remark))
        for _ in range(3):
            batch = trace.read()
            unknown_text(batch.unknown)
            for call in batch.calls:
                check_plain(call_line(call, time_of_day, 80))
            for line in text_lines(batch, _NOW, time_of_day):
                check_plain(line)
            for line in call_objects(batch, _NOW, "web1"):
                json.loads(line)
    except TraceRefusedError as error:
        check_said(printable(str(error)))
        return True
    trace.close()
    return False


def _probe(actor: FleetActor, moment: Moment) -> bool:
    """Try listeners."""
    outcomes: dict[ProbeEnd, Outcome] = {}
    try:
        probe: Probes = actor.plan_probe([_ROWS[0], _ROWS[2]], ())
        for end, outcome in probe.run(go_on):
            outcomes[end] = outcome
            if len(outcomes) > _MOST_ATTEMPTS:
                raise Wrong("it never ends")
    except ProbeRefusedError as error:
        check_said(printable(str(error)))
        return True
    rows = rows_of(probe.planned, outcomes, {})
    remarks(rows)
    moment = moment._replace(networks=probe.networks)
    fitted(rows, moment, 78)
    for row in rows:
        for field in table_fields(rows):
            check_plain(field.text(row, moment))
    probe.close()
    return False


def run(seed: int, seconds: float) -> Counts:
    """Ask machines whose answers are spoiled."""
    return run_inputs(seed, seconds, make, attempt)
