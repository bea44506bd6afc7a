r"""Regular expressions that can't hang: an automaton instead of backtracking.

Python's own matcher takes exponential time for `(a+)+$` and cubic time for `a.*b.*c`, and what it looks at is named by
other people's processes. This one reads a text once, from left to right, with the set of all places in the expression
where a match could be: the work for a text is at most its length times the size of the expression. The price is what
such a machine can't do: references to groups, looking ahead and behind, atomic groups. They are refused with a word.

That is still much where thousands of texts are made to be slow. So a look has an effort that it may take (`limited`):
texts for which none is left are counted; their turn comes in the next look, which remembers the answers of this one.

Python's parser (`re._parser`, 3.11 and later) says what an expression means, so that all the rest is as in `re`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from re import _constants as op  # type: ignore[attr-defined]  # has no type information
from re import _parser as reader  # type: ignore[attr-defined]
from typing import Any, NamedTuple

MAX_PATTERN = 200
"""Characters of an expression."""
MAX_SUBJECT = 4_096
"""Characters of a text that are looked at; Linux itself hands out command lines by the page of this size."""
MAX_STATES = 400
"""Places of the automaton, with repetitions like `{20}` written out."""
_MAX_KNOWN = 4_096
"""Steps that are remembered before all are forgotten."""
_MAX_RESULTS = 65_536
_MAX_REMEMBERED = 8_000_000
"""Texts of which the answers are remembered before all are forgotten, and characters of them."""
EFFORT_A_LOOK = 400_000
"""Places of the automaton that one look of the screen may try: some tenths of a second."""
EFFORT_AT_ONCE = 4_000_000
"""The same where there is no next look: some seconds."""


class RegexError(ValueError):
    """An expression that is none, or not one that can be matched in time."""


class Effort:
    """What matching may cost in one look."""

    def __init__(self, most: int = EFFORT_A_LOOK) -> None:
        """Nothing is spent yet of so many places that may be tried."""
        self.left = most
        self.unread = 0
        """Texts of which the answer is not known, because nothing was left; they count as not matching."""

    @property
    def text(self) -> str:
        """What was not done, in words; empty if all was."""
        if not self.unread:
            return ""
        texts = f"{self.unread:,} text{'s' if self.unread > 1 else ''}"
        return f"{texts} not searched: the regular expression takes too long"


_effort: ContextVar[Effort | None] = ContextVar("effort", default=None)


@contextmanager
def limited(effort: Effort | None) -> Iterator[None]:
    """Within this block, matching takes no more than that effort; as much as it needs for None."""
    before = _effort.set(effort)
    try:
        yield
    finally:
        _effort.reset(before)


class _Place(NamedTuple):
    """A place in the expression: either a character is read to go on to `to`, or it leads on without one."""

    reads: Callable[[str], bool] | None
    allows: Callable[[str, str], bool] | None
    """Of a place that reads nothing, whether one may go on between these two characters (empty at the ends)."""
    to: tuple[int, ...]
    cost: int = 1
    """How much work it is to try it: more for a set of many characters."""


class Matcher:
    """A compiled expression. Remembers what it found out about texts, as long as it is not too much."""

    def __init__(self, start: int, end: int, places: list[_Place]) -> None:
        self._start, self._end, self._places = start, end, places
        self._steps: dict[tuple[frozenset[int], str, str], frozenset[int] | None] = {}
        self._sets: dict[frozenset[int], frozenset[int]] = {}
        """The sets of places in it, each one object, so that they are found without a comparison."""
        self._results: dict[str, bool] = {}
        self._remembered = 0
        """Characters of the texts in it."""
        self.work = 0
        """How many places were looked at so far."""

    def found_in(self, text: str) -> bool:
        """Whether the expression matches somewhere in the first `MAX_SUBJECT` characters, whatever the case.

        False where the effort that this look may take is spent; it is counted there.
        """
        text = text[:MAX_SUBJECT]
        found = self._results.get(text)
        if found is None:
            effort = _effort.get()
            found = self._search(text, effort)
            if found is None:
                return False
            self._remember(text, found=found)
        return found

    def _remember(self, text: str, *, found: bool) -> None:
        if len(self._results) >= _MAX_RESULTS or self._remembered >= _MAX_REMEMBERED:
            self._results.clear()
            self._remembered = 0
        self._results[text] = found
        self._remembered += len(text)

    def _search(self, text: str, effort: Effort | None) -> bool | None:
        """Whether it matches; None if that takes more effort than is left. Four known steps count as a place."""
        if effort is None:
            return self._run(text, None)
        before = self.work
        found = self._run(text, before + effort.left) if effort.left > 0 else None
        effort.left -= self.work - before + len(text) // 4
        effort.unread += found is None
        return found

    def _run(self, text: str, most: int | None) -> bool | None:
        at: frozenset[int] = frozenset((self._start,))
        before = ""
        for char in (*text, ""):
            key = (at, _kind(before), char)
            after = self._steps.get(key, at)
            if after is at and key not in self._steps:
                if most is not None and self.work > most:
                    return None
                if len(self._steps) >= _MAX_KNOWN:
                    self._steps.clear()
                    self._sets.clear()
                after = self._step(at, before, char)
                if after is not None:
                    after = self._sets.setdefault(after, after)
                self._steps[key] = after
            if after is None:
                return True
            at, before = after, char
        return False

    def _step(self, at: frozenset[int], before: str, char: str) -> frozenset[int] | None:
        """Where a match can be after one more character; None if it is complete before it."""
        reached, waiting, following = set(at), list(at), {self._start}
        while waiting:
            number = waiting.pop()
            place = self._places[number]
            self.work += place.cost
            if number == self._end:
                return None
            if place.reads is not None:
                if char and place.reads(char):
                    following.update(place.to)
            elif place.allows is None or place.allows(before, char):
                new = [to for to in place.to if to not in reached]
                reached.update(new)
                waiting += new
        return frozenset(following)


def _kind(char: str) -> str:
    """All that an assertion can ask about the character before: whether there is one, and whether it is of a word."""
    return char and ("w" if _is_word(char) else ".")


@lru_cache(maxsize=32)
def compile_pattern(pattern: str, most: int = MAX_PATTERN) -> Matcher:
    """The automaton of an expression.

    Raises:
        RegexError: It can't be matched; the message is one line that says why.
    """
    if len(pattern) > most:
        raise RegexError(f"a regular expression of at most {most} characters is expected")
    try:
        with warnings.catch_warnings():  # that `[[` may mean something else one day is nothing for the screen
            warnings.simplefilter("ignore")
            parsed = reader.parse(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise RegexError(f"a regular expression is expected: {error}".replace("\n", " ")) from error
    builder = _Builder()
    end = builder.place(None, None)
    start = builder.sequence(parsed, end, parsed.state.flags)
    return Matcher(start, end, builder.places)


class _Builder:
    """Writes the automaton from the end to the beginning: each part is told where to go on."""

    def __init__(self) -> None:
        self.places: list[_Place] = []

    def place(
        self,
        reads: Callable[[str], bool] | None,
        allows: Callable[[str, str], bool] | None,
        *to: int,
        cost: int = 1,
    ) -> int:
        if len(self.places) >= MAX_STATES:
            raise RegexError("a smaller regular expression is expected: this one has too many repetitions")
        self.places.append(_Place(reads, allows, to, cost))
        return len(self.places) - 1

    def sequence(self, parts: Iterable[Any], then: int, flags: int) -> int:
        for part in reversed(list(parts)):
            then = self._part(part, then, flags)
        return then

    def _part(self, part: tuple[Any, Any], then: int, flags: int) -> int:
        code, argument = part
        if code in (op.MAX_REPEAT, op.MIN_REPEAT):
            return self._repeat(argument, then, flags)
        if code is op.SUBPATTERN:
            _, on, off, inner = argument
            return self.sequence(inner, then, (flags | on) & ~off)
        if code is op.BRANCH:
            return self.place(None, None, *(self.sequence(each, then, flags) for each in argument[1]))
        if code is op.AT:
            return self.place(None, _assertion(argument), then)
        reads = _reads(code, argument, flags)
        if reads is None:
            raise RegexError(f"a regular expression without {_NAMES.get(code, 'this')} is expected")
        return self.place(reads, None, then, cost=1 + len(argument) // 2 if code is op.IN else 1)

    def _repeat(self, argument: tuple[int, Any, Any], then: int, flags: int) -> int:
        least, most, inner = argument
        if most is op.MAXREPEAT:
            again = self.place(None, None)  # filled in when it is known what is repeated
            self.places[again] = _Place(None, None, (self.sequence(inner, again, flags), then))
            then = again
        else:
            way_out = then
            for _ in range(most - least):
                then = self.place(None, None, self.sequence(inner, then, flags), way_out)
        for _ in range(least):
            before = len(self.places)
            then = self.sequence(inner, then, flags)
            if len(self.places) == before:
                break  # nothing in it, however often
        return then


_NAMES = {
    op.GROUPREF: "a reference to a group",
    op.GROUPREF_EXISTS: "a reference to a group",
    op.ASSERT: "looking ahead or behind",
    op.ASSERT_NOT: "looking ahead or behind",
    op.ATOMIC_GROUP: "an atomic group",
    op.POSSESSIVE_REPEAT: "a possessive repetition",
}


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


_CATEGORIES: dict[Any, Callable[[str], bool]] = {
    op.CATEGORY_DIGIT: str.isdecimal,
    op.CATEGORY_NOT_DIGIT: lambda char: not char.isdecimal(),
    op.CATEGORY_SPACE: str.isspace,
    op.CATEGORY_NOT_SPACE: lambda char: not char.isspace(),
    op.CATEGORY_WORD: _is_word,
    op.CATEGORY_NOT_WORD: lambda char: not _is_word(char),
}


def _spellings(char: str) -> set[int]:
    return {ord(each) for each in (char, char.lower(), char.upper(), char.casefold()) if len(each) == 1}


def _reads(code: Any, argument: Any, flags: int) -> Callable[[str], bool] | None:
    """Which characters a part reads; None for a part that is no character."""
    if code is op.ANY:
        return (lambda _: True) if flags & re.DOTALL else (lambda char: char != "\n")
    if code in (op.LITERAL, op.NOT_LITERAL):
        wanted = _spellings(chr(argument))
        if code is op.LITERAL:
            return lambda char: not wanted.isdisjoint(_spellings(char))
        return lambda char: wanted.isdisjoint(_spellings(char))
    if code is op.IN:
        is_negated = argument[0][0] is op.NEGATE
        items = [_item(*each) for each in argument[is_negated:]]
        return lambda char: any(item(char) for item in items) is not is_negated
    return None


def _item(code: Any, argument: Any) -> Callable[[str], bool]:
    if code is op.CATEGORY:
        return _CATEGORIES[argument]
    low, high = argument if code is op.RANGE else (argument, argument)
    wanted = _spellings(chr(low)) if low == high else set()
    return lambda char: any(low <= each <= high or each in wanted for each in _spellings(char))


def _assertion(code: Any) -> Callable[[str, str], bool]:
    """What holds between two characters, of which the one before may be known by its kind only.

    A text that is shown has one line, so that the ends of lines are those of the text.
    """
    if code in (op.AT_BEGINNING, op.AT_BEGINNING_STRING):
        return lambda before, _: not before
    if code in (op.AT_END, op.AT_END_STRING):
        return lambda _, after: not after
    return lambda before, after: (
        ((bool(before) and _is_word(before)) is not (bool(after) and _is_word(after))) is (code is op.AT_BOUNDARY)
    )


def _class(inside: str) -> str:
    """What stands between brackets in a shell pattern, as a regular expression; a range that goes down is empty."""
    is_negated = inside[0] in "!^"
    chars = inside[is_negated:]
    found, at = "", 0
    while at < len(chars):
        low, high = chars[at], chars[at + 2 : at + 3]
        is_range = chars[at + 1 : at + 2] == "-" and bool(high)
        if not is_range:
            found += re.escape(low)
        elif low <= high:
            found += f"{re.escape(low)}-{re.escape(high)}"
        at += 3 if is_range else 1
    if not found:
        return "[\\s\\S]" if is_negated else "[^\\s\\S]"
    return f"[{'^' * is_negated}{found}]"


def glob_pattern(glob: str) -> Matcher:
    """The automaton of a shell pattern (fnmatch(3)) that the whole text must look like, whatever the case.

    Raises:
        RegexError: It is too large.
    """
    parts, at = [], 0
    while at < len(glob):
        char = glob[at]
        at += 1
        if char == "*":
            at = len(glob) - len(glob[at:].lstrip("*"))
            parts.append("[\\s\\S]*")
        elif char == "?":
            parts.append("[\\s\\S]")
        elif char == "[" and (end := glob.find("]", at + 1 + (glob[at : at + 1] in ("!", "^")))) > 0:
            parts.append(_class(glob[at:end]))
            at = end + 1
        else:
            parts.append(re.escape(char))
    return compile_pattern(f"\\A{''.join(parts)}\\Z", MAX_SUBJECT)
