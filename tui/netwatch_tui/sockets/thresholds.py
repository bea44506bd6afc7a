"""From when on something is a problem: every such number has a name, by which the configuration changes it."""

from __future__ import annotations

from typing import NamedTuple


class Threshold(NamedTuple):
    """One number, greater than 0."""

    id: str
    default: float
    meaning: str


THRESHOLDS = (
    Threshold("accept_queue_filling", 70, "an accept queue that is this full, in percent of the backlog"),
    Threshold("send_q_stalled", 10, "a Send-Q that has not become shorter for this long, in seconds"),
    Threshold("close_wait", 60, "a connection in CLOSE-WAIT for this long, in seconds"),
    Threshold("syn_unanswered", 3, "a connection in SYN-SENT for this long, in seconds"),
)

DEFAULT_THRESHOLDS = {each.id: each.default for each in THRESHOLDS}
