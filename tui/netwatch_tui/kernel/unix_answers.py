"""What sock_diag answers about unix sockets: struct unix_diag_msg and its attributes, see sock_diag(7).

`/proc/net/unix` prints names raw, newlines included, so that a name can forge a row and hide another one's. Here each
name has a length. A message stands for the socket as a line does elsewhere: an unchanged message is an unchanged one.

A connection that waits to be accepted has no message of its own: the listener's tells who waits (UNIX_DIAG_ICONS, the
inodes of the clients; `sk_diag_dump_icons` in net/unix/diag.c). Each of them is made a line, of the form `WAITING`.
"""

from __future__ import annotations

import struct
import sys
from collections import Counter
from itertools import chain

from netwatch_tui.kernel.inet_answers import attributes
from netwatch_tui.kernel.proc_line import unfollowed
from netwatch_tui.sockets.socket import NOWHERE, Address, Family, Socket, State

_AF_UNIX = 1
_REQUEST = struct.Struct("=BBHIII8s")  # struct unix_diag_req: family, protocol, pad, states, inode, show, cookie
_ANSWER = struct.Struct("=BBBBI8s")  # struct unix_diag_msg: family, type, state, pad, inode, cookie
WAITING = struct.Struct("=BBxxIII")
"""0 (no family), type, inode of the listener, inode of the client, how many of the same stand before it; the name."""
_SHOW_NAME, _SHOW_PEER, _SHOWWAITING, _SHOW_QUEUES, _SHOW_UID = 0x1, 0x4, 0x8, 0x10, 0x40
_SHOW_ALL = _SHOW_NAME | _SHOW_PEER | _SHOWWAITING | _SHOW_QUEUES | _SHOW_UID
_NAME, _PEER, _CLIENTS, _QUEUES, _UID = 0, 2, 3, 4, 7
_TYPES = {1: "u_str", 2: "u_dgr", 5: "u_seq"}
_STATES = {1: State.ESTAB, 2: State.SYN_SENT, 7: State.UNCONN, 10: State.LISTEN}
"""include/net/tcp_states.h, of which unix sockets use these."""
_NO_NAME = NOWHERE.text.encode()
_LISTENS = bytes([10])


def unix_request(*, inodes_only: bool = False) -> bytes:
    """The question for all unix sockets: for everything that is shown of them, or only whether they are there."""
    show = 0 if inodes_only else _SHOW_ALL
    return _REQUEST.pack(_AF_UNIX, 0, 0, 0xFFFF_FFFF, 0, show, b"\xff" * 8)


def inode_of(message: bytes) -> int:
    """The inode in a message.

    Raises:
        struct.error: It is too short.
    """
    inode: int = _ANSWER.unpack_from(message)[4]
    return inode


def with_waiting(messages: list[bytes]) -> list[bytes]:
    """Messages, and a line for each connection that waits at one of the listeners among them."""
    listeners = [message for message in messages if message[2:3] == _LISTENS]
    return messages + list(chain.from_iterable(map(_waiting, listeners)))


def _waiting(message: bytes) -> list[bytes]:
    """A line for each connection that waits at the listener of this message."""
    if len(message) < _ANSWER.size:
        return []
    told = dict(attributes(message[_ANSWER.size :]))
    queue = told.get(_CLIENTS, b"")
    same: Counter[int] = Counter()
    lines: list[bytes] = []
    for (client,) in struct.iter_unpack("=I", queue[: len(queue) & ~3]):
        lines.append(WAITING.pack(0, message[1], inode_of(message), client, same[client]) + told.get(_NAME, b""))
        same[client] += 1
    return lines


def parse_unix_answer(message: bytes, netns: int, _: str, family: Family) -> Socket:
    """The socket of a message, or of a line that `with_waiting` made. References are not told."""
    if message[:1] == b"\0":
        return _waiting_socket(message, netns, family)
    _family, kind, state, _pad, inode, _cookie = _ANSWER.unpack_from(message)
    told = dict(attributes(message[_ANSWER.size :]))
    recv_q, send_q = struct.unpack("=II", told[_QUEUES]) if _QUEUES in told else (None, None)
    return unfollowed(
        netns,
        _TYPES[kind],
        family,
        inode,
        state=_STATES[state],
        recv_q=recv_q,
        send_q=send_q,
        local=unix_name(told.get(_NAME, b"")),
        local_port=inode,
        peer_port=int.from_bytes(told.get(_PEER, b""), sys.byteorder),
        uid=int.from_bytes(told[_UID], sys.byteorder) if _UID in told else None,  # since Linux 5.3
    )


def _waiting_socket(line: bytes, netns: int, family: Family) -> Socket:
    """A connection that waits, in the state that `/proc/net/unix` gives it."""
    _family, kind, _listener, client, _before = WAITING.unpack_from(line)
    name = unix_name(line[WAITING.size :])
    told_apart = name.packed + b"\0" + line[: WAITING.size]
    return unfollowed(
        netns,
        _TYPES[kind],
        family,
        0,
        state=State.SYN_SENT,
        local=Address(0, told_apart, name.text),
        local_port=0,
        peer_port=client,
    )


def unix_name(told: bytes) -> Address:
    """The name in struct sockaddr_un as ss prints it: `@` and the rest for one without a file, see unix(7)."""
    if not told:
        return NOWHERE
    if told[0] == 0:
        name = told.replace(b"\0", b"@")
    else:
        path = told.removesuffix(b"\0")
        # The same file, and neither an abstract name nor none.
        name = b"./" + path if path.startswith(b"@") or path == _NO_NAME else path
    return Address(0, name, name.decode("utf-8", "surrogateescape"))
