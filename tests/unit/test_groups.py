"""Groups: who is in them, what their line counts, and in which order they stand."""

from __future__ import annotations

import pytest

from netwatch_tui.sockets.marks import Marks
from netwatch_tui.sockets.ownership import Process
from netwatch_tui.sockets.selection import EVERY_KIND
from netwatch_tui.sockets.socket import Socket, State
from netwatch_tui.ui.widgets.lines import group_line
from netwatch_tui.view.groups import GROUPINGS, Folding, Group
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View, arrange
from tests.support.build import owner, snapshot, tcp, unix

NGINX = owner(7)._replace(process=Process(7, "nginx", (), "www", 0.0))
SSHD = owner(8)._replace(process=Process(8, "sshd", (), "root", 0.0))

SOCKETS = (
    tcp("10.0.0.1:443", id=1, inode=1, owners=(NGINX,), user="www"),
    tcp("10.0.0.1:443", "10.0.0.9:5000", id=2, inode=2, owners=(NGINX,), recv_q=5, send_q=7, user="www"),
    tcp("10.0.0.1:443", "10.0.0.8:5000", id=3, inode=3, owners=(NGINX,), recv_q=1, user="www"),
    tcp("10.0.0.1:22", "10.0.0.9:6000", id=4, inode=4, owners=(SSHD,), send_q=100, user="root"),
    tcp("10.0.0.1:22", "10.0.0.9:6001", id=5, inode=0, state=State.TIME_WAIT, user=None),
)


def view(**choices: object) -> View:
    spec = ViewSpec(**choices)  # type: ignore[arg-type]  # names of its fields
    return arrange(snapshot(*SOCKETS, taken_at=100.0), Marks(), spec, 100.0)


def groups(view: View) -> list[Group]:
    return [row for row in view.rows if isinstance(row, Group)]


@pytest.mark.parametrize(
    ("grouping", "expected"),
    [
        ("process", {"nginx": 3, "sshd": 1, "(not found)": 1}),
        ("peer", {"10.0.0.9": 3, "10.0.0.8": 1, "no peer": 1}),
        ("state", {"LISTEN": 1, "ESTAB": 3, "TIME-WAIT": 1}),
        ("user", {"www": 3, "root": 1, "-": 1}),
    ],
)
def test_rows_stand_under_what_they_have_in_common(grouping: str, expected: dict[str, int]) -> None:
    made = view(grouping=grouping)
    assert {group.id: group.size for group in groups(made)} == expected
    label = ""
    for row in made.rows:
        if isinstance(row, Group):
            label = row.id
        else:
            assert GROUPINGS[grouping].label(row) == label


def test_a_groups_line_has_sums_and_counts_of_states() -> None:
    nginx = next(group for group in groups(view(grouping="process")) if group.id == "nginx")
    assert (nginx.recv_q.text, nginx.send_q.text) == ("6", "7"), "a listener's queue counts connections, not bytes"
    assert nginx.states == {State.LISTEN: 1, State.ESTAB: 2}


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
    spec = ViewSpec(grouping="state", selection=EVERY_KIND)
    (group,) = groups(arrange(snapshot(*sockets), Marks(), spec, 100.0))
    assert (group.recv_q.text, group.send_q.text) == (told, told)
    assert f"Recv-Q {told}  Send-Q {told}" in group_line(group)


def test_listeners_alone_have_no_sum_of_bytes() -> None:
    (group,) = groups(arrange(snapshot(SOCKETS[0]), Marks(), ViewSpec(grouping="state"), 100.0))
    assert (group.recv_q.text, group.send_q.text) == ("-", "-")


@pytest.mark.parametrize(
    ("descending", "order"), [(False, ["sshd", "nginx", "silent"]), (True, ["nginx", "sshd", "silent"])]
)
def test_groups_with_an_unknown_sum_come_last_in_both_directions(descending: bool, order: list[str]) -> None:
    silent = unix(id=9, inode=9, owners=(owner(9, name="silent"),))
    spec = ViewSpec(grouping="process", sort="recv_q", descending=descending, selection=EVERY_KIND)
    made = arrange(snapshot(*SOCKETS[:4], silent), Marks(), spec, 100.0)
    assert [group.id for group in groups(made)] == order


def test_the_largest_group_is_first_unless_a_sum_or_its_own_column_sorts() -> None:
    assert [group.id for group in groups(view(grouping="process"))] == ["nginx", "(not found)", "sshd"]
    by_queue = view(grouping="process", sort="send_q", descending=True)
    assert [group.id for group in groups(by_queue)] == ["sshd", "nginx", "(not found)"]
    own = view(grouping="state", sort="state", descending=True)
    assert [group.id for group in groups(own)] == ["TIME-WAIT", "ESTAB", "LISTEN"]


def test_rows_keep_their_order_inside_a_group() -> None:
    rows = [row.id for row in view(grouping="process", sort="peer", descending=True).rows if isinstance(row, Socket)]
    assert rows == [2, 3, 1, 5, 4]


def test_a_group_that_is_shut_hides_its_rows_and_stands_for_them() -> None:
    made = view(grouping="process", folding=Folding().toggled("nginx"))
    first, second = made.rows[:2]
    assert isinstance(first, Group)
    assert not first.is_open
    assert isinstance(second, Group)
    assert [made.position[id] for id in (1, 2, 3)] == [0, 0, 0]
    assert made.shown == 5, "a row in a collapsed group is still counted"


def test_all_groups_can_be_shut_but_some() -> None:
    folding = Folding(collapsed=True).toggled("sshd")
    made = view(grouping="process", folding=folding)
    assert [(group.id, group.is_open) for group in groups(made)] == [
        ("nginx", False), ("(not found)", False), ("sshd", True),
    ]  # fmt: skip
    assert folding.toggled("sshd") == Folding(collapsed=True)


def test_a_name_from_outside_is_harmless_as_a_group() -> None:
    evil = owner(9)._replace(process=Process(9, "a\x1b[2J", (), "x", 0.0))
    socket = unix(id=1)._replace(owners=(evil,))
    assert GROUPINGS["process"].label(socket) == "a\\x1b[2J"
