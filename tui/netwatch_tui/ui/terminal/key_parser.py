"""From bytes that were typed to Textual's events: what no terminal sends is dropped, and what is sent is bounded."""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from textual import events
from textual._xterm_parser import BRACKETED_PASTE_END, BRACKETED_PASTE_START, XTermParser
from textual.message import Message

from netwatch_tui.ui.messages import AltKey

MOST_PASTED = 65_536
"""Characters of one paste that are taken; the rest is dropped."""

_ESCAPE = "\x1b"
_BEGIN_SEQUENCES = frozenset("[O]P^_X\\")
"""What makes a sequence of an Escape before it: ECMA-48, 5.4 and 5.6, and SS3."""


class KeyParser:
    """Textual's parser behind a gate.

    Textual (seen in 8.2.3 to 8.2.8) ends with the first byte that is no UTF-8 and with the first key code that is no
    character, resizes itself as any typed text says, keeps a paste of any size in memory, a list item a character, and
    loses an Escape that a sign follows at once.
    """

    def __init__(self, encoding: str) -> None:
        """Begin with nothing typed, in the encoding of the terminal."""
        self._decode = getincrementaldecoder(encoding)(errors="ignore").decode
        self._parser = _fresh_parser()
        self._tail = ""
        """The last characters outside a paste: a mark may come in pieces."""
        self._is_escape = False
        """Whether the last character was Escape, which may begin something."""
        self._pasted: str | None = None
        """What was pasted so far; None outside a paste."""

    def feed(self, data: bytes) -> Iterator[Message]:
        """The events of these bytes."""
        text = self._decode(data)
        while text:
            if self._pasted is None:
                typed, text = self._before_paste(text)
                yield from self._parsed(typed)
            else:
                is_over, text = self._in_paste(text)
                if is_over:
                    yield from self._pasted_event()

    def tick(self) -> Iterator[Message]:
        """The events of what is not followed by anything: Escape itself, and a paste that does not end."""
        if self._pasted is not None:
            yield from self._pasted_event()
        self._is_escape = False
        yield from self._sensible(self._parser.tick)

    def _before_paste(self, text: str) -> tuple[str, str]:
        """What is typed before a paste begins, with the mark, and what comes after it."""
        known = len(self._tail)
        joined = self._tail + text
        start = joined.find(BRACKETED_PASTE_START)
        if start < 0:
            self._tail = joined[1 - len(BRACKETED_PASTE_START) :]
            return text, ""
        self._pasted, self._tail = "", ""
        end = start + len(BRACKETED_PASTE_START) - known
        return text[:end], text[end:]

    def _in_paste(self, text: str) -> tuple[bool, str]:
        """Take what is pasted; whether the paste is over, and what comes after it."""
        joined = (self._pasted or "") + text
        end = joined.find(BRACKETED_PASTE_END, max(len(self._pasted or "") - len(BRACKETED_PASTE_END), 0))
        if end >= 0:
            self._pasted = joined[:end]
            return True, joined[end + len(BRACKETED_PASTE_END) :]
        surplus = len(joined) - MOST_PASTED - len(BRACKETED_PASTE_END)
        # The last characters stay: they may be the first ones of the mark.
        self._pasted = joined if surplus <= 0 else joined[:MOST_PASTED] + joined[MOST_PASTED + surplus :]
        return False, ""

    def _pasted_event(self) -> Iterator[Message]:
        pasted, self._pasted = self._pasted or "", None
        for _ in self._parsed(BRACKETED_PASTE_END):  # of the parser's own paste there is nothing in it
            pass
        yield events.Paste(_without_surrogates(pasted[:MOST_PASTED].replace("\x00", "")))

    def _parsed(self, text: str) -> Iterator[Message]:
        """The events that make sense, a character at a time: one that makes none takes no other with it."""
        for character in text:
            was_escape, self._is_escape = self._is_escape, character == _ESCAPE
            if was_escape and character not in _BEGIN_SEQUENCES:
                self._parser = _fresh_parser()  # without that Escape
                yield from self._after_escape(character)
            else:
                yield from self._sensible(partial(self._parser.feed, character))

    def _after_escape(self, character: str) -> Iterator[Message]:
        """The events of a character that makes no sequence of the Escape before it; another Escape still may."""
        if character == _ESCAPE:
            yield events.Key("escape", _ESCAPE)
        for event in self._sensible(partial(self._parser.feed, character)):
            yield AltKey(event) if isinstance(event, events.Key) else event

    def _sensible(self, parse: Callable[[], Iterable[Message]]) -> Iterator[Message]:
        try:
            yield from filter(_makes_sense, parse())
        except Exception:  # noqa: BLE001 -- whatever it is that no terminal sends: the parser has ended with it
            self._parser = _fresh_parser()


def _fresh_parser() -> XTermParser:
    """A parser that nothing was typed into, of which there is one at a time.

    Textual remembers what sequences mean for each parser (seen in 8.2.5 to 8.2.8), and so keeps a thousand of them.
    """
    XTermParser._parse_extended_key.cache_clear()  # noqa: SLF001 -- see above; nothing else lets go of them
    return XTermParser()


def _makes_sense(event: Message) -> bool:
    """Not a key that is no character, nor a size of the window, which the kernel tells."""
    match event:
        case events.Key():
            text = event.key + (event.character or "")
            return _without_surrogates(text) == text
        case events.Paste() | events.Resize():
            return False
        case _:
            return True


def _without_surrogates(text: str) -> str:
    return text.encode(errors="ignore").decode()
