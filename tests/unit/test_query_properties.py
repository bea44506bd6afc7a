"""What holds for every filter."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from netwatch_tui.fields.moment import Moment
from netwatch_tui.query import NO_NAMES, Known, QueryError, complete, format_query, parse, term
from netwatch_tui.query.language.parser import MAX_DEPTH, MAX_TEXT
from netwatch_tui.query.language.syntax import And, Expression, Not, Or, conjunction, disjunction, negation
from netwatch_tui.query.match.compile import compiled
from netwatch_tui.sockets.marks import Mark, Marked
from netwatch_tui.sockets.needs import Need
from netwatch_tui.sockets.ownership import Owner, Process
from netwatch_tui.sockets.socket import Address, Family, Socket, Timer
from tests.support.build import NETNS, tcp
from tests.support.query_sockets import NAMES, SOCKETS
from tests.support.strategies import expressions, owned_sockets

MOMENT = Moment(50.0, {1: Marked(Mark.NEW, 60.0, tcp(id=1))}, {NETNS: "own"})

few = settings(max_examples=50)  # each of them is drawn from much

#: Texts that are nearly filters.
_PIECES = r"""
port: 22 , - .. ( ) and or not ! = < >= sport src 10.0.0.1 /8 [::1] : @ state established exclude dev " \ /a+/ / cmd:
age: 5m is:new unix: * ? tcp is: process:
"""
pieces = st.sampled_from([*_PIECES.split(), "\x00", "\x1b[2J", "\udc80", "٣", " ", "\n"])
texts = st.one_of(
    st.text(max_size=40),
    st.lists(pieces, max_size=12).map(" ".join),
    st.lists(pieces, max_size=12).map("".join),
    st.binary(max_size=30).map(lambda data: data.decode("utf-8", "surrogateescape")),
)


@settings(max_examples=150)
@given(texts)
@example("(" * 3_000)
@example("!" * 3_900)
@example("not " * 900 + "x")
@example("( not " * 60 + "tcp")
@example("(" * MAX_DEPTH + "x" + ")" * MAX_DEPTH)
@example("a or " * 700)
@example('"' * 3_999)
@example("port:" + "1," * 1_900)
@example("cmd:/" + "(" * 190 + "/")
@example("x" * 100_000)
def test_any_text_is_a_filter_or_an_error_of_one_line_inside_the_text(text: str) -> None:
    try:
        query = parse(text, NAMES)
    except QueryError as error:
        assert 0 <= error.start <= error.end <= len(text)
        assert error.message
        assert len(error.pointed().splitlines()) == 2
        assert "\n" not in error.message
    else:
        matches = query.compile(MOMENT)
        assert {matches(socket) for socket in SOCKETS.values()} <= {True, False}
        assert parse(format_query(query.expression), NAMES).expression == query.expression


@few
@given(expressions)
def test_what_is_printed_means_the_same(expression: Expression) -> None:
    assert parse(format_query(expression)).expression == expression


def met(expression: Expression, socket: Socket) -> bool:
    return compiled(expression, NAMES, MOMENT)(socket)


@few
@given(expressions, owned_sockets)
def test_the_opposite_of_the_opposite_is_what_it_was(expression: Expression, socket: Socket) -> None:
    assert negation(negation(expression)) == expression
    assert parse(f"not not ( {format_query(expression)} )").expression == expression
    assert met(Not(expression), socket) is not met(expression, socket)
    assert met(Not(Not(expression)), socket) is met(expression, socket)


@few
@given(expressions, expressions, owned_sockets)
def test_de_morgan(one: Expression, other: Expression, socket: Socket) -> None:
    assert met(Not(And((one, other))), socket) is met(Or((Not(one), Not(other))), socket)
    assert met(Not(Or((one, other))), socket) is met(And((Not(one), Not(other))), socket)


@few
@given(expressions, expressions, expressions, owned_sockets)
def test_and_and_or_are_read_from_left_to_right(
    one: Expression, two: Expression, three: Expression, socket: Socket
) -> None:
    in_words = [f"( {format_query(each)} )" for each in (one, two, three)]
    expected = conjunction([disjunction([one, two]), three])
    for text in ("{} or {} and {}", "{} or {} {}", "{} | {} & {}", "( {} || {} ) && {}"):
        assert parse(text.format(*in_words)).expression == expected
    assert met(expected, socket) is ((met(one, socket) or met(two, socket)) and met(three, socket))
    assert parse("{} {} or {}".format(*in_words)).expression == disjunction([conjunction([one, two]), three])


@few
@given(expressions, expressions)
def test_a_filter_can_be_narrowed_by_writing_more(one: Expression, other: Expression) -> None:
    query = parse(format_query(one))
    assert parse(query.narrowed(f"( {format_query(other)} )")).expression == conjunction([one, other])


@few
@given(expressions)
def test_taking_out_a_key_leaves_the_rest(expression: Expression) -> None:
    left = parse(parse(format_query(expression)).without("process")).expression
    parts = expression.all_of if isinstance(expression, And) else (expression,)
    assert left == conjunction([part for part in parts if getattr(part, "key", "") != "process"])


names = st.one_of(
    st.text(min_size=1, max_size=15),
    st.binary(min_size=1, max_size=15).map(lambda data: data.decode("utf-8", "surrogateescape")),
    st.text('a"\\ \t\n\xa0\x1b:ßİ,()&|/-*[?', min_size=1, max_size=15),
)


@given(names, st.sampled_from(["process", "cmd", "user", "unit", "container", "timer", "dev", "local", "addr"]))
def test_a_term_of_what_a_row_shows_matches_that_row(name: str, key: str) -> None:
    socket = row_that_shows(name)
    matches = parse(term(key, name), NO_NAMES).compile(MOMENT)
    assert matches(socket) or name == "-"
    assert not parse(f"-{term(key, name)}").compile(MOMENT)(socket) or name == "-"


def row_that_shows(name: str) -> Socket:
    holder = Owner(1, 3, Process(1, name, (name,), name, 0.0, name, name))
    return tcp(owners=(holder,), user=name, interface=name, timer=Timer(name, 1.0))._replace(
        family=Family.UNIX, netid="u_str", local=Address(0, name.encode("utf-8", "surrogateescape"), name)
    )


@given(st.lists(pieces, max_size=8).map(" ".join), st.integers(0, 40), names)
def test_what_could_stand_at_the_cursor_replaces_what_is_there(text: str, position: int, name: str) -> None:
    position = min(position, len(text))
    found = complete(text, position, Known(processes=(name,), users=(name,), services=("ssh",)))
    assert 0 <= found.start <= found.end == position
    assert len(set(found.candidates)) == len(found.candidates)


@pytest.mark.parametrize(
    "text", ["(" * (MAX_DEPTH + 1) + "x" + ")" * (MAX_DEPTH + 1), "x" * (MAX_TEXT + 1), "state all " * 500]
)
def test_what_is_too_long_or_too_deep_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match="at most"):
        parse(text)


_WORDS_OF_HABIT = """
port host pid = == != > < eq 443 22,80 10.0.0.1 tcp.port ip.addr listening time_wait nginx|sshd | process=a a=b *:443
:::22 state src dst net not ( ) or user 1-5 https,22 -port=1 dev
"""


@settings(max_examples=150)
@given(st.lists(st.sampled_from(_WORDS_OF_HABIT.split()), max_size=8), st.sampled_from([" ", ""]))
def test_habits_in_any_order_are_filters_that_can_be_printed_or_errors(words: list[str], glue: str) -> None:
    try:
        query = parse(glue.join(words), NAMES)
    except QueryError as error:
        assert "\n" not in error.message
    else:
        assert parse(format_query(query.expression), NAMES).expression == query.expression
        assert all(0 <= note.start < note.end <= len(query.text) for note in query.notes)


def nested(levels: int) -> str:
    """Parentheses within one another, with many conditions before each: what works on it calls itself the most."""
    text = "port:1"
    for level in range(levels):
        text = f"( a b c d e f g {text} )" if level % 2 else f"( a or b or c or d or e or f or g or {text} )"
    return text


@pytest.mark.parametrize(
    "text",
    [
        nested(MAX_DEPTH - 1),
        " ".join(f"w{number} or v{number}" for number in range((MAX_DEPTH - 1) // 2)),
        "not " * 900 + "x",
        " ".join(["not"] * 260 + ["nginx"]),
        "w " * 1_900,
        "w or " * 790 + "w",
        "w|" * 700 + "w",
        "443," * 400 + "1",
    ],
    ids=len,
)
def test_no_filter_that_is_accepted_is_too_deep_for_anything(text: str) -> None:
    query = parse(text, NAMES)
    assert parse(format_query(query.expression), NAMES).expression == query.expression
    matches = query.compile(MOMENT)
    assert {matches(socket) for socket in SOCKETS.values()} <= {True, False}
    assert query.needs.of_all <= set(Need)
    assert not query.depends_on_time


@pytest.mark.parametrize(
    "text", [nested(MAX_DEPTH), " ".join(f"w{number} or v{number}" for number in range(400))], ids=len
)
def test_conditions_that_are_too_deep_within_one_another_are_refused(text: str) -> None:
    with pytest.raises(QueryError, match="at most 40"):
        parse(text)
