"""What may be asked for besides the socket itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from netwatch_tui.sockets.flow import Flow
from netwatch_tui.sockets.health import NO_FINDINGS, Findings
from netwatch_tui.sockets.host_names import NO_HOST_NAMES, HostNames
from netwatch_tui.sockets.hosts import NO_HOSTS, Hosts, host_number
from netwatch_tui.sockets.marks import Marked
from netwatch_tui.sockets.networks import NO_NETWORKS, Networks
from netwatch_tui.sockets.ownership import NO_PROCESS_DETAILS, ProcessDetailsByPid
from netwatch_tui.sockets.services import NO_SERVICES, ServiceNames
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.sockets.socket_events import SocketEvent


class Moment(NamedTuple):
    """What a cell, a value or a filter may depend on besides its socket."""

    now: float
    """Seconds since the epoch."""
    marked: Mapping[int, Marked]
    """Rows that are lit, by socket id."""
    namespaces: Mapping[int, str] = {}
    """Names of network namespaces by inode."""
    findings: Findings = NO_FINDINGS
    """What is wrong, by socket id."""
    flows: Mapping[int, Flow] = {}
    """What flows through connections, by socket id."""
    networks: Networks = NO_NETWORKS
    """Those that the machine is part of."""
    services: ServiceNames = NO_SERVICES
    """What ports are called."""
    process_details: ProcessDetailsByPid = NO_PROCESS_DETAILS
    """More about owners."""
    shows_services: bool = False
    """Whether names of services stand in place of ports in addresses."""
    host_names: HostNames = NO_HOST_NAMES
    """What addresses are called, as far as that is wanted and was looked up; stands beside them."""
    events: Mapping[int, SocketEvent] = {}
    """What happened last, by the id of the row that tells of it."""
    utc_offset: float = 0.0
    """Seconds by which the clocks of the person's place are ahead of UTC."""
    hosts: Hosts = NO_HOSTS
    """The other machines of which the sockets are."""

    def is_past(self, socket: Socket) -> bool:
        """Whether a row is not of now, because its machine is late or lost."""
        host = self.hosts.get(host_number(socket.netns)) if self.hosts else None
        return host is not None and not host.is_live

    def seen_last(self, socket: Socket) -> float:
        """Of when a row is, in seconds since the epoch: of now, unless its machine is late or lost."""
        host = self.hosts.get(host_number(socket.netns)) if self.hosts else None
        return self.now if host is None or host.is_live or host.as_of is None else host.as_of
