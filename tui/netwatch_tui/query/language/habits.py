"""Names that other tools have for what the keys of the language name: tcpdump(8), Wireshark, netstat(8)."""

from __future__ import annotations

from typing import NamedTuple

from netwatch_tui.query.language.keys import KEY_OF, FilterKey


class NamedKey(NamedTuple):
    """The key behind a name."""

    key: FilterKey
    kind: str = ""
    """The kind of sockets of which the name speaks alone; empty for any."""


_PROTOCOLS = ("tcp", "udp", "sctp")
_PORTS = {"port": "port", "srcport": "local_port", "dstport": "peer_port"}
_NETWORKS = ("ip", "ipv6")
_ADDRESSES = {"addr": "addr", "host": "addr", "src": "local", "dst": "peer"}
_OF_TCPDUMP = {"net": "addr", "portrange": "port"}

KEY_NAMES: dict[str, NamedKey] = {
    **{name: NamedKey(KEY_OF[key]) for name, key in _OF_TCPDUMP.items()},
    **{f"{kind}.{name}": NamedKey(KEY_OF[key], kind) for kind in _PROTOCOLS for name, key in _PORTS.items()},
    **{f"{network}.{name}": NamedKey(KEY_OF[key]) for network in _NETWORKS for name, key in _ADDRESSES.items()},
    **{name: NamedKey(key) for name, key in KEY_OF.items()},
}
"""Every name that can stand before `=`, by its spelling in lower case; the keys' own among them."""
