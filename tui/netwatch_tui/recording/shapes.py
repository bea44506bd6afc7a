"""The shapes of what stands in files: types, ranges and lengths, as functions from what JSON says to what Python has.

Whoever wrote a file may have written anything, and what is shown must be what the file says: a value of another shape
is refused with its place, never bent into shape. The ranges are those of the kernel's own types.
"""

from __future__ import annotations

import reprlib
import types
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints

from netwatch_tui.fields.format import printable

Shape = Callable[[Any], Any]
"""From what JSON says to what Python has.

Raises:
    ShapeError: It is of another shape.
"""

MOST_TEXT = 1 << 18
"""Letters of a text; the kernel takes arguments of 128 KiB (execve(2), MAX_ARG_STRLEN)."""
MOST_NAME = 4096
"""Letters of the name of a socket, a path (PATH_MAX) at most."""
MOST_NUMBER = 2**64 - 1
"""What the kernel's largest counters, inodes and cookies hold."""
LAST_MOMENT = 253_402_300_799
"""Seconds since the epoch: the year 9999 ends."""
MOST_SECONDS = 1e12
"""Of a span of time, in either direction."""


class ShapeError(ValueError):
    """A value of another shape; the text says where it is and what is wrong with it."""

    def __init__(self, wrong: str, place: str = "") -> None:
        super().__init__(f"{place.lstrip('.')}: {wrong}" if place else wrong)
        self._wrong = wrong
        self._place = place

    def within(self, part: object) -> ShapeError:
        """The same, as part of something greater: a member by its name, or an item by its number."""
        step = f"[{part}]" if isinstance(part, int) else f".{part}"
        return ShapeError(self._wrong, step + self._place)


def shown(value: object) -> str:
    """A value in a few harmless letters."""
    return printable(reprlib.repr(value))


def number_of(least: int, most: int) -> Shape:
    """A whole number in a range; true and false are none."""

    def shape(value: Any) -> int:
        if type(value) is int and least <= value <= most:
            return value
        raise ShapeError(f"{shown(value)} is no whole number from {least} to {most}")

    return shape


def seconds_of(least: float, most: float) -> Shape:
    """A number of seconds in a range."""

    def shape(value: Any) -> float:
        if type(value) in (int, float) and least <= value <= most:
            return float(value)
        raise ShapeError(f"{shown(value)} is no number of seconds from {least:g} to {most:g}")

    return shape


def text_of(most: int) -> Shape:
    """A text of at most so many letters."""

    def shape(value: Any) -> str:
        if type(value) is not str:
            raise ShapeError(f"{shown(value)} is no text")
        if len(value) > most:
            raise ShapeError(f"a text of {len(value):,} letters, of which there may be {most:,}")
        if not (value.isascii() or _is_of_bytes(value)):
            raise ShapeError(f"{shown(value)} stands for no bytes")
        return value

    return shape


def _is_of_bytes(text: str) -> bool:
    """Whether bytes can have been read as it (PEP 383): names on Linux are bytes."""
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape") == text
    except UnicodeEncodeError:
        return False


def flag(value: Any) -> bool:
    """True or false."""
    if type(value) is not bool:
        raise ShapeError(f"{shown(value)} is neither true nor false")
    return value


def word_of(words: Mapping[str, Any]) -> Shape:
    """One of some words, or what stands for it."""

    def shape(value: Any) -> Any:
        if type(value) is str and value in words:
            return words[value]
        raise ShapeError(f"{shown(value)} is none of {', '.join(words)}")

    return shape


def or_null(shape: Shape) -> Shape:
    """Something, or nothing."""

    def either(value: Any) -> Any:
        return None if value is None else shape(value)

    return either


def listed(value: Any) -> list[Any]:
    """A list of anything."""
    if type(value) is not list:
        raise ShapeError(f"{shown(value)} is no list")
    return value


