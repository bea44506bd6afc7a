"""How a network namespace gives out its ports, and whether this process may have the low ones.

`/proc/sys/net` is that of the namespace of whoever opens it, so that the calling thread has to be inside.
"""

from __future__ import annotations

import array
import errno
import fcntl
import os
import re

from netwatch_tui.kernel.faults import FAULTS
from netwatch_tui.kernel.limits import SYSTEM_FILE, read_file
from netwatch_tui.kernel.process_visibility import has_capability
from netwatch_tui.sockets.port_facts import PortRange, PortRules

_CAP_NET_BIND_SERVICE = 10
_NS_GET_USERNS, _NS_GET_PARENT, _NS_GET_OWNER_UID = 0xB701, 0xB702, 0xB704
"""include/uapi/linux/nsfs.h: the user namespace that owns a namespace, the one around it, and whose it is."""
_LISTS_BOUND = (6, 8)
"""The first Linux whose sock_diag tells of TCP_BOUND_INACTIVE."""

UNREADABLE = PortRules()
"""Of a namespace that may not be entered."""


def read_port_rules(proc: str) -> PortRules:
    """The rules of the namespace in which the calling thread is."""
    return PortRules(
        parse_port_range(_setting(proc, "ip_local_port_range")),
        parse_reserved(_setting(proc, "ip_local_reserved_ports")),
        _number(_setting(proc, "ip_unprivileged_port_start")),
        _may_bind_low(proc),
        _release(os.uname().release) >= _LISTS_BOUND,
    )


def parse_port_range(text: str) -> PortRange | None:
    """`32768	60999`, the first and the last one; None for what is no range."""
    words = text.split()
    if len(words) != 2 or not all(word.isdecimal() for word in words) or int(words[0]) > int(words[1]):
        return None
    return int(words[0]), int(words[1])


def parse_reserved(text: str) -> tuple[PortRange, ...]:
    """`8080,9148-9150`; what is neither a port nor a range is left out."""
    found = []
    for word in text.strip().split(","):
        first, _, last = word.partition("-")
        if first.isdecimal() and (last or first).isdecimal():
            found.append((int(first), int(last or first)))
    return tuple(found)


def _setting(proc: str, name: str) -> str:
    """A file below `/proc/sys/net/ipv4`; the empty text where there is none, as before Linux 4.11, or it is closed."""
    try:
        return read_file(f"{proc}/sys/net/ipv4/{name}", SYSTEM_FILE).decode("ascii", "replace")
    except OSError:
        return ""


def _number(text: str) -> int | None:
    return int(text) if text.strip().isdecimal() else None


def _release(text: str) -> tuple[int, int]:
    """The first two numbers of a kernel's release, `6.18.4-arch1`."""
    found = re.match(r"([0-9]+)\.([0-9]+)", text)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _may_bind_low(proc: str) -> bool | None:
    """Whether the calling thread has CAP_NET_BIND_SERVICE in its network namespace; None where that can't be seen."""
    try:
        namespace = os.open(f"{proc}/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    except FAULTS:
        return None
    try:
        return _is_capable(proc, namespace)
    except OSError as error:
        return False if error.errno == errno.EPERM else None  # EPERM: it is owned outside of what this user rules
    except FAULTS:
        return None
    finally:
        os.close(namespace)


def _is_capable(proc: str, namespace: int) -> bool:
    """What `ns_capable` in the kernel's kernel/capability.c says: the owner's rights count, and go on downwards.

    Raises:
        PermissionError: The owner is a user namespace around the own one, or beside it.
    """
    own = os.stat(f"{proc}/self/ns/user").st_ino
    current = fcntl.ioctl(namespace, _NS_GET_USERNS)
    try:
        while os.fstat(current).st_ino != own:
            inner, current = current, fcntl.ioctl(current, _NS_GET_PARENT)
            try:
                if os.fstat(current).st_ino == own and _owner(inner) == os.geteuid():
                    return True
            finally:
                os.close(inner)
    finally:
        os.close(current)
    return has_capability(proc, _CAP_NET_BIND_SERVICE)


def _owner(namespace: int) -> int:
    uid = array.array("I", [0])
    fcntl.ioctl(namespace, _NS_GET_OWNER_UID, uid)
    return uid[0]
