"""Questions to sock_diag(7) about what flows through TCP connections."""

from __future__ import annotations

import _socket  # see sock_diag
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from netwatch_tui.kernel.sock_diag import SockDiag, SockDiagError
from netwatch_tui.kernel.sock_diag_messages import tcp_request
from netwatch_tui.sockets.socket import Socket

if TYPE_CHECKING:  # imported where it is needed first: --once must be over before ss would be
    from netwatch_tui.kernel.mptcp_info import MptcpAnswer
    from netwatch_tui.kernel.tcp_info import TcpAnswer, TcpAnswers, TcpPart


class TcpDiag(SockDiag):
    """A netlink socket to ask with, also about counters."""

    _answers_read: TcpAnswers | None = None

    def tcp_of(self, sockets: Sequence[Socket]) -> list[TcpAnswer | None]:
        """What the kernel counts of TCP connections; None of those that are not found, as in `inodes`.

        Raises:
            SockDiagError: The kernel did not answer, or in a way that is not understood.
        """
        from netwatch_tui.kernel.tcp_info import EXTENSIONS

        try:
            return self._answers(sockets, self._reader.read, EXTENSIONS)
        except ValueError as error:
            raise SockDiagError(str(error)) from error

    def tcp(self, check: Callable[[], None]) -> Iterator[TcpPart]:
        """What the kernel counts of all TCP connections.

        Args:
            check: Called between two parts of the list; what it raises ends it.

        Raises:
            SockDiagError: The kernel did not answer, or in a way that is not understood.
        """
        from netwatch_tui.kernel.tcp_info import EXTENSIONS, STATE_MASK

        for family in (_socket.AF_INET, _socket.AF_INET6):
            for parts in self._taken_apart(tcp_request(family, EXTENSIONS, STATE_MASK), self._part):
                check()
                yield from parts

    def mptcp(self) -> list[MptcpAnswer]:
        """What the kernel counts of all MPTCP connections; none where it has no MPTCP.

        Raises:
            SockDiagError: The kernel did not answer, or in a way that is not understood.
        """
        from netwatch_tui.kernel.mptcp_info import mptcp_request, read_mptcp

        parts = [
            part
            for family in (_socket.AF_INET, _socket.AF_INET6)
            for part in self._list_or_none("mptcp", mptcp_request(family)) or ()
        ]
        try:
            return [answer for part in parts for message in part if (answer := read_mptcp(message)) is not None]
        except ValueError as error:
            raise SockDiagError(str(error)) from error

    def _part(self, data: bytes, sequence: int) -> tuple[list[TcpPart], bytes | None]:
        from netwatch_tui.kernel.tcp_info import TcpPart

        read_at = time.perf_counter()
        try:
            answers, end = self._reader.read_datagram(data, sequence)
        except ValueError as error:
            raise SockDiagError(str(error)) from error
        return [TcpPart(read_at, answers)], end

    @property
    def _reader(self) -> TcpAnswers:
        if self._answers_read is None:
            from netwatch_tui.kernel.tcp_info import TcpAnswers

            self._answers_read = TcpAnswers()
        return self._answers_read
