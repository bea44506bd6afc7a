"""The kernel's socket tables below `/proc/net`: which there are, and their lines."""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from netwatch_tui.kernel.inet_lines import parse_inet, parse_udp
from netwatch_tui.kernel.limits import LINE, TABLE
from netwatch_tui.kernel.listed_answers import parse_listed
from netwatch_tui.kernel.proc_line import LineError
from netwatch_tui.kernel.sctp_lines import parse_association, parse_endpoint
from netwatch_tui.kernel.unix_answers import parse_unix_answer
from netwatch_tui.kernel.unix_packet_netlink import parse_netlink, parse_packet, parse_unix
from netwatch_tui.sockets.socket import Family, Socket

Parser = Callable[[bytes, int, str, Family], Socket]
"""From a line or message, the inode of its network namespace, and netid and family of its table."""


DAMAGE = (ValueError, LookupError, ArithmeticError, struct.error)
"""What parsers raise about a line or message that is none of their table's, whatever numbers it has."""


class Table(NamedTuple):
    """One file of sockets below `/proc/net`."""

    name: str
    kind: str
    """What the command line calls it: tcp, udp, udplite, raw, icmp, unix, packet, netlink or sctp."""
    netid: str
    """As ss spells it; empty where each line has its own."""
    family: Family
    parser: Parser
    has_slots: bool = True
    """Whether each line begins with a slot number, `   0: `, that shifts when another socket comes or goes."""
    answer_parser: Parser | None = None
    """Takes apart what sock_diag says in place of lines, where it lists all that the file does, and more surely."""
    has_file: bool = True
    """Whether there is such a file at all; else sock_diag alone tells, and it is asked only now and then."""

    def parse(self, line: bytes, netns: int) -> Socket:
        """One line, as `read_lines` gives it, as a socket that is not yet followed.

        Raises:
            LineError: The line is damaged.
        """
        try:
            return self.parser(line, netns, self.netid, self.family)
        except DAMAGE as error:
            raise LineError(line.decode("utf-8", "backslashreplace")) from error


TABLES = (
    Table("tcp", "tcp", "tcp", Family.INET, parse_inet),
    Table("tcp6", "tcp", "tcp", Family.INET6, parse_inet),
    Table("udp", "udp", "udp", Family.INET, parse_udp),
    Table("udp6", "udp", "udp", Family.INET6, parse_udp),
    Table("udplite", "udplite", "udpl", Family.INET, parse_udp),
    Table("udplite6", "udplite", "udpl", Family.INET6, parse_udp),
    Table("raw", "raw", "raw", Family.INET, parse_udp),
    Table("raw6", "raw", "raw", Family.INET6, parse_udp),
    Table("icmp", "icmp", "icmp", Family.INET, parse_udp),
    Table("icmp6", "icmp", "icmp", Family.INET6, parse_udp),
    Table("sctp/eps", "sctp", "sctp", Family.INET, parse_endpoint, has_slots=False),
    Table("sctp/assocs", "sctp", "sctp", Family.INET, parse_association, has_slots=False),
    Table("unix", "unix", "", Family.UNIX, parse_unix, has_slots=False, answer_parser=parse_unix_answer),
    Table("packet", "packet", "", Family.PACKET, parse_packet, has_slots=False),
    Table("netlink", "netlink", "nl", Family.NETLINK, parse_netlink, has_slots=False),
    *(
        Table(f"{kind}{number}", kind, kind, family, parse_listed, False, parse_listed, has_file=False)
        for kind in ("mptcp", "bound")
        for family, number in ((Family.INET, ""), (Family.INET6, "6"))
    ),
)

_LINES = 800
"""As many as about that many bytes have:"""
_READ = 128 * 1024
"""Bytes cut into lines at a time: small, so that another thread never waits long for this one."""


def read_lines(file: int, check: Callable[[], None], *, has_slots: bool = True) -> Iterator[list[bytes]]:
    """The lines of a socket table without the heading, some hundred at a time.

    One read is not atomic: a line can be missing or stand twice (the kernel hands out about a page at a time). The
    parts are meant to be used up one by one: 100,000 lines at once would not fit into the processor's cache.

    Args:
        file: The descriptor of the table, which is closed at the end.
        check: Called between parts; what it raises ends the reading.
        has_slots: Leave out the slot number, so that the line of an unchanged socket is an unchanged line.

    Raises:
        OSError: The file can't be read.
    """
    heading = 1
    for part in _slices(file):
        check()
        lines = part[heading:]
        heading = 0
        if lines:
            yield _without_slots(lines) if has_slots else lines


def cut_lines(data: bytes, check: Callable[[], None], *, has_slots: bool = True) -> Iterator[list[bytes]]:
    """The lines of a table that was read already, as `read_lines` gives them."""
    lines = data.split(b"\n")
    if not lines[-1]:
        lines.pop()
    for at in range(1, len(lines), _LINES):
        check()
        yield _without_slots(lines[at : at + _LINES]) if has_slots else lines[at : at + _LINES]


def _without_slots(lines: list[bytes]) -> list[bytes]:
    """The lines without what stands before the first `: `."""
    first, last = lines[0].find(b": "), lines[-1].find(b": ")
    if first == last > 0:
        # The slot numbers of neighbours are as wide, so that all can be cut at one place, in half the time.
        return [line[first + 2 :] for line in lines]
    return [rest if found else line for line in lines for _, found, rest in (line.partition(b": "),)]


def _slices(file: int) -> Iterator[list[bytes]]:
    """The whole lines of about as many bytes as `_READ` says, again and again; never none. Closes the file.

    A table or a line that is larger than any that is one is given up with EFBIG: what never ends is not read for ever.
    """
    pending: list[bytes] = []
    size = total = 0
    try:
        while data := os.read(file, _READ):
            pending.append(data)
            size += len(data)
            total += len(data)
            if total > TABLE:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
            if size >= _READ:
                *lines, rest = b"".join(pending).split(b"\n")
                if len(rest) > LINE:
                    raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
                if lines:
                    yield lines
                pending, size = [rest], len(rest)
    finally:
        os.close(file)
    lines = b"".join(pending).split(b"\n")
    if not lines[-1]:
        lines.pop()
    if lines:
        yield lines
