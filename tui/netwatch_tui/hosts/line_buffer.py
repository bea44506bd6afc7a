"""Lines out of what comes in pieces, none longer than there is room for."""

from __future__ import annotations

from collections.abc import Iterator


class OverlongLineError(ValueError):
    """A line is longer than any may be."""


class LineBuffer:
    """Takes pieces in, and gives the lines that are whole."""

    def __init__(self, most: int) -> None:
        """Begin with nothing; `most` bytes may a line have."""
        self._most = most
        self._rest = bytearray()

    def lines(self, piece: bytes) -> Iterator[bytes]:
        """The lines that end in a piece, each with its end.

        Raises:
            OverlongLineError: One is too long.
        """
        first, *others = piece.split(b"\n")
        self._keep(first)
        for other in others:
            line = b"%s\n" % self._rest
            self._rest = bytearray()
            self._keep(other)
            yield line

    def _keep(self, part: bytes) -> None:
        self._rest += part
        if len(self._rest) > self._most:
            raise OverlongLineError(f"a line of more than {self._most:,} bytes")
