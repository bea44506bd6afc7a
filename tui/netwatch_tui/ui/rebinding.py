"""From what a person wants of keys to a keymap. A wish that can't be met is told with its place; the others hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netwatch_tui.fields.format import printable
from netwatch_tui.settings.likely_names import meant
from netwatch_tui.settings.settings import Located
from netwatch_tui.ui.key_names import is_typed, key_named, key_word
from netwatch_tui.ui.keymap import CONTEXTS, KEY_BY_ID, Context, Key, Keymap

_WAY_OUT = "app.interrupt"
_ALWAYS_OUT = "ctrl+c"
"""The key that ends the program whatever is wanted."""

Wishes = Mapping[str, Located[tuple[str, ...]]]
"""By the id of what they do, the keys as people call them, and where that is said."""


def keymap_of(wishes: Wishes) -> tuple[Keymap, list[str]]:
    """The keymap, and a line for each wish that is not met, or that takes a key from something else."""
    wanted: dict[str, tuple[str, ...]] = {}
    problems: list[str] = []
    for id, (texts, place) in wishes.items():
        try:
            wanted[id] = _checked(id, texts, wanted)
        except ValueError as error:
            problems.append(f"{place}: keys: {printable(str(error))}")
    for (loser, name), winner in _losses(wanted).items():
        left = wanted[loser.id] = tuple(each for each in wanted.get(loser.id, loser.names) if each != name)
        more = "" if left else ", which has no key now"
        problems.append(f"{wishes[winner].place}: keys: {key_word(name)} is now {winner}, and not {loser.id}{more}")
    return Keymap(wanted), problems


def _checked(id: str, texts: tuple[str, ...], wanted: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Textual's names of the keys that are wanted for this.

    Raises:
        ValueError: There is no such thing to do, no such key, or the key is not free.
    """
    if id not in KEY_BY_ID:
        raise ValueError(f"nothing is called {id!r}{meant(id, KEY_BY_ID) or _ALL}")
    names = tuple(dict.fromkeys(map(key_named, texts)))
    if (_ALWAYS_OUT in names) != (id == _WAY_OUT):
        raise ValueError(f"{id}: {key_word(_ALWAYS_OUT)} is {_WAY_OUT}, always")
    for context in _contexts(id):
        for name in names:
            if context.is_typing and is_typed(name):
                raise ValueError(f"{id}: {key_word(name)} is text {context.title}")
            for other in context.keys:
                if other.id != id and name in wanted.get(other.id, ()):
                    raise ValueError(f"{id}: {key_word(name)} is {other.id} already {context.title}")
    return names


_ALL = "; --print-config lists what keys do"


def _contexts(id: str) -> Iterator[Context]:
    return (context for context in CONTEXTS if KEY_BY_ID[id] in context.keys)


def _losses(wanted: Mapping[str, tuple[str, ...]]) -> dict[tuple[Key, str], str]:
    """Each key that something has in the tables and loses, with what has it now."""
    return {
        (other, name): id
        for id, names in wanted.items()
        for context in _contexts(id)
        for other in context.keys
        for name in names
        if other.id not in wanted and name in other.names
    }
