"""`n`: numbers, names of services, names of services and hosts."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from netwatch_tui.sockets.host_names import nameable_ends
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.ui.screens.viewer import Viewer
from netwatch_tui.view.spec import ViewSpec


class ShownNames:
    """Has the addresses looked up that are on the screen, and no others."""

    def __init__(self, viewer: Viewer, in_sight: Callable[[], Iterable[Socket]], *, is_recorded: bool) -> None:
        """Rule over the names that a viewer shows.

        Args:
            viewer: Shows the table.
            in_sight: Gives the sockets whose rows are on the screen.
            is_recorded: The addresses are those of another time and mostly of another machine: nobody is asked.
        """
        self._viewer = viewer
        self._in_sight = in_sight
        self._is_recorded = is_recorded

    def action_toggle_names(self) -> None:
        """Go on from numbers to names of services, to names of services and hosts, and back to numbers.

        Names of services ask nobody, so that they can be had alone.
        """
        spec, why_none = self._viewer.spec, self._why_no_hosts
        has_services = bool(spec.query.names.port_names)
        if not (spec.service_names or spec.host_names) and has_services:
            self._show(spec._replace(service_names=True), f"Names of services in place of ports.{why_none}")
        elif not (spec.host_names or why_none):
            named = spec._replace(service_names=has_services, host_names=True, named_addresses=self._wanted)
            what = "services and hosts" if has_services else "hosts; /etc/services can't be read"
            self._show(named, f"Names of {what}. Looking up hosts asks the network.")
        elif why_none and not has_services:
            self._viewer.say("No services are known: /etc/services is missing or can't be read.")
        else:
            self._show(spec.named_as(ViewSpec()), "Numbers.")

    @property
    def _why_no_hosts(self) -> str:
        """Why names of hosts can't be had, as a further sentence; empty where they can."""
        view = self._viewer.view
        if self._is_recorded:
            return " A recording has no names of hosts."
        return " Hosts of other machines are not looked up here." if view and view.snapshot.hosts else ""

    def look(self) -> None:
        """Ask for the names of the addresses that are on the screen now, and no longer for those that are not."""
        spec = self._viewer.spec
        if spec.host_names and (wanted := self._wanted) != spec.named_addresses:
            self._viewer.choose(spec._replace(named_addresses=wanted))

    def _show(self, spec: ViewSpec, text: str) -> None:
        self._viewer.choose(spec)
        self._viewer.say(text)

    @property
    def _wanted(self) -> frozenset[bytes]:
        return frozenset(nameable_ends(self._in_sight()))
