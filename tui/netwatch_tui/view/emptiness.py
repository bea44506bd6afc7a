"""Why there is nothing to see, and what to press."""

from __future__ import annotations

from collections.abc import Callable

from netwatch_tui.fields.format import printable
from netwatch_tui.sockets.selection import ESTABLISHED, EVERY_KIND, LISTENING
from netwatch_tui.view.spec import ViewSpec
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
    if not total:
        return ["No sockets of any kind were found here.", *_problems(view), *_elsewhere(view, key)]
    if not there:
        kinds = ", ".join(f"{kind} {count:,}" for kind, count in counts.by_kind.items())
        return [
            "There are no sockets of the kinds that are on.",
            f"There are: {kinds}.",
            f"{key('show.all')} shows everything.",
        ]
    if spec.query.text:
        first = f"None of {there:,} sockets matches the filter."
        return [
            first,
            *_asked_in_vain(spec, key),
            f"{key('filter.clear')} clears it, {key('filter.edit')} changes it.",
            *_hidden_owners(view),
        ]
    if spec.selection.states == LISTENING:
        return ["Nothing listens.", f"{key('show.listening')} shows all states again."]
    if spec.selection.states == ESTABLISHED:
        return ["Nothing is connected.", f"{key('show.established')} shows all states again."]
    if spec.selection.families != EVERY_KIND.families:
        families = " and ".join(sorted(spec.selection.families))
        return [f"There are no sockets of the family {families}.", f"{key('show.all')} shows everything."]
    return [
        "None of the sockets is in a state that is on.",
        f"{key('show.all')} shows everything.",
        *_elsewhere(view, key),
    ]


def _asked_in_vain(spec: ViewSpec, key: KeyOf) -> list[str]:
    if kinds := spec.choice.kinds_in_vain():
        return [f"It asks for {' and '.join(kinds)} sockets, which are off; {key('show.all')} shows everything."]
    words = spec.query.words
    return [f"Searched as text: {printable(', '.join(words))}."] if words else []


def _hidden_owners(view: View) -> list[str]:
    count = sum(view.snapshot.counts.no_permission.values())
    return [f"The owners of {count:,} sockets are hidden:", *view.snapshot.unseen.texts()] if count else []


def _elsewhere(view: View, key: KeyOf) -> list[str]:
    others = view.snapshot.namespaces.others
    return (
        [f"{key('show.namespaces')} looks into {others} more network namespaces."]
        if others and not view.spec.namespaces
        else []
    )


def _problems(view: View) -> list[str]:
    return [problem.text for problem in view.snapshot.problems]
