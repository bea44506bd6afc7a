"""What flowed in the last minutes through the connections that somebody looks at: other machines tell only what is."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from netwatch_tui.collect.flows import HISTORY, MOST_SAMPLES
from netwatch_tui.sockets.flow import Flow, FlowSample


class FlowHistories:
    """Begins with the look at a connection, and forgets what is not looked at any more."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._samples: dict[int, deque[FlowSample]] = {}

    def look(self, ids: Iterable[int], flows: Mapping[int, Flow], now: float) -> dict[int, tuple[FlowSample, ...]]:
        """What is known of these by now, the oldest first.

        Args:
            ids: The rows that are looked at.
            flows: What flows, by row.
            now: Seconds since the epoch.
        """
        self._samples = {id: self._samples.get(id, deque(maxlen=MOST_SAMPLES)) for id in ids if id in flows}
        for id, samples in self._samples.items():
            flow = flows[id]
            if not samples or samples[-1].at < now:
                samples.append(FlowSample(now, flow.rate_in, flow.rate_out, flow.rtt))
            while samples[0].at < now - HISTORY:
                samples.popleft()
        return {id: tuple(samples) for id, samples in self._samples.items()}
