"""The name of an address, from whatever nsswitch.conf(5) says: this is the one question that leaves the machine.

It may take as long as a resolver is patient, half a minute and more.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

from netwatch_tui.sockets.host_names import NameAnswer, host_name

LookUp = Callable[[bytes], NameAnswer]
"""Finds the name of an address of 4 or 16 bytes. It raises nothing."""


def look_up(packed: bytes) -> NameAnswer:
    """Ask for the name of an address, see getnameinfo(3)."""
    text = socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)
    try:
        name, _ = socket.getnameinfo((text, 0), socket.NI_NAMEREQD)
    except socket.gaierror as error:
        return NameAnswer(packed, None, is_final=error.errno == socket.EAI_NONAME)
    except (OSError, ValueError):  # ValueError: a name that is no text
        return NameAnswer(packed, None, is_final=False)
    return NameAnswer(packed, host_name(name))


def look_up_behind(packed: bytes, tell: Callable[[NameAnswer], object], find: LookUp = look_up) -> None:
    """Begin a look-up in a thread of its own, which never keeps the program from ending.

    Args:
        packed: The address.
        tell: Takes the answer; called on that thread, and must not wait.
        find: Finds the name.
    """
    thread = threading.Thread(target=lambda: tell(find(packed)), name="name look-up", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # the machine has no thread left
        tell(NameAnswer(packed, None, is_final=False))
