"""Groups: who is in them, what their line counts, in which order they stand, and what is inside."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.fields.moment import Moment
from netwatch_tui.sockets.health import (
    ACCEPT_QUEUE_FILLING,
    ACCEPT_QUEUE_FULL,
    CLOSE_WAIT_LEAK,
    DESCRIPTORS_SHORT,
    SEND_Q_STALLED,
    Finding,
    Severity,
)
from netwatch_tui.sockets.marks import Marks
from netwatch_tui.sockets.ownership import OwnerReason, Process
from netwatch_tui.sockets.selection import EVERY_KIND
from netwatch_tui.sockets.socket import Socket, State
from netwatch_tui.view.group_columns import clip_sum, group_columns
from netwatch_tui.view.group_signals import group_signals
from netwatch_tui.view.groupings import GROUPINGS
from netwatch_tui.view.groups import Group
from netwatch_tui.view.layout import lay_out
from netwatch_tui.view.named_views import VIEWS
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View, arrange
from tests.support.build import owner, snapshot, tcp, unix

NGINX = owner(7)._replace(process=Process(7, "nginx", (), "www", 0.0, "nginx.service", "docker:abc"))
WORKER = owner(9)._replace(process=Process(9, "nginx", (), "www", 0.0, "nginx.service", "docker:abc"))
SSHD = owner(8)._replace(process=Process(8, "sshd", (), "root", 0.0))

SOCKETS = (
    tcp("10.0.0.1:443", id=1, inode=1, owners=(NGINX, WORKER), user="www"),
    tcp("10.0.0.1:443", "10.0.0.9:5000", id=2, inode=2, owners=(NGINX,), recv_q=5, send_q=7, user="www"),
    tcp("10.0.0.1:443", "10.0.0.8:5000", id=3, inode=3, owners=(WORKER,), recv_q=1, user="www"),
    tcp("10.0.0.1:22", "10.0.1.9:6000", id=4, inode=4, owners=(SSHD,), send_q=100, user="root"),
    tcp("10.0.0.1:22", "10.0.1.9:6001", id=5, inode=0, state=State.TIME_WAIT, user=None),
)
NOW = Moment(100.0, {})


def view(*sockets: Socket, **choices: object) -> View:
    spec = ViewSpec(**{"selection": EVERY_KIND, **choices})  # type: ignore[arg-type]  # names of its fields
    return arrange(snapshot(*(sockets or SOCKETS), taken_at=100.0), Marks(), spec, 100.0)


def groups(view: View) -> list[Group]:
    assert all(isinstance(row, Group) for row in view.rows), "the table has one kind of rows"
    return [row for row in view.rows if isinstance(row, Group)]


def names(**choices: object) -> list[str]:
    return [group.id for group in groups(view(**choices))]


@pytest.mark.parametrize(
    ("grouping", "expected"),
    [
        ("process", {"nginx": 3, "sshd": 1, "(not found)": 1}),
        ("pid", {"nginx 7,9": 1, "nginx 7": 1, "nginx 9": 1, "sshd 8": 1, "(not found)": 1}),
        ("unit", {"nginx.service": 3, "no unit": 2}),
        ("container", {"docker:abc": 3, "no container": 2}),
        ("user", {"www": 3, "root": 1, "-": 1}),
        ("local_port", {"443": 3, "22": 2}),
        ("peer", {"10.0.1.9": 2, "10.0.0.9": 1, "10.0.0.8": 1, "no peer": 1}),
        ("network", {"10.0.0.0/24": 2, "10.0.1.0/24": 2, "no network": 1}),
        ("state", {"LISTEN": 1, "ESTAB": 3, "TIME-WAIT": 1}),
        ("netns", {"4026531840": 5}),
    ],
)
def test_sockets_stand_under_what_they_have_in_common(grouping: str, expected: dict[str, int]) -> None:
    assert {group.id: group.sockets for group in groups(view(grouping=grouping))} == expected
    for name, size in expected.items():
        inside = view(grouping=grouping, inside=name)
        assert len(inside.rows) == inside.shown == size
        assert {GROUPINGS[grouping].label(row, NOW) for row in inside.rows if isinstance(row, Socket)} == {name}


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("192.0.2.77:1", "192.0.2.0/24"),
        ("[2001:db8:1:2:3:4:5:6]:1", "2001:db8:1:2::/64"),
        ("[fe80::1]:1", "fe80::/64"),
        ("[::ffff:192.0.2.9]:1", "192.0.2.0/24"),
    ],
)
def test_a_network_is_a_slash_24_or_a_slash_64(peer: str, network: str) -> None:
    assert GROUPINGS["network"].label(tcp("[::1]:9", peer), NOW) == network


def test_a_unix_socket_has_no_port_and_no_network() -> None:
    assert GROUPINGS["local_port"].label(unix(id=1), NOW) == "no port"
    assert GROUPINGS["network"].label(unix(id=1), NOW) == "no network"


def test_a_groups_line_has_counts_and_sums() -> None:
    nginx = next(group for group in groups(view(grouping="process")) if group.id == "nginx")
    assert (nginx.recv_q.text, nginx.send_q.text) == ("6", "7"), "a listener's queue counts connections, not bytes"
    assert (nginx.sockets, nginx.listen, nginx.estab, nginx.close_wait, nginx.others) == (3, 1, 2, 0, 0)
    assert nginx.pids.text == "2"


@pytest.mark.parametrize(
    ("queues", "told"),
    [
        ((5, 1_000), "1,005"),
        ((0, 0), "0"),
        ((5, None), "≥5"),
        ((None, None), "-"),
    ],
)
def test_a_sum_of_what_is_not_known_is_never_a_number_that_looks_certain(
    queues: tuple[int | None, ...], told: str
) -> None:
    sockets = [unix(id=id, inode=id, recv_q=size, send_q=size) for id, size in enumerate(queues, 1)]
    (group,) = groups(view(*sockets, grouping="state"))
    assert (group.recv_q.text, group.send_q.text) == (told, told)


@pytest.mark.parametrize(("owned", "hidden", "told"), [(1, 0, "1"), (1, 1, "≥1"), (0, 2, "-"), (0, 0, "0")])
def test_processes_that_may_not_be_seen_are_not_counted_as_none(owned: int, hidden: int, told: str) -> None:
    sockets = [unix(id=id, inode=id, owners=(NGINX,)) for id in range(owned)]
    sockets += [unix(id=9 + id, inode=9 + id, owner_reason=OwnerReason.PERMISSION) for id in range(hidden)]
    sockets.append(unix(id=99, inode=99, owner_reason=OwnerReason.KERNEL))
    (group,) = groups(view(*sockets, grouping="state"))
    assert group.pids.text == told


def test_listeners_alone_have_no_sum_of_bytes() -> None:
    (group,) = groups(view(SOCKETS[0], grouping="state"))
    assert (group.recv_q.text, group.send_q.text) == ("-", "-")


@pytest.mark.parametrize("descending", [False, True])
def test_groups_with_an_unknown_sum_come_last_in_both_directions(descending: bool) -> None:
    silent = unix(id=9, inode=9, owners=(owner(9, name="silent"),))
    made = view(*SOCKETS[:4], silent, grouping="process", group_sort="recv_q", group_descending=descending)
    known = ["nginx", "sshd"] if descending else ["sshd", "nginx"]
    assert [group.id for group in groups(made)] == [*known, "silent"]


def test_the_largest_group_is_first_unless_another_column_sorts() -> None:
    assert names(grouping="process") == ["nginx", "sshd", "(not found)"], "what has nothing in common is last"
    assert names(grouping="process", group_sort="send_q")[0] == "sshd"
    assert names(grouping="process", group_sort="name", group_descending=True) == ["sshd", "nginx", "(not found)"]


def test_names_are_ordered_by_what_they_mean() -> None:
    choices = {"group_sort": "name", "group_descending": False}
    assert names(grouping="local_port", **choices) == ["22", "443"]
    assert names(grouping="peer", **choices) == ["10.0.0.8", "10.0.0.9", "10.0.1.9", "no peer"]
    assert names(grouping="state", **choices) == ["LISTEN", "ESTAB", "TIME-WAIT"]
    assert names(grouping="pid", **choices) == ["nginx 7", "nginx 7,9", "sshd 8", "nginx 9", "(not found)"]


def test_a_socket_stands_where_its_group_does() -> None:
    made = view(grouping="process")
    assert {made.position[id] for id in (1, 2, 3)} == {made.position["nginx"]} == {0}
    assert 77 not in made.position
    assert "no such process" not in made.position
    assert made.shown == 5


def test_the_order_of_sockets_inside_a_group_is_their_own() -> None:
    made = view(grouping="process", inside="nginx", sort="peer", descending=True, group_sort="name")
    assert [row.id for row in made.rows] == [2, 3, 1]


def test_what_names_groups_is_found_out_also_where_no_column_shows_it() -> None:
    plain = ViewSpec(columns=("local",), sort="local")
    assert not plain.needs.of_processes
    assert plain.grouped_by("container").needs.of_processes
    assert plain.grouped_by("unit")._replace(inside="x").needs.of_processes


def test_the_view_of_containers_has_a_line_for_each_in_all_namespaces() -> None:
    containers = next(each for each in VIEWS if each.name == "Containers").spec(ViewSpec(inside="x"))
    assert containers.shows_groups
    assert (containers.grouping, containers.namespaces) == ("container", "*")


def test_a_name_from_outside_is_harmless_as_a_group() -> None:
    evil = owner(9)._replace(process=Process(9, "a\x1b[2J", (), "x", 0.0, "b\x1b", "c\x1b"))
    socket = unix(id=1)._replace(owners=(evil,), user="d\x1b")
    assert GROUPINGS["process"].label(socket, NOW) == "a\\x1b[2J"
    for grouping in GROUPINGS.values():
        assert "\x1b" not in grouping.label(socket, NOW)


@given(st.integers(1, 300), st.sampled_from([*GROUPINGS]), st.integers(0, 60), st.integers(0, 8))
def test_the_columns_of_groups_stay_on_the_line(width: int, grouping: str, name: int, count: int) -> None:
    columns = group_columns(grouping, flows=True)
    needed = {column.id: count for column in columns} | {"name": name}
    placed = lay_out(columns, width, needed, "send_q").placed
    assert {"name", "sockets", "send_q"} <= {place.column.id for place in placed}
    assert placed[-1].x + placed[-1].width <= max(width, 5)


@pytest.mark.parametrize(
    ("text", "width", "told"),
    [
        ("1,234,567", 9, "1,234,567"),
        ("1,234,567", 8, "1234567"),
        ("≥1,234,567", 8, "≥1234567"),
        ("≥1,234,567", 6, "≥1.2M"),
        ("-", 5, "-"),
    ],
)
def test_a_sum_without_room_is_written_shorter_and_never_cut(text: str, width: int, told: str) -> None:
    assert clip_sum(text, width) == told


def test_what_is_wrong_in_a_group_is_told_where_its_line_counts_it() -> None:
    full, leak, stalled = SOCKETS[0], SOCKETS[1]._replace(state=State.CLOSE_WAIT), SOCKETS[3]
    findings = {
        1: (Finding(ACCEPT_QUEUE_FILLING, 0.0, full), Finding(DESCRIPTORS_SHORT, 0.0, full)),
        2: (Finding(CLOSE_WAIT_LEAK, 0.0, leak),),
        4: (Finding(SEND_Q_STALLED, 0.0, stalled),),
        9: (Finding(ACCEPT_QUEUE_FULL, 0.0, full),),
    }
    names = {1: "nginx", 2: "nginx", 3: "nginx", 4: "sshd", 9: "nginx"}
    assert group_signals(names, findings) == {
        "nginx": (("listen", Severity.CRITICAL), ("pids", Severity.WARNING), ("close_wait", Severity.WARNING)),
        "sshd": (("send_q", Severity.WARNING),),
    }
    columns = {column.id for column in group_columns("process", flows=False)}
    assert {column for signals in group_signals(names, findings).values() for column, _ in signals} <= columns
    assert group_signals({}, findings) == {}
