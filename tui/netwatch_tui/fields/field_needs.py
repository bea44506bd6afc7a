"""What must be known of sockets before a field of them can be shown or written, or order them."""

from __future__ import annotations

from collections.abc import Iterable

from netwatch_tui.sockets.needs import Need, Needs

_OF_PROCESSES = frozenset({"owners", "cmdline", "unit", "container"})
_OF_SOCKETS = {"interface": Need.INTERFACE}


def field_needs(ids: Iterable[str]) -> Needs:
    """All that the fields with these ids ask for."""
    wanted = frozenset(ids)
    of_all = frozenset(need for id, need in _OF_SOCKETS.items() if id in wanted)
    return Needs(of_all, of_processes=not wanted.isdisjoint(_OF_PROCESSES))
