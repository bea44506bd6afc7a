"""The networks that a machine is part of, by the addresses of its devices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Network(NamedTuple):
    """A network that is reached directly through a device."""

    text: str
    """`10.0.0.0/8`"""
    device: str
    """`eth0`"""


AddressNetworks = Mapping[bytes, tuple[Network, ...]]
"""By each address of one network namespace, 4 or 16 bytes, the networks in which the machine has it."""

Networks = Mapping[int, AddressNetworks]
"""By the inode of the network namespace."""

NO_NETWORKS: Networks = {}
