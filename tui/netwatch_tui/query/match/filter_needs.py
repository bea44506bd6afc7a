"""What must be known of sockets before a filter can tell which of them it chooses."""

from __future__ import annotations

from netwatch_tui.query.language.syntax import Autobound, Device, Expression, Leaf, Pattern, Term, Text, Word, leaves
from netwatch_tui.sockets.needs import Need, Needs

_OF_KEYS = {
    "cmd": Need.PROCESSES,
    "unit": Need.PROCESSES,
    "container": Need.PROCESSES,
    "dev": Need.INTERFACE,
}
_SHOWN_ADDRESSES = frozenset({"addr", "local"})
"""Keys whose values can be part of an address as it is shown, which is with its device."""


def filter_needs(expression: Expression) -> Needs:
    """All that any condition asks for."""
    return Needs(frozenset[Need]().union(*map(_leaf_needs, leaves(expression))))


def _leaf_needs(leaf: Leaf) -> frozenset[Need]:
    match leaf:
        case Word():  # is looked for in all that is shown of a socket, and in command lines
            return frozenset({Need.PROCESSES, Need.INTERFACE})
        case Device():
            return frozenset({Need.INTERFACE})
        case Autobound():
            return frozenset({Need.AUTOBOUND})
        case Term(key, values) if key in _SHOWN_ADDRESSES:
            is_text = any(isinstance(value, Text | Pattern) for value in values)
            return frozenset({Need.INTERFACE}) if is_text else frozenset()
        case Term(key) if key in _OF_KEYS:
            return frozenset({_OF_KEYS[key]})
        case _:
            return frozenset()
