"""When a socket was first seen, and what happened to it a moment ago."""

from __future__ import annotations

from netwatch_tui.fields.field import Field, Filter, FilterValue, Holds, Written, flag_field
from netwatch_tui.fields.format import BLANK, duration
from netwatch_tui.fields.iso_time import iso
from netwatch_tui.fields.json_types import FLAG, SECONDS, TIME, one_of
from netwatch_tui.fields.moment import Moment
from netwatch_tui.sockets.marks import MARK_RANK, Mark
from netwatch_tui.sockets.socket import Socket

MARK_WORDS = {Mark.NEW: "new", Mark.CHANGED: "changed", Mark.CLOSED: "closed"}


def _seconds(socket: Socket, moment: Moment) -> float:
    return round(max(moment.seen_last(socket) - socket.seen_at, 0.0), 6)


def _age(socket: Socket, moment: Moment) -> str:
    age = moment.seen_last(socket) - socket.seen_at
    if not socket.was_there:
        return duration(age)
    # Of these only a bound is known: below a minute it would say nothing, and change in every row at every tick.
    return f"≥{duration(age)}" if age >= 60 else BLANK


def _age_sentence(socket: Socket, moment: Moment) -> str:
    age = duration(moment.seen_last(socket) - socket.seen_at)
    return f"at least {age}; already there when watching began" if socket.was_there else age


def _age_compared(socket: Socket, moment: Moment) -> tuple[FilterValue]:
    return (_seconds(socket, moment),)


def _mark_word(socket: Socket, moment: Moment) -> str | None:
    marked = moment.marked.get(socket.id)
    return MARK_WORDS[marked.mark] if marked else None


def _mark_sign(socket: Socket, moment: Moment) -> str:
    marked = moment.marked.get(socket.id)
    return marked.mark if marked else " "


def _mark_key(socket: Socket, moment: Moment) -> int | None:
    marked = moment.marked.get(socket.id)
    return MARK_RANK[marked.mark] if marked else None


def _mark_compared(socket: Socket, moment: Moment) -> tuple[FilterValue]:
    return (_mark_word(socket, moment),)


AGE_FIELDS = (
    Field(
        "age", "Age", "time since it was first seen; a lower bound, after a minute, if it was there before that",
        _seconds, SECONDS, _age, lambda s, _: (s.was_there, -s.seen_at), _age_sentence, unit="seconds",
        filter=Filter(Holds.AGE, _age_compared, likeness=None), is_timely=True, is_shown=True, rank=6, width=5, most=5,
        right_aligned=True,
    ),
)  # fmt: skip

SEEN_FIELDS = (
    Field(
        "seen_at", "Seen at", "when it was first seen", lambda s, _: iso(s.seen_at), TIME,
        lambda s, _: iso(s.seen_at), lambda s, _: s.seen_at, None, rank=16, width=27, most=27,
    ),
    flag_field(
        "was_there", "Was there", "whether it was already there when watching began, so that its age is only a minimum",
        lambda s: s.was_there, json=FLAG,
    ),
)  # fmt: skip

MARK = Field(
    "mark", " ", "+ new, ~ state changed, - closed", _mark_word, one_of(MARK_WORDS.values(), or_null=True),
    _mark_sign, _mark_key, None,
    filter=Filter(Holds.WORD, _mark_compared, words=tuple(MARK_WORDS.values()), likeness=None), is_timely=True,
    written=Written.EVERYWHERE, is_shown=True, rank=0, width=1, most=1, is_pinned=True,
)  # fmt: skip
"""The sign before a row."""
