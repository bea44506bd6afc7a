"""Names of processes: none can pass for another one, for several, or for what the program says of a socket."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from netwatch_tui.fields.format import ELLIPSIS, cell_width, clip_more, printable
from netwatch_tui.fields.holders import clip_names, process_name, process_text, users_text
from netwatch_tui.sockets.ownership import Owner, OwnerReason, Process
from netwatch_tui.sockets.socket import Socket
from tests.support.build import process, tcp

bytes_as_text = st.binary(min_size=0, max_size=15).map(lambda data: data.decode("utf-8", "surrogateescape"))
names = st.one_of(st.text('(kernel)†,"\\ +12-ab', max_size=15), bytes_as_text)


def named(*called: str) -> tuple[Owner, ...]:
    return tuple(Owner(pid, 3, Process(pid, name, (), "root", 0.0)) for pid, name in enumerate(called, 1))


def held(*called: str) -> Socket:
    return tcp(owners=named(*called))


OURS = [
    *(tcp(owner_reason=reason) for reason in (OwnerReason.KERNEL, OwnerReason.PERMISSION, OwnerReason.NOT_FOUND)),
    *(tcp(owner_reason=OwnerReason.LAST_HELD, evidence=named(*called)) for called in (("nginx",), ("a", "b"))),
    *(tcp(owner_reason=OwnerReason.ACCEPT_QUEUE, evidence=named(*called)) for called in ((), ("nginx",), ("a", "b"))),
]


@pytest.mark.parametrize("socket", OURS, ids=process_text)
def test_a_process_that_calls_itself_what_we_say_is_told_from_it(socket: Socket) -> None:
    assert process_text(held(process_text(socket))) != process_text(socket)
    assert users_text(held(users_text(socket))) != users_text(socket)


@given(st.lists(names, min_size=1, max_size=3, unique=True), st.lists(names, min_size=1, max_size=3, unique=True))
@example(["a,b"], ["a", "b"])
@example(["a\x1b"], ["a\\x1b"])
@example(['a"'], ["a"])
def test_two_sets_of_names_never_look_alike(one: list[str], other: list[str]) -> None:
    assume(one != other)
    assert process_text(held(*one)) != process_text(held(*other))
    assert users_text(held(*one)) != users_text(held(*other))


@pytest.mark.parametrize("name", ["nginx", "Web Content", "kworker/0:1", "c++", "a-b", "数据库", "[x]", "a(b)"])
def test_a_name_that_can_not_be_mistaken_stays(name: str) -> None:
    assert process_name(name) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("(kernel)", '"(kernel)"'),
        ("(sd-pam)", '"(sd-pam)"'),
        ("nginx†", '"nginx†"'),
        ("a,b", '"a,b"'),
        ("-", '"-"'),
        ("", '""'),
        (" nginx", '" nginx"'),
        ("nginx+2", '"nginx+2"'),
        ('a"b', r'"a\"b"'),
        ("a\\x1b", r'"a\\x1b"'),
        ("a\x1b", r"a\x1b"),
    ],
)
def test_a_name_that_could_be_mistaken_is_quoted(name: str, shown: str) -> None:
    assert process_name(name) == shown


@given(st.lists(names, min_size=1, max_size=4))
@example(['x",pid=1,fd=1),("y'])
def test_users_can_be_read_back_whatever_the_names(called: list[str]) -> None:
    text = users_text(held(*called))
    assert printable(text) == text
    body = re.fullmatch(r"users:\((.*)\)", text)
    assert body
    one = r'\("(?:[^"\\]|\\.)*",pid=\d+,fd=\d+\)'
    assert re.fullmatch(rf"{one}(?:,{one})*", body[1])
    assert len(re.findall(one, body[1])) == len(called)


# --- cells that are too narrow ---


@pytest.mark.parametrize(
    ("text", "width", "clipped"),
    [
        ("17179 +2", 8, "17179 +2"),
        ("17179 +2", 7, "17179+2"),
        ("4194304 +2", 7, "…+2"),
        ("3 +1000", 5, "3+…"),
        ("17179", 4, "…"),
        ("3 +1", 2, "…"),
        ("3 +1", 0, ""),
    ],
)
def test_a_number_and_how_many_more_are_never_cut_into_others(text: str, width: int, clipped: str) -> None:
    assert clip_more(text, width) == clipped


@given(st.integers(0, 4_194_304), st.integers(0, 100_000), st.integers(0, 14))
def test_every_number_in_a_narrow_cell_is_whole(first: int, more: int, width: int) -> None:
    made = clip_more(f"{first} +{more}" if more else str(first), width)
    assert len(made) <= width
    numbers = re.fullmatch(rf"(?:({first}|{ELLIPSIS}) ?(?:\+({more}|{ELLIPSIS}))?)?", made)
    assert numbers, made
    assert not more or "+" in made or made in ("", ELLIPSIS)


@pytest.mark.parametrize(
    ("text", "width", "clipped"),
    [
        ("nginx,php,redis", 15, "nginx,php,redis"),
        ("nginx,php,redis", 14, "nginx,php+1"),
        ("nginx,php,redis", 10, "nginx+2"),
        ("nginx,php,redis", 6, "ngi…+2"),
        ('"a,b",c', 6, '"a,…+1'),
        ("systemd-resolve†", 8, "system…†"),
        ("nginx,php†", 8, "nginx+1†"),
        ("(not found)", 8, "(not fo…"),
        ("nginx", 4, "ngi…"),
        ("a,b", 1, "…"),
    ],
)
def test_names_that_find_no_room_are_counted(text: str, width: int, clipped: str) -> None:
    assert clip_names(text, width) == clipped


@given(st.lists(names, min_size=1, max_size=4), st.booleans(), st.integers(0, 30))
def test_names_keep_the_width_and_the_sign_that_nobody_holds_it(called: list[str], gone: bool, width: int) -> None:
    socket = tcp(owner_reason=OwnerReason.LAST_HELD, evidence=named(*called)) if gone else held(*called)
    made = clip_names(process_text(socket), width)
    assert cell_width(made) <= width
    assert not gone or width < 2 or made.endswith("†")
    assert gone or not made.endswith("†")


def test_names_that_are_the_same_are_one() -> None:
    assert process_text(tcp(owners=(Owner(1, 3, process(1, "a")), Owner(2, 3, process(2, "a"))))) == "a"
