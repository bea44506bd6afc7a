"""Text for the eye: addresses, durations, and strings from outside made harmless."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache

from netwatch_tui.fields.json_types import in_quotes
from netwatch_tui.sockets.socket import Address, Family, Socket

ELLIPSIS = "…"

BLANK = "-"
"""What stands where nothing is known."""

_UNCERTAIN = (
    ("\u115f", "\u11ff"), ("\ud7b0", "\ud7ff"), ("\u3164", "\u3164"), ("\uffa0", "\uffa0"),
    ("\U0001f3fb", "\U0001f3ff"), ("\u2630", "\u2637"), ("\u268a", "\u268f"), ("\u4dc0", "\u4dff"),
    ("\U0001d300", "\U0001d376"),
)  # fmt: skip
"""Hangul jamo and fillers, skin tones, and signs whose width differs from one Unicode version to the next."""


def printable(text: str) -> str:
    r"""Text from outside with everything that could move a cursor, hide or disguise it spelled out.

    Control and format characters, lone surrogates (broken UTF-8 as Python reads it), combining and zero-width
    marks become `\xNN` or `\uNNNN`. Wide characters stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_SPELLED)


INVISIBLE = (
    "\x00-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""What is in no text that somebody sees, for a set of a regular expression.

Control and format characters (Cc, Cf, Zl, Zp, which include all that turn the direction of text), lone surrogates, and
signs that Unicode lets programs show nothing for (Default_Ignorable_Code_Point). Other than `printable`, which is for
cells of a terminal, it leaves accents and all else that a text is made of.
"""


@cache
def _unseen() -> re.Pattern[str]:
    """One sign of these but a tab. Compiled when a line has any but ASCII, as it takes longer than all of a table."""
    return re.compile(rf"(?!\t)[{INVISIBLE}]")


def harmless(lines: Sequence[str]) -> Sequence[str]:
    r"""Lines that may leave the program: no sign in them is invisible but tabs. The same ones, if so.

    What is invisible becomes `\xNN` or `\uNNNN`.
    """
    if all(map(str.isascii, lines)) and all(map(str.isprintable, lines)):
        return lines
    return [_unseen().sub(lambda match: spelled(match.group()), line) for line in lines]


class _Spelled(dict[int, str]):
    """How characters are shown, each found out once."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        shown = char if _is_plain(char) else spelled(char)
        if len(self) < _MOST_SPELLED:
            self[code] = shown
        return shown


_MOST_SPELLED = 8_192
"""Characters that are remembered; who sends others can't eat the memory."""

_SPELLED = _Spelled()


def _is_plain(char: str) -> bool:
    return (
        char.isprintable()
        and not unicodedata.category(char).startswith("M")
        and not any(first <= char <= last for first, last in _UNCERTAIN)
    )


def spelled(char: str) -> str:
    r"""A character in ASCII, as `\xNN`, `\uNNNN` or `\UNNNNNNNN`."""
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # PEP 383: a byte that was no UTF-8
        code -= 0xDC00
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def cell_width(text: str) -> int:
    """Columns that printable text takes in a terminal: East Asian wide characters take two (UAX #11)."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def clip(text: str, width: int) -> str:
    """Text in at most `width` cells; what is cut short ends in an ellipsis."""
    if len(text) <= width and cell_width(text) <= width:  # no character takes less than a cell
        return text
    kept, used = [], 0
    for char in text:
        used += cell_width(char)
        if used > width - 1:
            break
        kept.append(char)
    return "".join(kept) + ELLIPSIS if width > 0 else ""


def wrap(text: str, width: int) -> list[str]:
    """Printable text in lines of at most `width` cells, broken after a blank, or anywhere in what has none.

    Nothing of it is lost: all lines together are the text.
    """
    lines, line, used = [], "", 0
    for char in text:
        size = cell_width(char)
        if line and used + size > width:
            at = line.rfind(" ") + 1 if char != " " else 0
            lines.append(line[:at] if at else line)
            line = line[at:] if at else ""
            used = cell_width(line)
        line, used = line + char, used + size
    return [*lines, line]


def local_text(socket: Socket) -> str:
    """This end as ss prints it: `10.0.0.5:443`, `[::1]:80`, `0.0.0.0%eth0:68`, `*:80`, `/run/x.sock 1234`, `*:lo`."""
    if socket.local.version == 4 and socket.interface is None:
        return f"{socket.local.text}:{socket.local_port or '*'}"  # the others' path is longer, and these are most
    if socket.local.version:
        return endpoint(socket.local, socket.local_port, socket.interface, takes_ipv4=takes_ipv4(socket, socket.local))
    return _named(socket, socket.local, socket.local_port)


def searched_local(socket: Socket) -> str:
    """This end as a filter searches it: a name stands there without the quotes that keep it together elsewhere."""
    if socket.family is Family.UNIX:
        return f"{printable(socket.local.text)} {socket.local_port}"
    return local_text(socket)


def peer_text(socket: Socket) -> str:
    """The other end as ss prints it; the port is `*` when there is none."""
    if socket.peer.version == 4:
        return f"{socket.peer.text}:{socket.peer_port or '*'}"
    if socket.peer.version:
        return endpoint(socket.peer, socket.peer_port, takes_ipv4=takes_ipv4(socket, socket.peer))
    if socket.family is Family.UNIX:
        return _named(socket, socket.peer, socket.peer_port)
    return printable(socket.peer.text)


def both_ends(socket: Socket) -> str:
    """What a sentence calls a socket: `tcp 10.0.0.5:443 → 192.0.2.9:60418`, `udp 0.0.0.0:53`."""
    to = f" → {peer_text(socket)}" if socket.peer_port else ""
    return f"{socket.netid} {local_text(socket)}{to}"


def takes_ipv4(socket: Socket, address: Address) -> bool:
    """Whether `::` at one end of a socket stands for every IPv4 address as well (ipv6(7), IPV6_V6ONLY).

    Only sock_diag tells; where it was not asked, the address is shown as the kernel has it.
    """
    return socket.diag is not None and socket.diag.v6only is False and address.version == 6 and not any(address.packed)


def endpoint(address: Address, port: int, interface: str | None = None, *, takes_ipv4: bool = False) -> str:
    """An IP address with its port: IPv6 in brackets, `*` for both families, the device after `%`, `*` for no port."""
    host = address.text if address.version == 4 else "*" if takes_ipv4 else f"[{address.text}]"
    return f"{host}%{name_text(interface)}:{port or '*'}" if interface else f"{host}:{port or '*'}"


def _named(socket: Socket, name: Address, number: int) -> str:
    text = printable(name.text)
    match socket.family:
        case Family.UNIX:
            return f"{name_text(name.text) if name.packed else text} {number}"
        case Family.PACKET:
            # A device that is gone leaves a number that no device has: that is not the same as all devices.
            device = name_text(socket.interface) if socket.interface else BLANK if number else "*"
            return f"{text}:{device}"
        case _:
            return f"{text}:{number}"


_MISTAKABLE_NAME = re.compile(r'[\s"\\]|^[*-]$')
"""What would end a name, or begin or end its quotes, and what stands for no name or none that is known."""


MOST_NAMES = 16_384
"""Of how many it is remembered how each is shown; names of unix sockets are the longest: some 5 MB."""


@lru_cache(MOST_NAMES)
def name_text(name: str) -> str:
    r"""The name of a unix socket or device as it is shown: in quotes, with `\"` and `\\`, if it could be mistaken."""
    return printable(in_quotes(name) if _MISTAKABLE_NAME.search(name) else name)


def clip_endpoint(text: str, width: int) -> str:
    """An address with port in at most `width` cells: the cut is in the address, as long as the port has room."""
    if cell_width(text) <= width:
        return text
    host, separator, port = text.rpartition(" " if " " in text else ":")
    room = width - len(port) - 1
    if room < 1:
        return clip(text, width)
    return (clip_middle(host, room) if room > 4 else ELLIPSIS) + separator + port


_LEAST_NAME = 8
"""Cells of a name that are worth their place."""

_NAMED_ENDPOINT = re.compile(r"(.+) (\(.+\))", re.DOTALL)


def named_endpoint(text: str, name: str | None) -> str:
    """An address with port, and what it is called: `10.0.0.5:443 (web.example)`.

    The address comes first, because it is a fact; the name is a claim.
    """
    return f"{text} ({host_name_text(name)})" if name else text


def host_name_text(name: str) -> str:
    """The name of a host as it is shown: all but ASCII letters, digits, `-`, `_` and `.` is spelled out."""
    return "".join(char if char.isascii() and (char.isalnum() or char in "-_.") else spelled(char) for char in name)


def clip_named_endpoint(text: str, width: int) -> str:
    """The same in at most `width` cells: the name is cut, then left out, before anything of the address is."""
    found = None if len(text) <= width else _NAMED_ENDPOINT.fullmatch(text)
    if not found:  # nothing else that is an end ends in a bracket: names of unix sockets are followed by a number
        return clip_endpoint(text, width)
    end, name = found.groups()
    room = width - cell_width(end) - 1
    return f"{end} ({clip_middle(name[1:-1], room - 2)})" if room >= _LEAST_NAME + 2 else clip_endpoint(end, width)


def clip_middle(text: str, width: int) -> str:
    """Text in at most `width` cells; of what is too long both ends are left: `[2001:db8…7348]`."""
    if cell_width(text) <= width:
        return text
    tail, used = "", 0
    for char in reversed(text):
        used += cell_width(char)
        if used > width // 2:
            break
        tail = char + tail
    return clip(text, width - cell_width(tail)) + tail


_MORE = re.compile(r"(.+?) ?\+([0-9]+)", re.DOTALL)


def clip_more(text: str, width: int) -> str:
    """A number and how many more there are, `17179 +2`, in at most `width` cells.

    Neither number is ever cut, which would make another one of it: `17179+2`, `17179+…`, `…+2`, `…`.
    """
    if len(text) <= width:
        return text
    found = _MORE.fullmatch(text)
    if not found:
        return ELLIPSIS if width > 0 else ""
    first, more = found.groups()
    ways = (f"{first}+{more}", f"{first}+{ELLIPSIS}", f"{ELLIPSIS}+{more}", ELLIPSIS)
    return next((way for way in ways if len(way) <= width), "")


def clip_amount(text: str, width: int) -> str:
    """A whole number in at most `width` cells: exact where it fits, else in the units of the filter, `3.6M`."""
    if len(text) <= width or not text.isdecimal():
        return clip(text, width)
    amount = float(text)
    for unit in "kMGTPE":
        amount /= 1024
        for made in (f"{amount:.1f}{unit}", f"{amount:.0f}{unit}"):
            if len(made) <= width and round(amount, 1) >= 1 and round(amount) < 1024:
                return made
    return ELLIPSIS if width > 0 else ""


def duration(seconds: float) -> str:
    """A span of time in its largest whole unit, at most four characters: `7s`, `59m`, `23h`, `364d`, `2y`."""
    whole = max(int(seconds), 0)
    for unit, size in (("y", 31_536_000), ("d", 86_400), ("h", 3_600), ("m", 60)):
        if whole >= size:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def aligned(rows: Sequence[Sequence[str]], right: Sequence[bool] = ()) -> Iterator[str]:
    """Lines of cells, each column as wide as its widest; no blanks at the ends of lines.

    Args:
        rows: Cells that are harmless to show, the same number in each.
        right: Which columns stand at their right edge; none where nothing is said.
    """
    widths = [max(map(cell_width, column)) for column in zip(*rows, strict=True)]
    sides = right or [False] * len(widths)
    for row in rows:
        yield " ".join(map(_filled, row, widths, sides)).rstrip()


def _filled(cell: str, width: int, right: bool) -> str:
    blanks = " " * (width - cell_width(cell))
    return blanks + cell if right else cell + blanks
