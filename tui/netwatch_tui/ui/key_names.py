"""Keys as people call them (`/`, `Esc`, `Ctrl+P`, `Up`), and as Textual does (`slash`, `escape`, `ctrl+p`, `up`)."""

from __future__ import annotations

import re
import string

from textual.binding import Binding, BindingsMap
from textual.keys import key_to_character

_WORDS = {
    "escape": "Esc",
    "enter": "Enter",
    "tab": "Tab",
    "space": "Space",
    "backspace": "Backspace",
    "delete": "Del",
    "insert": "Ins",
    "home": "Home",
    "end": "End",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "up": "Up",
    "down": "Down",
    "left": "Left",
    "right": "Right",
    **{f"f{number}": f"F{number}" for number in range(1, 25)},
}
_SIGNS = {"up": "↑", "down": "↓", "left": "←", "right": "→"}
_NAMES = {**{name: name for name in _WORDS}, **{word.lower(): name for name, word in _WORDS.items()}} | {
    sign: name for name, sign in _SIGNS.items()
}

_MODIFIED = re.compile(r"((?:[A-Za-z]+\+)*)(.+)")
_MODIFIERS = ("ctrl", "alt", "shift")

_SENT_AS = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+h": "backspace", "ctrl+left_square_bracket": "escape",
            "ctrl+space": "ctrl+at"}  # fmt: skip
"""What a terminal cannot tell apart from another key."""


def key_named(text: str) -> str:
    """Textual's name of a key.

    Raises:
        ValueError: There is no such key.
    """
    match = _MODIFIED.fullmatch(text.strip() or text)
    modifiers = match[1].lower().split("+")[:-1] if match else []
    name = _base_named(match[2]) if match else None
    if name is None or len(set(modifiers) & set(_MODIFIERS)) < len(modifiers):
        raise ValueError(f"{text!r} is not a key")
    if modifiers == ["shift"] and len(name) == 1:
        return name.upper()  # a terminal sends no Shift with a letter
    ordered = [each for each in _MODIFIERS if each in modifiers]
    full = "+".join((*ordered, name.lower() if modifiers else name))
    return _SENT_AS.get(full, full)


def _base_named(text: str) -> str | None:
    """The name without modifiers; None if there is none."""
    if text == " " or len(text) != 1 or text in _NAMES:
        return "space" if text == " " else _NAMES.get(text.lower())
    return _character_named(text) if text.isprintable() else None


def _character_named(character: str) -> str:
    if character == ",":
        return "comma"  # which separates keys where Textual takes several
    (name,) = BindingsMap([Binding(character, "none")]).key_to_bindings
    return name


_PUNCTUATION = {_character_named(character): character for character in string.punctuation}


def _character(name: str) -> str | None:
    return _PUNCTUATION.get(name) or key_to_character(name)


def key_word(name: str) -> str:
    """What people call one of Textual's keys, as `key_named` understands it."""
    *modifiers, base = name.split("+")
    word = _WORDS.get(base) or _character(base) or base
    return "+".join(
        (*(each.capitalize() for each in modifiers), word.upper() if modifiers and len(word) == 1 else word)
    )


def key_sign(name: str) -> str:
    """The same, as short as it can be shown on the screen."""
    return _SIGNS.get(name) or key_word(name)


def is_typed(name: str) -> bool:
    """Whether this key puts something into a line of text."""
    return name == "space" or (name not in _WORDS and _character(name) is not None)
