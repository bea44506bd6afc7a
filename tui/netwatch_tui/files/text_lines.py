"""The lines of a file or a stream, compressed or not, one at a time: never the whole, whatever it unpacks to."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator

MOST_LINE = 1 << 28
"""Bytes of the longest line that is read: a recording of a million sockets has such lines."""

MOST_UNPACKED = 64
"""Bytes that a compressed byte may stand for. Recordings reach 25; deflate can do 1,032, of nothing but zeroes."""

ALWAYS_UNPACKED = 1 << 23
"""Bytes that are unpacked from any file, however small it is."""

OVERLONG = b""
"""Stands for a line that is too long to be read."""

_CHUNK = 1 << 16
_PART = 1 << 18
_GZIP = b"\x1f\x8b"


class BrokenFileError(ValueError):
    """The rest of a file is missing or damaged; the text says how."""


def read_lines(fd: int) -> Iterator[bytes]:
    """The lines of a file or stream, as they come, `OVERLONG` for some; the last may lack its end. Closes it.

    Raises:
        OSError: It can't be read.
        BrokenFileError: It is compressed, and the rest is missing, damaged or unreasonably large.
    """
    rest: list[bytes] = []
    size = 0
    try:
        for chunk in _plain(fd):
            first, *others = chunk.split(b"\n")
            size += len(first)
            if size <= MOST_LINE:
                rest.append(first)
            else:
                rest.clear()  # and nothing is kept before the next line begins
            for other in others:
                yield b"".join((*rest, b"\n")) if size <= MOST_LINE else OVERLONG
                rest, size = [other], len(other)
    finally:
        os.close(fd)
    if size > MOST_LINE:
        yield OVERLONG
    elif last := b"".join(rest):
        yield last


def _plain(fd: int) -> Iterator[bytes]:
    """The contents of a file, some at a time, unpacked if they are packed."""
    begin = _read(fd)
    while len(begin) < len(_GZIP) and (more := _read(fd)):
        begin += more
    chunks = _chunks(fd, begin)
    return _unpacked(chunks) if begin.startswith(_GZIP) else chunks


def _read(fd: int) -> bytes:
    return os.read(fd, _CHUNK)


def _chunks(fd: int, begin: bytes) -> Iterator[bytes]:
    chunk = begin
    while chunk:
        yield chunk
        chunk = _read(fd)


def _unpacked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """What gzip made small; files of several parts, one after the other, are one."""
    press = zlib.decompressobj(wbits=31)
    may_be = ALWAYS_UNPACKED
    for chunk in chunks:
        may_be += MOST_UNPACKED * len(chunk)
        data = chunk
        while data:
            if press.eof:
                press = zlib.decompressobj(wbits=31)
            try:
                part = press.decompress(data, _PART)
            except zlib.error as error:
                raise BrokenFileError("the compressed data is damaged") from error
            may_be -= len(part)
            if may_be < 0:
                raise BrokenFileError(f"it unpacks to more than {MOST_UNPACKED} times its size")
            yield part
            data = press.unused_data if press.eof else press.unconsumed_tail
    if not press.eof:
        raise BrokenFileError("the rest of the compressed data is missing")
