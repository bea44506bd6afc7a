"""Saved filters that are watched: switched on and off in the list of views and filters, and remembered."""

from __future__ import annotations

from functools import partial

from netwatch_tui.play.alerting import Watches
from netwatch_tui.query import QueryError, parse
from netwatch_tui.ui.errands import RunsErrands
from netwatch_tui.ui.remembered import Remembered
from netwatch_tui.ui.screens.picker import Command
from netwatch_tui.ui.screens.saved_filters import LANE, attempted, filter_command, reason
from netwatch_tui.ui.screens.viewer import Viewer
from netwatch_tui.view.alert_rule import AlertRule, watched_filter


class WatchedFilters:
    """Has the feed watch what is remembered as watched. A filter that means nothing here is said, and left out."""

    def __init__(self, viewer: Viewer, remembered: Remembered, watches: Watches | None, errands: RunsErrands) -> None:
        """Watch nothing yet.

        Args:
            viewer: Whose filters they are.
            remembered: Where they are kept.
            watches: What watches them; None where nothing can.
            errands: Writes what is to be remembered.
        """
        self._viewer = viewer
        self._remembered = remembered
        self._watches = watches
        self._errands = errands

    def refresh(self) -> None:
        """Watch what is remembered now, and nothing else."""
        if self._watches is not None:
            try:
                filters = self._remembered.read()
            except (OSError, ValueError) as error:
                self._viewer.say(f"Watched filters can't be read: {reason(error)}")
                return
            rules = [self._rule(name, filters.saved[name]) for name in sorted(filters.watched & filters.saved.keys())]
            self._watches.watch([rule for rule in rules if rule is not None])

    def commands(self) -> list[Command]:
        """What can be done with saved filters; nothing where they can't be read, which the same list tells."""
        if self._watches is None:
            return []
        try:
            filters = self._remembered.read()
        except (OSError, ValueError):
            return []
        found = []
        for name, text in filters.saved.items():
            is_on = name in filters.watched
            label = "Stop watching" if is_on else "Watch filter"
            hint = f"{name}: {text}" if is_on else f"{name}: a bell and a notice when a socket begins to match"
            switch = partial(self._switch, name, is_on=not is_on)
            found.append(filter_command("watch filter", name, label, hint, switch))
        return found

    def _switch(self, name: str, *, is_on: bool) -> None:
        done = f"Watching {name}: a socket that begins to match rings." if is_on else f"Not watching {name}."

        def then(failure: str) -> None:
            self._viewer.say(failure or done)
            if not failure:
                self.refresh()

        watch = partial(attempted, partial(self._remembered.watch, name, is_on=is_on))
        self._errands.run(LANE, f"Remembering that {name} is {'' if is_on else 'not '}watched", watch, then)

    def _rule(self, name: str, text: str) -> AlertRule | None:
        try:
            return watched_filter(name, parse(text, self._viewer.spec.query.names))
        except QueryError as error:
            self._viewer.say(f"The watched filter {name} is invalid: {error.message}")
            return None
