"""What may be asked of a network namespace: of one of this machine, or in tests and pictures of what plays its part."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from netwatch_tui.kernel.proc_net import Table
from netwatch_tui.sockets.socket import Family, Socket, State

if TYPE_CHECKING:  # imported where it is needed first: --once must be over before ss would be
    from netwatch_tui.kernel.inet_answers import InetFacts, SocketKey
    from netwatch_tui.kernel.mptcp_info import MptcpAnswer
    from netwatch_tui.kernel.namespace_counters import DeviceBytes
    from netwatch_tui.kernel.sock_diag import Bound
    from netwatch_tui.kernel.tcp_info import TcpAnswer, TcpPart
    from netwatch_tui.sockets.networks import AddressNetworks
    from netwatch_tui.sockets.port_facts import PortRules


class Answer(Enum):
    """What sock_diag says to the question whether a socket is there."""

    PRESENT = "present"
    FILELESS = "present, and its process has let it go"
    ABSENT = "absent"
    """No socket has these ends, unless it is bound to a device on which none was seen yet."""
    CANNOT_TELL = "not known"


def is_connection(socket: Socket) -> bool:
    """Whether sock_diag answers exact questions about sockets like this one."""
    return socket.netid == "tcp" and socket.state is not State.LISTEN


def is_held_unix(socket: Socket) -> bool:
    """Whether sock_diag finds sockets like this one by their inode: a unix socket that does not wait in a queue."""
    return socket.family is Family.UNIX and socket.inode != 0


def can_be_asked(socket: Socket) -> bool:
    """Whether `Namespace.ask` can answer about sockets like this one."""
    return is_connection(socket) or is_held_unix(socket)


class Namespace(Protocol):
    """What the collector asks of a network namespace."""

    @property
    def inode(self) -> int:
        """Its number, by which everything else names it."""

    @property
    def name(self) -> str:
        """From `ip netns`, else the container or unit of its first process, else its number."""

    def lines(self, table: Table, check: Callable[[], None]) -> Iterable[list[bytes]]:
        """The lines of one of its socket tables, some at a time; see `proc_net.read_lines`. All are of this namespace.

        Raises:
            FileNotFoundError: The kernel has no such table.
            ProcessLookupError: There is no way into the namespace any more, though it may be there still.
            OSError: The table can't be read.
        """

    def answers(self, table: Table, check: Callable[[], None]) -> Iterable[list[bytes]] | None:
        """What sock_diag says of the sockets of a table that has an `answer_parser`, a message a socket.

        None where it can't be asked: then there are only the lines.
        """

    def ask(self, sockets: Sequence[Socket]) -> list[Answer]:
        """Whether these sockets are there now. The only judge of whether sock_diag knows."""

    def count(self, sockets: Sequence[Socket]) -> Sequence[int | None]:
        """How many connections have the same ends as each of these; None where sock_diag does not tell."""

    def bound(self, *, idle: bool = True) -> dict[int, Bound]:
        """More about listening and UDP sockets by inode; empty where sock_diag can't be asked; see `SockDiag.bound`."""

    def facts(self) -> dict[SocketKey, InetFacts]:
        """What sock_diag alone tells of every internet socket; empty where it can't be asked."""

    def facts_of(self, sockets: Sequence[Socket]) -> list[InetFacts | None]:
        """The same of some TCP connections; None of those that it does not know."""

    def autobound(self) -> Collection[SocketKey] | None:
        """The internet sockets whose port the kernel chose; None where sock_diag can't be asked."""

    def tcp(self, check: Callable[[], None]) -> list[TcpPart]:
        """What the kernel counts of all TCP connections, some at a time.

        Raises:
            OSError: sock_diag can't be asked, or tells what is not understood.
        """

    def tcp_of(self, sockets: Sequence[Socket]) -> list[TcpAnswer | None]:
        """The same of some TCP connections; None of those that it does not know.

        Raises:
            OSError: As in `tcp`.
        """

    def mptcp(self) -> list[MptcpAnswer]:
        """What the kernel counts of all MPTCP connections; none where it has no MPTCP.

        Raises:
            OSError: As in `tcp`.
        """

    def device(self, index: int) -> str | None:
        """The network device of this number in this namespace; None for a number of none, as 0, which means any."""

    def overflows(self) -> int | None:
        """How many connections found an accept queue full so far (ListenOverflows); None where that is not known."""

    def local_ports(self) -> int | None:
        """How many ports the kernel may choose for connections; None where that is not known."""

    def port_rules(self) -> PortRules:
        """How it gives out its ports, as far as that can be read."""

    def waiting_at(self, port: int) -> list[Socket]:
        """The listening TCP sockets and the UDP sockets that have a local port, not followed; see `Socket`.

        Raises:
            OSError: Nothing can be read there.
        """

    def devices(self) -> dict[str, DeviceBytes]:
        """What its network devices have counted; empty where that is not known."""

    def networks(self) -> AddressNetworks:
        """The networks that the machine is part of in this namespace; see `InterfaceAddresses.networks`.

        Raises:
            PermissionError: The namespace may not be entered.
            OSError: They can't be read.
        """
