"""The kinds of sockets by the names that people give them, and the netids that each has."""

from __future__ import annotations

KINDS: dict[str, tuple[str, ...]] = {
    "tcp": ("tcp",),
    "udp": ("udp",),
    "unix": ("u_str", "u_dgr", "u_seq"),
    "raw": ("raw",),
    "udplite": ("udpl",),
    "icmp": ("icmp",),
    "sctp": ("sctp",),
    "packet": ("p_raw", "p_dgr"),
    "netlink": ("nl",),
    "mptcp": ("mptcp",),
    "bound": ("bound",),
}
"""Every kind, in the order in which they are counted on screen.

`bound` are TCP sockets that have a port and neither listen nor connect: ss -B. They make bind(2) fail with EADDRINUSE.
"""

KIND_OF = {netid: kind for kind, netids in KINDS.items() for netid in netids}

OTHER_KINDS = tuple(kind for kind in KINDS if kind not in ("tcp", "udp", "unix"))
"""Kinds that have no key of their own."""

LETTERS = {"tcp": "-t", "udp": "-u", "raw": "-w", "unix": "-x"}
"""The option that chooses a kind, where it has one of its own, as in ss."""

ALL_NETIDS = frozenset(KIND_OF)

_ALIASES: dict[str, tuple[str, ...]] = {
    "all": tuple(KIND_OF),
    "inet": ("tcp", "udp", "raw", "udpl", "icmp", "sctp"),
    "unix_stream": ("u_str",),
    "unix_dgram": ("u_dgr",),
    "unix_seqpacket": ("u_seq",),
    "packet_raw": ("p_raw",),
    "packet_dgram": ("p_dgr",),
}
"""Further names that `ss -A` knows."""


def netids(kinds: str) -> frozenset[str]:
    """The netids behind a list of names, `tcp,unix`, as `ss -A` takes it.

    Raises:
        ValueError: One of the names is none; its text is that name.
    """
    found: set[str] = set()
    for name in kinds.split(","):
        known = KINDS.get(name) or _ALIASES.get(name) or ((name,) if name in ALL_NETIDS else ())
        if not known:
            raise ValueError(name)
        found.update(known)
    return frozenset(found)
