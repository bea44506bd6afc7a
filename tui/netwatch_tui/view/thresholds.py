"""From when on something is a problem: every such number has a name, by which the configuration changes it."""

from __future__ import annotations

from typing import NamedTuple


class Threshold(NamedTuple):
    """One number, greater than 0."""

    id: str
    default: float
    meaning: str


THRESHOLDS = (
    Threshold("accept_queue_percent", 70, "a listener whose accept queue is this full, in percent of its backlog"),
    Threshold("send_q_seconds", 5, "a Send-Q that has not drained for this long, in seconds"),
    Threshold("close_wait_seconds", 60, "a connection in CLOSE-WAIT for longer than this, in seconds"),
    Threshold("syn_sent_seconds", 3, "a connection in SYN-SENT for longer than this, in seconds"),
    Threshold("descriptors_percent", 90, "a process that uses this much of its limit of descriptors, in percent"),
)

DEFAULT_THRESHOLDS = {each.id: each.default for each in THRESHOLDS}
