"""One look at all sockets, whole and never changed afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from netwatch_tui.model.diff import Delta
from netwatch_tui.model.socket import OwnerReason, Socket


class Problem(NamedTuple):
    """Something that could not be read, said in words for the person at the screen."""

    text: str
    times: int
    """How many times it happened in this tick; at least 1."""


class Counts(NamedTuple):
    """How many sockets there are, by what people ask for."""

    by_netid: Mapping[str, int]
    by_state: Mapping[str, int]
    no_permission: int
    """Sockets whose owner only a more privileged user may see."""

    @classmethod
    def of(cls, sockets: tuple[Socket, ...]) -> Counts:
        """Count these sockets."""
        return cls(
            by_netid=Counter(socket.netid for socket in sockets),
            by_state=Counter(socket.state for socket in sockets),
            no_permission=sum(socket.owner_reason is OwnerReason.PERMISSION for socket in sockets),
        )


class Snapshot(NamedTuple):
    """All sockets at one moment, and what happened since the moment before."""

    taken_at: float
    """Seconds since the epoch."""
    first_at: float
    """When this collector took its first snapshot, in seconds since the epoch."""
    sockets: tuple[Socket, ...]
    delta: Delta
    """From the snapshot before; empty in the first one."""
    counts: Counts
    cost: float
    """Seconds that this snapshot took to make."""
    problems: tuple[Problem, ...]