def named(value: Any) -> dict[str, Any]:
    """An object of anything."""
    if type(value) is not dict:
        raise ShapeError(f"{shown(value)} is no object")
    return value


def list_of(shape: Shape) -> Shape:
    """A list of one kind of thing, as a tuple."""

    def each(value: Any) -> tuple[Any, ...]:
        items, found = listed(value), []
        try:
            for item in items:
                found.append(shape(item))  # noqa: PERF401 -- how far it got is the place of what is wrong
        except ShapeError as error:
            raise error.within(len(found)) from error
        return tuple(found)

    return each


def numbered(shape: Shape) -> Shape:
    """An object whose members are called by whole numbers, by those numbers."""

    def each(value: Any) -> dict[int, Any]:
        found = {}
        for name, told in named(value).items():
            if not (name.isascii() and name.isdigit() and len(name) <= len(str(MOST_NUMBER))):
                raise ShapeError(f"{shown(name)} is no number")
            try:
                found[int(name)] = shape(told)
            except ShapeError as error:
                raise error.within(name) from error
        return found

    return each


def by_name(shape: Shape) -> Shape:
    """An object whose members are called by names."""

    def each(value: Any) -> dict[str, Any]:
        found = {}
        for name, told in named(value).items():
            try:
                found[NAME(name)] = shape(told)
            except ShapeError as error:
                raise error.within(shown(name)) from error
        return found

    return each


def members(shapes: Mapping[str, Shape], told: Mapping[str, Any], needed: Collection[str] = ()) -> dict[str, Any]:
    """Those of an object's members that have a shape; newer programs may have written more.

    Raises:
        ShapeError: One has another shape, or one that is needed is missing.
    """
    if missing := [name for name in needed if name not in told]:
        raise ShapeError(f"{', '.join(missing)} is missing")
    found = {}
    for name, shape in shapes.items():
        if name in told:
            try:
                found[name] = shape(told[name])
            except ShapeError as error:
                raise error.within(name) from error
    return found


def tuple_of(make: Any, shapes: Mapping[str, Shape]) -> Shape:
    """A named tuple: an object with its members, or a list of them in their order."""
    needed = [name for name in shapes if name not in make._field_defaults]

    def shape(value: Any) -> Any:
        told = dict(zip(shapes, value, strict=False)) if type(value) is list else named(value)
        return make(**members(shapes, told, needed))

    return shape


PORTION: Shape = number_of(0, MOST_NUMBER)
MOMENT: Shape = seconds_of(0, LAST_MOMENT)
SPAN: Shape = seconds_of(-MOST_SECONDS, MOST_SECONDS)
NAME: Shape = text_of(MOST_NAME)

_PLAIN: dict[Any, Shape] = {int: PORTION, float: SPAN, bool: flag, str: text_of(MOST_TEXT)}


def shapes_of(kind: Any, special: Mapping[Any, Shape]) -> dict[str, Shape]:
    """The shapes of a named tuple's members, from the types that it declares.

    Args:
        kind: The named tuple.
        special: Shapes of types, and of members by their names, that the type alone does not tell.
    """
    return {
        name: special[name] if name in special else shape_of(declared, special)
        for name, declared in get_type_hints(kind).items()
    }


def shape_of(kind: Any, special: Mapping[Any, Shape]) -> Shape:
    """The shape of a declared type; the arguments are those of `shapes_of`."""
    if found := special.get(kind) or _PLAIN.get(kind):
        return found
    if isinstance(kind, types.UnionType):
        (member,) = (each for each in get_args(kind) if each is not types.NoneType)
        return or_null(shape_of(member, special))
    if get_origin(kind) is tuple:
        return list_of(shape_of(get_args(kind)[0], special))
    if get_origin(kind) is Mapping:
        return numbered(shape_of(get_args(kind)[1], special))
    if issubclass(kind, StrEnum):
        return word_of({word.value: word for word in kind})
    return tuple_of(kind, shapes_of(kind, special))
