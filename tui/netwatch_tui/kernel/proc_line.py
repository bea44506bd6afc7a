"""What all parsers of lines below `/proc/net` share."""

from __future__ import annotations

import sys

from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.socket import NOWHERE, Address, Family, Socket, State


class LineError(ValueError):
    """A line that is none of its table's."""


_HEX = frozenset(b"0123456789ABCDEFabcdef")


class _Addresses(dict[bytes, Address]):
    """Addresses by their hexadecimal spelling; one object for each address, so that equal ones are shared."""

    limit = 16_384
    """After this many distinct addresses, some 5 MB, it starts anew, so that it can't grow for ever."""

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
    """Port numbers by their spelling, `:01BB`: at most as many as there are ports, some 10 MB."""

    def __missing__(self, text: bytes) -> int:
        if len(text) != 5 or text[:1] != b":" or not _HEX.issuperset(text[1:]):
            raise ValueError(text)
        self[text] = port = int(text[1:], 16)
        return port


def ip_address(packed: bytes) -> Address:
    """An IPv4 or IPv6 address from its bytes in network order."""
    if len(packed) == 4:
        return Address(4, packed, ".".join(map(str, packed)))
    import _socket  # here, because most first looks find no IPv6; see sock_diag

    return Address(6, packed, _socket.inet_ntop(_socket.AF_INET6, packed))


ADDRESSES = _Addresses()
PORTS = _Ports()


def number(text: bytes) -> int:
    """A number without which there is no row: an inode, a port.

    Raises:
        ValueError: It is none, or a negative one.
    """
    if (found := int(text)) < 0:
        raise ValueError(text)
    return found


def count(text: bytes) -> int | None:
    """A number that can't be negative; None where it is, because the kernel printed a signed one that ran over.

    Raises:
        ValueError: It is no number.
    """
    found = int(text)
    return found if found >= 0 else None


def unfollowed(
    netns: int,
    netid: str,
    family: Family,
    inode: int,
    *,
    local: Address,
    local_port: int,
    refs: int | None = None,
    peer: Address = NOWHERE,
    peer_port: int = 0,
    state: State = State.UNCONN,
    recv_q: int | None = None,
    send_q: int | None = None,
    uid: int | None = None,
    drops: int | None = None,
) -> Socket:
    """A socket as a line of `/proc` tells of it, not yet followed. What is not given is not known."""
    return Socket(
        id=0,
        seen_at=0.0,
        was_there=False,
        user=None,
        owners=(),
        owner_reason=OwnerReason.NOT_FOUND,
        evidence=(),
        netns=netns,
        netid=netid,
        family=family,
        state=state,
        recv_q=recv_q,
        send_q=send_q,
        local=local,
        local_port=local_port,
        peer=peer,
        peer_port=peer_port,
        inode=inode,
        uid=uid,
        refs=refs,
        drops=drops,
    )
