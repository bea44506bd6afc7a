"""Textual's way to the terminal, of our own: nothing here waits for a terminal, and the terminal is left as it was.

Textual's own driver (seen in 8.2.3 to 8.2.8) waits for a terminal that does not read, in the thread that also handles
signals; spins at the end of the input; and ends with the first byte that is no UTF-8.
"""

from __future__ import annotations

import asyncio
import contextvars
import copy
import errno
import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from textual import constants, events
from textual._ansi_sequences import SYNC_END, SYNC_START
from textual.app import App
from textual.driver import Driver
from textual.geometry import Size
from textual.message import Message

from netwatch_tui.play.turns import TURNS
from netwatch_tui.ui.messages import Typed, is_letter
from netwatch_tui.ui.terminal.key_parser import KeyParser
from netwatch_tui.ui.terminal.output import TerminalOutput, open_again
from netwatch_tui.ui.terminal.signals import ENDING, Signals

LOST = ENDING[signal.SIGHUP]
"""The status of a program whose terminal is gone, whether or not a signal told so."""

_AT_ONCE = 1024
"""Bytes that are read at once."""

_MOST_WAITING = 64
"""Messages that wait for the program; beyond that, what is typed stays in the kernel, which stops who sends it."""

_A_MOMENT = 0.01
"""Seconds until it is looked again whether the program has come along."""

_ESCAPE_ALONE = constants.ESCAPE_DELAY * 1.1
"""Seconds after which Escape was the key, and not the beginning of a sequence."""

_LARGEST = Size(1_000, 500)
"""Cells of the largest screen that is filled; a terminal may say anything."""

_MOUSE = (1000, 1003, 1015, 1006)
"""Reports of buttons, of moves, and the ways to write them."""

_KITTY_KEYS = 1 | 8 | 16
"""Escape codes that are not ambiguous, for all keys, with their text (kitty's keyboard protocol)."""


