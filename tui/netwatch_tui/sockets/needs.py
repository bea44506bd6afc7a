"""What must be known of sockets beyond their lines in `/proc/net`: stated by the filter, the columns and the details.

To find these things out costs a question to sock_diag(7) a socket, so the collector asks only for what is stated.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Need(Enum):
    """One thing that is not known of every internet socket unless it is asked for."""

    INTERFACE = "the device that it is bound to"
    FWMARK = "SO_MARK"
    CGROUP = "its cgroup"
    AUTOBOUND = "whether the kernel chose its port"
    PROCESSES = "more of its processes than their names: command line, user, unit, container"


class Needs(NamedTuple):
    """All that must be known. The default is what every tick finds out anyway."""

    of_all: frozenset[Need] = frozenset()
    """Of every internet socket. Listening and UDP sockets have the first three in any case."""
    of_ids: frozenset[int] = frozenset()
    """Ids of sockets of which all is wanted, whatever the filter: those whose details are open."""


NOTHING_MORE = Needs()
EVERY_NEED = Needs(frozenset(Need))
