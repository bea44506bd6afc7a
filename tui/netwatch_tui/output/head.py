"""What is known besides the sockets, whatever the format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # the plain table of --once has no use for them
    from netwatch_tui.fields.moment import Moment
    from netwatch_tui.sockets.flow import Flow
    from netwatch_tui.sockets.health import Findings
    from netwatch_tui.sockets.host_names import HostNames
    from netwatch_tui.sockets.hosts import Hosts
    from netwatch_tui.sockets.marks import Marked
    from netwatch_tui.sockets.networks import Networks
    from netwatch_tui.sockets.ownership import ProcessDetailsByPid
    from netwatch_tui.sockets.services import ServiceNames
    from netwatch_tui.sockets.snapshot import Snapshot
    from netwatch_tui.sockets.socket import Socket
    from netwatch_tui.sockets.socket_events import SocketEvent


class Head(NamedTuple):
    """What is known besides the sockets."""

    taken_at: float
    """Seconds since the epoch."""
    host: str
    """The machine's name."""
    columns: tuple[str, ...] = ()
    """Ids of fields in the order wanted; empty for what the format shows by default."""
    namespaces: Mapping[int, str] = {}
    """Names of network namespaces by inode."""
    header: bool = True
    """Whether table, CSV and TSV begin with the names of their columns."""
    marked: Mapping[int, Marked] = {}
    """Rows that are lit on the screen, by socket id."""
    findings: Findings = {}
    """What is wrong, by socket id."""
    flows: Mapping[int, Flow] = {}
    """What flows through connections, by socket id."""
    networks: Networks = {}
    """Those that the machine is part of."""
    process_details: ProcessDetailsByPid = {}
    """More about owners; empty where no field tells it."""
    services: ServiceNames = {}
    """What ports are called; empty where no field tells it."""
    shows_services: bool = False
    """Whether these names stand in place of ports in addresses."""
    host_names: HostNames = {}
    """What addresses are called, as far as that was looked up."""
    events: Mapping[int, SocketEvent] = {}
    """What happened last, by the id of the row that tells of it."""
    hosts: Hosts = {}
    """The other machines of which the sockets are; empty where they are of this one."""

    @classmethod
    def of(cls, snapshot: Snapshot, host: str, columns: tuple[str, ...], services: ServiceNames) -> Head:
        """What is known besides the sockets of a snapshot."""
        return cls(
            snapshot.taken_at, host, columns, snapshot.namespaces.names, findings=snapshot.findings,
            flows=snapshot.flows, networks=snapshot.networks, process_details=snapshot.process_details,
            services=services, hosts=snapshot.hosts,
        )  # fmt: skip

    def fields(self, usual: tuple[str, ...]) -> tuple[str, ...]:
        """The ids of the fields to write: those that are wanted, else the usual ones, and of several machines which."""
        return self.columns or (usual if len(self.hosts) < 2 else ("host", *usual))

    def host_of(self, socket: Socket) -> str:
        """The name of the machine that a socket is on."""
        if not self.hosts:
            return self.host
        from netwatch_tui.sockets.hosts import host_number

        host = self.hosts.get(host_number(socket.netns))  # a recording may speak of one that it does not name
        return self.host if host is None else host.name

    @property
    def moment(self) -> Moment:
        """What values and cells depend on besides their socket."""
        from netwatch_tui.fields.moment import Moment

        return Moment(
            self.taken_at, self.marked, self.namespaces, self.findings, self.flows, self.networks, self.services,
            self.process_details, self.shows_services, self.host_names, self.events, hosts=self.hosts,
        )  # fmt: skip
