"""Text for the eye: addresses, durations, and strings from outside made harmless."""

from __future__ import annotations

import unicodedata

from netwatch_tui.model.socket import Address

ELLIPSIS = "…"


def printable(text: str) -> str:
    r"""Text from outside with everything that could move a cursor, hide or disguise it spelled out.

    Control and format characters, lone surrogates (broken UTF-8 as Python reads it), combining and zero-width
    marks become `\xNN` or `\uNNNN`. Wide characters stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if _is_plain(char) else _escape(char) for char in text)


def _is_plain(char: str) -> bool:
    return char.isprintable() and not unicodedata.category(char).startswith("M")


def _escape(char: str) -> str:
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
    if cell_width(text) <= width:
        return text
    kept, used = [], 0
    for char in text:
        used += cell_width(char)
        if used > width - 1:
            break
        kept.append(char)
    return "".join(kept) + ELLIPSIS if width > 0 else ""


def endpoint(address: Address, port: int) -> str:
    """An address with its port as ss prints it: IPv6 in brackets, `*` for no port."""
    host = address.text if address.version == 4 else f"[{address.text}]"
    return f"{host}:{port or '*'}"


def clip_endpoint(text: str, width: int) -> str:
    """An address with port in at most `width` cells; the port stays whole and the cut is shown in the address."""
    if len(text) <= width:
        return text
    host, _, port = text.rpartition(":")
    return clip(host, max(width - len(port) - 1, 1)) + ":" + port


def duration(seconds: float) -> str:
    """A span of time in its largest whole unit, at most four characters: `7s`, `59m`, `23h`, `120d`."""
    whole = max(int(seconds), 0)
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if whole >= size:
            return f"{whole // size}{unit}"
    return f"{whole}s"
