"""From when on something is a problem: every such number has a name, by which the configuration changes it."""

from __future__ import annotations

from typing import NamedTuple

from netwatch_tui.sockets.health import (
    DESCRIPTORS_SHARE,
    FILLING_SHARE,
    LEAKED_AFTER,
    STALLED_AFTER,
    UNANSWERED_AFTER,
    WINDOW_SHUT_AFTER,
)


class Threshold(NamedTuple):
    """One number, greater than 0."""

    id: str
    default: float
    meaning: str


THRESHOLDS = (
    Threshold(
        "accept_queue_filling", FILLING_SHARE * 100, "an accept queue that is this full, in percent of the backlog"
    ),
    Threshold("send_q_stalled", STALLED_AFTER, "a Send-Q that has not become shorter for this long, in seconds"),
    Threshold("zero_window", WINDOW_SHUT_AFTER, "a peer that has taken nothing for this long, in seconds"),
    Threshold("close_wait", LEAKED_AFTER, "a connection in CLOSE-WAIT for this long, in seconds"),
    Threshold("syn_unanswered", UNANSWERED_AFTER, "a connection in SYN-SENT for this long, in seconds"),
    Threshold(
        "descriptor_limit", DESCRIPTORS_SHARE * 100, "a process with this many descriptors, in percent of its limit"
    ),
)
"""Named after the rules."""

DEFAULT_THRESHOLDS = {each.id: each.default for each in THRESHOLDS}
