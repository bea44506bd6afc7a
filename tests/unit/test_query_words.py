"""What a filter says of itself: what is wrong with it, whether time changes it, what could stand at the cursor."""

from __future__ import annotations

import pytest

from netwatch_tui.fields.moment import Moment
from netwatch_tui.query import REFERENCE, Known, MachineNames, QueryError, complete, format_query, parse
from netwatch_tui.query.language.keys import IS_WORDS, KEY_OF
from netwatch_tui.sockets.socket import Socket
from tests.support.build import tcp


def met(text: str, socket: Socket) -> bool:
    return parse(text).compile(Moment(100.0, {}))(socket)


@pytest.mark.parametrize(
    ("text", "wrong", "message"),
    [
        ("prot:tcp", "prot:", "no key of this name: prot (did you mean proto?)"),
        ("port:22-", "22-", "port: needs a number"),
        ("port:9-8", "9-8", "port: needs a number"),
        ("port:22,,80", "", "port: needs a number"),
        ("port:!=22", "!=22", "port: needs a number"),
        ("age:soon", "soon", "a duration"),
        ("state:open", "open", "a state or a group of states: listening, established"),
        ("state open", "open", "one state is expected"),
        ("state", "", "a state or one of"),
        ("is:old", "old", "new, changed, closed"),
        ("proto:quic", "quic", "tcp, udp, unix"),
        ("sport =", "", "a port or a service is expected"),
        ("sport = :nosuch", ":nosuch", "service of /etc/services"),
        ("sport = 10.0.0.1:22", "10.0.0.1:22", "a port or a service"),
        ("src > 10.0.0.1", ">", "one of = !="),
        ("src example.org", "example.org", "host names are not looked up"),
        ("src 10.0.0.1/33", "10.0.0.1/33", "an address"),
        ("src inet:[::1]", "inet:[::1]", "an address"),
        ("src inet6:10.0.0.1", "inet6:10.0.0.1", "an address"),
        ("src 300.0.0.1", "300.0.0.1", "an address"),
        ("addr:10.0.0.0/40", "10.0.0.0/40", "addr: needs an address"),
        ("dev 7", "7", "no network device has this number"),
        ("fwmark = x", "x", "a firewall mark is expected"),
        ("fwmark 0x1ffffffff", "0x1ffffffff", "a firewall mark is expected"),
        ("cgroup =", "", "the path of a cgroup is expected"),
        ("tcp and", "", "a condition is expected here"),
        ("tcp and or udp", "or", "a condition is expected before or"),
        ("( tcp", "", "a closing ) is expected"),
        ("tcp )", ")", "a ( before this )"),
        ("()", ")", "a condition is expected before )"),
        ("not", "", "a condition is expected here"),
        ("= tcp", "=", "a condition is expected before ="),
        ('tcp ""', '""', "something between the quotes"),
        ("cmd:/(/", "/(/", "a regular expression is expected"),
        ("cmd:/(?=a)/", "/(?=a)/", "looking ahead"),
        ("link:ip", "link:", "no key of this name: link"),
    ],
)
def test_an_error_says_what_was_expected_and_where(text: str, wrong: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert text[caught.value.start : caught.value.end] == wrong
    assert message in caught.value.message


def test_an_error_lists_what_could_stand_there() -> None:
    with pytest.raises(QueryError) as caught:
        parse("is:old")
    assert caught.value.expected == (
        "new",
        "changed",
        "closed",
        "listening",
        "exposed",
        "loopback",
        "public",
        "problem",
        "mine",
    )


def test_a_service_with_two_ports_has_no_order() -> None:
    names = MachineNames({"tcp": {"odd": 1}, "udp": {"odd": 2}})
    assert format_query(parse("sport = odd", names).expression) == "sport = :1 or sport = :2"
    with pytest.raises(QueryError, match="one port is expected"):
        parse("sport > odd", names)


@pytest.mark.parametrize(
    ("text", "depends"),
    [("tcp", False), ("age:<10s", True), ("tcp or not is:new", True), ("is:mine", False), ("is:mine,closed", True)],
)
def test_a_filter_knows_whether_time_alone_changes_its_answer(text: str, depends: bool) -> None:
    assert parse(text).depends_on_time is depends


def test_an_age_that_is_only_known_to_be_at_least_that_is_in_no_limit() -> None:
    before = tcp(seen_at=40.0, was_there=True)
    assert met("age:>30s", before)
    assert not met("age:>2m", before)
    assert not met("age:<2m", before)
    assert not met("age:30s-2m", before)


@pytest.mark.parametrize(
    ("text", "start", "candidates"),
    [
        ("por", 0, ["port:"]),
        ("tcp is:l", 7, ["listening", "loopback"]),
        ("-loc", 0, ["-local:", "-local_port:"]),
        ("(sta", 1, ["state:", "state"]),
        ("state es", 6, ["established"]),
        ("state established exclude b", 26, ["bucket", "big"]),
        ("sport = :h", 8, [":http", ":https"]),
        ("dport :s", 6, [":ssh"]),
        ("port:22,h", 8, ["http", "https"]),
        ("process:w", 8, ['"Web Content"']),
        ('process:"web c', 8, ['"Web Content"']),
        ("user:", 5, ["bob", "root"]),
        ("proto:u", 6, ["udp", "udplite", "unix"]),
        ("state:time", 6, ["time-wait"]),
        ("netns:b", 6, ["blue"]),
        ("dev et", 4, ["eth0"]),
        ("container:d", 10, ["docker:01"]),
        ("timer:k", 6, ["keepalive"]),
        ("owner_reason:", 13, ["accept-queue", "gone", "kernel", "last-held", "not-found", "not-yet", "permission"]),
        ("nosuch:x", 0, []),
        ("inode:", 6, []),
        ('"is:l', 0, []),
    ],
)
def test_what_could_stand_at_the_cursor(text: str, start: int, candidates: list[str]) -> None:
    known = Known(
        users=("root", "bob"),
        processes=("nginx", "Web Content"),
        services=("http", "https", "ssh"),
        containers=("docker:01",),
        namespaces=("blue",),
        devices=("eth0",),
    )
    assert complete(text, len(text), known) == (start, len(text), tuple(candidates))
    assert complete(f"{text} tcp", len(text), known) == (start, len(text), tuple(candidates))


def test_the_reference_tells_the_truth() -> None:
    shown = " ".join(f"{example} {meaning}" for example, meaning in REFERENCE)
    for example, _ in REFERENCE:
        words = example.split()
        if all(word.endswith(":") for word in words):
            assert {word.removesuffix(":") for word in words} <= KEY_OF.keys()
        else:
            parse(example, MachineNames({"tcp": {"ssh": 22}}))
    assert all(word in shown for word in IS_WORDS)
