"""Which owners of sockets hold many descriptors, and how many each of them may."""

from __future__ import annotations

from collections.abc import Mapping

from netwatch_tui.kernel.source import Source
from netwatch_tui.sockets.descriptor_use import DescriptorUse, DescriptorUses

MANY = 32
"""Descriptors below which nobody asks for the limit."""


def descriptor_uses(source: Source, held: Mapping[int, int], before: DescriptorUses) -> DescriptorUses:
    """What processes hold of what they may; the same mapping as before if nothing is different.

    Args:
        source: The machine, which is asked for the limit of each.
        held: Descriptors by pid.
        before: What was found the last time.
    """
    limits = {pid: source.descriptor_limit(pid) for pid in held}
    found = {pid: DescriptorUse(held[pid], limit) for pid, limit in limits.items() if limit is not None}
    return before if found == before else found
