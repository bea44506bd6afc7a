"""A process that looks at the sockets, as root or as somebody else, and tells what it sees.

Run as `python -m tests.support.kernel_look NAMESPACES [UID]`.
"""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

from netwatch_tui.cli import main as netwatch_tui
from netwatch_tui.collect.collector import Collector
from netwatch_tui.fields.format import local_text, peer_text
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket
from tests.support.kernel import answer, become, linux_source, requests


def main(namespaces: str, uid: int) -> None:
    """Answer each request until there are no more.

    `{"now": SECONDS, "of": [INODE, ...]}` is answered with a snapshot and its sockets in these namespaces, and
    `{"run": [...]}` with what the program prints, `{"told": [...]}` with that and what it says on standard error.
    """
    if uid:
        become(uid)
    with linux_source() as source:
        collector = Collector(source, namespaces=namespaces)
        for request in requests():
            if "run" in request:
                answer(_run(request["run"])[0])
            elif "told" in request:
                answer(_run(request["told"]))
            else:
                answer(_told(collector.collect(request["now"]), set(request["of"])))


def _run(arguments: list[str]) -> tuple[str, str]:
    with redirect_stdout(io.StringIO()) as printed, redirect_stderr(io.StringIO()) as said:
        netwatch_tui(arguments)
    return printed.getvalue(), said.getvalue()


def _told(snapshot: Snapshot, namespaces: set[int]) -> dict[str, Any]:
    delta = snapshot.delta
    return {
        "sockets": [_plain(socket) for socket in snapshot.sockets if socket.netns in namespaces],
        "opened": [socket.inode for socket in delta.opened],
        "closed": [socket.inode for socket in (*delta.closed, *delta.dropped)],
        "names": {str(inode): name for inode, name in snapshot.namespaces.names.items()},
        "others": snapshot.namespaces.others,
        "denied": snapshot.namespaces.denied,
        "unreadable": snapshot.namespaces.unreadable,
        "unseen": snapshot.unseen.texts(),
        "no_permission": sum(snapshot.counts.no_permission.values()),
        "problems": [problem.text for problem in snapshot.problems],
    }


def _plain(socket: Socket) -> dict[str, Any]:
    return {
        "id": socket.id,
        "netns": socket.netns,
        "netid": socket.netid,
        "state": socket.state,
        "recv_q": socket.recv_q,
        "send_q": socket.send_q,
        "local": local_text(socket),
        "peer": peer_text(socket),
        "peer_port": socket.peer_port,
        "local_port": socket.local_port,
        "inode": socket.inode,
        "uid": socket.uid,
        "owners": [[owner.pid, owner.fd] for owner in socket.owners],
        "reason": socket.owner_reason,
        "evidence": [[owner.pid, owner.fd] for owner in socket.evidence],
    }


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0)
