"""Which of the listeners that are shown can be reached: asked for by a person, confirmed, and tried."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

from netwatch_tui.actions.probes import Plan, ProbeRefusedError
from netwatch_tui.fields.format import printable
from netwatch_tui.sockets.hosts import host_number
from netwatch_tui.sockets.scope import is_listener
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.ui.beside import Work
from netwatch_tui.ui.screens.probe_dialogs import ProbePage, ProbeQuestion
from netwatch_tui.ui.screens.viewer import Viewer, refuses_past
from netwatch_tui.view.view import View


class Probing:
    """Plans what to try, asks, and shows the page on which it is tried."""

    def __init__(self, viewer: Viewer, plan: Plan | None, run: Callable[[Work], object]) -> None:
        """Try what a viewer shows.

        Args:
            viewer: Who shows it.
            plan: Finds out what can be tried; None for a recording, which has no ports.
            run: Runs what takes its time, beside everything else.
        """
        self._viewer = viewer
        self._plan = plan
        self._run = run
        self._is_planning = False

    def action_probe(self) -> None:
        """Find out which of the listeners that are shown answer, once the person has agreed."""
        view = self._viewer.view
        if self._plan is None:
            self._viewer.say("A recording has no ports to try; this is for the machine itself.")
        elif refuses_past(self._viewer):
            return
        elif view is None or view.spec.history or not (listeners := _listeners(view)):
            self._viewer.say("No listener is shown; there is nothing to try.")
        elif not self._is_planning:
            self._is_planning = True
            self._run(partial(self._ask, self._plan, listeners, view))

    async def _ask(self, plan: Plan, listeners: list[Socket], view: View) -> None:
        try:
            probe = await asyncio.to_thread(plan, listeners, view.snapshot.sockets)
        except ProbeRefusedError as error:
            self._viewer.say(f"The ports can't be tried: {printable(str(error))}.")
            return
        finally:
            self._is_planning = False
        tried = sum(bool(each.ends) for each in probe.planned)
        if not tried:
            probe.close()
            self._viewer.say("Nothing shown can be tried: only TCP listeners at the machine's own addresses are.")
            return

        status = view.snapshot.hosts.get(host_number(listeners[0].netns))
        host = status.name if status else ""

        def answered(is_wanted: bool | None) -> None:
            if is_wanted:
                self._viewer.ask(ProbePage(probe, view.moment, self._now, host))
            else:
                probe.close()

        self._viewer.ask(ProbeQuestion(len(probe.ends), tried, len(listeners) - tried, host), answered)

    def _now(self) -> Mapping[int, Socket]:
        view = self._viewer.view
        return {} if view is None else {socket.id: socket for socket in view.snapshot.sockets if is_listener(socket)}


def _listeners(view: View) -> list[Socket]:
    """Those that are shown and there still, by namespace and port."""
    there = {socket.id for socket in view.snapshot.sockets}
    shown = view.order.rows(descending=view.spec.descending)
    found = [socket for socket in shown if socket.id in there and is_listener(socket)]
    return sorted(found, key=lambda socket: (socket.netns, socket.local_port, socket.netid, socket.local))
