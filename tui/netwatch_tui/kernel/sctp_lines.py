"""Lines of `/proc/net/sctp/eps` and `assocs`, which are there when the kernel has SCTP loaded.

The formats are those of `sctp_eps_seq_show` and `sctp_assocs_seq_show` (net/sctp/proc.c). A socket can have several
addresses; the first one (of the peer the primary one, marked `*`) stands for them.
"""

from __future__ import annotations

from netwatch_tui.kernel.proc_line import count, ip_address, number, unfollowed
from netwatch_tui.sockets.socket import Address, Family, Socket, State

_ANY = ip_address(bytes(4))
_SOCKET_STATES = {7: State.UNCONN, 1: State.ESTAB, 8: State.CLOSING, 10: State.LISTEN}
"""`enum sctp_sock_state`, which borrows the numbers of TCP's."""
_ASSOCIATION_STATES = (
    State.UNCONN,
    State.SYN_SENT,
    State.SYN_SENT,
    State.ESTAB,
    State.FIN_WAIT_1,
    State.FIN_WAIT_1,
    State.CLOSE_WAIT,
    State.LAST_ACK,
)
"""`enum sctp_state` from CLOSED to SHUTDOWN-ACK-SENT, by the names that TCP has for the same."""


def parse_endpoint(line: bytes, netns: int, netid: str, _: Family) -> Socket:
    """An endpoint: `ENDPT SOCK STY SST HBKT LPORT UID INODE LADDRS`."""
    _endpoint, _sock, _style, state, _bucket, port, uid, inode, *addresses = line.split()
    return _socket_of(
        netns, netid, _SOCKET_STATES[int(state)], number(inode), count(uid), _first(addresses), number(port), None, 0
    )


def parse_association(line: bytes, netns: int, netid: str, _: Family) -> Socket:
    """An association: `ASSOC SOCK STY SST ST HBKT ID TX_QUEUE RX_QUEUE UID INODE LPORT RPORT LADDRS <-> RADDRS ...`."""
    left, _arrow, right = line.partition(b" <-> ")
    _association, _sock, _style, _socket_state, state, _bucket, _id, tx, rx, uid, inode, lport, rport, *here = (
        left.split()
    )
    socket = _socket_of(
        netns,
        netid,
        _ASSOCIATION_STATES[int(state)],
        number(inode),
        count(uid),
        _first(here),
        number(lport),
        _first(right.split()),
        number(rport),
    )
    return socket._replace(recv_q=count(rx), send_q=count(tx))


def _first(addresses: list[bytes]) -> Address:
    """The primary address of a list, else its first; the wildcard of an empty one."""
    chosen = next((address for address in addresses if address.startswith(b"*")), addresses[0] if addresses else b"")
    text = chosen.lstrip(b"*").decode("ascii")
    if not text:
        return _ANY
    import _socket  # here, because hardly any machine has SCTP; see sock_diag

    family = _socket.AF_INET6 if ":" in text else _socket.AF_INET
    try:
        return ip_address(_socket.inet_pton(family, text))
    except OSError as error:
        raise ValueError(text) from error


def _socket_of(
    netns: int,
    netid: str,
    state: State,
    inode: int,
    uid: int | None,
    local: Address,
    local_port: int,
    peer: Address | None,
    peer_port: int,
) -> Socket:
    return unfollowed(
        netns,
        netid,
        Family.INET if local.version == 4 else Family.INET6,
        inode,
        local=local,
        local_port=local_port,
        state=state,
        uid=uid,
        peer=peer or ip_address(bytes(len(local.packed))),
        peer_port=peer_port,
    )
