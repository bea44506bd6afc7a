from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from netwatch_tui.model.query import EVERYTHING, QueryError, parse, quote
from netwatch_tui.model.socket import Owner, OwnerReason, Socket, State
from tests.support.build import owner, process, tcp, udp

WEB = tcp("10.0.0.1:443", "192.168.0.7:50000", inode=5, user="www-data", owners=(owner(812, 6, "nginx"),))
DNS = udp("127.0.0.53:53", inode=6, user="systemd-resolve", owners=(owner(443, 13, "systemd-resolved"),))
WAIT = tcp("[::1]:8080", "[::1]:50001", state=State.TIME_WAIT, inode=0)
LOCKED = tcp("0.0.0.0:22", inode=7, user="root", owner_reason=OwnerReason.PERMISSION)
SHARED = tcp("0.0.0.0:80", inode=8, owners=(owner(10, 3, "init"), owner(11, 3, "Worker Bee")))
NAMES = {"web": WEB, "dns": DNS, "wait": WAIT, "locked": LOCKED, "shared": SHARED}


def kept(text: str) -> str:
    query = parse(text)
    return " ".join(name for name, socket in NAMES.items() if query.matches(socket))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "web dns wait locked shared"),
        ("   ", "web dns wait locked shared"),
        ("port:443", "web"),
        ("port:50000", "web"),
        ("port:44", ""),
        ("PORT:53", "dns"),
        ('port:"53"', "dns"),
        ("process:nginx", "web"),
        ("process:NGI", "web"),
        ("process:e", "dns shared"),
        ("process:bee", "shared"),
        ('process:"worker bee"', "shared"),
        ('process:worker" "bee', "shared"),
        ("process:permission", ""),
        ("443", "web dns"),
        ("812", "web"),
        ("44", ""),
        ("11", "shared"),
        ('"44"', "web"),
        ("tcp", "web wait locked shared"),
        ("time-wait", "wait"),
        ("::1", "wait"),
        ("[::1]:8080", "wait"),
        ("10.0.0.1:443", "web"),
        (":*", "dns locked shared"),
        ("www-DATA", "web"),
        ("permission", "locked"),
        ("worker", "shared"),
        ("tcp port:443", "web"),
        ("udp port:443", ""),
        ("tcp 0.0.0.0 init", "shared"),
        ("process:nginx process:init", ""),
        ("\ttcp\n process:nginx ", "web"),
    ],
)
def test_all_terms_must_match(text: str, names: str) -> None:
    assert kept(text) == names


def test_the_empty_filter_is_everything() -> None:
    assert parse("").terms == EVERYTHING.terms


def test_a_query_keeps_the_text_that_was_typed() -> None:
    assert parse(" port:80  Nginx").text == " port:80  Nginx"


@pytest.mark.parametrize(
    ("text", "carets"),
    [
        ("port:", "     ^"),
        ("port:http", "     ^^^^"),
        ("port:65536", "     ^^^^^"),
        ("port:-1", "     ^^"),
        ("port:٣", "     ^"),
        ("port:99999999999999999999", "     ^^^^^^^^^^^^^^^^^^^^"),
        ("tcp port:x udp", "         ^"),
        ("process:", "        ^"),
        ("tcp process: nginx", "            ^"),
        ('process:""', "        ^^"),
        ('process:"nginx', "        ^^^^^^"),
        ('tcp "', "    ^"),
        ('a"b"c"d', "     ^^"),
    ],
)
def test_an_error_points_at_the_wrong_part(text: str, carets: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.pointed() == f"{text}\n{carets}"
    assert caught.value.message


def test_the_highest_and_the_lowest_port_are_ports() -> None:
    assert parse("port:65535").matches(tcp("127.0.0.1:65535"))
    assert parse("port:0").matches(tcp("127.0.0.1:80"))


def test_a_long_number_is_a_word_and_no_error() -> None:
    assert kept("9" * 5_000) == ""


def test_a_name_from_outside_is_found_as_it_is_shown() -> None:
    escaped = WEB._replace(owners=(Owner(1, 3, process(1, "a\x1bb")),))
    assert parse(r"process:a\x1bb").matches(escaped)
    assert parse(r"\x1bb").matches(escaped)


@given(st.text())
def test_any_text_is_a_filter_or_a_filter_error_inside_the_text(text: str) -> None:
    wrong: QueryError | None = None
    try:
        query = parse(text)
    except QueryError as error:
        wrong = error
    if wrong:
        assert 0 <= wrong.start <= wrong.end <= len(text)
    else:
        assert {query.matches(socket) for socket in NAMES.values()} <= {True, False}


@given(st.lists(st.sampled_from(["tcp", "port:443", "process:n", "443", "worker", "[::1]", '"a b"']), max_size=4))
def test_a_filter_is_the_conjunction_of_its_terms(words: list[str]) -> None:
    whole = parse(" ".join(words))
    for socket in NAMES.values():
        assert whole.matches(socket) is all(parse(word).matches(socket) for word in words)


@pytest.mark.parametrize(
    ("text", "key", "left"),
    [
        ("port:80", "port", ""),
        ("tcp  PORT:80 process:nginx port:443", "port", "tcp process:nginx"),
        ('process:"a b" 80', "port", 'process:"a b" 80'),
        ('80 process:"a b" port', "process", "80 port"),
        ("10.0.0.1:80", "port", "10.0.0.1:80"),
    ],
)
def test_the_terms_of_one_key_can_be_taken_out(text: str, key: str, left: str) -> None:
    assert parse(text).without(key) == left


def named(name: str) -> Socket:
    return WEB._replace(owners=(Owner(1, 3, process(1, name)),))


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters='"'), min_size=1, max_size=15))
def test_a_quoted_process_name_finds_its_process(name: str) -> None:
    assume(name.isprintable())
    assert parse(f"process:{quote(name)}").matches(named(name))


@pytest.mark.parametrize(("text", "word"), [("nginx", "nginx"), ("Web Content", '"Web Content"'), ("", '""')])
def test_quotes_are_put_only_where_they_are_needed(text: str, word: str) -> None:
    assert quote(text) == word
