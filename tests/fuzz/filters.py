"""Filters of tokens in any order, of any depth and length."""

from __future__ import annotations

from functools import cache
from random import Random

from netwatch_tui.fields.moment import Moment
from netwatch_tui.query import KEYS, NO_NAMES, REFERENCE, QueryError, complete, format_query, known_in, parse
from netwatch_tui.query.language.parser import MAX_TEXT
from netwatch_tui.sockets.snapshot import Snapshot
from tests.fuzz.recordings import sockets
from tests.fuzz.runner import Counts, Wrong, check_said, run_inputs
from tests.support.fake import Watch

_WORDS = tuple(word for text, _ in REFERENCE for word in text.split())
_KEYS = tuple(f"{key.name}:" for key in KEYS)
_PIECES = (
    "(", ")", "and", "or", "not", "!", "&", "|", "-", ",", ":", "=", "!=", "<", ">", "<=", ">=", "*", "/", "/(a+)+$/",
    "/[/", '"', "\\", "@", "[", "]", "[::1]", "10.0.0.0/8", "::ffff:1.2.3.4", ":80", "80-90", "90-80", "64k", "1" * 30,
    "1" * 5000, "1e9", "-1", "99999", "\0", "\n", "\x1b", "\ud800", "\udcff", "é", "٣", "²", "🦊", "a" * 300, "10s",
    "1" * 400 + "y", "state", "exclude", "dport", "src", "dev", "autobound", "fwmark", "cgroup", "~", "%", "0x10", "//",
    "/.{9999}/", "/" + "(" * 200, "/" + "a?" * 50 + "a" * 50 + "/", "/\\u{110000}/", "/(?i)x/", "/\\1/",
)  # fmt: skip
_NESTING = ("(", "not ", "! ", "-", "(not ", "port:80 or (", "((", "a|", "a,", "port:1,", "state ", "and ")


@cache
def seen() -> Snapshot:
    """What filters choose from."""
    return Watch(*sockets()).again()


def make(random: Random) -> str:
    """Any text."""
    match random.randrange(8):
        case 0:
            part = random.choice(_NESTING)
            count = random.choice((10, 100, 500, 1000, 5000, 20_000))
            return part * count + "tcp" + ")" * (part.count("(") * count * random.randrange(2))
        case 1:
            return "".join(chr(random.randrange(0x20, 0x250)) for _ in range(random.randrange(60)))
        case 2:
            text = random.choice(REFERENCE)[0]
            at = random.randrange(len(text) + 1)
            return text[:at] + random.choice(_PIECES) + text[at + random.randrange(3) :]
        case _:
            pieces = (random.choice(random.choice((_WORDS, _KEYS, _PIECES))) for _ in range(random.randrange(1, 12)))
            return "".join(piece + random.choice(("", "", " ")) for piece in pieces)


def attempt(text: str) -> bool:
    """Read it, choose by it, spell it, complete it."""
    snapshot = seen()
    complete(text, min(len(text), 17), known_in(snapshot, NO_NAMES))
    complete(text, len(text), known_in(snapshot, NO_NAMES))
    try:
        query = parse(text)
    except QueryError as error:
        check_said(error.message)
        if error.pointed().count("\n") > 1:
            raise Wrong(error.pointed()) from error
        return True
    moment = Moment(snapshot.taken_at, {}, snapshot.namespaces.names)
    test = query.compile(moment)
    chosen = [test(socket) for socket in snapshot.sockets]
    _ = (query.needs, query.asked, query.note, query.depends_on_time, query.without("port"))
    spelled = format_query(query.expression)
    if len(spelled) > MAX_TEXT:
        return False
    again = parse(spelled).compile(moment)
    if [again(socket) for socket in snapshot.sockets] != chosen:
        raise Wrong(f"{spelled[:300]!r} chooses otherwise")
    return False


def run(seed: int, seconds: float) -> Counts:
    """Make and read filters."""
    return run_inputs(seed, seconds, make, attempt)
