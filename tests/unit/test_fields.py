from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netwatch_tui.fields.catalogue import FIELD_BY_ID, FIELDS
from netwatch_tui.fields.event_fields import EVENT_FIELDS
from netwatch_tui.fields.exact_text import SUFFIX
from netwatch_tui.fields.field import Field
from netwatch_tui.fields.flow_fields import FLOW_FIELDS
from netwatch_tui.fields.format import cell_width, printable
from netwatch_tui.fields.iso_time import iso
from netwatch_tui.fields.moment import Moment
from netwatch_tui.fields.owner_fields import owner_objects
from netwatch_tui.query.language.keys import KEY_OF, KEYS
from netwatch_tui.sockets.marks import Mark, Marked
from netwatch_tui.sockets.ownership import Owner, OwnerReason, Process
from netwatch_tui.sockets.socket import DiagFacts, Socket, State, Timer
from netwatch_tui.view.order import in_order
from tests.support.build import NETNS, netlink, owner, packet, process, tcp, udp, unix
from tests.support.schema import validator

NOW = 1000.0


def cell(column: str, socket: Socket, moment: Moment | None = None) -> str:
    return FIELD_BY_ID[column].text(socket, moment or Moment(NOW, {}))


def held_by(*owners: Owner) -> Socket:
    return tcp(owners=owners)


def of(process: Process) -> Socket:
    return held_by(Owner(1, 3, process))


CONTAINER = process(1)._replace(container="docker:0123456789ab", unit="docker.service")

CELLS = [
    ("netid", unix(kind="u_seq"), "u_seq"),
    ("state", tcp(state=State.FIN_WAIT_1), "FIN-WAIT-1"),
    ("recv_q", unix(), "-"),
    ("recv_q", packet(recv_q=7), "7"),
    ("send_q", tcp(), "-"),
    ("send_q", tcp(send_q=128), "128"),
    ("local", unix("/run/x", inode=5), "/run/x 5"),
    ("peer", netlink(), "*"),
    ("pid", tcp(), "-"),
    ("pid", held_by(owner(7)), "7"),
    ("pid", held_by(owner(7, 3), owner(7, 4)), "7"),
    ("pid", held_by(owner(7, 3), owner(8, 3), owner(9, 3)), "7 +2"),
    ("fd", held_by(owner(7, 3), owner(7, 4), owner(8, 3)), "3 +2"),
    ("process", tcp(owner_reason=OwnerReason.NOT_FOUND), "(not found)"),
    ("process", held_by(owner(7, 3, "a"), owner(8, 3, "a"), owner(9, 3, "b")), "a,b"),
    ("process", held_by(owner(7, 3, "a\x1b[2J")), r"a\x1b[2J"),
    ("user", tcp(), "-"),
    ("user", tcp(user="a\nb"), r"a\x0ab"),
    ("age", tcp(seen_at=NOW - 61), "1m"),
    ("age", tcp(seen_at=NOW - 61, was_there=True), "≥1m"),
    ("age", tcp(seen_at=NOW - 59, was_there=True), "-"),
    ("netns", tcp(), str(NETNS)),
    ("unit", tcp(), "-"),
    ("unit", of(process(1)), "-"),
    ("unit", of(process(1)._replace(unit="ssh.service")), "ssh.service"),
    ("unit", of(CONTAINER), "docker:0123456789ab"),
    ("unit", of(process(1)._replace(unit="a\x1b.service")), r"a\x1b.service"),
    ("timer", tcp(), "-"),
    ("timer", tcp(timer=Timer("keepalive", 7114.25)), "keepalive 1h"),
    ("timer", tcp(timer=Timer("on", 0.2), retransmits=3), "on 0s x3"),
    ("drops", tcp(), "-"),
    ("drops", udp(drops=0), "0"),
    ("drops", udp(drops=37), "37"),
]


@pytest.mark.parametrize(("column", "socket", "text"), CELLS, ids=[f"{column} {text}" for column, _, text in CELLS])
def test_a_cell_says_what_is_known(column: str, socket: Socket, text: str) -> None:
    assert cell(column, socket) == text


