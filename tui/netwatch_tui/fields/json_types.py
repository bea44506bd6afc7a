"""What JSON can say of a field, and how JSON Schema (draft 2020-12) says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

Value: TypeAlias = bool | int | float | str | list[int] | list[str] | list[dict[str, object]] | None
"""What JSON can say of one field."""

JsonType: TypeAlias = Mapping[str, object]
"""A schema of such values; `$ref` leads to the definitions that `output.schema` has besides the fields."""

COUNT: JsonType = {"$ref": "#/$defs/count"}
COUNT_OR_NULL: JsonType = {"$ref": "#/$defs/count_or_null"}
SECONDS: JsonType = {"type": "number", "minimum": 0}
SECONDS_OR_NULL: JsonType = {"type": ["number", "null"]}
NUMBER_OR_NULL: JsonType = {"type": ["number", "null"]}
FLAG: JsonType = {"type": "boolean"}
FLAG_OR_NULL: JsonType = {"type": ["boolean", "null"]}
TEXT: JsonType = {"type": "string"}
TEXT_OR_NULL: JsonType = {"$ref": "#/$defs/text_or_null"}
TIME: JsonType = {"$ref": "#/$defs/time"}
COUNTS: JsonType = {"type": "array", "items": COUNT}
TEXTS: JsonType = {"type": "array", "items": TEXT}
OWNERS: JsonType = {"type": "array", "items": {"$ref": "#/$defs/owner"}}


def one_of(words: Iterable[str], *, or_null: bool = False) -> JsonType:
    """One of these words; null as well where nothing may be known."""
    return {"enum": [*((None,) if or_null else ()), *map(str, words)]}


def flat(value: Value) -> str:
    r"""A value as the text of one cell: lists between commas, nothing for null.

    A text of a list stands in quotes, with `\\` and `\"` in them, if it is empty, has a comma or begins with a quote,
    so that the parts can be told apart. A list of objects has no such text.
    """
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case list():
            return ",".join(_item(each) for each in value if not isinstance(each, dict))
        case _:
            return str(value)


def _item(value: int | str) -> str:
    text = str(value)
    return in_quotes(text) if not text or "," in text or text.startswith('"') else text


def in_quotes(text: str) -> str:
    r"""A text between quotes, in which `\"` and `\\` stand for themselves: where it ends is told by no name."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
