"""Views and filters in one list: opened, saved under a name, renamed, deleted, and shipped ones restored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from netwatch_tui.fields.format import printable
from netwatch_tui.settings.saved_views import MOST_VIEWS, SavedView, SavedViews, with_saved
from netwatch_tui.ui.errands import RunsErrands
from netwatch_tui.ui.screens.name_dialog import NameScreen
from netwatch_tui.ui.screens.picker import Choice, Command, Picker, ask_command
from netwatch_tui.ui.screens.saved_filters import attempted, reason
from netwatch_tui.ui.screens.view_switching import ViewSwitching
from netwatch_tui.ui.screens.viewer import Viewer
from netwatch_tui.view.named_views import VIEWS, NamedView


class ViewManager:
    """Changes which views there are. What can't be kept is said, and costs nothing else."""

    def __init__(
        self,
        viewer: Viewer,
        switching: ViewSwitching,
        saved: SavedViews,
        views: Sequence[NamedView],
        filters: Callable[[], list[Command]],
        errands: RunsErrands,
    ) -> None:
        """Manage the views of a viewer.

        Args:
            viewer: Whoever shows views.
            switching: Knows which is open.
            saved: Keeps what is saved.
            views: Those that there are without the saved ones: shipped and configured.
            filters: What can be done with filters, for the same list.
            errands: Writes what is saved.
        """
        self._viewer = viewer
        self._switching = switching
        self._saved = saved
        self._views = tuple(views)
        self._filters = filters
        self._errands = errands

    def action_manage(self) -> None:
        """Choose what to do with views and filters."""
        try:
            saved = self._saved.read()
        except (OSError, ValueError) as error:
            self._viewer.say(f"Saved views can't be read: {reason(error)}")
            saved = ()
        ask_command(self._viewer, "Views and filters", [*self._commands(saved), *self._filters()])

    def _commands(self, saved: Sequence[SavedView]) -> list[Command]:
        names = {each.view.name for each in saved}
        tabs = self._switching.tabs
        commands = []
        for at, name in enumerate(tabs.names):
            origin = "saved" if name in names else "shipped" if at < len(VIEWS) else "configured"
            hint = f"{origin}, open now" if at == tabs.active else origin
            choice = Choice(f"view {at}", f"{at + 1} {name}", hint)
            commands.append(Command(choice, partial(self._switching.action_view, at)))
        save = Choice("save view", "Save view", "what is shown now, under a name and a digit")
        commands.append(Command(save, self._ask_name))
        for digit, view in saved:
            rename = Choice(f"rename view {view.name}", "Rename view", f"{digit} {view.name}")
            commands.append(Command(rename, partial(self._ask_new_name, digit, view)))
            if digit <= len(self._views):
                back = f"{digit} {self._views[digit - 1].name}, in place of {view.name}"
                choice = Choice(f"restore view {view.name}", "Restore view", back)
            else:
                choice = Choice(f"delete view {view.name}", "Delete view", f"{digit} {view.name}")
            commands.append(Command(choice, partial(self._delete, view.name)))
        return commands

    # Saving

    def _ask_name(self) -> None:
        tabs = self._switching.tabs

        def named(name: str | None) -> None:
            if name is not None:
                self._ask_digit(printable(name))

        self._viewer.ask(NameScreen("Name of the view", tabs.names[tabs.active]), named)

    def _ask_digit(self, name: str) -> None:
        tabs = self._switching.tabs
        choices = [Choice(str(at + 1), str(at + 1), f"in place of {old}") for at, old in enumerate(tabs.names)]
        if len(choices) < MOST_VIEWS:
            choices.append(Choice(str(len(choices) + 1), str(len(choices) + 1), "one more view"))
        view = NamedView.of(name, self._viewer.spec)

        def chosen(digit: str | None) -> None:
            if digit is not None:
                self._save(int(digit), view)

        current = tabs.names.index(name) if name in tabs.names else len(choices) - 1
        self._viewer.ask(Picker("Digit that opens it", choices[:MOST_VIEWS], choices[current].id), chosen)

    def _save(self, digit: int, view: NamedView, old: str = "") -> None:
        """Keep a view on a digit, in the place of the one with the old name."""
        tabs = self._switching.tabs
        for at, name in enumerate(tabs.names):
            if at + 1 != digit and name.casefold() == view.name.casefold():
                self._viewer.say(f"{name} is the view on {at + 1} already; choose another name or that digit.")
                return
        until = "" if self._saved.lasts else " until the program ends"
        active = view.name if old in ("", tabs.names[tabs.active]) else ""
        done = f"Renamed {old} to" if old else "Saved as"
        self._attempt(partial(self._saved.save, digit, view), active, f"{done} {digit} {view.name}{until}.")

    def _ask_new_name(self, digit: int, view: NamedView) -> None:
        def named(name: str | None) -> None:
            if name is not None:
                self._save(digit, view._replace(name=printable(name)), view.name)

        self._viewer.ask(NameScreen("New name of the view", view.name), named)

    def _delete(self, name: str) -> None:
        self._attempt(partial(self._saved.delete, name), "", f"Deleted the saved view {name}.")

    def _attempt(self, step: Callable[[], None], active: str, done: str) -> None:
        """Change what is saved, and have it; say so, or why that was not possible."""
        found: list[SavedView] = []

        def change() -> None:
            step()
            found.extend(self._saved.read())

        def then(failure: str) -> None:
            if not failure:
                self._switching.have(with_saved(self._views, found), active)
            self._viewer.say(failure or done)

        self._errands.run("views", "Saving the views", partial(attempted, change), then)
