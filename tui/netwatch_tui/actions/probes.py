"""Attempts at listeners, as who shows them knows them; the kernel's part is loaded when any are planned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from netwatch_tui.sockets.networks import Networks
from netwatch_tui.sockets.probe_results import Outcome, PlannedListener, ProbeEnd
from netwatch_tui.sockets.socket import Socket


class Probes(Protocol):
    """Attempts at listeners that are planned; see `kernel.listener_probe.ListenerProbe`."""

    @property
    def planned(self) -> Sequence[PlannedListener]:
        """What is tried of each listener."""

    @property
    def ends(self) -> Sequence[ProbeEnd]:
        """All that will be tried."""

    @property
    def networks(self) -> Networks:
        """The addresses of each namespace with a listener."""

    def run(self, check: Callable[[], None]) -> Iterator[tuple[ProbeEnd, Outcome]]:
        """Try everything; what `check` raises ends it."""

    def close(self) -> None:
        """Let go of everything."""


class ProbeRefusedError(RuntimeError):
    """Nothing is tried, or nothing more; the text says why."""


Plan = Callable[[Sequence[Socket], Iterable[Socket]], Probes]
"""Plans the attempts at some listeners among all sockets; see `plan_probe`."""


def plan_probe(listeners: Sequence[Socket], every: Iterable[Socket]) -> Probes:
    """Plan attempts on this machine.

    Raises:
        ProbeRefusedError: The own network namespace can't be told from others.
    """
    from netwatch_tui.kernel.listener_probe import ListenerProbe

    try:
        return ListenerProbe(listeners, every)
    except OSError as error:
        raise ProbeRefusedError(error.strerror or str(error)) from error
