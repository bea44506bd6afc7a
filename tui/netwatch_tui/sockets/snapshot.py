"""What one tick collects: all sockets, whole and never changed afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.descriptor_use import NO_DESCRIPTOR_USES, DescriptorUses
from netwatch_tui.sockets.kinds import KINDS
from netwatch_tui.sockets.networks import NO_NETWORKS, Networks
from netwatch_tui.sockets.ownership import NO_PROCESS_DETAILS, OwnerReason, ProcessDetailsByPid
from netwatch_tui.sockets.slices import giving_way
from netwatch_tui.sockets.socket import Socket, State
from netwatch_tui.sockets.unseen import Unseen, counted_processes

if TYPE_CHECKING:  # --once has no use for them unless it is asked what flows or what is wrong
    from netwatch_tui.sockets.capture_status import CaptureStatus
    from netwatch_tui.sockets.flow import Flow, FlowSample
    from netwatch_tui.sockets.health import Findings
    from netwatch_tui.sockets.hosts import Hosts
    from netwatch_tui.sockets.port_facts import PortFacts
    from netwatch_tui.sockets.socket_events import SocketEvent
    from netwatch_tui.sockets.traffic import TrafficByDevice


class Problem(NamedTuple):
    """Something that could not be read, said in words for the person at the screen."""

    text: str
    times: int
    """How many times it happened in this tick; at least 1."""


class Counts(NamedTuple):
    """How many sockets there are, by what people ask for."""

    by_state: Mapping[tuple[str, State], int] = {}
    """By netid and state."""
    no_permission: Mapping[str, int] = {}
    """By netid, those whose owner may be a process that could not be looked into: see `Snapshot.unseen`."""

    def after(self, delta: Delta) -> Counts:
        """The counts when this has happened."""
        by_state, no_permission = Counter(self.by_state), Counter(self.no_permission)
        changes = (*delta.changed, *delta.updated)
        for socket in giving_way((*delta.closed, *delta.dropped, *(change.before for change in changes))):
            by_state[socket.netid, socket.state] -= 1
            no_permission[socket.netid] -= socket.owner_reason is OwnerReason.PERMISSION
        after = (*delta.opened, *(change.after for change in changes))
        by_state.update(map(attrgetter("netid", "state"), giving_way(after)))
        denied = (socket for socket in giving_way(after) if socket.owner_reason is OwnerReason.PERMISSION)
        no_permission.update(socket.netid for socket in denied)
        return Counts(+by_state, +no_permission)

    @property
    def by_kind(self) -> Mapping[str, int]:
        """By kind, for those of which there are any."""
        return Counter({kind: count for kind in KINDS if (count := self._of(KINDS[kind]))})

    def _of(self, netids: tuple[str, ...]) -> int:
        return sum(count for (netid, _), count in self.by_state.items() if netid in netids)


class Seen(NamedTuple):
    """Which network namespaces there are, and which were looked at."""

    names: Mapping[int, str]
    """Of those looked at, by inode."""
    others: int
    """How many more there are."""
    denied: int
    """Processes whose namespace may not be looked at, and that are not seen to be in the own one."""
    own: int = 0
    """Inode of the namespace that the program runs in; 0 where that is not known."""
    unreadable: int = 0
    """How many are known by a file alone and may not be read; they are none of the others."""

    def hidden_texts(self) -> list[str]:
        """What keeps out of sight who asks for every namespace: one phrase for each cause."""
        found: list[str] = []
        if self.denied:
            found.append(f"{counted_processes(self.denied)} may be in hidden namespaces")
        if self.unreadable:
            found.append(f"{self.unreadable:,} namespace{'s' if self.unreadable > 1 else ''} may not be entered")
        return found


class Snapshot(NamedTuple):
    """All sockets at one moment, and what happened since the moment before."""

    taken_at: float
    """Seconds since the epoch."""
    sockets: tuple[Socket, ...]
    delta: Delta
    """From the snapshot before; empty in the first one."""
    counts: Counts
    cost: float
    """Seconds that this snapshot took to make."""
    problems: tuple[Problem, ...]
    namespaces: Seen
    unseen: Unseen = Unseen()
    """Which processes could not be looked into."""
    findings: Findings = {}
    """What is wrong with which sockets."""
    flows: Mapping[int, Flow] = {}
    """What flows through connections, by the ids of those of which it is needed and known."""
    traffic: TrafficByDevice = {}
    """What goes through the network devices of the first namespace that is looked at, if that is needed."""
    histories: Mapping[int, tuple[FlowSample, ...]] = {}
    """What flowed in the last minutes through those of which all is needed, the oldest first."""
    descriptors: DescriptorUses = NO_DESCRIPTOR_USES
    """What owners hold many descriptors, and may."""
    process_details: ProcessDetailsByPid = NO_PROCESS_DETAILS
    """More about owners, as far as anybody needs it and the machine was asked by now."""
    networks: Networks = NO_NETWORKS
    """Those that the machine is part of, in each namespace that is looked at; empty where nobody needs them."""
    port_facts: PortFacts | None = None
    """About the port that somebody wants to bind; None where nobody asks."""
    events: tuple[SocketEvent, ...] | None = None
    """What happened, in the order of time, as the kernel's events and the ticks tell it together. What the delta shows
    may only be told in the next snapshot, with its own time. None where ticks alone tell."""
    capture: CaptureStatus | None = None
    """How sockets are followed between two ticks; None where nobody asks."""
    hosts: Hosts = {}
    """The other machines of which these are the sockets, and how each of them stands."""

    @property
    def happened(self) -> Iterable[SocketEvent]:
        """What happened, whoever tells it."""
        from netwatch_tui.sockets.socket_events import tick_events

        return tick_events(self.delta, self.taken_at) if self.events is None else self.events
