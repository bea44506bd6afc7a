"""Lines of `/proc/net/unix`, `packet` and `netlink`: sockets whose ends are names.

The formats are those of `unix_seq_show` (net/unix/af_unix.c), `packet_seq_show` (net/packet/af_packet.c) and
`netlink_native_seq_show` (net/netlink/af_netlink.c).
"""

from __future__ import annotations

import re

from netwatch_tui.kernel.proc_line import count, number, unfollowed
from netwatch_tui.sockets.socket import Address, Family, Socket, State

_UNIX_TYPES = {b"0001": "u_str", b"0002": "u_dgr", b"0005": "u_seq"}
_UNIX_STATES = {b"01": State.UNCONN, b"02": State.SYN_SENT, b"03": State.ESTAB, b"04": State.CLOSING}
_ACCEPTS = 0x10000
"""__SO_ACCEPTCON: the socket listens."""
_UNIX_HEAD = re.compile(rb"([^:]+): ([0-9A-F]{8}) [0-9A-F]{8} ([0-9A-F]{8}) ([0-9A-F]{4}) ([0-9A-F]{2}) +([0-9]+)")
"""Pointer, references, protocol, flags, type, state, inode. What follows after one blank is the path."""

_RAW = b"3"
"""SOCK_RAW. ss calls everything else p_dgr, SOCK_PACKET (10) among it."""
NO_DEVICE = 0xFFFF_FFFF
"""What -1 means, which the kernel prints where the device is gone: no device has this number, and 0 means any."""
_ETHERTYPES: dict[int, str] = {0x0003: "*", 0x0800: "ip", 0x0806: "arp", 0x86DD: "ipv6"}
"""include/uapi/linux/if_ether.h; 3 is ETH_P_ALL."""


def parse_unix(line: bytes, netns: int, _: str, family: Family) -> Socket:
    """A unix socket. Its path may hold anything, blanks included, and is what follows the inode."""
    head = _UNIX_HEAD.match(line)
    if head is None:
        raise ValueError(line)
    pointer, refs, flags, kind, state, digits = head.groups()
    path, inode = line[head.end() + 1 :], int(digits)
    # A connection that waits to be accepted has no inode, and its path is the listener's.
    told_apart = path if inode else path + b"\0" + pointer
    return unfollowed(
        netns,
        _UNIX_TYPES[kind],
        family,
        inode,
        state=State.LISTEN if int(flags, 16) & _ACCEPTS else _UNIX_STATES[state],
        local=Address(0, told_apart, path.decode("utf-8", "surrogateescape") or "*"),
        local_port=inode,
        refs=int(refs, 16),
    )


def parse_packet(line: bytes, netns: int, _: str, family: Family) -> Socket:
    """A packet socket: which protocol it sees, on which device."""
    _sk, refs, kind, protocol, device, _running, rmem, uid, inode = line.split()
    ethertype, index = int(protocol, 16), int(device)
    name = _ETHERTYPES.get(ethertype, f"[{ethertype}]")
    return unfollowed(
        netns,
        "p_raw" if kind == _RAW else "p_dgr",
        family,
        number(inode),
        recv_q=count(rmem),
        send_q=0,
        local=Address(0, name.encode(), name),
        local_port=index if 0 <= index < NO_DEVICE else NO_DEVICE,
        uid=count(uid),
        refs=count(refs),
    )


def parse_netlink(line: bytes, netns: int, netid: str, family: Family) -> Socket:
    """A netlink socket: its protocol, and the port id, which is 0 for the kernel's own end."""
    _sk, protocol, port, _groups, rmem, wmem, _dump, refs, drops, inode = line.split()
    return unfollowed(
        netns,
        netid,
        family,
        number(inode),
        recv_q=count(rmem),
        send_q=count(wmem),
        local=Address(0, int(protocol).to_bytes(2), protocol.decode()),
        local_port=number(port),
        refs=count(refs),
        drops=count(drops),
    )
