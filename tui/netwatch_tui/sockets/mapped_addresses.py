"""IPv4 addresses in the clothes of IPv6 (RFC 4291, 2.5.5.2), in which an IPv6 socket sees its IPv4 peers."""

from __future__ import annotations

MAPPED = bytes(10) + b"\xff\xff"
"""What such an address begins with."""


def is_mapped(packed: bytes) -> bool:
    """Whether 16 bytes are an IPv4 address."""
    return len(packed) == 16 and packed.startswith(MAPPED)


def plain(packed: bytes) -> bytes:
    """Of an IPv4 address in IPv6's clothes the four bytes, else what is given."""
    return packed[12:] if is_mapped(packed) else packed


def is_unspecified(packed: bytes) -> bool:
    """0.0.0.0 or ::, which as an own address means every address of the machine."""
    return not any(plain(packed))
