r"""Regular expressions: the same answer as Python's, and no expression that takes long.

What can hang Python's own matcher is bounded here by the number of places that are looked at, not by a clock.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from netwatch_tui.query import QueryError, parse
from netwatch_tui.query.regex import (
    MAX_PATTERN,
    MAX_STATES,
    MAX_SUBJECT,
    Effort,
    RegexError,
    compile_pattern,
    glob_pattern,
    limited,
)

#: Patterns of which Python's matcher needs exponential or high polynomial time for the text beside it.
CATASTROPHIC = [
    (r"(a+)+$", "a" * 4_000 + "!"),
    (r"^(a|a)*$", "a" * 4_000 + "!"),
    (r"(a|aa)+$", "a" * 4_000 + "!"),
    (r"(.*a){20}", "a" * 19 + "b" * 4_000),
    (r"^(([a-z])+.)+[0-9]([a-z])+$", "a" * 4_000),
    (r"(\w+\s?)*:", "word " * 800),
    (r".*.*.*.*=", "x" * 4_000),
    (r"a.*b.*c.*d", "abc" * 1_300),
    (r"(x+x+)+y", "x" * 4_000),
    (r"^(a?){50}a{50}$", "a" * 49),
    (r"(?:(?:a*)*)*b", "a" * 4_000),
    (r"([a-zA-Z0-9])(([\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}", "a" * 4_000),
]


@pytest.mark.parametrize(("pattern", "text"), CATASTROPHIC, ids=[pattern for pattern, _ in CATASTROPHIC])
def test_the_work_is_bounded_by_the_length_of_the_text(pattern: str, text: str) -> None:
    compile_pattern.cache_clear()
    matcher = compile_pattern(pattern)
    assert not matcher.found_in(text)
    assert matcher.work <= (len(text) + 1) * MAX_STATES
    before = matcher.work
    assert not matcher.found_in(text)
    assert matcher.work == before, "an answer is remembered"


def test_most_steps_are_taken_once() -> None:
    compile_pattern.cache_clear()
    matcher = compile_pattern(r"(a+)+$")
    assert not matcher.found_in("a" * 4_000 + "!")
    assert matcher.work < 100


def test_only_the_beginning_of_a_long_text_is_looked_at() -> None:
    assert compile_pattern("x$").found_in("x" * (MAX_SUBJECT + 1_000) + "y")
    assert not compile_pattern("y").found_in("x" * MAX_SUBJECT + "y")


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(a", "a regular expression is expected"),
        ("[a", "a regular expression is expected"),
        ("*a", "a regular expression is expected"),
        (r"(a)\1", "a reference to a group"),
        ("(?P<x>a)(?P=x)", "a reference to a group"),
        ("(a)?(?(1)b|c)", "a reference to a group"),
        ("a(?=b)", "looking ahead or behind"),
        ("(?<!b)a", "looking ahead or behind"),
        ("(?>a*)b", "an atomic group"),
        ("a*+b", "a possessive repetition"),
        ("(((a{50}){50}){50}){50}", "too many repetitions"),
        ("a{4000000000}", "regular expression"),
        ("a" * (MAX_PATTERN + 1), "at most 200 characters"),
        ("(" * 100 + ")" * 100, ""),
    ],
)
def test_what_cannot_be_matched_in_time_is_refused_in_one_line(pattern: str, message: str) -> None:
    try:
        compile_pattern(pattern)
    except RegexError as error:
        assert message in str(error)
        assert "\n" not in str(error)
        with pytest.raises(QueryError):
            parse(f"cmd:/{pattern}/")
    else:
        assert not message


def answer_of_python(pattern: str, text: str) -> bool | None:
    try:
        return re.search(pattern, text, re.IGNORECASE) is not None
    except (re.error, OverflowError):
        return None


_PARTS = r"a b B . \d \w \s \W [ab] [^a] [a-c1-3] [\d-] ^ $ \b \B \A \Z (a|b) (?:ab|) (a*) () é ß (?s:.) (?m:^) \. - K"
parts = st.sampled_from(_PARTS.split(" "))
repeats = st.sampled_from(["", "", "", "*", "+", "?", "*?", "+?", "{2}", "{0}", "{1,2}", "{,2}", "{2,}", "|"])
patterns = st.lists(st.tuples(parts, repeats).map("".join), min_size=1, max_size=5).map("".join)


@settings(max_examples=400)
@given(patterns, st.text("abABcC12 -._éÉßkK", min_size=1, max_size=8))
@example("[k]", "\u212a")
def test_it_gives_the_answer_that_python_gives(pattern: str, text: str) -> None:
    """For texts without line ends, as all are that are shown."""
    expected = answer_of_python(pattern, text)
    assume(expected is not None)
    assert compile_pattern(pattern).found_in(text) is expected


@pytest.mark.parametrize(
    ("glob", "text", "fits"),
    [
        ("*", "", True),
        ("/run/*", "/RUN/x/y", True),
        ("/run/*", "x/run/y", False),
        ("*.sock", "a.sock", True),
        ("*.sock", "a.socket", False),
        ("?.sock", "ab.sock", False),
        ("[ab].sock", "b.sock", True),
        ("[!ab].sock", "b.sock", False),
        ("[!ab].sock", "c.sock", True),
        ("[]a]", "]", True),
        ("[a-c]x", "bx", True),
        ("[c-a]x", "bx", False),
        ("[!c-a]x", "bx", True),
        ("[a-]x", "-x", True),
        ("[a", "[a", True),
        ("a.b", "axb", False),
        ("(a|b)+", "(a|b)+", True),
        ("*\n*", "a\nb", True),
        ("*" * 150, "xxx", True),
    ],
)
def test_a_shell_pattern_is_of_the_whole_text(glob: str, text: str, fits: bool) -> None:
    assert glob_pattern(glob).found_in(text) is fits


@given(st.text("*?[]!^-ab\\.(", max_size=10))
def test_any_shell_pattern_is_understood(glob: str) -> None:
    assert glob_pattern(glob).found_in("a.b") in (True, False)


def test_python_warns_nobody_about_an_odd_expression(recwarn: pytest.WarningsRecorder) -> None:
    assert compile_pattern("[[a]--").found_in("[--")
    assert not recwarn.list


SLOW, MANY = r"(a|b)*a(a|b){100}c", ["".join("ab"[number >> at & 1] for at in range(12)) * 300 for number in range(200)]


def test_a_look_takes_no_more_effort_than_it_has_and_counts_what_is_left() -> None:
    compile_pattern.cache_clear()
    matcher, effort = compile_pattern(SLOW), Effort(10_000)
    with limited(effort):
        assert not any(map(matcher.found_in, MANY))
    assert matcher.work <= 10_000 + MAX_STATES
    assert effort.text == f"{effort.unread} texts not searched: the regular expression takes too long"
    assert not Effort().text


def test_looks_go_on_where_the_last_one_ended() -> None:
    compile_pattern.cache_clear()
    matcher, texts = compile_pattern("x.*y"), [f"{number:04}" * 100 for number in range(200)]
    left: list[int] = []
    while not left or left[-1]:
        effort = Effort(5_000)
        with limited(effort):
            assert not any(map(matcher.found_in, texts))
        left.append(effort.unread)
    assert left == sorted(left, reverse=True)
    assert len(set(left)) == len(left) > 2, "each look has come further than the one before"


def test_without_a_limit_every_text_is_searched() -> None:
    compile_pattern.cache_clear()
    assert sum(map(compile_pattern("ab(ab)*$").found_in, MANY[:3])) == 0


def test_a_large_set_of_characters_is_more_work() -> None:
    compile_pattern.cache_clear()
    small, large = compile_pattern("[ab]z"), compile_pattern("[a-bd-ef-gj-km-no-pr-st-uv-wA-BC-DE-F]z")
    for matcher in (small, large):
        assert not matcher.found_in("qi")
    assert large.work > small.work
