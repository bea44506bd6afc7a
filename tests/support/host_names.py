"""What tests of names of hosts share."""

from __future__ import annotations

from ipaddress import ip_address


def packed(address: str) -> bytes:
    """The bytes of an address."""
    return ip_address(address).packed


class FakeHosts:
    """A file of hosts that a test writes."""

    def __init__(self) -> None:
        self.names: dict[bytes, str] = {}
        self.is_new = True
        """Whether the next look finds another file."""

    def look_again(self) -> bool:
        was, self.is_new = self.is_new, False
        return was

    def name(self, address: bytes) -> str | None:
        return self.names.get(address)
