"""Names of hosts: what may be one, where they come from, and how long they are believed."""

from __future__ import annotations

import os
import socket as net
import threading
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.collect.host_name_cache import (
    KEPT_FAILURE,
    KEPT_NAME,
    KEPT_NO_NAME,
    LOOK_UPS_AT_ONCE,
    HostNameCache,
)
from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.fields.format import cell_width, clip_endpoint, clip_named_endpoint, named_endpoint, printable
from netwatch_tui.fields.moment import Moment
from netwatch_tui.kernel.hosts_file import HostsFile, parse_hosts
from netwatch_tui.kernel.limits import HOSTS
from netwatch_tui.kernel.proc_net import TABLES
from netwatch_tui.kernel.reverse_lookup import look_up, look_up_behind
from netwatch_tui.modes.look_up_rows import names_of_rows
from netwatch_tui.play.live_feed import LiveFeed
from netwatch_tui.play.news import News, ViewReady
from netwatch_tui.sockets.host_names import NameAnswer, host_name, is_asked_about, name_of, nameable, nameable_ends
from netwatch_tui.sockets.socket import Address
from netwatch_tui.view.spec import ViewSpec
from tests.support.build import packet, tcp, unix
from tests.support.fake import FakeSource
from tests.support.host_names import FakeHosts, packed

PATIENCE = 20.0
ONE, TWO = packed("10.0.0.1"), packed("2001:db8::2")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("web.example", "web.example"), ("web.example.", "web.example"), ("_sip._tcp.example", "_sip._tcp.example"),
        ("web", "web"), ("", None), (".", None), ("8.8.8.8", None), ("host.7", None), ("7.host", "7.host"),
        ("a" * 253, "a" * 253), ("a" * 254, None), ("\u00e9" * 127, None), ("\udcff" * 253, "\udcff" * 253),
    ],
)  # fmt: skip
def test_what_may_be_a_name(text: str, name: str | None) -> None:
    assert host_name(text) == name


def test_addresses_of_one_host_may_have_names() -> None:
    mapped = tcp("[::ffff:10.0.0.1]:80", "[2001:db8::2]:9")
    assert nameable_ends((mapped, mapped)) == [TWO, ONE]
    assert nameable_ends((tcp("0.0.0.0:80"), tcp("[::]:80"), unix("/run/x"), packet("ip", 2))) == []
    assert name_of(mapped.local, {ONE: "web"}) == "web"
    assert name_of(unix("abcd").local, {b"abcd": "web"}) is None
    assert nameable(Address(4, bytes(4), "0.0.0.0")) is None


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("10.0.0.1", True), ("8.8.8.8", True), ("2001:db8::1", True), ("fd00::1", True), ("127.0.0.1", False),
        ("127.9.9.9", False), ("::1", False), ("169.254.1.1", False), ("169.253.1.1", True), ("fe80::1", False),
        ("febf::1", False), ("fec0::1", True),
    ],
)  # fmt: skip
def test_the_network_is_not_asked_about_what_holds_here_alone(address: str, asked: bool) -> None:
    assert is_asked_about(packed(address)) == asked


# What is shown


@given(st.text(min_size=1, max_size=300), st.integers(1, 90))
def test_no_name_takes_anything_of_the_address_or_reaches_the_terminal_raw(name: str, width: int) -> None:
    end = "10.20.30.40:443"
    whole = named_endpoint(end, name)
    shown = clip_named_endpoint(whole, width)
    assert printable(whole) == whole
    assert cell_width(shown) <= width
    if width >= len(end):
        assert shown.startswith(end)
        assert shown[len(end) :][:2] in ("", " (")
    else:
        assert shown == clip_endpoint(end, width)


def test_a_name_is_cut_in_its_middle_and_left_out_when_too_little_of_it_is_left() -> None:
    text = named_endpoint("[::1]:443", "web-1.shop.example")
    assert text == "[::1]:443 (web-1.shop.example)"
    assert [clip_named_endpoint(text, width) for width in (30, 29, 20, 19, 8)] == [
        text, "[::1]:443 (web-1.sh….example)", "[::1]:443 (web…mple)", "[::1]:443", "…:443",
    ]  # fmt: skip


@given(st.text(max_size=60), st.integers(1, 40))
def test_ends_without_a_name_are_cut_as_ever(path: str, width: int) -> None:
    local = FIELD_BY_ID["local"].text(unix(f"/{path}"), Moment(0.0, {}))
    assert clip_named_endpoint(local, width) == clip_endpoint(local, width)


def test_fields_hold_the_name_as_it_came_and_nothing_where_none_is_known() -> None:
    socket = tcp("10.0.0.1:80", "[2001:db8::2]:9")
    named = Moment(0.0, {}, host_names={ONE: "a b"})
    local, peer = FIELD_BY_ID["local_name"], FIELD_BY_ID["peer_name"]
    assert (local.value(socket, named), local.text(socket, named)) == ("a b", r"a\x20b")
    assert (peer.value(socket, named), peer.text(socket, named)) == (None, "-")
    assert FIELD_BY_ID["local"].value(socket, named) == "10.0.0.1:80", "files have names in fields of their own"


