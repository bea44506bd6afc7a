"""A process that goes from one network namespace to another and back as fast as it can, or has a thread that left.

Run as `python -m tests.support.kernel_flipper PATH`, with the file of the other namespace, or without a path as an
ordinary user between two namespaces of a user namespace of his own; see `main` for the requests.
"""

from __future__ import annotations

import ctypes
import encodings.idna  # noqa: F401 -- which names of hosts are encoded with; an ordinary user could not import it later
import os
import select
import socket as net
import sys
import threading

from tests.support.kernel import NOBODY, answer, become, requests

_CLONE_NEWUSER, _CLONE_NEWNET = 0x1000_0000, 0x4000_0000
_LIBC = ctypes.CDLL(None, use_errno=True)


def enter(file: int) -> None:
    """Move this thread to the namespace of a file."""
    if _LIBC.setns(file, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def opened_in(file: int, home: int) -> net.socket:
    """A listener in another namespace."""
    enter(file)
    try:
        return net.create_server(("127.0.0.1", 0))
    finally:
        enter(home)


class Flips:
    """The main thread's way from here to there and back."""

    def __init__(self, home: int, away: int) -> None:
        self._places = (home, away)
        self.count = 0

    def until_asked(self) -> None:
        """Flip until the next request waits, a thousand times between two looks at it."""
        while not select.select([sys.stdin], [], [], 0)[0]:
            for _ in range(1000):
                enter(self._places[1])
                enter(self._places[0])
            self.count += 1000


def thread_in(file: int) -> int:
    """Start a thread that stays in another namespace; returns its number."""
    there, tid = threading.Event(), [0]

    def stay() -> None:
        enter(file)
        tid[0] = threading.get_native_id()
        there.set()
        threading.Event().wait()

    threading.Thread(target=stay, daemon=True).start()
    there.wait()
    return tid[0]


def leave_both(uid: int) -> tuple[int, int]:
    """Become an ordinary user, and the root of a user namespace with two network namespaces; gives their files."""
    become(uid)
    _unshare(_CLONE_NEWUSER)
    for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {uid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="utf-8") as file:
            file.write(text)
    files = []
    for _ in range(2):
        _unshare(_CLONE_NEWNET)
        files.append(os.open("/proc/self/ns/net", os.O_RDONLY))
    return files[0], files[1]


def _unshare(flags: int) -> None:
    if _LIBC.unshare(flags):
        raise OSError(ctypes.get_errno(), "unshare")


def main(path: str) -> None:
    """Do what is asked for until nobody asks any more."""
    if path:
        home, away = os.open("/proc/self/ns/net", os.O_RDONLY), os.open(path, os.O_RDONLY)
    else:
        home, away = leave_both(NOBODY)
        enter(home)
    kept: list[net.socket] = []
    flips = Flips(home, away)
    for word in requests():
        match word:
            case "listen":  # in both; gives the inodes
                kept += [net.create_server(("127.0.0.1", 0)), opened_in(away, home)]
                answer([os.fstat(each.fileno()).st_ino for each in kept[-2:]])
            case "flip":  # until the next request
                answer(None)
                flips.until_asked()
            case "where":  # gives the inodes of both namespaces
                answer([os.fstat(each).st_ino for each in (home, away)])
            case "stay":  # gives how often it flipped
                answer(flips.count)
            case "thread":  # gives its number
                answer(thread_in(away))
    os._exit(0)  # threads that wait for ever


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
