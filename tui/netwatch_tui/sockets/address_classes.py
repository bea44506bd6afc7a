"""What kind of address one is: loopback, private or public."""

from __future__ import annotations

from netwatch_tui.sockets.mapped_addresses import plain


def is_loopback(packed: bytes) -> bool:
    """127.0.0.0/8, also in IPv6's clothes, or ::1."""
    short = plain(packed)
    return short[:1] == b"\x7f" if len(short) == 4 else short == bytes(15) + b"\1"


def is_link_local(packed: bytes) -> bool:
    """In IPv6 what means something together with a device only: fe80::/10 (RFC 4291, 2.5.6)."""
    return len(packed) == 16 and _is_link_local6(packed[0], packed[1])


def is_public(packed: bytes) -> bool:
    """Neither loopback nor private nor unspecified."""
    short = plain(packed)
    if len(short) == 4:
        return _is_public4(short[0], short[1])
    return any(short) and not is_loopback(short) and not _is_private6(short[0], short[1])


def _is_public4(first: int, second: int) -> bool:
    """By the first two bytes, which is enough for what RFC 1918, 3927, 5771 and 6598 set apart."""
    return not (
        first in (0, 10, 127)
        or first >= 224
        or (first == 192 and second == 168)
        or (first == 172 and 16 <= second < 32)
        or (first == 169 and second == 254)
        or (first == 100 and 64 <= second < 128)
    )


def _is_private6(first: int, second: int) -> bool:
    """By the first two bytes: link-local (fe80::/10), unique local (fc00::/7, RFC 4193) or multicast (ff00::/8)."""
    return _is_link_local6(first, second) or first & 0xFE == 0xFC or first == 0xFF


def _is_link_local6(first: int, second: int) -> bool:
    return first == 0xFE and second & 0xC0 == 0x80