# /etc/hosts


def test_the_first_name_of_an_address_counts_and_what_is_no_line_is_passed_over() -> None:
    lines = (
        b"10.0.0.1 web.example web # a comment", b"10.0.0.1 other", b"#10.0.0.3 x", b"::ffff:10.0.0.4 mapped",
        b"2001:db8::2\tsix", b"10.0.0.5", b"", b"10.0.0 short", b"fe80::1%lo zone", b"10.0.0.6 1.2.3.4",
        b"10.0.0.7 " + b"a" * 300, b"\xff\xff x", b"10.0.0.8 \xff",
    )  # fmt: skip
    assert parse_hosts(lines) == {
        ONE: "web.example", packed("10.0.0.4"): "mapped", TWO: "six", packed("10.0.0.8"): "\udcff"
    }  # fmt: skip
    many = (b"10.%d.%d.%d x" % (at >> 16, at >> 8 & 255, at & 255) for at in range(HOSTS + 9))
    assert len(parse_hosts(many)) == HOSTS


def test_the_file_is_read_again_when_it_is_another_one(tmp_path: Path) -> None:
    path = tmp_path / "hosts"
    hosts = HostsFile(str(path))
    assert hosts.look_again()
    assert hosts.name(ONE) is None
    path.write_text("10.0.0.1 before\n")
    assert (hosts.look_again(), hosts.look_again(), hosts.name(ONE)) == (True, False, "before")
    other = tmp_path / "other"
    other.write_text("10.0.0.1 after\n")
    os.replace(other, path)
    assert (hosts.look_again(), hosts.name(ONE)) == (True, "after")


# What is remembered


class Asked(list[bytes]):
    """A cache, and what it had looked up."""

    def __init__(self, most: int = 100) -> None:
        super().__init__()
        self.hosts = FakeHosts()
        self.cache = HostNameCache(self.hosts, self.append, most)

    def look(self, *addresses: bytes, now: float = 0.0) -> dict[bytes, str]:
        return dict(self.cache.look(addresses, now))

    def taken(self) -> list[bytes]:
        asked = list(self)
        self.clear()
        return asked


def numbered(numbers: Iterable[int]) -> list[bytes]:
    return [bytes((10, 1, number >> 8, number & 255)) for number in numbers]


def test_the_file_comes_first_and_asks_nobody() -> None:
    asked = Asked()
    asked.hosts.names = {ONE: "web"}
    assert asked.look(ONE, packed("127.0.0.1")) == {ONE: "web"}
    assert asked.taken() == []
    asked.hosts.names, asked.hosts.is_new = {}, True
    assert asked.look(ONE) == {}
    assert asked.taken() == [ONE]


def test_few_are_asked_for_at_once_and_only_what_is_still_wanted() -> None:
    asked, addresses = Asked(), numbered(range(10))
    asked.look(*addresses)
    assert asked.taken() == addresses[:LOOK_UPS_AT_ONCE]
    asked.cache.take(NameAnswer(addresses[0], "a"), 1.0)
    assert asked.taken() == [addresses[4]]
    asked.look(addresses[9], now=2.0)
    for at in (1, 2):
        asked.cache.take(NameAnswer(addresses[at], None), 3.0)
    assert asked.taken() == [addresses[9]]
    asked.look(now=4.0)
    asked.cache.take(NameAnswer(addresses[9], "z"), 5.0)
    assert asked.taken() == []
    assert asked.cache.names == {addresses[0]: "a", addresses[9]: "z"}


@pytest.mark.parametrize(
    ("answer", "lasts"),
    [
        (NameAnswer(ONE, "web"), KEPT_NAME),
        (NameAnswer(ONE, None), KEPT_NO_NAME),
        (NameAnswer(ONE, None, is_final=False), KEPT_FAILURE),
    ],
)
def test_every_answer_holds_for_some_time(answer: NameAnswer, lasts: float) -> None:
    asked = Asked()
    asked.look(ONE)
    asked.cache.take(answer, 0.0)
    asked.taken()
    known = {ONE: "web"} if answer.name else {}
    assert asked.look(ONE, now=lasts - 0.1) == known
    assert asked.taken() == []
    assert asked.look(ONE, now=lasts) == known, "until there is another answer"
    assert asked.taken() == [ONE]
    asked.look(ONE, now=lasts + 1)
    assert asked.taken() == [], "it is asked for already"


@given(st.lists(st.integers(0, 40), max_size=200))
def test_no_more_is_remembered_than_there_is_room_for(numbers: list[int]) -> None:
    asked = Asked(most=10)
    for now, address in enumerate(numbered(numbers)):
        asked.look(address, now=float(now))
        for each in asked.taken():
            asked.cache.take(NameAnswer(each, f"host{each[3]}"), float(now))
        assert len(asked.cache._known) <= 10
        assert asked.cache.names == {each: known.name for each, known in asked.cache._known.items()}
        assert asked.cache.names[address] == f"host{address[3]}"


