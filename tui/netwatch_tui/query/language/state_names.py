"""The names of states and of groups of states, as ss has them and as the table shows them."""

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

STATES: dict[str, frozenset[State]] = {
    **{NAME_IN_SS[state]: frozenset({state}) for state in State},
    "closed": frozenset({State.UNCONN}),
    "close": frozenset({State.UNCONN}),
    **{state.value.lower(): frozenset({state}) for state in State},
    **GROUPS,
}
"""Every name, in lower case."""
