"""A process that goes from one network namespace to another and back as fast as it can, or has a thread that left.

Run as `python -m tests.support.kernel_flipper PATH`, with the file of the other namespace; see `main` for the requests.
"""

from __future__ import annotations

import ctypes
import os
import socket as net
import sys
import threading

from tests.support.kernel import answer, requests

_CLONE_NEWNET = 0x4000_0000
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
        import select

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


def main(path: str) -> None:
    """Do what is asked for until nobody asks any more."""
    home, away = os.open("/proc/self/ns/net", os.O_RDONLY), os.open(path, os.O_RDONLY)
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
            case "stay":  # gives how often it flipped
                answer(flips.count)
            case "thread":  # gives its number
                answer(thread_in(away))
    os._exit(0)  # threads that wait for ever


if __name__ == "__main__":
    main(sys.argv[1])
