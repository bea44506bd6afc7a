"""From what a person names to the machines that are followed."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence

from netwatch_tui.hosts.host_connection import HostConnection
from netwatch_tui.hosts.host_feed import HostFeed
from netwatch_tui.hosts.remote_command import remote_command
from netwatch_tui.hosts.targets import Target, parse_targets, read_hosts_file
from netwatch_tui.sockets.health import NO_THRESHOLDS

CONNECTING_AT_ONCE = 16
"""Hosts to which a connection is made at a time; to make one takes processor time here, to have one next to none."""


def open_hosts(
    texts: Sequence[str],
    file: str | None = None,
    *,
    sudo: bool = False,
    thresholds: Mapping[str, float] = NO_THRESHOLDS,
) -> list[HostFeed]:
    """The machines that are named, each once; none is connected to before its `begin`.

    Args:
        texts: As `parse_targets` takes them.
        file: One that names more of them, as `read_hosts_file` takes it.
        sudo: Whether what runs there runs as root, by `sudo -n`.
        thresholds: From when on something is a problem, as in `HealthWatch`.

    Raises:
        TargetError: Something names no machine.
    """
    targets = parse_targets([*texts, *(read_hosts_file(file) if file is not None else ())])
    turns = threading.BoundedSemaphore(CONNECTING_AT_ONCE)
    return [connect(target, sudo=sudo, turns=turns, thresholds=thresholds) for target in targets]


def connect(
    target: Target,
    *,
    sudo: bool,
    turns: threading.BoundedSemaphore | None = None,
    thresholds: Mapping[str, float] = NO_THRESHOLDS,
) -> HostFeed:
    """A machine that is followed from its `begin` on; `turns` bounds how many are connected to at a time."""
    command = remote_command(target, sudo=sudo)
    return HostConnection(target, command, turns or threading.BoundedSemaphore(), thresholds)
