"""IP addresses as people and ss write them, and what kind of address one is."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv6Address

from netwatch_tui.sockets.mapped_addresses import plain


def network(text: str) -> tuple[bytes, int] | None:
    """Bytes and number of leading bits of `10.0.0.1`, `10/8`, `2001:db8::/32`, `[::1]` or `[2001:db8::]/32`.

    As in ss, bytes that are left out at the end of an IPv4 address are 0. None for anything else.
    """
    host, slash, bits = text.partition("/")
    in_brackets = host.startswith("[") and host.endswith("]")
    packed = _v6(host[1:-1] if in_brackets else host) if ":" in host else _v4(host)
    if packed is None:
        return None
    whole = len(packed) * 8
    if not slash:
        return packed, whole
    if not (bits.isascii() and bits.isdigit() and len(bits) <= 3 and int(bits) <= whole):
        return None
    return packed, int(bits)


def _v4(text: str) -> bytes | None:
    parts = text.split(".")
    if len(parts) > 4 or not all(part.isascii() and part.isdigit() and len(part) <= 3 for part in parts):
        return None
    numbers = [int(part) for part in parts]
    return bytes([*numbers, *(0,) * (4 - len(numbers))]) if max(numbers) <= 255 else None


def _v6(text: str) -> bytes | None:
    try:
        return IPv6Address(text).packed if "%" not in text else None
    except AddressValueError:
        return None


def written(packed: bytes) -> str:
    """The usual spelling, IPv6 in brackets."""
    return str(IPv4Address(packed)) if len(packed) == 4 else f"[{IPv6Address(packed)}]"


def within(packed: bytes, base: bytes, bits: int) -> bool:
    """Whether an address of the same length begins with the bits of another."""
    if len(packed) != len(base):
        return False
    shift = len(base) * 8 - bits
    return int.from_bytes(packed, "big") >> shift == int.from_bytes(base, "big") >> shift


_PRIVATE6 = tuple(
    found
    for text in ("fe80::/10", "fc00::/7", "ff00::/8")  # link-local, RFC 4193, multicast
    if (found := network(text))
)


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


def is_loopback(packed: bytes) -> bool:
    """127.0.0.0/8, also in IPv6's clothes, or ::1."""
    short = plain(packed)
    return short[:1] == b"\x7f" if len(short) == 4 else short == bytes(15) + b"\1"


def is_public(packed: bytes) -> bool:
    """Neither loopback nor private nor unspecified."""
    short = plain(packed)
    if len(short) == 4:
        return _is_public4(short[0], short[1])
    return any(short) and not is_loopback(short) and not any(within(short, base, bits) for base, bits in _PRIVATE6)
