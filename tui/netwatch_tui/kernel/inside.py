"""A moment inside another network namespace: what is opened there belongs to it for ever.

setns(2) moves one thread. So a thread is started that enters the namespace, opens what is wanted, and ends; no other
thread of the program ever leaves its own namespace. It takes CAP_SYS_ADMIN in the user namespaces of both.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import TypeVar

_CLONE_NEWNET = 0x4000_0000
_NS_GET_NSTYPE = 0xB703
"""include/uapi/linux/nsfs.h: which kind of namespace a file stands for; since Linux 4.11."""

_T = TypeVar("_T")


def run_inside(namespace: int, make: Callable[[], _T]) -> _T:
    """What a function gives that runs in a network namespace.

    Args:
        namespace: A descriptor of the namespace's file.
        make: Runs in a thread of its own.

    Raises:
        PermissionError: The namespace may not be entered.
        OSError: No thread can be started, or what the function raised.
    """
    import threading  # here, and ctypes below: a look at the own namespace needs neither

    made: list[_T] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            _enter(namespace)
            made.append(make())
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is raised again where it is waited for
            failed.append(error)

    thread = threading.Thread(target=run, name="inside a namespace", daemon=True)
    try:
        thread.start()
    except RuntimeError as error:
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN)) from error
    thread.join()
    if failed:
        raise failed[0]
    return made[0]


def _enter(namespace: int) -> None:
    """Move this thread; os.setns is there from Python 3.12 on."""
    import ctypes

    if ctypes.CDLL(None, use_errno=True).setns(namespace, _CLONE_NEWNET):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def is_network_namespace(file: int) -> bool:
    """Whether a descriptor is that of a network namespace's file."""
    import fcntl

    try:
        return fcntl.ioctl(file, _NS_GET_NSTYPE) == _CLONE_NEWNET
    except OSError:
        return False
