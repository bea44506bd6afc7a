"""What one other machine gives: its ticks as they come, and how it stands with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from netwatch_tui.actions.aim import Aim
from netwatch_tui.actions.open_trace import Trace
from netwatch_tui.actions.probes import Probes
from netwatch_tui.actions.subject import Subject
from netwatch_tui.sockets.hosts import HostStatus
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.ownership import ProcessDetails, ProcessResources
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket


class HostNews(NamedTuple):
    """What a host gave since it was asked last."""

    snapshots: tuple[Snapshot, ...]
    """The ticks, the oldest first; each delta leads from the one before. After a new connection the first delta is
    empty, and nothing in it is known by an id of before. Numbers of namespaces and pids are the host's own."""
    begins_anew: bool
    """Whether the first of them is the first of a new connection."""
    status: HostStatus


class HostFeed(Protocol):
    """A machine that is followed, by threads of its own. Called from one thread but where it is said."""

    @property
    def name(self) -> str:
        """As the person wrote it."""

    def begin(self, wake: Callable[[], object]) -> None:
        """Connect, and go on trying; `wake` is called, in another thread, when there are news."""

    def want(self, namespaces: str, needs: Needs, interval: float) -> None:
        """Have the host tell this from now on, at this interval in seconds; `Collects` says what is asked."""

    def take(self) -> HostNews:
        """What came since the last call; does not wait."""

    def process_details(self, pid: int) -> ProcessDetails | None:
        """What takes longer to find out about a process of the host. Waits a moment, no longer; from any thread."""

    def process_resources(self, pid: int) -> ProcessResources | None:
        """What a process of the host has now. Waits a moment, no longer; from any thread."""

    def take_aim(self, subject: Subject) -> Aim:
        """Hold what a subject means there, by the host's own numbers. Waits; from any thread.

        Raises:
            NotHeldError: It is not held.
        """

    def open_trace(self, pids: Sequence[int], inode: int | None) -> Trace:
        """Begin to trace processes there, by the host's own numbers. Waits; from any thread.

        Raises:
            TraceRefusedError: They are not traced.
        """

    def plan_probe(self, listeners: Sequence[Socket]) -> Probes:
        """Plan attempts at listeners there, by the host's own numbers. Waits; from any thread.

        Raises:
            ProbeRefusedError: They can't be tried.
        """

    def stop(self) -> None:
        """End the connection and what was started there, and wait a moment for it."""
