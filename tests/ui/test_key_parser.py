"""From typed bytes to events: pieces, pastes, and what no terminal sends."""

from __future__ import annotations

import gc
import random
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual._xterm_parser import XTermParser
from textual.message import Message

from netwatch_tui.ui.terminal.key_parser import MOST_PASTED, KeyParser

START, END = b"\x1b[200~", b"\x1b[201~"


def told(messages: Iterable[Message]) -> list[str]:
    """Keys by their names, pastes by their text."""
    names = []
    for message in messages:
        match message:
            case events.Key():
                names.append(message.key)
            case events.Paste():
                names.append(f"<{message.text}>")
            case _:
                names.append(type(message).__name__)
    return names


def fed(*pieces: bytes) -> list[str]:
    parser = KeyParser("utf-8")
    return [name for piece in pieces for name in told(parser.feed(piece))]


@pytest.mark.parametrize("rubbish", [b"\xff", b"\xc3", b"\x1b[99999999999u", b"\x1b[55296u", b"\x1b[48;9;9;0;0t"])
def test_what_is_no_key_takes_no_key_with_it(rubbish: bytes) -> None:
    assert fed(b"a" + rubbish + b"b") == ["a", "b"]


def test_a_letter_may_come_in_pieces() -> None:
    assert fed(b"\xc3", b"\xa9") == ["é"]


@pytest.mark.parametrize(
    ("data", "keys"),
    [
        (b"\x1bi", ["alt+i"]),
        (b"\x1bIj", ["alt+shift+i", "j"]),
        (b"\x1b/x", ["alt+slash", "x"]),
        (b"\x1b\r", ["alt+enter"]),
        (b"\x1b\x1bi", ["escape", "alt+i"]),
        (b"\x1b\x1b[A", ["escape", "up"]),
        (b"\x1b[Ai", ["up", "i"]),
        (b"\x1bOPi", ["f1", "i"]),
    ],
)
@pytest.mark.parametrize("size", [1, 9])
def test_escape_and_a_key_right_after_it_are_both_told(data: bytes, keys: list[str], size: int) -> None:
    assert fed(*(data[at : at + size] for at in range(0, len(data), size))) == keys


@pytest.mark.parametrize("seed", range(20))
def test_a_paste_may_come_in_pieces(seed: int) -> None:
    data = b"a" + START + "é[201~\x1b[20x".encode() + END + b"b"
    chance, pieces = random.Random(seed), []
    while data:
        size = chance.randrange(1, 8)
        pieces.append(data[:size])
        data = data[size:]
    assert fed(*pieces) == ["a", "<é[201~\x1b[20x>", "b"]


def test_a_paste_is_bounded_and_what_comes_behind_it_is_not_lost() -> None:
    *before, paste, after = fed(START, *[b"x" * 1000] * 200, END[:3], END[3:] + b"b")
    assert (before, len(paste), after) == ([], MOST_PASTED + 2, "b")


def test_a_paste_that_does_not_end_ends_when_nothing_follows() -> None:
    parser = KeyParser("utf-8")
    assert told(parser.feed(START + b"abc")) == []
    assert told(parser.tick()) == ["<abc>"]
    assert told(parser.feed(b"d")) == ["d"]


@given(st.lists(st.binary() | st.sampled_from([START, END, b"\x1b[", b"\x1b[<0;1;1M", b"\x1b[97;5u"]), max_size=8))
def test_no_bytes_end_it(pieces: list[bytes]) -> None:
    parser = KeyParser("utf-8")
    for piece in pieces:
        told(parser.feed(piece))
    told(parser.feed(END))
    told(parser.tick())
    for event in parser.feed(b"\x18z"):
        assert isinstance(event, events.Event)


def test_no_parser_is_kept_that_was_replaced() -> None:
    """Each Escape that begins nothing takes a fresh one, thousands of times a day."""
    parser = KeyParser("utf-8")
    for _ in range(50):
        list(parser.feed(b"\x1b"))
        list(parser.feed(b"j\x1b[A"))
    gc.collect()
    assert sum(isinstance(each, XTermParser) for each in gc.get_objects()) == 1
