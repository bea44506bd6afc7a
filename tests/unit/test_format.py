from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.fields.format import (
    ELLIPSIS,
    INVISIBLE,
    cell_width,
    clip,
    clip_amount,
    clip_endpoint,
    duration,
    endpoint,
    harmless,
    local_text,
    peer_text,
    printable,
)
from netwatch_tui.sockets.socket import Address, DiagFacts, Socket
from tests.support.build import address, netlink, packet, tcp, udp, unix
from tests.support.strategies import inodes

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
        ("\u1100\u1161\u11a8", "\u1100" + r"\u1161\u11a8"),
        ("\u115f\u1160", r"\u115f\u1160"),
        ("\ud7b0\ud7fb", r"\ud7b0\ud7fb"),
        ("a\u3164b\uffa0", r"a\u3164b\uffa0"),
        ("👍\U0001f3fd", "👍" + r"\U0001f3fd"),
        ("\u2630\u4dc0\U0001d300", r"\u2630\u4dc0\U0001d300"),
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


wide = st.text("数据库a:% ", max_size=20)


@given(st.one_of(clean, wide), st.sampled_from([" ", ":"]), inodes, st.integers(0, 40))
def test_a_clipped_name_is_never_wider_than_asked_and_keeps_its_number(
    name: str, separator: str, number: int, width: int
) -> None:
    whole = f"{name.replace(' ', '') if separator == ':' else name}{separator}{number}"
    made = clip_endpoint(whole, width)
    assert cell_width(made) <= width
    assert made == whole or cell_width(whole) > width
    if width > len(str(number)) + 1:
        assert made.endswith(f"{separator}{number}")


@pytest.mark.parametrize(
    ("text", "width", "clipped"),
    [
        ("/run/a b/c 1234", 15, "/run/a b/c 1234"),
        ("/run/a b/c 1234", 10, "/r…/c 1234"),
        ("/run/a b/c 1234", 6, "… 1234"),
        ("/run/a b/c 1234", 5, "/run…"),
        ("/run/a b/c 1234", 0, ""),
        ("数据库/数据 77", 8, "数…据 77"),
        ("[2001:db8::1]:443", 10, "[2…:1]:443"),
        ("ip:eth0", 6, "…:eth0"),
        ("[2001:db8:aaaa:bbbb:cccc:dddd:eeee:7348]:8443", 21, "[2001:d…ee:7348]:8443"),
        ("127.0.0.1:8443", 8, "…:8443"),
    ],
)
def test_the_cut_is_in_the_address_as_long_as_the_port_has_room(text: str, width: int, clipped: str) -> None:
    assert clip_endpoint(text, width) == clipped


SHOWN = {
    "a listener": (tcp("10.0.0.5:443"), "10.0.0.5:443", "0.0.0.0:*"),
    "a connection": (tcp("[::1]:80", "[::1]:5000"), "[::1]:80", "[::1]:5000"),
    "every address of both families": (tcp("[::]:80", diag=DiagFacts(1, v6only=False)), "*:80", "*:*"),
    "every address of both families on a device": (
        udp("[::]:80", interface="eth0", diag=DiagFacts(1, v6only=False)),
        "*%eth0:80",
        "*:*",
    ),
    "every address of IPv6 alone": (tcp("[::]:80", diag=DiagFacts(1, v6only=True)), "[::]:80", "[::]:*"),
    "every address, and nobody knows of which family": (tcp("[::]:80"), "[::]:80", "[::]:*"),
    "one address of IPv6": (tcp("[::1]:80", diag=DiagFacts(1, v6only=False)), "[::1]:80", "*:*"),
    "a path with a blank and a quote": (
        unix('/x" 5 * 0 users:(("sshd"', inode=12),
        r'"/x\" 5 * 0 users:((\"sshd\"" 12',
        "* 0",
    ),
    "a path with a newline": (unix("/x\ny", inode=12), r'"/x\x0ay" 12', "* 0"),
    "a path with what stands for a newline": (unix(r"/x\x0ay", inode=12), r'"/x\\x0ay" 12', "* 0"),
    "a path in quotes": (unix('"/x"', inode=12), r'"\"/x\"" 12', "* 0"),
    "packets of a device that is gone": (packet("ip", 2**32 - 1), "ip:-", "*"),
    "packets of a device with a confusing name": (packet("ip", 2, interface="*"), 'ip:"*"', "*"),
    "a device that looks like more": (tcp("10.0.0.1:80", interface='a"b\x1b'), r'10.0.0.1%"a\"b\x1b":80', "0.0.0.0:*"),
    "a path that is a star": (unix("*", local=Address(0, b"*", "*"), inode=12), '"*" 12', "* 0"),
    "bound to a device": (udp("0.0.0.0:68", interface="eth0"), "0.0.0.0%eth0:68", "0.0.0.0:*"),
    "bound to a device, IPv6": (udp("[fe80::1]:546", interface="eth0"), "[fe80::1]%eth0:546", "[::]:*"),
    "a path": (unix("/run/x.sock", inode=12, peer_port=34), "/run/x.sock 12", "* 34"),
    "an abstract name": (unix("@a b", inode=12), '"@a b" 12', "* 0"),
    "no name": (unix(inode=12), "* 12", "* 0"),
    "a path that is an escape": (unix("/tmp/\x1b[2J\udcff", inode=12), r"/tmp/\x1b[2J\xff 12", "* 0"),
    "packets of every protocol": (packet("*"), "*:*", "*"),
    "packets on a device": (packet("ip", 2, interface="eth0"), "ip:eth0", "*"),
    "netlink": (netlink(4, 17_402), "4:17402", "*"),
}


