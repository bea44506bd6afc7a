"""What must be known of sockets before a filter can tell which of them it chooses."""

from __future__ import annotations

from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.query.language.syntax import (
    Autobound,
    Cgroup,
    Device,
    Expression,
    FirewallMark,
    Is,
    Leaf,
    Pattern,
    Term,
    Text,
    Word,
    leaves,
)
from netwatch_tui.sockets.needs import NOTHING_MORE, Need, Needs

_SHOWN_ADDRESSES = frozenset({"addr", "local"})
"""Keys whose values can be part of an address as it is shown, which is with its device."""
_INTERFACE = Needs(frozenset({Need.INTERFACE}))


def filter_needs(expression: Expression) -> Needs:
    """All that any condition asks for."""
    return NOTHING_MORE.union(*map(_leaf_needs, leaves(expression)))


def _leaf_needs(leaf: Leaf) -> Needs:
    match leaf:
        case Word():  # is looked for in all that is shown of a socket, and in command lines
            return _INTERFACE._replace(of_processes=True)
        case Device():
            return _INTERFACE
        case Autobound():
            return Needs(frozenset({Need.AUTOBOUND}))
        case FirewallMark():
            return Needs(frozenset({Need.FWMARK}))
        case Cgroup():
            return Needs(frozenset({Need.CGROUP}))
        case Term(key, values) if key in _SHOWN_ADDRESSES:
            return _INTERFACE if any(isinstance(value, Text | Pattern) for value in values) else NOTHING_MORE
        case Term(key) if key in FIELD_BY_ID:
            return _field_needs(key)
        case Is(words) if "problem" in words:
            return _field_needs("problem")
        case _:
            return NOTHING_MORE


def _field_needs(id: str) -> Needs:
    field = FIELD_BY_ID[id]
    return field.needs.union(field.filter.needs) if field.filter else field.needs
