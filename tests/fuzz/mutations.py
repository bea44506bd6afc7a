"""Spoils good inputs: their bytes, or the types of the values in JSON."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Sequence
from copy import deepcopy
from random import Random
from typing import Any

_RAW = "raw:"
"""Begins a text that stands for JSON that Python's encoder would not write."""

_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 1.5, -0.0, 1e300, -1e300, 1e-300, 2**31, 2**63, 2**64, -(2**63), 10**30, 10**400,
    253_402_300_800, "", "x", "*", "-", "7", "\0", "\n", "\x1b[2J", "\ud800", "\udcff", "\u202e", "\U0001f98a", "::",
    "1.2.3.4", "tcp", "LISTEN", "a" * 100_000, "\ud800" * 1000, [], {}, [[]], [{}], {"": None}, [None, None],
    [0, 0], [0, "", ""], [4, "7f000001", "8.8.8.8"], [6, "00", "::"], {"x": {"x": {"x": []}}},
    f"{_RAW}NaN", f"{_RAW}-Infinity", f"{_RAW}1e999", f"{_RAW}{'1' * 5000}", f"{_RAW}{'[' * 500}{']' * 500}",
    f"{_RAW}{'[' * 50_000}", f'{_RAW}{{"id":1,"id":2}}',
)  # fmt: skip

Place = tuple[Any, Any]
"""A list or an object, and the number or name of one of its parts."""


def places(value: Any) -> list[Place]:
    """Every place in a value where another one could stand."""
    found: list[Place] = []
    waiting = [value]
    while waiting:
        each = waiting.pop()
        parts = each.items() if isinstance(each, dict) else enumerate(each) if isinstance(each, list) else ()
        for name, part in parts:
            found.append((each, name))
            waiting.append(part)
    return found


def spoil_value(random: Random, value: Any) -> None:
    """Put something else into one place, take it away, or say it twice."""
    if not (found := places(value)):
        return
    holder, name = random.choice(found)
    match random.randrange(10):
        case 0:
            del holder[name]
        case 1 if isinstance(holder, list):
            holder.insert(random.randrange(len(holder) + 1), holder[name])
        case 2:
            other, elsewhere = random.choice(found)
            holder[name] = deepcopy(other[elsewhere])
        case 3 if isinstance(holder, dict):
            holder[random.choice(("id", "sockets", "closed", "x_base64", f"{name}_base64"))] = deepcopy(
                random.choice(_VALUES)
            )
        case 4 | 5 | 6:
            kind = type(holder[name])
            holder[name] = deepcopy(random.choice([value for value in _VALUES if type(value) is kind]))
        case _:
            holder[name] = deepcopy(random.choice(_VALUES))


def to_text(value: Any) -> bytes:
    """As JSON, with what no encoder writes."""
    text = json.dumps(value)
    for raw in _VALUES:
        if isinstance(raw, str) and raw.startswith(_RAW):
            text = text.replace(json.dumps(raw), raw.removeprefix(_RAW))
    return text.encode()


def spoil_bytes(random: Random, data: bytes) -> bytes:
    """Cut, repeat, exchange or damage some bytes."""
    at = random.randrange(len(data) + 1)
    length = random.choice((1, 1, 2, 8, 100, 5000))
    kinds: Sequence[Callable[[], bytes]] = (
        lambda: data[:at],
        lambda: data[:at] + data[at + length :],
        lambda: data[:at] + data[at : at + length] * 2 + data[at + length :],
        lambda: data[:at] + random.randbytes(length) + data[at + length :],
        lambda: data[:at] + random.choice((b"\n", b"\0", b"[", b'"', b"{", b"\\", b"9", b"-")) * length + data[at:],
        lambda: data[at:] + data[:at],
        lambda: bytes(byte ^ 1 << random.randrange(8) if place == at else byte for place, byte in enumerate(data)),
    )
    return random.choice(kinds)()


def spoil_lines(random: Random, lines: list[bytes]) -> list[bytes]:
    """Spoil one line of JSON, or put it elsewhere."""
    lines = list(lines)
    at = random.randrange(len(lines))
    match random.randrange(10):
        case 0:
            lines.insert(random.randrange(len(lines) + 1), lines.pop(at))
        case 1:
            lines[at] = spoil_bytes(random, lines[at])
        case _:
            value = json.loads(lines[at])
            spoil_value(random, value)
            lines[at] = to_text(value) + b"\n"
    return lines


def spoil_some_lines(random: Random, lines: list[bytes], times: int) -> list[bytes]:
    """Spoil so many lines of JSON one after the other, until one that was spoiled already is no JSON any more."""
    for _ in range(times):
        try:
            lines = spoil_lines(random, lines)
        except (ValueError, RecursionError):
            break
    return lines


def packed_at_times(random: Random, data: bytes) -> bytes:
    """The same, or compressed, or compressed and damaged."""
    match random.randrange(8):
        case 0:
            return zlib.compress(data, wbits=31)
        case 1:
            return spoil_bytes(random, zlib.compress(data, wbits=31))
        case _:
            return data