class TerminalDriver(Driver):
    """Keys and frames of one terminal, its modes, and what the kernel tells about it."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._context = contextvars.copy_context()
        self._in = open_again(0, os.O_RDONLY)
        self._output = TerminalOutput(2, self._loop, app.refresh, self._lose)
        self._encoding = (sys.__stderr__ and sys.__stderr__.encoding) or "utf-8"
        self._parser = KeyParser(self._encoding)
        self._escape: asyncio.TimerHandle | None = None
        self._frame: list[str] | None = None
        """What belongs together of what is being written."""
        self._attributes: list[Any] | None = None
        """The modes of the terminal before ours."""
        self._is_entered = self._is_lost = False
        self._size = _window()
        self.signals = Signals(self._leave)

    @property
    def can_suspend(self) -> bool:
        """Textual asks before it sends SIGTSTP."""
        return True

    # --- what Textual calls ---

    def start_application_mode(self) -> None:
        """Take the terminal, and hear."""
        handlers: dict[int, Callable[[int], None]] = dict.fromkeys(ENDING, self._told_to_end)
        handlers[signal.SIGTSTP] = self._suspend
        handlers[signal.SIGCONT] = self._go_on
        handlers[signal.SIGWINCH] = self._resized
        self.signals.hear(self._loop, self._context, handlers)
        self._enter()
        self._resized()
        self._loop.add_reader(self._in, self._read)

    def disable_input(self) -> None:
        """Read no more, and leave nothing for who reads next."""
        self._loop.remove_reader(self._in)
        if self._escape is not None:
            self._escape.cancel()
        with suppress(termios.error):
            termios.tcflush(self._in, termios.TCIFLUSH)

    def stop_application_mode(self) -> None:
        """Leave the terminal as it was."""
        self._leave()

    def write(self, data: str) -> None:
        """Send a frame, which may be dropped, or something else, which may not."""
        if not self._is_entered:
            return
        if data == SYNC_START:
            self._frame = [data]
        elif self._frame is None:
            # A terminal that can't tell when a frame is whole gets one in one piece. Short is what is no frame: OSC 52.
            self._output.send(self._encoded(data), droppable=not data.startswith("\x1b]"))
        else:
            self._frame.append(data)
            if data == SYNC_END:
                frame, self._frame = "".join(self._frame), None
                self._output.send(self._encoded(frame))

    def send_message(self, message: Message) -> None:
        """Hand an event to the program; we are in its thread."""
        self._app.post_message(message)

    def _encoded(self, text: str) -> bytes:
        return text.encode(self._encoding, "replace")

    # --- modes ---

    def _enter(self) -> None:
        """Set the modes of a full-screen program. In the background this stops the process, until it is in front."""
        attributes = self._ask_attributes()
        self._is_entered = True
        if attributes is not None:
            self._attributes = self._attributes or copy.deepcopy(attributes)
            attributes[tty.LFLAG] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
            attributes[tty.IFLAG] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
            attributes[tty.CC][termios.VMIN] = 1
            self._set_attributes(attributes)
        codes = ["\x1b[?1049h\x1b[?25l\x1b[?1004h\x1b[?2004h\x1b[?7l"]
        if self._mouse:
            codes += [f"\x1b[?{mode}h" for mode in _MOUSE]
        if not constants.DISABLE_KITTY_KEY:
            codes.append(f"\x1b[>{_KITTY_KEYS}u")
        if os.environ.get("TERM_PROGRAM") != "Apple_Terminal":  # which writes the p
            codes.append("\x1b[?2026$p")
        self._output.send("".join(codes).encode(), droppable=False)

    def _leave(self) -> None:
        """Set what was before. May be called from any thread, and twice."""
        if not self._is_entered:
            return
        self._is_entered = False
        codes = ["\x1b[?2026l\x1b[?2004l\x1b[?7h", *(f"\x1b[?{mode}l" for mode in _MOUSE if self._mouse)]
        if not constants.DISABLE_KITTY_KEY:
            codes.append("\x1b[<u")
        codes.append("\x1b[?1049l\x1b[?25h\x1b[?1004l")
        self._output.finish("".join(codes).encode())
        attributes, self._attributes = self._attributes, None
        if attributes is not None:
            self._set_attributes(attributes)

    def _ask_attributes(self) -> list[Any] | None:
        with suppress(termios.error):
            return termios.tcgetattr(self._in)
        return None

    def _set_attributes(self, attributes: list[Any]) -> None:
        while True:
            try:
                termios.tcsetattr(self._in, termios.TCSANOW, attributes)
            except termios.error as error:
                if error.args[0] == errno.EINTR:
                    continue  # it was stopped here, in the background
            return

    # --- what the kernel tells ---

    def _read(self) -> None:
        try:
            data = os.read(self._in, _AT_ONCE)
        except BlockingIOError:  # somebody else was faster
            return
        except OSError:  # EIO: hung up, or in the background for ever
            data = b""
        if not data:
            self._lose()
            return
        TURNS.typed()
        self._tell(self._parser.feed(data))
        if self._escape is not None:
            self._escape.cancel()
        self._escape = self._loop.call_later(_ESCAPE_ALONE, self._tick)
        if self._app.message_queue_size > _MOST_WAITING:
            self._loop.remove_reader(self._in)
            self._loop.call_later(_A_MOMENT, self._read_on)

    def _read_on(self) -> None:
        """Read again as soon as the program has come along."""
        if self._app.message_queue_size > _MOST_WAITING:
            self._loop.call_later(_A_MOMENT, self._read_on)
        elif self._is_entered and not self._is_lost:
            self._loop.add_reader(self._in, self._read)

    def _tick(self) -> None:
        """Nothing more was typed, unless it was we who were late."""
        if select.select([self._in], [], [], 0)[0]:
            self._escape = self._loop.call_later(_ESCAPE_ALONE, self._tick)
        else:
            self._tell(self._parser.tick())

    def _tell(self, found: Iterable[Message]) -> None:
        """Hand on what was typed, letters in a row as one event."""
        letters: list[events.Key] = []
        for event in found:
            if isinstance(event, events.Key) and is_letter(event):
                letters.append(event)
                continue
            self._tell_letters(letters)
            if not isinstance(event, events.MouseEvent) or self._is_on_screen(event):
                self.process_message(event)
        self._tell_letters(letters)

    def _tell_letters(self, letters: list[events.Key]) -> None:
        if letters:
            self.process_message(letters[0] if len(letters) == 1 else Typed([*letters]))
            letters.clear()

    def _is_on_screen(self, event: events.MouseEvent) -> bool:
        columns, lines = self._size or (0, 0)
        return event.x < columns and event.y < lines

    def _lose(self) -> None:
        """End: the terminal is gone."""
        if not self._is_lost:
            self._is_lost = True
            self._loop.remove_reader(self._in)
            self._app.exit(return_code=LOST)

    def _told_to_end(self, number: int) -> None:
        self._app.exit(return_code=ENDING[signal.Signals(number)])

    def _resized(self, _: int = signal.SIGWINCH) -> None:
        self._size = _window()
        size = Size(*self._size)
        self._app.post_message(events.Resize(size, size))

    def _suspend(self, number: int) -> None:
        """Stop, as anybody is stopped by Ctrl+Z; where no shell could go on with us, the kernel lets us go on."""
        self._leave()
        handler = signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
        signal.signal(number, handler)
        self._go_on()

    def _go_on(self, _: int = signal.SIGCONT) -> None:
        """Have the terminal again after a stop, whoever stopped us."""
        self._enter()
        self._resized()
        self._app.refresh(layout=True)


def _window() -> tuple[int, int]:
    """Columns and lines of the terminal."""
    try:
        columns, lines = os.get_terminal_size(2)
    except OSError:
        columns = lines = 0
    return min(columns or 80, _LARGEST.width), min(lines or 24, _LARGEST.height)  # a serial line has no size
