"""What addresses are called, remembered for some time, and few of them asked for at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import NamedTuple, Protocol

from netwatch_tui.sockets.host_names import NO_HOST_NAMES, HostNames, NameAnswer, is_asked_about

LOOK_UPS_AT_ONCE = 4
"""Look-ups that may be under way; the others wait."""

MOST_HOST_NAMES = 4_096
"""Addresses of which is remembered what they are called, or that they have no name; those learnt first go first."""

KEPT_NAME = 600.0
"""Seconds for which a name holds: getnameinfo(3) does not tell for how long it may be kept."""

KEPT_NO_NAME = 120.0
"""Seconds for which it holds that there is none."""

KEPT_FAILURE = 30.0
"""Seconds until somebody is asked again who did not answer."""


class Hosts(Protocol):
    """Names that ask nobody; see `hosts_file.HostsFile`."""

    def look_again(self) -> bool:
        """Tells whether it may say something else than before."""

    def name(self, packed: bytes) -> str | None:
        """What it calls an address."""


class _Known(NamedTuple):
    name: str | None
    until: float
    is_final: bool = True


class HostNameCache:
    """Knows which names are wanted, has them looked up, and keeps what came. Used by one thread."""

    def __init__(self, hosts: Hosts, ask: Callable[[bytes], object], most: int = MOST_HOST_NAMES) -> None:
        """Know nothing yet.

        Args:
            hosts: Is asked first.
            ask: Begins to look an address up, and must not wait; what comes of it is handed to `take`.
            most: Addresses of which anything is remembered.
        """
        self._hosts = hosts
        self._ask = ask
        self._most = most
        self._known: dict[bytes, _Known] = {}
        self._under_way: set[bytes] = set()
        self._waiting: list[bytes] = []
        """The addresses that are wanted and whose turn has not come, the next one at the end."""
        self._names: HostNames | None = NO_HOST_NAMES
        """None when something was learnt since it was put together."""

    @property
    def names(self) -> HostNames:
        """All names that are known; the same mapping as before while nothing is different."""
        if self._names is None:
            self._names = {packed: known.name for packed, known in self._known.items() if known.name is not None}
        return self._names

    @property
    def is_looking(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._under_way)

    def look(self, wanted: Collection[bytes], now: float) -> HostNames:
        """Have these addresses looked up, and no others any more; gives the names that are known.

        A name whose time is over is shown until there is another answer.

        Args:
            wanted: 4 or 16 bytes each; the first are the first to be looked up.
            now: In seconds, of a clock that never jumps.
        """
        if wanted and self._hosts.look_again():
            self._known.clear()
            self._names = None
        self._waiting = []
        for packed in wanted:
            known = self._known.get(packed)
            if known is not None and now < known.until:
                continue
            name = self._hosts.name(packed)
            if name is not None or not is_asked_about(packed):
                self._learn(packed, _Known(name, math.inf))
            elif packed not in self._under_way:
                self._waiting.append(packed)
        self._waiting.reverse()
        self._ask_next()
        return self.names

    def take(self, answer: NameAnswer, now: float) -> None:
        """Remember what came of a look-up, and begin the next one."""
        self._under_way.discard(answer.address)
        lasts = KEPT_FAILURE if not answer.is_final else KEPT_NO_NAME if answer.name is None else KEPT_NAME
        self._learn(answer.address, _Known(answer.name, now + lasts, answer.is_final))
        self._ask_next()

    def unanswered(self, addresses: Collection[bytes]) -> int:
        """Of how many of these addresses it is not known whether they have a name."""
        found = (self._known.get(packed) for packed in addresses)
        return sum(known is None or not known.is_final for known in found)

    def _ask_next(self) -> None:
        while self._waiting and len(self._under_way) < LOOK_UPS_AT_ONCE:
            packed = self._waiting.pop()
            self._under_way.add(packed)
            self._ask(packed)

    def _learn(self, packed: bytes, known: _Known) -> None:
        before = self._known.pop(packed, None)
        self._known[packed] = known
        if len(self._known) > self._most:
            del self._known[next(iter(self._known))]
            self._names = None
        if before is None or before.name != known.name:
            self._names = None
