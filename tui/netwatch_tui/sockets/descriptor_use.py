"""How many descriptors a process has open, and how many it may have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class DescriptorUse(NamedTuple):
    """Of one process."""

    held: int
    """Open descriptors, whatever stands behind them."""
    limit: int
    """Its soft RLIMIT_NOFILE: one more than that, and open(2), socket(2) and accept(2) fail with EMFILE."""


DescriptorUses = Mapping[int, DescriptorUse]
"""By pid; of processes that hold few there is none."""

NO_DESCRIPTOR_USES: DescriptorUses = {}
