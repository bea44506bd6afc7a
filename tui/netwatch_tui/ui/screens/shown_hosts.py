"""The other machines of the table: how each of them stands, and the sockets of one alone."""

from __future__ import annotations

from collections.abc import Callable

from netwatch_tui.query import Query, parse, term
from netwatch_tui.sockets.hosts import names_hosts
from netwatch_tui.ui.screens.picker import Choice, Picker
from netwatch_tui.ui.screens.viewer import Viewer
from netwatch_tui.ui.wall_clock import second_of_day
from netwatch_tui.view.host_words import host_text


class ShownHosts:
    """Lists them."""

    def __init__(self, viewer: Viewer, use_filter: Callable[[Query], None]) -> None:
        """Tell of those that a viewer shows.

        Args:
            viewer: Shows the table.
            use_filter: Keeps a filter, as a step that can be taken back.
        """
        self._viewer = viewer
        self._use_filter = use_filter

    def action_hosts(self) -> None:
        """Show how each machine stands, those that are not live first; choosing one filters by it."""
        view = self._viewer.view
        if view is None or not view.snapshot.hosts:
            self._viewer.say("Only this machine is shown; netwatch-tui --host NAME shows another one.")
            return
        hosts, now = view.snapshot.hosts, view.moment.now
        choices = [
            Choice(host.name, host.name, host_text(host, now, second_of_day))
            for host in sorted(hosts.values(), key=lambda host: host.is_live)
        ]

        def chosen(name: str | None) -> None:
            if name is not None and names_hosts(hosts):
                self._filter_by(name)

        self._viewer.ask(Picker(f"Hosts at {second_of_day(now)}", choices), chosen)

    def _filter_by(self, name: str) -> None:
        query = self._viewer.spec.query
        text = " ".join(filter(None, (query.without("host"), term("host", name, is_known=True))))
        self._use_filter(parse(text, query.names))
