"""Attempts at listeners of one machine, with the numbers that they have in the table of several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from netwatch_tui.actions.probes import Probes
from netwatch_tui.sockets.hosts import on_host
from netwatch_tui.sockets.probe_results import Outcome, PlannedListener, ProbeEnd
from netwatch_tui.sockets.socket import Socket


class FleetProbe:
    """See `Probes`."""

    def __init__(self, probe: Probes, host: int, rows: Mapping[Socket, Socket]) -> None:
        """Tell of a probe.

        Args:
            probe: That of the machine.
            host: The machine's number.
            rows: What stands in the table, by what that is on its machine.
        """
        self._probe = probe
        self._host = host
        self.planned = [self._of_table(each, rows[each.listener]) for each in probe.planned]
        self.ends = list(map(self._end, probe.ends))
        self.networks = {on_host(netns, host): found for netns, found in probe.networks.items()}

    def run(self, check: Callable[[], None]) -> Iterator[tuple[ProbeEnd, Outcome]]:
        """Try everything, and tell what came of it; see `Probes`."""
        for end, outcome in self._probe.run(check):
            yield self._end(end), outcome

    def close(self) -> None:
        """Let go of it."""
        self._probe.close()

    def _of_table(self, planned: PlannedListener, row: Socket) -> PlannedListener:
        return planned._replace(listener=row, ends=tuple(map(self._end, planned.ends)))

    def _end(self, end: ProbeEnd) -> ProbeEnd:
        return end._replace(origin=on_host(end.origin, self._host), netns=on_host(end.netns, self._host))
