"""From the text of a configuration to settings. What is wrong in it is told with its place; the rest holds."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from netwatch_tui.fields.format import printable
from netwatch_tui.query import QueryError, parse
from netwatch_tui.query.language.names import MachineNames
from netwatch_tui.settings import checks
from netwatch_tui.settings.likely_names import meant
from netwatch_tui.settings.options import ALERT, COLORS, LIMITS, SCREEN, VIEW, Option
from netwatch_tui.settings.settings import Located, Settings
from netwatch_tui.settings.toml_sections import Entry, Section, read_sections
from netwatch_tui.sockets.selection import EVERY_KIND, Selection
from netwatch_tui.view.alert_rule import AlertRule
from netwatch_tui.view.column_names import Sort
from netwatch_tui.view.named_views import NamedView
from netwatch_tui.view.row_choice import RowChoice

Names = Callable[[], MachineNames]
"""What filters may be told of the machine; asked only if there are filters."""


def read_settings(text: str, file: str, names: Names) -> tuple[Settings, list[str]]:
    """Understand a configuration.

    Args:
        text: Of the file.
        file: What the person calls it.
        names: What filters of views may be told of the machine.

    Returns:
        What it says, and a line for each thing that is wrong: `config.toml:3: interval: 0 is not a number from...`
    """
    reading = _Reading(file, names)
    sections, faults = read_sections(text)
    for fault in faults:
        reading.tell(fault.line, fault.what)
    for section in sections:
        reading.take(section)
    return reading.settings, [text for _, text in sorted(reading.problems, key=lambda each: each[0])]


class _Reading:
    """What is understood so far, and what is wrong."""

    def __init__(self, file: str, names: Names) -> None:
        self.settings = Settings()
        self.problems: list[tuple[int, str]] = []
        """Each with its line."""
        self._file = file
        self._names = names
        self._lines: dict[str, int] = {}
        """Where each option is set; in a view, that of the view alone."""

    def tell(self, line: int, what: str) -> None:
        self.problems.append((line, f"{self._place(line)}: {printable(what)}"))

    def _place(self, line: int) -> str:
        return f"{printable(self._file)}:{line}"

    def take(self, section: Section) -> None:
        """Understand one section."""
        settings = self.settings
        match section.name, section.is_item:
            case "", False:
                self.settings = settings._replace(**self._values(section, SCREEN, placed={"theme"}))
            case "thresholds", False:
                self.settings = settings._replace(thresholds={**settings.thresholds, **self._values(section, LIMITS)})
            case "colors", False:
                colors = self._values(section, COLORS, placed={each.name for each in COLORS})
                self.settings = settings._replace(colors={**settings.colors, **colors})
            case "keys", False:
                self.settings = settings._replace(keys={**settings.keys, **self._keys(section)})
            case "views", True:
                self._view(section)
            case "alerts", True:
                self._alert(section)
            case "views" | "alerts" as name, False:
                one = f"each {name[:-1]} is a part of its own"
                self.tell(section.line, f"{name}: {one}, which begins with [[{name}]]")
            case name, is_item:
                written = f"[[{name}]]" if is_item else f"[{name}]"
                parts = "[keys], [colors], [thresholds], [[views]], [[alerts]]"
                self.tell(section.line, f"there is no part {written}: {parts}")

    def _values(self, section: Section, options: Sequence[Option], placed: Iterable[str] = ()) -> dict[str, Any]:
        """The values of a section by name; those that are `placed` with their places."""
        by_name = {option.name: option for option in options}
        found: dict[str, Any] = {}
        for entry in section.entries:
            option = by_name.get(entry.name)
            if option is None:
                known = f": {', '.join(by_name)}"
                self.tell(entry.line, f"there is no option {entry.name!r}{meant(entry.name, by_name) or known}")
            elif self._is_first(section, entry):
                value = self._checked(entry, option.check)
                if value is not None:
                    found[entry.name] = Located(value, self._place(entry.line)) if entry.name in placed else value
        return found

    def _checked(self, entry: Entry, check: checks.Check) -> Any:
        """What the program works with; None if it is wrong, which is told."""
        try:
            return check(entry.value)
        except ValueError as error:
            self.tell(entry.line, f"{entry.name}: {error}")
            return None

    def _is_first(self, section: Section, entry: Entry) -> bool:
        """Whether an option is not set already; else that is told."""
        where = f"{section.name}.{entry.name}"
        before = self._lines.setdefault(where, entry.line)
        if before != entry.line:
            self.tell(entry.line, f"{entry.name} is set already, in line {before}")
        return before == entry.line

    def _keys(self, section: Section) -> dict[str, Located[tuple[str, ...]]]:
        """The wanted keys; whether there are such keys, and such things to do, is known to the screen alone."""
        found = {}
        for entry in section.entries:
            if self._is_first(section, entry) and (keys := self._checked(entry, checks.texts)) is not None:
                found[entry.name] = Located(keys, self._place(entry.line))
        return found

    def _view(self, section: Section) -> None:
        names = {view.name for view in self.settings.all_views}
        values = self._item(section, VIEW, names)
        if values is not None:
            self.settings = self.settings._replace(views=(*self.settings.views, self._named(values)))

    def _alert(self, section: Section) -> None:
        values = self._item(section, ALERT, {rule.name for rule in self.settings.alerts})
        if values is None:
            return
        values = {"notice": True, **values}
        if not any(map(values.get, ("bell", "notice", "file", "command"))):
            self.tell(section.line, "an alert needs a bell, a notice, a file or a command")
            return
        query = parse(values.pop("filter"), self._names())
        rule = AlertRule(choice=RowChoice(EVERY_KIND, (query,)), **values)
        self.settings = self.settings._replace(alerts=(*self.settings.alerts, rule))

    def _item(self, section: Section, options: Sequence[Option], taken: Collection[str]) -> dict[str, Any] | None:
        """The values of one item of a list; None if there is anything wrong with it: half of it would be another one.

        Args:
            section: The item.
            options: What it may hold; what is called `filter` is one.
            taken: The names of the others.
        """
        what = section.name.removesuffix("s")
        for each in options:
            self._lines.pop(f"{section.name}.{each.name}", None)
        problems = len(self.problems)
        values = self._values(section, options)
        for each in options:
            if each.is_needed and each.name not in {entry.name for entry in section.entries}:
                self.tell(section.line, f"{_one(what)} needs a {each.name}")
        if values.get("name") in taken:
            self.tell(section.line, f"there is {_one(what)} {values['name']!r} already")
        if "filter" in values:
            self._check_filter(next(entry for entry in section.entries if entry.name == "filter"))
        return values if len(self.problems) == problems else None

    def _named(self, values: Mapping[str, Any]) -> NamedView:
        """The view that these values make; what they leave out is as in the first view."""
        first, *_ = self.settings.all_views
        netids, sort = values.get("kinds"), values.get("sort", Sort(first.sort, first.descending))
        return NamedView(
            values["name"],
            values.get("filter", ""),
            Selection() if netids is None else Selection(netids),
            values.get("columns", first.columns),
            sort.column,
            sort.descending,
            values.get("group", ""),
        )

    def _check_filter(self, entry: Entry) -> None:
        try:
            parse(entry.value, self._names())
        except QueryError as error:
            self.tell(entry.line, f"filter: {error.message}")


def _one(what: str) -> str:
    return f"an {what}" if what[0] in "aeiou" else f"a {what}"
