"""Names that other tools have for what the keys of the language name.

tcpdump(8), Wireshark, nft(8), ps(1), and the headings of netstat(8) and ss(8), whose hyphens are underscores here.
"""

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
_ELSEWHERE = {
    "net": "addr", "portrange": "port",
    "src": "local", "saddr": "local",
    "dst": "peer", "daddr": "peer", "raddr": "peer", "remote": "peer", "foreign": "peer",
    "sport": "local_port", "srcport": "local_port",
    "dport": "peer_port", "dstport": "peer_port", "rport": "peer_port",
    "comm": "process", "program": "process", "device": "interface", "iface": "interface",
}  # fmt: skip

KEY_NAMES: dict[str, NamedKey] = {
    **{name: NamedKey(KEY_OF[key]) for name, key in _ELSEWHERE.items()},
    **{f"{kind}.{name}": NamedKey(KEY_OF[key], kind) for kind in _PROTOCOLS for name, key in _PORTS.items()},
    **{f"{network}.{name}": NamedKey(KEY_OF[key]) for network in _NETWORKS for name, key in _ADDRESSES.items()},
    **{name: NamedKey(key) for name, key in KEY_OF.items()},
}
"""Every name that can stand before a colon or an operator, in lower case; the keys' own among them."""


def named_key(name: str) -> NamedKey | None:
    """The key behind a name, in any spelling: `port`, `Recv-Q`, `tcp.port`."""
    return KEY_NAMES.get(name.lower().replace("-", "_"))