@pytest.mark.parametrize(("socket", "local", "peer"), SHOWN.values(), ids=SHOWN)
def test_both_ends_are_spelled_as_ss_does(socket: Socket, local: str, peer: str) -> None:
    assert (local_text(socket), peer_text(socket)) == (local, peer)


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
        (365 * 86_400 - 1, "364d"),
        (365 * 86_400, "1y"),
        (1000 * 365 * 86_400 - 1, "999y"),
    ],
)
def test_a_duration_is_cut_to_its_largest_whole_unit(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@given(st.floats(0, 999.999 * 31_536_000))
def test_a_duration_takes_at_most_four_characters_for_a_thousand_years(seconds: float) -> None:
    text = duration(seconds)
    unit = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "y": 31_536_000}[text[-1]]
    assert len(text) <= 4
    assert int(text[:-1]) * unit <= seconds < (int(text[:-1]) + 1) * unit


@pytest.mark.parametrize(
    ("text", "width", "clipped"),
    [
        ("3712345", 7, "3712345"),
        ("3712345", 6, "3.5M"),
        ("128512", 5, "126k"),
        ("128512", 4, "126k"),
        ("1048575", 5, "1.0M"),
        ("1048575", 4, "1.0M"),
        ("10737418240", 3, "10G"),
        ("99999", 2, "…"),
        ("-", 1, "-"),
    ],
)
def test_an_amount_that_finds_no_room_takes_a_unit_and_never_loses_a_digit(text: str, width: int, clipped: str) -> None:
    assert clip_amount(text, width) == clipped


@given(st.integers(0, 2**70), st.integers(3, 30))
def test_an_amount_in_units_is_near_the_exact_one(amount: int, width: int) -> None:
    made = clip_amount(str(amount), width)
    assert len(made) <= width
    if made.isdecimal():
        assert made == str(amount)
    elif made != "…":
        shown = float(made[:-1]) * 1024 ** ("kMGTPE".index(made[-1]) + 1)
        assert abs(shown - amount) <= 0.5 * 1024 ** ("kMGTPE".index(made[-1]) + 1)


def test_everything_invisible_is_in_the_set_and_no_letter_is() -> None:
    invisible = re.compile(f"[{INVISIBLE}]")
    for code in range(0x110000):
        category = unicodedata.category(chr(code))
        if category in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            assert invisible.match(chr(code)), hex(code)
        elif category[0] in "LNPS":
            assert code in (0x115F, 0x1160, 0x3164, 0xFFA0) or not invisible.match(chr(code)), hex(code)


@given(st.lists(from_outside))
def test_no_line_leaves_with_something_invisible(lines: list[str]) -> None:
    for line in harmless(lines):
        assert not re.search(rf"(?!\t)[{INVISIBLE}]", line)


def test_lines_without_harm_are_the_same_ones() -> None:
    lines = ["tcp LISTEN", "数据\te\u0301"]
    assert harmless(lines[:1]) == lines[:1]
    assert harmless(lines) == lines


EVIL_DEVICE = "\x1b[2J"
"""The kernel lets a device be called so: only blanks, `/` and `:` are forbidden (dev_valid_name in net/core/dev.c)."""


@pytest.mark.parametrize(
    ("socket", "local"),
    [
        (udp("0.0.0.0:68", interface=EVIL_DEVICE), r"0.0.0.0%\x1b[2J:68"),
        (udp("[::]:68", interface=EVIL_DEVICE), r"[::]%\x1b[2J:68"),
        (packet("ip", 2, interface=EVIL_DEVICE), r"ip:\x1b[2J"),
    ],
)
def test_the_name_of_a_device_is_harmless_behind_an_address(socket: Socket, local: str) -> None:
    assert local_text(socket) == local


def test_the_peer_of_a_recorded_packet_socket_is_harmless() -> None:
    assert peer_text(packet("ip", 2, peer=Address(0, b"x", EVIL_DEVICE))) == r"\x1b[2J"
