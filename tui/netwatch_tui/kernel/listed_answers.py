"""Sockets that no file below `/proc/net` lists: what sock_diag alone tells of them, as rows.

Bound TCP sockets that neither listen nor connect (since Linux 6.8, `inet_diag_dump_icsk` in net/ipv4/inet_diag.c), and
the sockets of Multipath TCP, whose subflows are rows of TCP (net/mptcp/mptcp_diag.c).
"""

from __future__ import annotations

import struct

from netwatch_tui.kernel.inet_answers import InetAnswers
from netwatch_tui.kernel.inet_lines import STATES
from netwatch_tui.kernel.proc_line import ip_address, unfollowed
from netwatch_tui.sockets.socket import Family, Socket

_TCP, _MPTCP = 6, 262
NO_PROTOCOL = 0
"""Where the protocol is an attribute: a kernel before 5.9, which passes over that, has no sockets of this one."""
_BOUND_INACTIVE = 1 << 13
"""The bit of TCP_BOUND_INACTIVE in a mask of states."""
_ALL_STATES = 0xFFFF_FFFF
_REQUEST = struct.Struct("=BBBxI48x")  # struct inet_diag_req_v2: family, protocol, extensions, states; any id
_PROTOCOL = struct.Struct("=HHI")
"""INET_DIAG_REQ_PROTOCOL (3) as struct nlattr: for protocols that do not fit into a byte."""
_ANSWER = struct.Struct("=BBBB2s2s16s16s")
"""The head of struct inet_diag_msg: family, state, timer, retransmits; ports and addresses."""
_UID = struct.Struct("=I")
_UID_AT = 64
_AF_INET, _AF_INET6 = 2, 10

_ANSWERS = InetAnswers()


def listing_request(kind: str, family: Family) -> bytes | None:
    """The question for all sockets of one of these kinds; None for other kinds."""
    number = _AF_INET if family is Family.INET else _AF_INET6
    match kind:
        case "bound":
            return _REQUEST.pack(number, _TCP, 0, _BOUND_INACTIVE)
        case "mptcp":
            return _REQUEST.pack(number, NO_PROTOCOL, 0, _ALL_STATES) + _PROTOCOL.pack(_PROTOCOL.size, 3, _MPTCP)
        case _:
            return None


def parse_listed(message: bytes, netns: int, netid: str, family: Family) -> Socket:
    """The socket of a message."""
    answer = _ANSWERS.read(message)
    _number, state, _timer, _retransmits, local_port, peer_port, local, peer = _ANSWER.unpack_from(message)
    size = 4 if family is Family.INET else 16
    return unfollowed(
        netns,
        netid,
        family,
        answer.inode,
        state=STATES[b"%02X" % state],
        recv_q=answer.recv_q,
        send_q=answer.send_q,
        local=ip_address(local[:size]),
        local_port=int.from_bytes(local_port),
        peer=ip_address(peer[:size]),
        peer_port=int.from_bytes(peer_port),
        uid=_UID.unpack_from(message, _UID_AT)[0],
    )._replace(diag=answer.diag)
