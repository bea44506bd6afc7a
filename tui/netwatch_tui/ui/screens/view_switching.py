"""Views with a name: a digit opens one, and what is changed in it is there again when one comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from netwatch_tui.query import Query
from netwatch_tui.ui.screens.viewer import Viewer
from netwatch_tui.ui.widgets.status_parts import Tabs
from netwatch_tui.view.named_views import PROBLEMS, NamedView
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
        leave: Callable[[], object] = lambda: None,
    ) -> None:
        """Begin with one of the views, as the viewer shows it now.

        Args:
            viewer: Whoever shows views.
            views: All that there are.
            active: Which of them is shown.
            use_filter: Keeps a filter that came with a view.
            told: Hears which views there are, and which is open.
            leave: Gives up what is shown in the place of a view.
        """
        self._viewer = viewer
        self._use_filter = use_filter
        self._told = told
        self._leave = leave
        self._views = tuple(views)
        self._active = active
        self._left: dict[str, ViewSpec] = {}
        """How views were left that are not open, by name."""

    @property
    def tabs(self) -> Tabs:
        """The views by their number keys."""
        return Tabs(tuple(view.name for view in self._views), self._active)

    def action_view(self, at: int) -> None:
        """Open the view of this place, as it was left; if it is open, as it came."""
        if at >= len(self._views):
            self._viewer.say(f"There is no view {at + 1}.")
            return
        self._leave()
        spec = self._viewer.spec
        if at == self._active:
            wanted = self._views[at].spec(spec)
        else:
            self._left[self._views[self._active].name] = spec
            left = self._left.get(self._views[at].name)
            left = left and left._replace(interval=spec.interval, paused=spec.paused).named_as(spec)
            wanted = left or self._views[at].spec(spec)
        self._open(at, wanted)

    def _open(self, at: int, wanted: ViewSpec) -> None:
        self._active = at
        self._viewer.choose(wanted._replace(subject=None))
        self._use_filter(wanted.query)
        self._told(self.tabs)

    def action_problems(self) -> None:
        """Open the view of what is wrong; if it is open, as it came."""
        names = self.tabs.names
        if PROBLEMS in names:
            self.action_view(names.index(PROBLEMS))
        else:
            key = self._viewer.keymap.first("filter.saved")
            self._viewer.say(f"Another view has the place of {PROBLEMS}; {key} restores it.")

    def have(self, views: Sequence[NamedView], active: str) -> None:
        """Have other views from now on.

        Args:
            views: All of them.
            active: The name of that which is shown already; empty if the open one stays open, where it is still there.
        """
        before = self._views[self._active]
        self._views = tuple(views)
        names = self.tabs.names
        self._left = {name: left for name, left in self._left.items() if name in names and name != active}
        if active or before in views:
            self._active = names.index(active or before.name)
            self._told(self.tabs)
        else:
            at = min(self._active, len(views) - 1)
            self._open(at, self._views[at].spec(self._viewer.spec))

    def restore_selection(self) -> bool:
        """Show the kinds and states of the open view again; tells whether others were shown."""
        spec, own = self._viewer.spec, self._views[self._active].selection
        if spec.selection == own:
            return False
        self._viewer.choose(spec._replace(selection=own))
        return True