def test_names_stay_the_same_object_while_nothing_is_different() -> None:
    asked = Asked()
    asked.look(ONE)
    asked.cache.take(NameAnswer(ONE, "web"), 0.0)
    before = asked.cache.names
    asked.cache.take(NameAnswer(ONE, "web"), 1.0)
    assert asked.cache.look((ONE,), 2.0) is before


# Who is asked


@pytest.mark.parametrize(
    ("raised", "answer"),
    [
        (net.gaierror(net.EAI_NONAME, "none"), NameAnswer(ONE, None)),
        (net.gaierror(net.EAI_AGAIN, "later"), NameAnswer(ONE, None, is_final=False)),
        (OSError(5, "?"), NameAnswer(ONE, None, is_final=False)),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "?"), NameAnswer(ONE, None, is_final=False)),
    ],
)
def test_what_a_resolver_raises_is_an_answer(
    monkeypatch: pytest.MonkeyPatch, raised: Exception, answer: NameAnswer
) -> None:
    def fails(*_: object) -> None:
        raise raised

    monkeypatch.setattr(net, "getnameinfo", fails)
    assert look_up(ONE) == answer


def test_the_resolver_is_asked_for_a_name_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def tells(*question: object) -> tuple[str, str]:
        asked.append(question)
        return "web.example.", "0"

    monkeypatch.setattr(net, "getnameinfo", tells)
    assert look_up(ONE) == NameAnswer(ONE, "web.example")
    assert look_up(TWO) == NameAnswer(TWO, "web.example")
    assert asked == [(("10.0.0.1", 0), net.NI_NAMEREQD), (("2001:db8::2", 0), net.NI_NAMEREQD)]


def test_without_a_thread_there_is_no_name_for_now(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fails)
    told: list[NameAnswer] = []
    look_up_behind(ONE, told.append)
    assert told == [NameAnswer(ONE, None, is_final=False)]


class Resolver:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.let = threading.Event()
        self.asked: list[bytes] = []

    def __call__(self, address: bytes) -> NameAnswer:
        self.asked.append(address)
        assert self.let.wait(PATIENCE)
        return NameAnswer(address, f"host-{address[3]}.example")


def until(feed_news: list[News], names: int) -> ViewReady:
    """The first view with so many names."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for news in list(feed_news):
            if isinstance(news, ViewReady) and len(news.view.moment.host_names) == names:
                return news
        time.sleep(0.01)
    raise AssertionError(feed_news)


def test_names_come_to_the_screen_when_they_are_there_and_nothing_waits_for_them() -> None:
    source, resolver, posted = FakeSource(tcp("10.0.0.1:80", "10.0.0.2:9")), Resolver(), list[News]()
    spec = ViewSpec(interval=60, host_names=True, named_addresses=frozenset((ONE, packed("10.0.0.2"))))
    feed = LiveFeed(source, TABLES, spec, find_name=resolver)
    feed.begin(posted.append)
    assert until(posted, 0).view.rows, "without waiting for names"
    resolver.let.set()
    assert set(until(posted, 2).view.moment.host_names.values()) == {"host-1.example", "host-2.example"}
    posted.clear()
    feed.show(spec._replace(host_names=False))
    assert until(posted, 0).view.spec.host_names is False
    feed.stop()


def test_a_resolver_that_hangs_does_not_hold_up_the_end() -> None:
    resolver, posted = Resolver(), list[News]()
    spec = ViewSpec(interval=60, host_names=True, named_addresses=frozenset(numbered(range(9))))
    feed = LiveFeed(FakeSource(), TABLES, spec, find_name=resolver)
    feed.begin(posted.append)
    until(posted, 0)
    feed.stop()
    hanging = [each for each in threading.enumerate() if each.name == "name look-up"]
    assert len(hanging) == len(resolver.asked) == LOOK_UPS_AT_ONCE
    assert all(each.daemon for each in hanging), "which the interpreter does not wait for"
    resolver.let.set()
    for each in hanging:
        each.join(PATIENCE)


# Without the screen


def test_rows_that_are_printed_have_the_names_that_come_in_time(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [tcp("10.1.0.1:80", f"10.1.0.{at}:9") for at in range(2, 12)]
    names = names_of_rows(rows, lambda packed: NameAnswer(packed, f"host-{packed[3]}"), lasts=PATIENCE)
    assert sorted(names.values()) == sorted(f"host-{at}" for at in range(1, 12))
    assert names_of_rows(rows, lambda packed: NameAnswer(packed, None), lasts=PATIENCE) == {}
    assert names_of_rows([]) == {}
    assert not capsys.readouterr().err


def test_no_answer_is_waited_for_for_ever_and_how_many_are_missing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [tcp("10.1.0.1:80", f"10.1.0.{at}:9") for at in range(2, 12)]
    late = Resolver()
    assert names_of_rows(rows, late, lasts=0.05) == {}
    told = "netwatch-tui: -r: no answer for 11 of 11 addresses in 0.05 s: they are numbers\n"
    assert capsys.readouterr().err == told
    late.let.set()
    assert names_of_rows(rows, lambda packed: NameAnswer(packed, None, is_final=False), lasts=0.05) == {}
    assert capsys.readouterr().err == told, "nor did a resolver that failed answer"
