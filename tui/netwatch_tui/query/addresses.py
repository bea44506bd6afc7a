"""IP addresses as people and ss write them."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv6Address


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
