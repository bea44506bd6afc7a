"""Texts from outside in JSON: valid for every reader, and none of them lost.

The kernel's names are bytes. Python reads those that are no UTF-8 as lone surrogates (PEP 383), which JSON can spell
but strict readers refuse. So each such byte is written as U+FFFD, and beside it stands exactly what it was: beside a
text `name` a `name_base64`, beside a list `cmdline` a `cmdline_base64` of the same length, with null where the text
tells all. Where there is no such member, the text is exact.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from typing import Any

SUFFIX = "_base64"
"""Ends the name of a member that says exactly what the member of the name before it is."""

_LONE = re.compile("[\ud800-\udfff]")


def readable(value: Any) -> Any:
    """A value for JSON as strict readers take it: `restored` gives back what it was.

    Args:
        value: A mapping, or a list of mappings, with ASCII keys; in them mappings, lists, tuples, texts, numbers, truth
            values and None.
    """
    return _split(value)[0]


def restored(value: Any) -> Any:
    """What `readable` was given, with lists for tuples.

    Raises:
        ValueError: What should be exact is no base64, or of another form than what it stands beside.
    """
    if isinstance(value, list):
        return [restored(each) for each in value]
    if not isinstance(value, dict):
        return value
    exact = {name for name in value if name.endswith(SUFFIX) and name.removesuffix(SUFFIX) in value}
    return {
        name: _joined(restored(each), value[name + SUFFIX]) if name + SUFFIX in exact else restored(each)
        for name, each in value.items()
        if name not in exact
    }


def _split(value: Any) -> tuple[Any, Any]:
    """What every reader can read, and what it was exactly: None where that is the same."""
    match value:
        case str():
            if not _LONE.search(value):
                return value, None
            return _LONE.sub("\ufffd", value), binascii.b2a_base64(_bytes(value), newline=False).decode()
        case Mapping():
            return _members(value), None
        case list() | tuple():
            pairs = [_split(each) for each in value]
            exact = [pair[1] for pair in pairs]
            return [pair[0] for pair in pairs], exact if any(each is not None for each in exact) else None
        case _:
            return value, None


def _members(value: Mapping[str, Any]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, each in value.items():
        members[name], exact = _split(each)
        if exact is not None:
            members[name + SUFFIX] = exact
    return members


def _joined(value: Any, exact: Any) -> Any:
    if exact is None:
        return value
    if isinstance(value, list) and isinstance(exact, list):
        return [_joined(*pair) for pair in zip(value, exact, strict=True)]
    if isinstance(value, str) and isinstance(exact, str):
        return binascii.a2b_base64(exact, strict_mode=True).decode("utf-8", "surrogateescape")
    raise ValueError(f"{exact!r} does not tell a text")


def _bytes(text: str) -> bytes:
    """The bytes that a text was read from; of a surrogate that no byte gave, the three that would stand for it."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
