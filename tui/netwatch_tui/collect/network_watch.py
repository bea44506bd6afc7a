"""The networks that the machine is part of, remembered between two looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netwatch_tui.kernel.faults import error_number, reason
from netwatch_tui.kernel.namespace_questions import Namespace
from netwatch_tui.sockets.networks import NO_NETWORKS, AddressNetworks, Networks
from netwatch_tui.sockets.snapshot import Problem


class NetworkWatch:
    """Asks each namespace when it is new, and again when everything is looked at."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: Networks = NO_NETWORKS
        self._faults: dict[int, Problem] = {}

    def look(self, namespaces: Sequence[Namespace], *, again: bool) -> Networks:
        """What is known of these namespaces; the same mapping as before while nothing is different.

        Args:
            namespaces: Those that are looked at.
            again: Whether to ask about those that are known, too.
        """
        known = {each.inode: self._known[each.inode] for each in namespaces if each.inode in self._known and not again}
        for namespace in namespaces:
            if namespace.inode not in known:
                known[namespace.inode] = self._asked(namespace)
        self._faults = {inode: fault for inode, fault in self._faults.items() if inode in known}
        if known != self._known:
            self._known = known
        return self._known

    def problems(self) -> Iterator[Problem]:
        """What could not be read."""
        yield from self._faults.values()

    def _asked(self, namespace: Namespace) -> AddressNetworks:
        """The networks of a namespace; none where they may not be asked for, or can't be."""
        self._faults.pop(namespace.inode, None)
        try:
            return namespace.networks()
        except (PermissionError, ProcessLookupError):
            return {}  # of what may not be entered, or is gone, the kind of an address must do
        except OSError as error:
            name, why = namespace.name or namespace.inode, reason(error_number(error))
            self._faults[namespace.inode] = Problem(f"the networks of namespace {name} can't be read: {why}", 1)
            return {}
