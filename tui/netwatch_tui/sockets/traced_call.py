"""A system call about a socket, as a trace tells it: who called what, with which arguments, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from netwatch_tui.sockets.socket import Address


class CallEnd(NamedTuple):
    """An address that a call is about."""

    address: Address
    port: int
    """0 where there are none, as at unix sockets."""


class TracedCall(NamedTuple):
    """One call. None stands for what is not known."""

    at: float
    """Seconds since the epoch at which it was made; at which it returned, where its beginning was not seen."""
    pid: int
    tid: int
    """The thread; that of the first one is the process's number."""
    process: str | None
    """What the process was called when the call returned."""
    name: str
    """As in syscalls(2): `connect`."""
    arguments: Mapping[str, int] | None
    """What the kernel got but for pointers, by the names of the manual pages; None where its beginning was not seen."""
    result: int | None
    """What it returned, the negative number of an error; None where it did not return while it was traced."""
    duration: float | None
    """Seconds."""
    end: CallEnd | None = None
    """To where it connects or sends, from where it accepts or receives, to what it binds."""
    has_end: bool = False
    """Whether it has an address, known or not."""
    inode: int | None = None
    """Of the socket of its descriptor."""
    local: CallEnd | None = None
    """The socket's own end, as far as it is known when the call is told."""
    peer: CallEnd | None = None
    """The end that it is connected to, as far as it is known when the call is told."""

    @property
    def fd(self) -> int | None:
        """The descriptor that it is about; of what makes a socket, the new one."""
        if self.name == "socket":
            return self.result if self.result is not None and self.result >= 0 else None
        return None if self.arguments is None else self.arguments.get("fd")


class TraceBatch(NamedTuple):
    """What was traced since the last time."""

    calls: tuple[TracedCall, ...] = ()
    """In the order in which they returned, as far as their addresses did not have to be looked for."""
    lost: int = 0
    """Records that the kernel had to throw away, because they were not read in time."""
    unknown: int = 0
    """Reads, writes and closes of descriptors that were gone before it could be told whether they were sockets."""