def test_a_namespace_is_shown_by_its_name() -> None:
    moment = Moment(NOW, {}, {NETNS: "blue\x1b"})
    assert cell("netns", tcp(), moment) == r"blue\x1b"
    assert cell("netns", tcp(netns=5), moment) == "5"


def test_a_lit_row_has_its_sign() -> None:
    socket = tcp(id=1)
    assert cell("mark", socket, Moment(NOW, {1: Marked(Mark.CLOSED, None, socket)})) == "-"
    assert cell("mark", socket) == " "


KINDS = (
    tcp(),
    tcp("10.0.0.1:80", "10.0.0.2:9", owners=(Owner(7, 3, CONTAINER), owner(8)), timer=Timer("on", 0.5), uid=5),
    tcp("[::]:81", diag=DiagFacts(9, v6only=False, fwmark=7, cgroup=3)),
    tcp("10.0.0.1:80", "10.0.0.2:9", owner_reason=OwnerReason.LAST_HELD, evidence=(owner(7),)),
    tcp("10.0.0.1:80", "10.0.0.2:9", inode=0, owner_reason=OwnerReason.ACCEPT_QUEUE, evidence=(owner(7),)),
    tcp(state=State.TIME_WAIT),
    udp(interface="eth0"),
    unix("/run/x"),
    packet(),
    netlink(),
)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.id)
def test_every_field_has_what_its_views_need(field: Field) -> None:
    moment = Moment(NOW, {}, {NETNS: "own"})
    is_of_its_type = validator(field.json)
    for socket in KINDS:
        is_of_its_type.validate(field.value(socket, moment))
        assert field.text(socket, moment) == printable(field.text(socket, moment)) != ""
        assert field.sentence is None or printable(field.sentence(socket, moment)) == field.sentence(socket, moment)
        assert cell_width(field.clip(field.text(socket, moment), 3)) <= 3
    list(in_order(KINDS, field, moment).rows(descending=True))
    assert cell_width(field.label or field.title) <= 12 or not (field.sentence or field.holders)


def test_names_of_fields_and_keys_are_unique() -> None:
    spellings = [spelling for key in KEYS for spelling in (key.name, *key.also)]
    assert len(FIELD_BY_ID) == len(FIELDS)
    assert len(set(spellings)) == len(spellings)
    assert len({field.title for field in FIELDS}) == len(FIELDS)
    assert all(KEY_OF[field.id].name == field.id for field in FIELDS if field.filter)
    assert not [field.id for field in FIELDS if field.id.endswith(SUFFIX)]
    assert KEY_OF["recvq"].name == "recv_q"
    assert KEY_OF["sendq"].name == "send_q"


def test_amounts_are_wanted_with_the_greatest_first() -> None:
    assert {field.id for field in FLOW_FIELDS if not field.descends} == {
        "congestion",
        "last_sent",
        "last_received",
        "limited_by",
    }
    first = {field.id for field in FIELDS if field.descends and field not in (*FLOW_FIELDS, *EVENT_FIELDS)}
    assert first == {"problem", "scope", "recv_q", "send_q", "timer_left", "retransmits", "drops", "refs"}


@given(st.floats(-2_000_000_000, 250_000_000_000))
@example(951_782_400.0)
@example(0.9999999)
def test_a_moment_is_written_as_the_library_writes_it(seconds: float) -> None:
    told = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")
    assert iso(seconds) == told.replace("+00:00", "Z")


@pytest.mark.parametrize("reason", [None, *OwnerReason])
def test_whose_a_socket_was_and_waits_to_be_is_told_apart_from_whose_it_is(reason: OwnerReason | None) -> None:
    holders = (owner(7, name="nginx"),)
    socket = tcp(owners=() if reason else holders, owner_reason=reason, evidence=holders if reason else ())
    moment = Moment(NOW, {})
    told = {id: FIELD_BY_ID[id].value(socket, moment) for id in ("owners", "last_owners", "queue_of", "owner_reason")}
    objects = owner_objects(holders)
    assert told == {
        "owners": [] if reason else objects,
        "last_owners": objects if reason is OwnerReason.LAST_HELD else [],
        "queue_of": objects if reason is OwnerReason.ACCEPT_QUEUE else [],
        "owner_reason": reason,
    }
