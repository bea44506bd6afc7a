from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.model.format import ELLIPSIS, cell_width, clip, clip_endpoint, duration, endpoint, printable
from netwatch_tui.model.socket import Address
from tests.support.build import address

FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Mc", "Me", "Zl", "Zp"}

from_outside = st.one_of(
    st.text(),
    st.binary().map(lambda data: data.decode("utf-8", "surrogateescape")),
    st.text(st.characters(categories=["Cc", "Cf", "Cs", "Mn", "Me"])),
)
clean = from_outside.map(printable)


@pytest.mark.parametrize("text", ["", "nginx", "my server", "[bold]x[/]", "naïve", "数据库", "сервер", "🦊"])
def test_what_is_harmless_stays(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("\x1b[2Jx", r"\x1b[2Jx"),
        ("a\nb\tc\r", r"a\x0ab\x09c\x0d"),
        ("\x7f\x9b", r"\x7f\x9b"),
        ("a\u202eb", r"a\u202eb"),
        ("a\u200bb\ufeff", r"a\u200bb\ufeff"),
        ("e\u0301", r"e\u0301"),
        ("\u2028\u2029\xa0", r"\u2028\u2029\xa0"),
        ("\U000e0041", r"\U000e0041"),
        (b"caf\xe9".decode("utf-8", "surrogateescape"), r"caf\xe9"),
        ("\ud800", r"\ud800"),
    ],
)
def test_what_could_move_hide_or_disguise_is_spelled_out(text: str, spelled: str) -> None:
    assert printable(text) == spelled


@given(from_outside)
def test_printable_leaves_no_control_format_or_combining_character(text: str) -> None:
    made = printable(text)
    assert not {unicodedata.category(char) for char in made} & FORBIDDEN
    assert made.isprintable()
    assert printable(made) == made


@given(from_outside)
def test_printable_text_can_be_written_as_utf8(text: str) -> None:
    assert printable(text).encode().decode() == printable(text)


@pytest.mark.parametrize(
    ("text", "width"), [("", 0), ("abc", 3), ("é", 1), ("数据", 4), ("🦊", 2), ("\uff21", 2), ("a数", 3)]
)
def test_wide_characters_take_two_cells(text: str, width: int) -> None:
    assert cell_width(text) == width


@pytest.mark.parametrize(
    ("text", "width", "clipped"),
    [
        ("nginx", 5, "nginx"),
        ("nginx", 6, "nginx"),
        ("nginx", 4, "ngi…"),
        ("nginx", 1, "…"),
        ("nginx", 0, ""),
        ("", 0, ""),
        ("数据库", 6, "数据库"),
        ("数据库", 5, "数据…"),
        ("数据库", 4, "数…"),
        ("a", 1, "a"),
    ],
)
def test_clip_shows_that_something_is_missing(text: str, width: int, clipped: str) -> None:
    assert clip(text, width) == clipped


@given(clean, st.integers(0, 30))
def test_clip_never_exceeds_the_width_and_cuts_only_what_is_too_long(text: str, width: int) -> None:
    made = clip(text, width)
    assert cell_width(made) <= width
    if cell_width(text) <= width:
        assert made == text
    elif width:
        assert made.endswith(ELLIPSIS)
        assert text.startswith(made[:-1])
        assert cell_width(made) >= width - 1


@pytest.mark.parametrize(
    ("host", "port", "text"),
    [
        ("127.0.0.1", 80, "127.0.0.1:80"),
        ("0.0.0.0", 0, "0.0.0.0:*"),
        ("::1", 443, "[::1]:443"),
        ("::", 0, "[::]:*"),
        ("::ffff:10.0.0.1", 1, "[::ffff:10.0.0.1]:1"),
    ],
)
def test_an_endpoint_is_spelled_as_ss_does(host: str, port: int, text: str) -> None:
    assert endpoint(address(host), port) == text


@given(st.ip_addresses().map(str).map(address), st.integers(0, 0xFFFF), st.integers(7, 60))
def test_a_clipped_endpoint_keeps_its_port_and_the_width(host: Address, port: int, width: int) -> None:
    whole = endpoint(host, port)
    made = clip_endpoint(whole, width)
    assert len(made) <= width
    assert made.rpartition(":")[2] == whole.rpartition(":")[2]
    assert made == whole or ELLIPSIS in made.rpartition(":")[0]
    assert len(whole) > width or made == whole


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0s"),
        (0, "0s"),
        (0.999, "0s"),
        (59.9, "59s"),
        (60, "1m"),
        (3_599, "59m"),
        (3_600, "1h"),
        (86_399, "23h"),
        (86_400, "1d"),
        (120 * 86_400, "120d"),
    ],
)
def test_a_duration_is_cut_to_its_largest_whole_unit(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@given(st.floats(0, 999 * 86_400))
def test_a_duration_takes_four_characters_for_almost_three_years(seconds: float) -> None:
    text = duration(seconds)
    unit = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}[text[-1]]
    assert len(text) <= 4
    assert int(text[:-1]) * unit <= seconds < (int(text[:-1]) + 1) * unit
