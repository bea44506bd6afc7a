"""What must be known of sockets beyond their lines in `/proc/net`: stated by the filter, the columns and the details.

To find these things out costs a question to sock_diag(7) a socket, or several files a process, so that only what is
stated is asked for.
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


class Needs(NamedTuple):
    """All that must be known. The default is what every tick finds out anyway."""

    of_all: frozenset[Need] = frozenset()
    """Of every internet socket. Listening and UDP sockets have the first three in any case."""
    of_ids: frozenset[int] = frozenset()
    """Ids of sockets of which all is wanted, whatever the filter: those whose details are open."""
    of_processes: bool = False
    """More of their processes than the names: command line, user, unit, container."""
    flows_of_all: bool = False
    """What flows through every connection, to choose, order or write them by."""
    rates: bool = False
    """What flows a second, for which who looks only once must look twice."""
    traffic: bool = False
    """What goes through the network devices."""
    flows_of_ids: frozenset[int] = frozenset()
    """Ids of sockets that are looked at, and of which is shown what flows."""
    of_networks: bool = False
    """The networks that the machine is part of, to tell from where listeners can be reached."""
    of_process_details: bool = False
    """Program, directory and parents of their processes, which takes several files a process."""

    of_port: int = 0
    """A port of which is wanted all that may keep somebody from binding it; 0 for none."""

    def union(self, *others: Needs) -> Needs:
        """What any of them states."""
        return Needs(
            self.of_all.union(*(each.of_all for each in others)),
            self.of_ids.union(*(each.of_ids for each in others)),
            self.of_processes or any(each.of_processes for each in others),
            self.flows_of_all or any(each.flows_of_all for each in others),
            self.rates or any(each.rates for each in others),
            self.traffic or any(each.traffic for each in others),
            self.flows_of_ids.union(*(each.flows_of_ids for each in others)),
            self.of_networks or any(each.of_networks for each in others),
            self.of_process_details or any(each.of_process_details for each in others),
            self.of_port or next((each.of_port for each in others if each.of_port), 0),
        )


NOTHING_MORE = Needs()
EVERY_NEED = Needs(frozenset(Need), of_processes=True, of_networks=True, of_process_details=True)
