from __future__ import annotations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from netwatch_tui.fields.moment import Moment
from netwatch_tui.query import (
    EVERYTHING,
    QueryError,
    parse,
    quote,
    term,
)
from netwatch_tui.sockets.ownership import Owner, OwnerReason
from netwatch_tui.sockets.socket import Socket, State
from tests.support.build import datagram, netlink, owner, packet, process, tcp, udp, unix

WEB = tcp("10.0.0.1:443", "192.168.0.7:50000", inode=5, user="www-data", owners=(owner(812, 6, "nginx"),))
DNS = udp("127.0.0.53:53", inode=6, user="systemd-resolve", owners=(owner(443, 13, "systemd-resolved"),))
WAIT = tcp("[::1]:8080", "[::1]:50001", state=State.TIME_WAIT, inode=0)
LOCKED = tcp("0.0.0.0:22", inode=7, user="root", owner_reason=OwnerReason.PERMISSION)
SHARED = tcp("0.0.0.0:80", inode=8, owners=(owner(10, 3, "init"), owner(11, 3, "Worker Bee")))
NAMES = {"web": WEB, "dns": DNS, "wait": WAIT, "locked": LOCKED, "shared": SHARED}


NOW = Moment(100.0, {})


def met(text: str, socket: Socket, moment: Moment = NOW) -> bool:
    return parse(text).compile(moment)(socket)


def kept(text: str) -> str:
    return " ".join(name for name, socket in NAMES.items() if met(text, socket))


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
        ("hidden", "locked"),
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
    assert parse("  ").expression == EVERYTHING.expression
    assert parse("").is_everything
    assert not parse("tcp").is_everything


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


@pytest.mark.parametrize(
    ("text", "shown", "carets"),
    [
        ("数据 port:x", "数据 port:x", "          ^"),
        ("port:数据", "port:数据", "     ^^^^"),
        ("é port:x", "é port:x", "       ^"),
        ("\x1b port:x", r"\x1b port:x", "          ^"),
        ("port:\x1b[2J", r"port:\x1b[2J", "     ^^^^^^^"),
        ("port:\u202e", r"port:\u202e", "     ^^^^^^"),
    ],
)
def test_carets_stand_under_what_is_shown(text: str, shown: str, carets: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert caught.value.pointed() == f"{shown}\n{carets}"


def test_the_highest_and_the_lowest_port_are_ports() -> None:
    assert met("port:65535", tcp("127.0.0.1:65535"))
    assert met("port:0", tcp("127.0.0.1:80"))


def test_a_long_number_is_a_word_and_no_error() -> None:
    assert kept("9" * 3_000) == ""


def test_a_name_from_outside_is_found_as_it_is_shown() -> None:
    escaped = WEB._replace(owners=(Owner(1, 3, process(1, "a\x1bb")),))
    assert met(r"process:a\x1bb", escaped)
    assert met(r"\x1bb", escaped)


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
        matches = query.compile(NOW)
        assert {matches(socket) for socket in NAMES.values()} <= {True, False}


@given(st.lists(st.sampled_from(["tcp", "port:443", "process:n", "443", "worker", "[::1]", '"a b"']), max_size=4))
def test_a_filter_is_the_conjunction_of_its_terms(words: list[str]) -> None:
    whole = " ".join(words)
    for socket in NAMES.values():
        assert met(whole, socket) is all(met(word, socket) for word in words)


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


names = st.one_of(
    st.text(min_size=1, max_size=15),
    st.binary(min_size=1, max_size=15).map(lambda data: data.decode("utf-8", "surrogateescape")),
    st.text('a"\\ \t\n\xa0\x1b:ßİ', min_size=1, max_size=15),
)


@given(names)
@example("-")
def test_a_quoted_process_name_finds_its_process(name: str) -> None:
    assume(name)
    assert met(f"process:{quote(name)}", named(name))
    assert met(term("process", name, is_known=True), named(name))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("nginx", "nginx"),
        ("Web Content", '"Web Content"'),
        ("a\x1b2Jb", r"a\x1b2Jb"),
        ("a\x1b[2Jb", r'"a\\x1b[2Jb"'),
        ("a\tb", r"a\x09b"),
        ("a\xa0b", r"a\xa0b"),
        ("a\u3000b", r"a\u3000b"),
        ("caf\udce9", r"caf\xe9"),
        ('say "hello there" twice', r'"say \"hello there\" twice"'),
        ('"', r'"\""'),
        ("a\\b", "a\\b"),
        ("a\\ b", r'"a\\ b"'),
        ("and", '"and"'),
        ("State", '"State"'),
        ("443", '"443"'),
        ("a,b", '"a,b"'),
        ("tcp:22", '"tcp:22"'),
        ("(x)", '"(x)"'),
        ("-port", '"-port"'),
        ("/bin/sh", '"/bin/sh"'),
        ("*.sock", '"*.sock"'),
        ("", ""),
    ],
)
def test_a_name_becomes_one_word_with_quotes_only_where_they_are_needed(text: str, word: str) -> None:
    assert quote(text) == word


