"""A filter that is ready to use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from netwatch_tui.fields.moment import Moment
from netwatch_tui.query.language.keys import KEY_OF
from netwatch_tui.query.language.names import NO_NAMES, MachineNames
from netwatch_tui.query.language.notes import Note
from netwatch_tui.query.language.parser import PlacedCondition, read
from netwatch_tui.query.language.syntax import ALL, And, Expression, Is, PortTest, Range, States, Term, takes_states
from netwatch_tui.query.match.compile import compiled, is_timely
from netwatch_tui.query.match.empty_hints import (
    Asked,
    asked_for,
    asked_names,
    asks_for_namespaces,
    empty_hints,
    searched_as_text,
    searched_words,
)
from netwatch_tui.query.match.ends import Test
from netwatch_tui.query.match.filter_needs import filter_needs
from netwatch_tui.query.match.texts import text_test, word
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.socket import Socket


class Query(NamedTuple):
    """What a person typed, and what it means."""

    text: str
    """As it was typed."""
    expression: Expression
    names: MachineNames = NO_NAMES
    places: tuple[PlacedCondition, ...] = ()
    """The conditions of which all must hold, with their places in the text."""
    notes: tuple[Note, ...] = ()
    """What a person should know of how it was understood."""

    @property
    def is_everything(self) -> bool:
        """Whether every socket meets it."""
        return self.expression == ALL

    @property
    def parts(self) -> tuple[Query, ...]:
        """A filter for each of its conditions, of which all must match."""
        conditions = self.expression.all_of if isinstance(self.expression, And) else (self.expression,)
        return tuple(Query(self.text, condition, self.names) for condition in conditions)

    @property
    def depends_on_time(self) -> bool:
        """Whether the same socket may meet it at one moment and not at another."""
        return is_timely(self.expression)

    @property
    def needs(self) -> Needs:
        """What must be known of sockets before it can choose among them."""
        return filter_needs(self.expression)

    @property
    def asked(self) -> Asked:
        """What a socket must be to meet it, of what can be switched off."""
        return asked_for(self.expression)

    @property
    def only_port(self) -> int:
        """The local port that it asks for, or the one at either end, if it asks for nothing else; 0 where it does."""
        match self.expression:
            case Term("port" | "local_port", (Range(low, high),)) if low == high:
                return int(low)
            case PortTest("local" | "any", "=", port):
                return port
            case _:
                return 0

    @property
    def asks_for_namespaces(self) -> bool:
        """Whether it asks for network namespaces by name or number."""
        return asks_for_namespaces(self.expression)

    @property
    def empty_hints(self) -> tuple[str, ...]:
        """What to say if it chooses nothing."""
        return tuple(empty_hints(self.expression, self.names))

    def word_hint(self, sockets: Sequence[Socket]) -> str:
        """What to say of words that none of these sockets has, whom an alternative chose; nothing of what is noted."""
        noted = [self.text[note.start : note.end] for note in self.notes]
        words = (each for each in searched_words(self.expression) if not any(each in text for text in noted))
        unmet = [each for each in words if not any(map(word(each), sockets))]
        return searched_as_text(unmet, self.names) if unmet else ""

    def former_holders_hint(self, sockets: Iterable[Socket]) -> str:
        """What to say if it chooses none of these sockets and asks for a process that held some of them; else empty."""
        if not (names := list(asked_names(self.expression))):
            return ""
        is_asked = text_test(names)
        left = (socket for socket in sockets if socket.owner_reason is OwnerReason.LAST_HELD)
        count = sum(any(is_asked(each.process.name) for each in socket.evidence) for socket in left)
        words = " or ".join(name.text for name in names)
        return f"process: asks who holds a socket now; {words} alone finds {count:,} held last (†)" if count else ""

    @property
    def note(self) -> str:
        """All that a person should know of how it was understood, in one line; mostly nothing."""
        return "; ".join(note.text for note in self.notes)

    def compile(self, moment: Moment) -> Test:
        """The function that tells whether a socket meets it, at this moment.

        It remembers what it found out about names and addresses: make it once a tick, or once for as long as the
        moment's marks and namespaces stay, if the filter does not depend on time.
        """
        return compiled(self.expression, self.names, moment._replace(services=self.names.port_names))

    def without(self, key: str) -> str:
        """The text without those conditions of a key that must hold, such as `port:80` but not `-port:80`.

        What is left can be narrowed by writing more behind it, also where it has alternatives.
        """
        known = KEY_OF[key.lower()].name if key.lower() in KEY_OF else key
        kept = [place for place in self.places if not _is_of(place.condition, known)]
        return " ".join(self._pieces(kept))

    def narrowed(self, more: str) -> str:
        """The text with another condition that must hold as well."""
        begins_with_state = more.split(maxsplit=1)[:1] in (["state"], ["exclude"])
        joint = " and " if begins_with_state and self.places else " "
        return f"{self.without('')}{joint}{more}".lstrip()

    def _pieces(self, places: list[PlacedCondition]) -> Iterator[str]:
        before: Expression | None = None
        for place in places:
            if takes_states(before) and isinstance(place.condition, States):
                yield "and"  # side by side they would be read as one set
            yield self.text[place.start : place.end]
            before = place.condition


EVERYTHING = Query("", ALL)


def parse(text: str, names: MachineNames = NO_NAMES) -> Query:
    """Read a filter.

    Args:
        text: What was typed.
        names: What services are called on this machine, and who looks.

    Raises:
        QueryError: The text is no filter.
    """
    meaning = read(text, names)
    return Query(text, meaning.expression, names, meaning.places, meaning.notes)


def _is_of(condition: Expression, key: str) -> bool:
    return (isinstance(condition, Term) and condition.key == key) or (isinstance(condition, Is) and key == "is")
