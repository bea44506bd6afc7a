"""The keys that work now, in the last line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from textual import events
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget


class _ShownKey(NamedTuple):
    """A key as the line shows it."""

    key: str
    label: str
    action: str
    node: DOMNode
    """Whose action it is."""

    @property
    def content(self) -> Content:
        return Content.assemble((self.key, "bold $accent"), f" {self.label}")


_GAP = "  "


class KeyLine(Widget):
    """As many keys as find room, none of them cut; the last one always: how to get out, or where the rest is told.

    Textual's own footer is a widget a key, all made anew whenever the focus moves or a dialog opens: most of what a key
    press cost, and memory that was never given back.
    """

    def __init__(self) -> None:
        super().__init__()
        self._keys: list[_ShownKey] = []
        self._first: Mapping[str, str] = {}

    def put_first(self, labels: Mapping[str, str]) -> None:
        """Begin with these keys, by their ids, whether they are in the line otherwise or not, under these labels."""
        if labels != self._first:
            self._first = labels
            self._bindings_changed(self.screen)

    def on_mount(self) -> None:
        """Follow what keys do."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)
        self._bindings_changed(self.screen)

    def _bindings_changed(self, screen: Screen[object]) -> None:
        shown: dict[str, _ShownKey] = {}
        first: dict[str, _ShownKey] = {}
        for node, binding, enabled, _ in screen.active_bindings.values():
            id = binding.id or ""
            if enabled and (binding.show or id in self._first):
                label = self._first.get(id, binding.description)
                key = _ShownKey(self.app.get_key_display(binding), label, binding.action, node)
                (first if id in self._first else shown).setdefault(id or binding.action, key)
        keys = [*(first[id] for id in self._first if id in first), *shown.values()]
        if keys != self._keys:
            self._keys = keys
            self.refresh()

    def render(self) -> Content:
        """The keys that find room."""
        line = Content("")
        for key in self._fitting():
            line = line + (key.content if not line else Content(_GAP) + key.content)
        return line

    def _fitting(self) -> list[_ShownKey]:
        last, kept = self._keys[-1:], list[_ShownKey]()
        room = self.content_size.width - sum(key.content.cell_length for key in last)
        for key in self._keys[:-1]:
            room -= key.content.cell_length + len(_GAP)
            if room < 0:
                break
            kept.append(key)
        return kept + last

    async def on_click(self, event: events.Click) -> None:
        """Do what the clicked key does."""
        x = event.x
        for key in self._fitting():
            if 0 <= x < key.content.cell_length:
                await self.app.run_action(key.action, key.node)
                return
            x -= key.content.cell_length + len(_GAP)
