"""The texts of the program are in one spelling: what one text calls by a word, no other calls by another."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import netwatch_tui
from netwatch_tui.query import REFERENCE

PACKAGE = Path(netwatch_tui.__file__).parent

ONE_SPELLING = {
    r"cannot|can not": "can't",
    r"trying again|tries again": "retrying",
    r"(has|have|is|are) gone": "has closed, or has ended",
    r"shuts?\b|fold(s|ed)?\b|unfold(s|ed)?\b": "close a dialog; collapse and expand a group",
    r"(this|each|every|per|next|last) look\b|looks? \d": "tick",
    r"colors?\b": "colour, in a sentence",
    r"favou?rites?\b|presets?\b": "view, saved filter",
    r"takes?, Esc leaves|Enter takes": "Enter selects, Esc cancels",
    r"only the own\b|the own one\b": "this one only",
    r"may wait\b|connections wait\b": "backlog; in the accept queue",
    r"end says how": "what the suffix of the name means",
    r"Sent the\b": "Sent to the terminal's clipboard",
    r"nobody asked for": "default",
    r"rows under a line": "groups",
    r"quit(s)? the program|exit(s)? the program": "quit",
}
"""What no text says, and what is said in its place."""

IS_OURS = re.compile(r"[a-z]+ [a-z]|[A-Z][a-z]+ [a-z]")
"""A text with a sentence's parts, unlike an id, a format or a path."""


@cache
def texts() -> tuple[tuple[str, str], ...]:
    """All of them: every file is read once."""
    return tuple(_read())


def _read() -> Iterator[tuple[str, str]]:
    """Each text that a person may read, with its place; not the docstrings, which are for who reads the code."""
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text())
        comments = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in comments:
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", node.value


@pytest.mark.parametrize("other", ONE_SPELLING)
def test_no_text_is_in_two_spellings(other: str) -> None:
    wrong = re.compile(rf"\b(?:{other})", re.IGNORECASE)
    found = [f"{place}: {text!r}" for place, text in texts() if IS_OURS.search(text) and wrong.search(text)]
    assert found == [], f"it is {ONE_SPELLING[other]!r}"


@pytest.mark.parametrize(
    "text", ["This cannot be read", "look 3 of 20", "Enter takes, Esc leaves", "only the own one", "511 may wait"]
)
def test_what_was_said_once_would_be_found(text: str) -> None:
    assert any(re.search(rf"\b(?:{other})", text, re.IGNORECASE) for other in ONE_SPELLING)


def test_no_example_of_the_filter_is_there_twice() -> None:
    for part in (0, 1):
        said = [row[part] for row in REFERENCE]
        assert len(set(said)) == len(said)
