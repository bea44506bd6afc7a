"""The columns of what flows: switched on and off, and filled for the rows on the screen."""

from __future__ import annotations

from collections.abc import Callable

from netwatch_tui.ui.screens.viewer import Viewer
from netwatch_tui.view.spec import ViewSpec


class FlowColumns:
    """Has what flows read of the rows that are on the screen, and of no others."""

    def __init__(self, viewer: Viewer, rows_in_sight: Callable[[int], frozenset[int]], *, is_recorded: bool) -> None:
        """Rule over the columns of a viewer.

        Args:
            viewer: Shows the table.
            rows_in_sight: Gives the ids of the sockets on the screen, and of so many pages before and after.
            is_recorded: There is no kernel to be asked.
        """
        self._viewer = viewer
        self._rows_in_sight = rows_in_sight
        self._is_recorded = is_recorded

    def action_toggle_flows(self) -> None:
        """Show what flows, or no more."""
        spec = self._viewer.spec
        view = self._viewer.view
        if self._is_recorded and not spec.has_flows and not (view and view.snapshot.flows):
            self._viewer.say("This recording does not hold what flowed; netwatch-tui -i --record FILE does.")
            return
        self._viewer.choose(spec.without_flows() if spec.has_flows else self._looking(spec.with_flows()))

    def look(self) -> None:
        """Ask about the rows that are on the screen now, if some of them are not asked about yet.

        The pages beside them are asked about as well, so that going there asks for nothing new.
        """
        spec, view = self._viewer.spec, self._viewer.view
        if view is not None and view.rewound:
            return  # these are rows of another moment
        if spec.has_flows and not self._is_recorded and not self._rows_in_sight(0) <= spec.looked_at:
            self._viewer.choose(self._looking(spec))

    def _looking(self, spec: ViewSpec) -> ViewSpec:
        return spec._replace(looked_at=self._rows_in_sight(1))
