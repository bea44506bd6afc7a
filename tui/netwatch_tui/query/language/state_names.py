"""The names of states and of groups of them: as ss has them, as the table shows them, as other tools spell them."""

from __future__ import annotations

from netwatch_tui.sockets.socket import State

EVERY = frozenset(State)
_BUCKET = frozenset({State.SYN_RECV, State.TIME_WAIT})
_CONNECTED = EVERY - {State.LISTEN, State.UNCONN}

GROUPS: dict[str, frozenset[State]] = {
    "all": EVERY,
    "connected": _CONNECTED,
    "synchronized": _CONNECTED - {State.SYN_SENT},
    "bucket": _BUCKET,
    "big": EVERY - _BUCKET,
}
"""ss(8), STATE-FILTER."""

NAME_IN_SS = {
    state: {State.ESTAB: "established", State.LISTEN: "listening", State.UNCONN: "unconnected"}.get(
        state, state.value.lower()
    )
    for state in State
}
"""What ss calls each state in a filter."""

_ALONE: dict[str, frozenset[State]] = {
    **{NAME_IN_SS[state]: frozenset({state}) for state in State},
    **{state.value.lower(): frozenset({state}) for state in State},
    "syn-received": frozenset({State.SYN_RECV}),  # RFC 9293
    "syn-rcvd": frozenset({State.SYN_RECV}),  # netstat of the BSDs
    "connected": GROUPS["connected"],
    "synchronized": GROUPS["synchronized"],
}
"""Names that are no words of anything else, so that they need no `state` before them."""

STATES: dict[str, frozenset[State]] = {
    **_ALONE,
    "closed": frozenset({State.UNCONN}),
    "close": frozenset({State.UNCONN}),
    **GROUPS,
}
"""Every name, in lower case and with hyphens."""

BEGINNINGS = frozenset(name.partition("-")[0] for name in _ALONE if "-" in name)
"""First words of names that have several, as in `time wait`."""


def _letters(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


_ALONE_BY_LETTERS = {_letters(name): states for name, states in _ALONE.items()}
_BY_LETTERS = {_letters(name): states for name, states in STATES.items()}


def states_named(name: str) -> frozenset[State] | None:
    """The states behind a name in any spelling: `TIME_WAIT`, `fin-wait-1`, `FINWAIT1`; None if it is none."""
    return _BY_LETTERS.get(_letters(name))


def states_named_alone(word: str) -> frozenset[State] | None:
    """The same for a word that stands by itself; None also for `all`, `big`, `close` and the like, which say more."""
    return _ALONE_BY_LETTERS.get(_letters(word))
