"""Which kinds of sockets are shown: what the command line and the toggles choose."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from netwatch_tui.sockets.kinds import ALL_NETIDS, KINDS
from netwatch_tui.sockets.slices import giving_way
from netwatch_tui.sockets.socket import Family, Socket, State


class Selection(NamedTuple):
    """Which kinds of sockets are shown: what the command line and the toggles choose."""

    netids: frozenset[str] = frozenset({"tcp", "udp"})
    families: frozenset[Family] = frozenset(Family)
    states: frozenset[State] = frozenset(State)

    def choose(self, sockets: Iterable[Socket]) -> list[Socket]:
        """Those of these kinds, in the order given."""
        return [
            socket
            for socket in giving_way(sockets)
            if socket.netid in self.netids and socket.state in self.states and socket.family in self.families
        ]

    def shows(self, kind: str) -> bool:
        """Whether any socket of this kind is shown."""
        return not self.netids.isdisjoint(KINDS[kind])

    def toggled(self, *kinds: str) -> Selection:
        """The same with these kinds off if any of them is on, else on."""
        netids = frozenset(netid for kind in kinds for netid in KINDS[kind])
        return self._replace(netids=self.netids ^ (self.netids & netids or netids))

    def only(self, states: frozenset[State]) -> Selection:
        """The same with only these states, or with all states again."""
        return self._replace(states=ALL_STATES if self.states == states else states)


ALL_STATES = frozenset(State)
LISTENING = frozenset({State.LISTEN, State.UNCONN})
"""What `ss -l` lists: for a protocol without connections, not connected is as good as listening."""
ESTABLISHED = frozenset({State.ESTAB})
EVERY_KIND = Selection(ALL_NETIDS)
