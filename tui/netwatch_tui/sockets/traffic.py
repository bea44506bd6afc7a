"""What goes through the network devices of a namespace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

LOOPBACK = "lo"
"""Its packets never leave the machine, and each is counted as sent and as received."""


class Traffic(NamedTuple):
    """Bytes a second through one device, between two readings, with all headers."""

    rate_in: float
    rate_out: float

    @property
    def both(self) -> float:
        """Bytes a second in either direction."""
        return self.rate_in + self.rate_out


TrafficByDevice = Mapping[str, Traffic]


def outside(traffic: TrafficByDevice) -> Traffic | None:
    """What goes through all devices but loopback; None where there is none of them, or no rate yet."""
    found = [each for device, each in traffic.items() if device != LOOPBACK]
    return Traffic(sum(each.rate_in for each in found), sum(each.rate_out for each in found)) if found else None
