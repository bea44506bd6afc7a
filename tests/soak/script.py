"""What a person does with the program, round after round: filters, sorts, details, groups, movements, sizes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tests.benchmarks.screen_output import Size

HOME_SIZE = Size(120, 36)


class Step(NamedTuple):
    """Keys, or another size of the terminal, and then a while in which the program has time to act."""

    keys: bytes = b""
    size: Size | None = None
    seconds: float = 1.0


_ENTER, _ESCAPE, _TAB = b"\r", b"\x1b", b"\t"
_DOWN, _UP, _LEFT, _RIGHT = b"\x1b[6~", b"\x1b[5~", b"\x1b[D", b"\x1b[C"


def one_round() -> Iterator[Step]:
    """Every kind of work once; at its end everything is as at its beginning."""
    yield Step(b"/127.80.0.3", seconds=2.0)
    yield Step(_ENTER)
    yield Step(b"jjj" + _ENTER, seconds=2.0)  # details
    yield Step(b"jj" + _TAB + b"jj" + _TAB)
    yield Step(_ESCAPE)
    yield Step(_ESCAPE)
    yield Step(b"/age:<5s" + _ENTER, seconds=3.0)  # depends on the moment
    yield Step(b"\x7f")
    yield Step(b"/process:/py.*n/" + _ENTER, seconds=2.0)
    yield Step(_ESCAPE)
    for column in (b"age", b"pid", b"peer", b"state"):
        yield Step(b"s" + column + _ENTER, seconds=2.0)
        yield Step(b"S")
    yield Step(b"sstate" + _ENTER)
    yield Step(b"bprocess" + _ENTER, seconds=2.0)
    yield Step(b"B", seconds=2.0)
    yield Step(b"bnone" + _ENTER, seconds=2.0)
    yield Step(_DOWN * 5 + _UP * 2 + b"G")
    yield Step(b"g" + _RIGHT * 3 + _LEFT * 3)
    for size in (Size(80, 24), Size(200, 50), Size(40, 10), HOME_SIZE):
        yield Step(size=size, seconds=2.0)
    yield Step(b" ", seconds=3.0)  # held still while sockets come and go
    yield Step(b" ", seconds=2.0)
    yield Step(b"?", seconds=0.5)
    yield Step(_ESCAPE)
    yield Step(b"a", seconds=2.0)
    yield Step(b"tux" + b"o")
    yield Step(b"a")
    yield Step(b"x" + b"o", seconds=2.0)
