"""Questions to the kernel about devices, addresses and routes; see rtnetlink(7). Any user may ask."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator

GET_LINK, GET_ADDRESS, GET_ROUTE, GET_NAMESPACE_ID = 18, 22, 26, 90
"""Kinds of questions. The kind of the answers is two less: RTM_NEWLINK is RTM_GETLINK - 2, and so on."""

_ERROR, _DONE = 2, 3
_REQUEST, _DUMP = 0x1, 0x300
_DUMP_INTERRUPTED = 0x10
"""NLM_F_DUMP_INTR: something changed while the list was made, so that it may be none of any moment."""
_TRIES = 3
_TIMEOUT = 2.0
"""Seconds; the kernel answers at once."""

_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr: length, type, flags, sequence, port
_ATTRIBUTE = struct.Struct("=HH")  # struct rtattr: length, type


class RouteNetlink:
    """Asks about the network namespace in which it was made, for ever and from any thread."""

    def __init__(self) -> None:
        """Open a netlink socket.

        Raises:
            OSError: There is none to be had.
        """
        self._netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        self._netlink.settimeout(_TIMEOUT)
        self._sequence = 0

    def close(self) -> None:
        """Ask no more."""
        self._netlink.close()

    def list(self, kind: int, body: bytes) -> list[bytes]:
        """The bodies of all messages of a list; one that changed while it was made is asked for again, a few times.

        Raises:
            OSError: The kernel does not tell.
            struct.error: It tells something else.
        """
        for _ in range(_TRIES):
            self._send(kind, body, _REQUEST | _DUMP)
            found: list[bytes] = []
            is_whole = True
            for told, flags, payload in self._answers():
                is_whole = is_whole and not flags & _DUMP_INTERRUPTED
                if told == _DONE:
                    break
                if told == kind - 2:
                    found.append(payload)
            if is_whole:
                break
        return found

    def one(self, kind: int, body: bytes) -> bytes:
        """The body of the one message that answers a question.

        Raises:
            OSError: The kernel does not tell.
            struct.error: It tells something else.
        """
        self._send(kind, body, _REQUEST)
        return next(payload for told, _, payload in self._answers() if told == kind - 2)

    def _send(self, kind: int, body: bytes, flags: int) -> None:
        self._sequence += 1
        self._netlink.send(_HEADER.pack(_HEADER.size + len(body), kind, flags, self._sequence, 0) + body)

    def _answers(self) -> Iterator[tuple[int, int, bytes]]:
        """The kind, the flags and the body of each message to the last question, for as long as they are wanted."""
        while True:
            data, at = self._netlink.recv(1 << 18), 0
            while at + _HEADER.size <= len(data):
                length, told, flags, sequence, _ = _HEADER.unpack_from(data, at)
                payload = data[at + _HEADER.size : at + length]
                at += max((length + 3) & ~3, _HEADER.size)
                if sequence != self._sequence:
                    continue  # what is left of a list that was given up
                if told == _ERROR:
                    code = -struct.unpack_from("=i", payload)[0]
                    raise OSError(code, os.strerror(code))
                yield told, flags, payload


def attribute(kind: int, value: bytes) -> bytes:
    """An attribute as a message holds it, of which the length is a multiple of four."""
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value


def attributes(body: bytes, at: int) -> dict[int, bytes]:
    """What stands behind the head of a message, by its kind."""
    found: dict[int, bytes] = {}
    while at + _ATTRIBUTE.size <= len(body):
        length, kind = _ATTRIBUTE.unpack_from(body, at)
        found[kind] = body[at + _ATTRIBUTE.size : at + length]
        at += max((length + 3) & ~3, _ATTRIBUTE.size)
    return found
