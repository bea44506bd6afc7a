from __future__ import annotations

import pytest

from netwatch_tui.fields.columns import COLUMN_BY_ID, COLUMNS, Moment
from netwatch_tui.sockets.marks import Mark, Marked
from netwatch_tui.sockets.ownership import Owner, OwnerReason, Process
from netwatch_tui.sockets.socket import Socket, State, Timer
from tests.support.build import NETNS, netlink, owner, packet, process, tcp, udp, unix

NOW = 1000.0


def cell(column: str, socket: Socket, moment: Moment | None = None) -> str:
    return COLUMN_BY_ID[column].text(socket, moment or Moment(NOW, {}))


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
    ("age", tcp(seen_at=NOW - 61, was_there=True), ">1m"),
    ("age", tcp(seen_at=NOW - 59, was_there=True), ">0m"),
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


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.id)
def test_every_column_has_a_cell_and_a_key_for_every_kind(column: object) -> None:
    (found,) = (each for each in COLUMNS if each is column)
    for socket in (tcp(), udp(), unix(), packet(), netlink(), held_by(owner(1)), tcp(state=State.TIME_WAIT)):
        assert found.text(socket, Moment(NOW, {}))
        found.key(socket, Moment(NOW, {}))
