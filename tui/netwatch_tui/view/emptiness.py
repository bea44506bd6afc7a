"""Why there is nothing to see, and what to press."""

from __future__ import annotations

from collections.abc import Callable

from netwatch_tui.fields.format import printable
from netwatch_tui.sockets.selection import ESTABLISHED, EVERY_KIND, LISTENING
from netwatch_tui.view.port_verdict import PortVerdict
from netwatch_tui.view.view import View

KeyOf = Callable[[str], str]
"""From the id of what keys do to the key that a message names."""


def why_empty(view: View, key: KeyOf) -> list[str]:
    """Some lines for a table without rows, the reason first.

    Args:
        view: That which has no rows.
        key: Gives what a person presses for an action.
    """
    spec, counts = view.spec, view.snapshot.counts
    total = sum(counts.by_state.values())
    there = sum(count for kind, count in counts.by_kind.items() if spec.selection.shows(kind))
    if spec.inside is not None:
        return [f"No socket is left in {printable(spec.inside)}.", f"{key('filter.clear')} goes back to the groups."]
    if spec.history and not total:
        return ["Nothing has happened yet.", f"{key('history')} goes back to the sockets."]
    if view.port_verdict is not None:
        return [*view.port_verdict.texts, *_port_is_off(view.port_verdict, key), _leave_filter(key)]
    if not total and (hosts := view.snapshot.hosts) and not any(host.is_live for host in hosts.values()):
        return ["No machine has told of its sockets yet.", f"{key('hosts')} shows how each of them stands."]
    if not total:
        return ["There are no sockets of any kind here.", *_problems(view), *_elsewhere(view, key)]
    if not there:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in counts.by_kind.items())
        return [
            "There are no sockets of the selected kinds.",
            f"Present: {kinds}.",
            f"{key('show.all')} shows everything.",
        ]
    if spec.query.text:
        first = f"None of {there:,} sockets matches the filter." if there > 1 else "The one socket does not match."
        return [
            first,
            *_asked_in_vain(view, key),
            _leave_filter(key),
            *_hidden_owners(view),
        ]
    if spec.selection.states == LISTENING:
        return ["Nothing is listening.", f"{key('show.listening')} shows all states again."]
    if spec.selection.states == ESTABLISHED:
        return ["Nothing is connected.", f"{key('show.established')} shows all states again."]
    if spec.selection.families != EVERY_KIND.families:
        families = " and ".join(sorted(spec.selection.families))
        return [f"There are no sockets of the family {families}.", f"{key('show.all')} shows everything."]
    return ["No socket is in a selected state.", f"{key('show.all')} shows everything.", *_elsewhere(view, key)]


def _leave_filter(key: KeyOf) -> str:
    return f"{key('filter.clear')} clears the filter, {key('filter.edit')} changes it."


def _port_is_off(verdict: PortVerdict, key: KeyOf) -> list[str]:
    if not any(each.sockets for each in verdict.protocols):
        return []
    return [f"Its sockets are of kinds or states that are off; {key('show.all')} shows everything."]


def _asked_in_vain(view: View, key: KeyOf) -> list[str]:
    spec = view.spec
    if vain := next(spec.choice.asked_in_vain(), None):
        return [f"It asks for {' and '.join(vain.values)} sockets, which are off; {key('show.all')} shows everything."]
    told = [*spec.query.empty_hints, spec.query.former_holders_hint(view.snapshot.sockets)]
    hints = [f"{printable(hint[0].upper() + hint[1:])}." for hint in told if hint]
    return hints + (_elsewhere(view, key) if spec.query.asks_for_namespaces else [])


def _hidden_owners(view: View) -> list[str]:
    count = sum(view.snapshot.counts.no_permission.values())
    return [f"The owners of {count:,} sockets are hidden:", *view.snapshot.unseen.texts()] if count else []


def _elsewhere(view: View, key: KeyOf) -> list[str]:
    others = view.snapshot.namespaces.others
    return (
        [f"{key('show.namespaces')} shows {others} more network namespaces."]
        if others and not view.spec.namespaces
        else []
    )


def _problems(view: View) -> list[str]:
    return [problem.text for problem in view.snapshot.problems]
