"""What is never hit by accident: it takes a typed `yes` on the screen, and scripts leave it alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from ipaddress import ip_address
from typing import NamedTuple

from netwatch_tui.sockets.mapped_addresses import plain
from netwatch_tui.sockets.socket import Socket


class Guard(StrEnum):
    """Why something is guarded; the value follows its name in a sentence."""

    INIT = "is pid 1, without which the machine or container stops"
    KERNEL_THREAD = "is a kernel thread"
    SELF = "is this program"
    ABOVE = "is what this program runs in: ending it ends this session"
    CONNECTION = "is the connection through which this session came: closing it ends the session"
    HOLDS_CONNECTION = "holds the connection through which this session came: ending it ends the session"


class SshEnds(NamedTuple):
    """The two ends of an ssh connection, as sshd sees them."""

    peer: bytes
    peer_port: int
    local: bytes
    local_port: int


def read_ssh_connection(environment: Mapping[str, str]) -> SshEnds | None:
    """The connection through which this session came, as sshd tells it (SSH_CONNECTION, ssh(1)); None if by none."""
    words = environment.get("SSH_CONNECTION", "").split()
    try:
        peer, peer_port, local, local_port = words
        return SshEnds(_packed(peer), int(peer_port), _packed(local), int(local_port))
    except ValueError:
        return None


def _packed(text: str) -> bytes:
    return plain(ip_address(text.partition("%")[0]).packed)


class OwnSession(NamedTuple):
    """Where this program runs."""

    pid: int
    ancestors: Collection[int]
    """Its parent, that one's parent and so on: the shell, the terminal or sshd."""
    ssh: SshEnds | None = None

    def guard_of_process(self, pid: int, *, is_kernel_thread: bool) -> Guard | None:
        """Why a process should not be hit by accident."""
        if pid == 1:
            return Guard.INIT
        if is_kernel_thread:
            return Guard.KERNEL_THREAD
        if pid == self.pid:
            return Guard.SELF
        return Guard.ABOVE if pid in self.ancestors else None

    def guard_of_socket(self, socket: Socket) -> Guard | None:
        """Why a socket should not be closed by accident.

        sudo takes SSH_CONNECTION out of the environment: what sshd holds is then told by sshd being an ancestor.
        """
        if socket.netid != "tcp" or not socket.peer_port:
            return None
        ends = SshEnds(plain(socket.peer.packed), socket.peer_port, plain(socket.local.packed), socket.local_port)
        is_above = any(owner.pid in self.ancestors and owner.pid != 1 for owner in socket.owners)
        return Guard.CONNECTION if is_above or ends == self.ssh else None
