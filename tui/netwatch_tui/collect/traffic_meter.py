"""The memory between two readings of the counters of network devices."""

from __future__ import annotations

from collections.abc import Mapping

from netwatch_tui.kernel.namespace_counters import DeviceBytes
from netwatch_tui.kernel.namespace_questions import Namespace
from netwatch_tui.sockets.traffic import Traffic, TrafficByDevice


class TrafficMeter:
    """Makes rates of what the devices of one namespace have counted."""

    def __init__(self) -> None:
        self._netns = 0
        self._read_at = 0.0
        self._counted: Mapping[str, DeviceBytes] = {}

    def read(self, namespace: Namespace, at: float) -> TrafficByDevice:
        """What goes through each device that was there at the reading before.

        Args:
            namespace: Whose devices; another one than before starts anew.
            at: Now, in seconds of any clock that only goes forward.
        """
        if namespace.inode != self._netns:
            self._netns, self._counted = namespace.inode, {}
        before, self._counted = self._counted, namespace.devices()
        elapsed, self._read_at = at - self._read_at, at
        if elapsed <= 0:
            return {}
        return {
            device: Traffic(now.into / elapsed, now.out / elapsed)
            for device, counted in self._counted.items()
            if (was := before.get(device)) and (now := _since(was, counted))
        }

    def forget(self) -> None:
        """Nobody wants to know: a rate over the time until somebody does again would be of no use."""
        self._counted = {}


def _since(before: DeviceBytes, after: DeviceBytes) -> DeviceBytes | None:
    """What was counted between two readings; None where the counters began anew, as when a driver is loaded again."""
    if after.into < before.into or after.out < before.out:
        return None
    return DeviceBytes(after.into - before.into, after.out - before.out)
