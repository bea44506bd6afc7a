"""All that is watched of what flows, by connection, by rule and by device: one thing for the collector to keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from netwatch_tui.collect.flow_health import FlowHealth
from netwatch_tui.collect.flows import Flows
from netwatch_tui.collect.socket_tracker import SocketTracker
from netwatch_tui.collect.traffic_meter import TrafficMeter
from netwatch_tui.kernel.namespace_questions import Namespace
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.flow import Flow, FlowSample
from netwatch_tui.sockets.health import Findings
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.snapshot import Counts, Problem, Snapshot
from netwatch_tui.sockets.traffic import TrafficByDevice


class FlowNews(NamedTuple):
    """What a tick tells of what flows; see `Snapshot`."""

    flows: Mapping[int, Flow]
    histories: Mapping[int, tuple[FlowSample, ...]]
    traffic: TrafficByDevice
    findings: Findings
    problems: Sequence[Problem]

    def added_to(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot with what is told here."""
        return snapshot._replace(
            flows=self.flows,
            histories=self.histories,
            traffic=self.traffic,
            findings=_both(snapshot.findings, self.findings),
            problems=(*snapshot.problems, *self.problems),
        )


class FlowWatch:
    """Remembers what flowed."""

    def __init__(self, tracker: SocketTracker, check: Callable[[], None], stopwatch: Callable[[], float]) -> None:
        """Begin with nothing known; the arguments are those of `Flows`."""
        self._tracker = tracker
        self._stopwatch = stopwatch
        self._flows = Flows(tracker, check, stopwatch)
        self._health = FlowHealth()
        self._traffic = TrafficMeter()

    def tick(
        self,
        namespaces: Sequence[Namespace],
        needs: Needs,
        delta: Delta,
        counts: Counts,
        now: float,
        started: float,
    ) -> FlowNews:
        """Look at what flows.

        Args:
            namespaces: Those that are looked at.
            needs: What must be known.
            delta: What this tick brought; in the first one all sockets, as opened.
            counts: Of the sockets.
            now: The time at which the tick started, in seconds since the epoch.
            started: The same by the stopwatch.
        """
        self._flows.read(namespaces, needs, delta, now, started)
        flows = self._flows.flows
        return FlowNews(
            flows,
            self._flows.histories(needs.of_ids),
            self._traffic_of(namespaces, needs),
            self._health.tick(self._tracker.sockets, flows, delta, counts, namespaces, now),
            self._flows.problems(),
        )

    def _traffic_of(self, namespaces: Sequence[Namespace], needs: Needs) -> TrafficByDevice:
        """What goes through the devices, where somebody wants to know."""
        if needs.traffic and namespaces:
            return self._traffic.read(namespaces[0], self._stopwatch())
        self._traffic.forget()
        return {}


def _both(first: Findings, second: Findings) -> Findings:
    """The findings of both, those of the first before those of the second; either itself where the other is empty."""
    if not (first and second):
        return first or second
    return {id: (*first.get(id, ()), *second.get(id, ())) for id in first.keys() | second.keys()}
