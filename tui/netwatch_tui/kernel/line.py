"""What all parsers of lines below `/proc/net` share."""

from __future__ import annotations

import sys

from netwatch_tui.model.socket import Address


class LineError(ValueError):
    """A line that is none of its table's."""


_HEX = frozenset(b"0123456789ABCDEFabcdef")


class _Addresses(dict[bytes, Address]):
    """Addresses by their hexadecimal spelling; one object for each address, so that equal ones are shared."""

    limit = 65_536
    """After this many distinct addresses it starts anew, so that it can't grow for ever."""

    def __missing__(self, text: bytes) -> Address:
        if len(text) not in (8, 32) or not _HEX.issuperset(text):
            raise ValueError(text)
        # Each 32-bit word is printed as one number of the machine's own byte order.
        words = (int(text[at : at + 8], 16) for at in range(0, len(text), 8))
        address = ip_address(b"".join(word.to_bytes(4, sys.byteorder) for word in words))
        if len(self) >= self.limit:
            self.clear()
        self[text] = address
        return address


class _Ports(dict[bytes, int]):
    """Port numbers by their spelling, `:01BB`."""

    def __missing__(self, text: bytes) -> int:
        if len(text) != 5 or text[:1] != b":" or not _HEX.issuperset(text[1:]):
            raise ValueError(text)
        self[text] = port = int(text[1:], 16)
        return port


def ip_address(packed: bytes) -> Address:
    """An IPv4 or IPv6 address from its bytes in network order."""
    if len(packed) == 4:
        return Address(4, packed, ".".join(map(str, packed)))
    import socket as _socket  # here, because most first looks find no IPv6 and the module takes 5 ms

    return Address(6, packed, _socket.inet_ntop(_socket.AF_INET6, packed))


ADDRESSES = _Addresses()
PORTS = _Ports()
