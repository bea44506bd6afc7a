"""What must be known of sockets before a field of them can be shown or written, or order them."""

from __future__ import annotations

from collections.abc import Iterable

from netwatch_tui.sockets.needs import Need, Needs

_OF_FIELDS = {
    "owners": Need.PROCESSES,
    "cmdline": Need.PROCESSES,
    "unit": Need.PROCESSES,
    "container": Need.PROCESSES,
    "interface": Need.INTERFACE,
}


def field_needs(ids: Iterable[str]) -> Needs:
    """All that the fields with these ids ask for."""
    return Needs(frozenset(_OF_FIELDS[id] for id in ids if id in _OF_FIELDS))
