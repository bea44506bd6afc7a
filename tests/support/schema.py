"""The schema that ships with the program, and what it says about a value."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator

SCHEMA: dict[str, Any] = json.loads((files("netwatch_tui.output") / "snapshot.schema.json").read_text())

_whole = Draft202012Validator(SCHEMA)


def validate(document: object) -> None:
    """Let a test fail whose document is not by the schema."""
    _whole.validate(document)


def errors_of(value: object, part: str) -> list[str]:
    """What is wrong with a part of a document: a `socket`, an `event`."""
    validator = Draft202012Validator({"$ref": f"#/$defs/{part}", "$defs": SCHEMA["$defs"]})
    return [error.message for error in validator.iter_errors(value)]
