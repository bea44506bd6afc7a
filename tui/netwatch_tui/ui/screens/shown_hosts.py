"""The other machines of the table: how each of them stands, and the sockets of one alone."""

from __future__ import annotations

from collections.abc import Callable

from netwatch_tui.query import Query, parse, term
from netwatch_tui.sockets.hosts import names_hosts
from netwatch_tui.ui.screens.picker import Choice, Picker
from netwatch_tui.ui.screens.viewer import Viewer
from netwatch_tui.ui.wall_clock import second_of_day
from netwatch_tui.view.host_words import host_text
from netwatch_tui.view.view import View


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
        self._list: Picker | None = None
        """That which is open."""

    def action_hosts(self) -> None:
        """Show how each machine stands, those that are not live first; choosing one filters by it."""
        view = self._viewer.view
        if view is None or not view.snapshot.hosts:
            self._viewer.say("Only this machine is shown; netwatch-tui --host NAME shows another one.")
            return
        hosts = view.snapshot.hosts

        def chosen(name: str | None) -> None:
            self._list = None
            if name is not None and names_hosts(hosts):
                self._filter_by(name)

        self._list = Picker(_title(view), _choices(view))
        self._viewer.ask(self._list, chosen)

    def show(self, view: View) -> None:
        """Keep the list true while it is open."""
        if self._list is not None:
            self._list.offer(_title(view), _choices(view))

    def _filter_by(self, name: str) -> None:
        query = self._viewer.spec.query
        text = " ".join(filter(None, (query.without("host"), term("host", name, is_known=True))))
        self._use_filter(parse(text, query.names))


def _title(view: View) -> str:
    return f"Hosts at {second_of_day(view.moment.now)}"


def _choices(view: View) -> list[Choice]:
    """How each stands, those that are not live first."""
    now = view.moment.now
    hosts = sorted(view.snapshot.hosts.values(), key=lambda host: host.is_live)
    return [Choice(host.name, host.name, host_text(host, now, second_of_day)) for host in hosts]
