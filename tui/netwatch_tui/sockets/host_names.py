"""What addresses are called. A name comes from outside and proves nothing: whoever has an address may give it any name.

That the name leads back to the address is not looked up, since nobody would be shown more than the name for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from netwatch_tui.sockets.address_classes import is_loopback
from netwatch_tui.sockets.mapped_addresses import is_unspecified, plain
from netwatch_tui.sockets.socket import Address, Socket

HostNames = Mapping[bytes, str]
"""By the address, 4 or 16 bytes in network order and never IPv4 in IPv6's clothes, its name."""

NO_HOST_NAMES: HostNames = {}

LONGEST_NAME = 253
"""Bytes of a name that fit into a question (RFC 1035, 2.3.4)."""


class NameAnswer(NamedTuple):
    """What came of a reverse look-up."""

    address: bytes
    name: str | None
    """None if it has none, or that could not be found out."""
    is_final: bool = True
    """Whether the resolver answered; else it may do so the next time."""


def host_name(text: str) -> str | None:
    """A name from outside; None for what can't be one.

    That is what is too long, and what ends in a number as IPv4 addresses do: no top-level domain is one (RFC 3696, 2),
    and an address that calls itself by another one would be taken for that.
    """
    name = text.removesuffix(".")
    if not name or len(name.encode("utf-8", "surrogateescape")) > LONGEST_NAME:
        return None
    return None if name.rpartition(".")[2].isdecimal() else name


def nameable(address: Address) -> bytes | None:
    """The bytes by which the name of an address is found; None for what is no address of one host."""
    return plain(address.packed) if address.version and not is_unspecified(address.packed) else None


def nameable_ends(sockets: Iterable[Socket]) -> list[bytes]:
    """The addresses of these sockets that may have names, each once, in their order."""
    found = (nameable(address) for socket in sockets for address in (socket.peer, socket.local))
    return list(dict.fromkeys(packed for packed in found if packed is not None))


def name_of(address: Address, names: HostNames) -> str | None:
    """The name of an address; None where none is known."""
    packed = nameable(address) if names else None
    return None if packed is None else names.get(packed)


def is_asked_about(packed: bytes) -> bool:
    """Whether the network can know the name of an address: not of one that holds on this machine or link only.

    Loopback, 169.254.0.0/16 (RFC 3927) and fe80::/10 (RFC 4291, 2.5.6); resolvers are told to answer for them with
    nothing (RFC 6303).
    """
    if len(packed) == 4:
        return not (is_loopback(packed) or packed.startswith(b"\xa9\xfe"))
    return not (is_loopback(packed) or (packed[0] == 0xFE and packed[1] & 0xC0 == 0x80))
