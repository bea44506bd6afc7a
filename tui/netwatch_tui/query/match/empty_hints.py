"""What a filter that chooses nothing may have asked for in vain."""

from __future__ import annotations

from collections.abc import Iterator

from netwatch_tui.query.language.syntax import And, Expression, HostTest, Or, Term, Text, Word
from netwatch_tui.sockets.kinds import KINDS

_KIND_OF_FAMILY = {"unix": "unix", "link": "packet", "netlink": "netlink"}


def asked_netids(expression: Expression) -> frozenset[str] | None:
    """The netids of which a socket must have one to be chosen; None where any may do."""
    match expression:
        case Term("netid", values):
            return frozenset(value.text for value in values if isinstance(value, Text))
        case HostTest(_, host) if host.family in _KIND_OF_FAMILY:
            return frozenset(KINDS[_KIND_OF_FAMILY[host.family]])
        case And(parts):
            known = [netids for part in parts if (netids := asked_netids(part)) is not None]
            return frozenset.intersection(*known) if known else None
        case Or(parts):
            each = [asked_netids(part) for part in parts]
            known = [netids for netids in each if netids is not None]
            return frozenset[str]().union(*known) if len(known) == len(each) else None
        case _:
            return None


def searched_words(expression: Expression) -> Iterator[str]:
    """The words that are looked for in what is shown of a socket."""
    match expression:
        case And(parts) | Or(parts):
            for part in parts:
                yield from searched_words(part)
        case Word(word):
            yield word
        case _:
            pass
