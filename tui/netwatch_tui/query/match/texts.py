"""Tests of what is shown of a socket in words: names of processes, command lines, users, any word."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from netwatch_tui.fields.format import peer_text, printable, searched_local
from netwatch_tui.fields.holders import absence_text
from netwatch_tui.fields.moment import Moment
from netwatch_tui.query.language.syntax import Blank, Pattern, Term, Text, Value
from netwatch_tui.query.match.ends import Test
from netwatch_tui.query.regex import compile_pattern
from netwatch_tui.sockets.bounded_memory import BoundedMemory, bytes_of_process
from netwatch_tui.sockets.ownership import Process, own_number
from netwatch_tui.sockets.socket import Socket

_MAX_JUDGED = 65_536
"""Texts of which a test remembers its answer before it forgets all."""
_MAX_BYTES = 64 * 1024 * 1024
"""The same by what they take: a filter may be on for days."""
_TEXT_BYTES = 4
"""Of a character, at most."""

TextTest = Callable[[str], bool]


def text_test(values: Iterable[Value]) -> TextTest:
    """Whether a text, made harmless, holds one of the values, whatever the case. Each text is judged once."""
    parts = tuple(value.text.casefold() for value in values if isinstance(value, Text))
    patterns = tuple(compile_pattern(value.pattern).found_in for value in values if isinstance(value, Pattern))
    judged = BoundedMemory[str, bool](_MAX_JUDGED, _MAX_BYTES)

    def test(text: str) -> bool:
        known = judged.get(text)
        if known is None:
            shown = printable(text)
            folded = shown.casefold()
            known = any(part in folded for part in parts) or any(found_in(shown) for found_in in patterns)
            judged.keep(text, known, _TEXT_BYTES * len(text))
        return known

    return test


def _any_blank(values: Iterable[Value]) -> bool:
    return any(isinstance(value, Blank) for value in values)


def process_term(term: Term) -> Test:
    """`process:`, which asks for names; `-` where there is no owner, and `owner_reason:` asks why there is none."""
    test, blank = text_test(term.values), _any_blank(term.values)
    judged: dict[str, bool] = {}

    def matches(socket: Socket) -> bool:
        owners = socket.owners
        for owner in owners:
            name = owner.process.name
            try:  # a call for every socket would take as long as all the rest
                if judged[name]:
                    return True
            except KeyError:
                if remember(name):
                    return True
        return blank and not owners

    def remember(name: str) -> bool:
        if len(judged) >= _MAX_JUDGED:
            judged.clear()
        judged[name] = found = test(name)
        return found

    return matches


def _command(process: Process) -> str:
    return " ".join(process.cmdline)


_OF_PROCESS: dict[str, Callable[[Process], Iterable[str | None]]] = {
    "cmdline": lambda process: (_command(process) or None,),
    "unit": lambda process: (process.container, process.unit),
    "container": lambda process: (process.container,),
}


def owners_text_term(term: Term) -> Test:
    """`cmdline:`, `unit:` and `container:` of any owner; `-` where none has one. Each process is judged once."""
    test, blank, texts = text_test(term.values), _any_blank(term.values), _OF_PROCESS[term.key]
    judged = BoundedMemory[int, tuple[Process, bool, bool]](_MAX_JUDGED, _MAX_BYTES)

    def judge(process: Process) -> tuple[Process, bool, bool]:
        known = [text for text in texts(process) if text]
        # The process is kept with the answer, so that no other one can get its place in memory meanwhile.
        found = (process, any(map(test, known)), bool(known))
        judged.keep(id(process), found, bytes_of_process(process))
        return found

    def matches(socket: Socket) -> bool:
        is_known = False
        for owner in socket.owners:
            _, is_met, has_text = judged.get(id(owner.process)) or judge(owner.process)
            if is_met:
                return True
            is_known = is_known or has_text
        return blank and not is_known

    return matches


def user_term(term: Term) -> Test:
    """`user:`: part of the name, or exactly the number."""
    test, blank = text_test([value for value in term.values if not _is_number(value)]), _any_blank(term.values)
    numbers = {value.text for value in term.values if isinstance(value, Text) and _is_number(value)}
    uids = {int(number) for number in numbers}

    def matches(socket: Socket) -> bool:
        user = socket.user
        if user is None:
            return blank or socket.uid in uids
        return test(user) or socket.uid in uids or user in numbers

    return matches


def netns_term(term: Term, moment: Moment) -> Test:
    """`netns:`: part of the name that is shown, or exactly the number."""
    test, names = text_test([value for value in term.values if not _is_number(value)]), moment.namespaces
    numbers = {int(value.text) for value in term.values if isinstance(value, Text) and _is_number(value)}
    judged: dict[int, bool] = {}

    def matches(socket: Socket) -> bool:
        known = judged.get(socket.netns)
        if known is None:
            name = names.get(socket.netns)
            known = judged[socket.netns] = own_number(socket.netns) in numbers or (name is not None and test(name))
        return known

    return matches


def _is_number(value: Value) -> bool:
    return isinstance(value, Text) and value.text.isascii() and value.text.isdigit() and len(value.text) <= 20


def word(text: str) -> Test:
    """Any other word: part of anything that is shown."""
    part = text.casefold()
    test = text_test([Text(text)])
    of_process = owners_text_term(Term("cmdline", (Text(text),)))
    # Most ends are IPv4 addresses with ports: digits, dots, a colon, and a star for no port.
    may_be_v4 = not part.strip("0123456789.:*")

    def matches(socket: Socket) -> bool:
        if test(socket.netid) or test(socket.state) or (socket.user is not None and test(socket.user)):
            return True
        for owner in socket.owners:
            if test(owner.process.name):
                return True
        if not socket.owners and test(absence_text(socket)):
            return True
        is_v4 = socket.local.version == 4 and socket.interface is None
        if (may_be_v4 or not is_v4) and (
            part in searched_local(socket).casefold() or part in peer_text(socket).casefold()
        ):
            return True
        return of_process(socket)

    return matches
