"""Tests of numbers: sets, ranges and comparisons made into one function."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from netwatch_tui.query.language.syntax import Blank, Compare, Range, Value

NumberTest = Callable[[Any], bool]

COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def number_test(values: Sequence[Value]) -> NumberTest:
    """Whether a number is one of the values; None, which is not known, is in no range."""
    exact = frozenset(value.low for value in values if isinstance(value, Range) and value.low == value.high)
    tests: list[NumberTest] = [exact.__contains__] if exact else []
    for value in values:
        match value:
            case Range(low, high) if low != high:
                tests.append(_between(low, high))
            case Compare(sign, number):
                tests.append(_compared(COMPARED[sign], number))
            case Blank():
                tests.append(_is_none)
            case _:
                pass
    if len(tests) == 1:
        return tests[0]
    return lambda number: any(test(number) for test in tests)


def _between(low: float, high: float) -> NumberTest:
    return lambda number: number is not None and low <= number <= high


def _compared(compare: Callable[[Any, Any], bool], limit: float) -> NumberTest:
    return lambda number: number is not None and compare(number, limit)


def _is_none(number: object) -> bool:
    return number is None
