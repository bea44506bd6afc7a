"""What the page of recipes prints: its commands, configurations and questions, each by the words behind its fence."""

from __future__ import annotations

import re
from importlib.resources import files

PAGE = (files("netwatch_tui.manual") / "recipes.md").read_text(encoding="utf-8")

_BLOCK = re.compile(r"^```(\S+)(?: ([^\n]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def block(language: str, name: str) -> str:
    """The only one of this language and name."""
    (found,) = (text for told, called, text in _BLOCK.findall(PAGE) if (told, called) == (language, name))
    return str(found)


def command(beginning: str) -> str:
    """The only shell block that begins so."""
    (found,) = (text for told, _, text in _BLOCK.findall(PAGE) if told == "sh" and text.startswith(beginning))
    return str(found)


def blocks(language: str) -> list[str]:
    """All of a language."""
    return [text for told, _, text in _BLOCK.findall(PAGE) if told == language]


def statements(sql: str) -> list[str]:
    """The statements of a script, which end in a semicolon at the end of a line."""
    return [text for text in re.split(r";\n+", sql) if text.strip()]
