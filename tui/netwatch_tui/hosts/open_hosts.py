"""From what a person names to the machines that are followed."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from netwatch_tui.hosts.host_connection import HostConnection
from netwatch_tui.hosts.host_feed import HostFeed
from netwatch_tui.hosts.remote_command import remote_command
from netwatch_tui.hosts.targets import parse_targets, read_hosts_file
from netwatch_tui.sockets.capture_status import CaptureWhen
from netwatch_tui.sockets.health import NO_THRESHOLDS

CONNECTING_AT_ONCE = 16
"""Hosts to which a connection is made at a time; to make one takes processor time here, to have one next to none."""


def open_hosts(
    texts: Sequence[str],
    file: str | None = None,
    *,
    sudo: bool = False,
    thresholds: Mapping[str, float] = NO_THRESHOLDS,
    capture: CaptureWhen = CaptureWhen.NEVER,
) -> list[HostFeed]:
    """The machines that are named, each once; none is connected to before its `begin`.

    Args:
        texts: As `parse_targets` takes them.
        file: One that names more of them, as `read_hosts_file` takes it.
        sudo: Whether what runs there runs as root, by `sudo -n`.
        thresholds: From when on something is a problem, as in `HealthWatch`.
        capture: Whether each takes in its kernel's events beside the ticks.

    Raises:
        TargetError: Something names no machine.
    """
    targets = parse_targets([*texts, *(read_hosts_file(file) if file is not None else ())])
    turns = threading.BoundedSemaphore(CONNECTING_AT_ONCE)
    return [HostConnection(each, remote_command(each, sudo=sudo), turns, thresholds, capture) for each in targets]
