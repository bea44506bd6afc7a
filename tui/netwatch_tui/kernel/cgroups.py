"""What a process belongs to, from `/proc/PID/cgroup`: its systemd unit and its container."""

from __future__ import annotations

import re
from typing import NamedTuple

_CONTAINERS = (
    ("docker", "/docker", r"/(?:docker-|docker/)([0-9a-f]{12,64})(?:\.scope)?(?:/|$)"),
    ("podman", "/libpod-", r"/libpod-([0-9a-f]{12,64})(?:\.scope)?(?:/|$)"),
    ("containerd", "/cri-containerd-", r"/cri-containerd-([0-9a-f]{12,64})(?:\.scope)?(?:/|$)"),
    ("cri-o", "/crio-", r"/crio-([0-9a-f]{12,64})(?:\.scope)?(?:/|$)"),
    ("kubernetes", "/kubepods", r"/kubepods[^:]*/pod[0-9a-f-]+/([0-9a-f]{12,64})(?:/|$)"),
    ("lxc", "/lxc", r"/lxc(?:\.payload)?[./]([^/]+)"),
    ("nspawn", "/machine.slice/", r"/machine\.slice/(?:systemd-nspawn@|machine-)([^/]+)\.(?:service|scope)"),
)
"""By runtime, what every path of a container of it has in it, and the pattern, which is compiled for such a path."""

_UNIT = re.compile(r"/([^/]+\.(?:service|scope|socket|mount|swap|slice))(?=/|$)")
_ESCAPED = r"\\x([0-9a-f]{2})"
_ID_SHOWN = 12
"""Digits of a container's id, as many as docker shows."""


class Origin(NamedTuple):
    """Where a process comes from; None for what is not known."""

    unit: str | None
    container: str | None


def parse_cgroup(text: str) -> Origin:
    """Read `/proc/PID/cgroup`, which has one line `hierarchy:controllers:path` a hierarchy; see cgroups(7)."""
    paths = [line.split(":", 2)[2] for line in text.splitlines() if line.count(":") >= 2]
    container = next((found for path in paths if (found := _container(path))), None)
    unit = next((found for path in paths if (found := _unit(path))), None)
    return Origin(unit, container)


def _container(path: str) -> str | None:
    for runtime, sign, pattern in _CONTAINERS:
        if sign in path and (match := re.search(pattern, path)):
            name = _unescape(match.group(1)) if runtime == "nspawn" else match.group(1)
            return f"{runtime}:{name[:_ID_SHOWN] if re.fullmatch('[0-9a-f]{12,64}', name) else name}"
    return None


def _unit(path: str) -> str | None:
    r"""The innermost unit that is no slice (a slice only holds others), as systemctl(1) prints it.

    The escapes of systemd.unit(5), `\x2d` for a dash, are part of a unit's name. What systemd adds for the file system
    is an underscore before names that the kernel could take for files of its own: `cg_escape` in its cgroup-util.c.
    """
    units = [unit for unit in _UNIT.findall(path) if not unit.endswith(".slice")]
    return units[-1].removeprefix("_") if units else None


def _unescape(name: str) -> str:
    """What a machine is called of which the unit's name speaks: the reverse of systemd-escape(1)."""
    return re.sub(_ESCAPED, lambda match: chr(int(match.group(1), 16)), name)
