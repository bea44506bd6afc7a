"""Views with a name: a digit opens one, and what is changed in it is there again when one comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from netwatch_tui.query import Query
from netwatch_tui.ui.screens.viewer import Viewer
from netwatch_tui.ui.widgets.status_parts import Tabs
from netwatch_tui.view.named_views import NamedView
from netwatch_tui.view.spec import ViewSpec


class ViewSwitching:
    """Knows which view is open, and how each was left."""

    def __init__(
        self,
        viewer: Viewer,
        views: Sequence[NamedView],
        active: int,
        use_filter: Callable[[Query], None],
        told: Callable[[Tabs], None],
    ) -> None:
        """Begin with one of the views, as the viewer shows it now.

        Args:
            viewer: Whoever shows views.
            views: All that there are.
            active: Which of them is shown.
            use_filter: Keeps a filter that came with a view.
            told: Hears which views there are, and which is open.
        """
        self._viewer = viewer
        self._use_filter = use_filter
        self._told = told
        self._views = tuple(views)
        self._active = active
        self._left: dict[int, ViewSpec] = {}
        """How views were left that are not open."""

    @property
    def tabs(self) -> Tabs:
        """The views by their number keys."""
        return Tabs(tuple(view.name for view in self._views), self._active)

    def action_view(self, at: int) -> None:
        """Open the view of this place, as it was left; if it is open, as it came."""
        if at >= len(self._views):
            self._viewer.say(f"There is no view {at + 1}.")
            return
        spec = self._viewer.spec
        if at == self._active:
            wanted = self._views[at].spec(spec)
        else:
            self._left[self._active] = spec
            left = self._left.get(at)
            wanted = left._replace(interval=spec.interval, paused=spec.paused) if left else self._views[at].spec(spec)
        self._active = at
        self._viewer.choose(wanted._replace(subject=None))
        self._use_filter(wanted.query)
        self._told(self.tabs)

    def restore_selection(self) -> bool:
        """Show the kinds and states of the open view again; tells whether others were shown."""
        spec, own = self._viewer.spec, self._views[self._active].selection
        if spec.selection == own:
            return False
        self._viewer.choose(spec._replace(selection=own))
        return True