UNIX = unix("/run/my app.sock", inode=443, owners=(owner(9, 3, "app"),))
RAW = datagram("raw", "0.0.0.0:58", inode=5)
LINK = netlink(4, 443, inode=6)
STREAM = tcp("10.0.0.1:443")._replace(netid="sctp")
LITE = datagram("udpl", "10.0.0.1:443", inode=7)


@pytest.mark.parametrize("text", ["port:443", "443", "port:58", "58", "port:0"])
def test_a_number_is_no_port_where_there_are_no_ports(text: str) -> None:
    assert not any(met(text, socket) for socket in (UNIX, RAW, LINK))


@pytest.mark.parametrize("text", ["port:443", "443"])
def test_sctp_and_udplite_have_ports(text: str) -> None:
    assert all(met(text, socket) for socket in (STREAM, LITE))


@pytest.mark.parametrize(
    ("text", "socket"),
    [
        ("u_str", UNIX),
        ('"my app"', UNIX),
        ("/run/", UNIX),
        ("process:app", UNIX),
        ("9", UNIX),
        ("raw", RAW),
        ("nl", LINK),
        ("4:443", LINK),
        ("p_raw", packet("ip", 2, interface="eth0")),
        ("eth0", packet("ip", 2, interface="eth0")),
        ("%eth0", udp("0.0.0.0:68", interface="eth0")),
        (r"\x1b", unix("/tmp/\x1b")),
    ],
)
def test_any_other_word_is_looked_for_in_what_is_shown_of_any_kind(text: str, socket: Socket) -> None:
    assert met(text, socket)


@pytest.mark.parametrize(
    ("text", "key", "left"),
    [
        ("port:80 or tcp", "port", "port:80 or tcp"),
        ("a or b port:80", "port", "a or b"),
        ("state listening a or b port:80", "port", "state listening a or b"),
        ("port:80 a or b", "port", "port:80 a or b"),
        ("( port:80 or tcp )", "process", "( port:80 or tcp )"),
        ("-port:80 port:443", "port", "-port:80"),
        ("proc:a tcp name:b", "process", "tcp"),
        (":443 tcp", "port", "tcp"),
        ("port:80 and tcp and lport:80", "port", "tcp lport:80"),
        ("state established and tcp and state listening", "port", "state established tcp state listening"),
        ("state established and port:1 and state listening", "port", "state established and state listening"),
        ("not state established port:1 state listening", "port", "not state established and state listening"),
        ("is:new tcp", "is", "tcp"),
        ("tcp:443", "port", "tcp:443"),
    ],
)
def test_what_is_left_without_a_key_can_be_narrowed(text: str, key: str, left: str) -> None:
    assert parse(text).without(key) == left


def test_a_filter_is_narrowed_by_what_a_row_shows() -> None:
    assert parse("").narrowed(term("port", "443")) == "port:443"
    assert parse("tcp or udp").narrowed(term("process", "Web Content")) == 'tcp or udp process:"Web Content"'
    assert parse("state listening").narrowed("state closed") == "state listening and state closed"


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("process", "nginx", "process:nginx"),
        ("PROC", "Web Content", 'process:"Web Content"'),
        ("user", "-", "user:-"),
        ("local", "10.0.0.1:443", "local:10.0.0.1:443"),
        ("peer", "[2001:db8::1]:443", "peer:[2001:db8::1]:443"),
        ("peer", "0.0.0.0:*", "peer:0.0.0.0:*"),
        ("local", "/run/a b 123", 'local:"/run/a b 123"'),
        ("local", "/run/*", 'local:"/run/*"'),
        ("recvq", "0", "recv_q:0"),
        ("proto", "u_str", "netid:u_str"),
        ("state", "TIME-WAIT", "state:TIME-WAIT"),
        ("cmd", "a,b", 'cmdline:"a,b"'),
        ("cmd", "/bin/", 'cmdline:"/bin/"'),
        ("cmd", "\x1b", r"cmdline:\x1b"),
    ],
)
def test_a_condition_is_made_of_what_a_row_shows(key: str, value: str, text: str) -> None:
    assert term(key, value) == text
    parse(text)


def test_there_is_no_condition_for_what_is_no_key() -> None:
    with pytest.raises(KeyError):
        term("colour", "red")
