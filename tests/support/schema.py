"""The schema that ships with the program, and what it says about a value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator

SCHEMA: dict[str, Any] = json.loads((files("netwatch_tui.output") / "snapshot.schema.json").read_text())

_whole = Draft202012Validator(SCHEMA)


def validate(document: object) -> None:
    """Let a test fail whose document is not by the schema."""
    _whole.validate(document)


def validator(json_type: Mapping[str, object]) -> Draft202012Validator:
    """Judges values by a schema that may refer to the definitions of the one that ships."""
    return Draft202012Validator({**json_type, "$defs": SCHEMA["$defs"]})


def errors_of(value: object, part: str) -> list[str]:
    """What is wrong with a part of a document: a `socket`, an `event`."""
    return [error.message for error in validator({"$ref": f"#/$defs/{part}"}).iter_errors(value)]
