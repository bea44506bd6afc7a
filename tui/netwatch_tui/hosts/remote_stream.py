"""One connection to another machine: the lines of the recording that comes from there, from the first to the last.

All of it goes on in the thread that asks for lines: orders go out meanwhile, answers are taken out, and what takes too
long ends it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from netwatch_tui.hosts.allowance import Allowance
from netwatch_tui.hosts.line_buffer import LineBuffer, OverlongLineError
from netwatch_tui.hosts.orders import Orders
from netwatch_tui.hosts.remote_command import FOUND, WAITS, agent_input, refusal
from netwatch_tui.hosts.remote_process import RemoteProcess
from netwatch_tui.hosts.targets import Transport
from netwatch_tui.hosts.wire_format import ANSWER, About, Ask, Follow, answer_shape, decode_answer, encode_order
from netwatch_tui.recording.file_format import MAGIC

MOST_LINE = 1 << 26
"""Bytes of the longest line that is taken from a machine, some 250,000 sockets: there may be many machines at once."""
MOST_NOISE = 1 << 16
"""Bytes that the start-up files of a shell there may print before anything of ours comes."""

_TOO_MUCH = "it sends more than there is time to read"
_HEADER = b'{"%s":' % MAGIC.encode()


class Patience(NamedTuple):
    """For how many seconds something is waited for."""

    connecting: float = 30.0
    """Until the recording begins."""
    silence: float = 20.0
    """Until anything comes again: the machine is asked for its time more often."""
    late: float = 2.0
    """Until a tick that is overdue is told of."""
    clock_every: float = 5.0
    """From one question for its time to the next."""


class ConnectionEndedError(Exception):
    """It is over; the text says why in one line, and nothing where the process may have said it."""


class RemoteStream:
    """What a process that holds a connection gives; for one thread."""

    def __init__(
        self,
        process: RemoteProcess,
        transport: Transport,
        orders: Orders,
        patience: Patience,
        listens: Callable[[], bool],
        overdue: Callable[[str], object],
        allowance: Allowance,
    ) -> None:
        """Begin with nothing read.

        Args:
            process: Started a moment ago.
            transport: What it is.
            orders: What is to go there.
            patience: When it is over.
            listens: Whether another frame can be taken; until it is, nothing is read.
            overdue: Called when a tick is overdue, with what may be the reason.
            allowance: What may be computed over what comes; until there is some, nothing is read.
        """
        self.clock_offset: float | None = None
        """Seconds by which the clock there is ahead, give or take half the time that the answer took."""
        self._process = process
        self._transport = transport
        self._orders = orders
        self._patience = patience
        self._listens = listens
        self._overdue = overdue
        self._allowance = allowance
        self._began = self._heard_at = self._framed_at = self._clock_due = time.monotonic()
        self._clock_asked: tuple[int, float] | None = None
        """The number of the question, and when it was asked, in seconds since the epoch."""
        self._sent: Follow | None = None
        self._obeys = False
        """Whether the other end reads orders."""
        self._has_begun = False
        """Whether the recording has."""
        self._is_overdue = False

    def lines(self) -> Iterator[bytes]:
        """The lines, the header first.

        Raises:
            ConnectionEndedError: There are no more.
            Stopping: Nobody wants more.
        """
        buffer, noise = LineBuffer(MOST_LINE), 0
        try:
            for piece in self._pieces():
                yield from filter(None, map(self._of_recording, buffer.lines(piece)))
                noise += 0 if self._has_begun else len(piece)
                if noise > MOST_NOISE:
                    raise ConnectionEndedError("a shell there prints too much before it runs anything")
        except OverlongLineError as error:
            raise ConnectionEndedError(f"it sent {error}") from error

    def _of_recording(self, line: bytes) -> bytes:
        """The same line, or what of it is the recording's; nothing if it is something else."""
        if not self._has_begun:
            return self._greeted(line)
        if line.startswith(ANSWER):
            self._take_answer(line)
            return b""
        self._framed_at, self._is_overdue = time.monotonic(), False
        return line

    def _greeted(self, line: bytes) -> bytes:
        """The header, if a line is that; what else is said before it is answered, and noise passed over.

        Noise may lack its end, so that what is ours can begin within a line.
        """
        if line.rstrip().endswith(WAITS) and not self._obeys:
            self._process.send(agent_input())
            self._obeys = True
        elif (at := line.find(FOUND)) >= 0:
            raise ConnectionEndedError(refusal(line[at:], self._transport))
        elif (at := line.find(_HEADER)) >= 0:
            self._has_begun = self._obeys = True
            self._framed_at = time.monotonic()
            self._orders.open()
            self._process.forget_words()  # such as a banner
            return line[at:]
        return b""

    def _pieces(self) -> Iterator[bytes]:
        """What comes, some at a time; b"" where only time passed."""
        while True:
            rest = self._allowance.wait()
            listens = not rest and self._listens()
            now = time.monotonic()
            if not listens:
                self._heard_at = self._framed_at = now  # what was not read did not fail to come
            if rest > self._patience.late and not self._is_overdue:
                self._is_overdue = True
                self._overdue(_TOO_MUCH)
            self._send_orders(now)
            timeout = min(self._next_deadline() - now, rest or math.inf)
            piece = self._process.exchange(timeout, self._orders.wake, listens=listens)
            self._orders.check()
            if piece is None:
                raise ConnectionEndedError
            if piece:
                self._heard_at = time.monotonic()
                yield piece
            if listens:
                self._refuse_silence(time.monotonic())

    def _next_deadline(self) -> float:
        if not self._has_begun:
            return self._began + self._patience.connecting
        deadlines = [self._heard_at + self._patience.silence, self._clock_due]
        return min(deadlines if self._is_overdue else [*deadlines, self._late_at])

    @property
    def _late_at(self) -> float:
        return self._framed_at + self._orders.follow.interval + self._patience.late

    def _refuse_silence(self, now: float) -> None:
        """End what takes too long, and tell what is late.

        Raises:
            ConnectionEndedError: It took too long.
        """
        if not self._has_begun:
            if now >= self._began + self._patience.connecting:
                raise ConnectionEndedError(f"nothing within {self._patience.connecting:g} s")
        elif now >= self._heard_at + self._patience.silence:
            raise ConnectionEndedError(f"silent for {self._patience.silence:g} s")
        elif now >= self._late_at and not self._is_overdue:
            self._is_overdue = True
            self._overdue(self._process.last_words())

    def _send_orders(self, now: float) -> None:
        """Send what is new, from the moment on in which it will be read; questions only to who answers."""
        if not self._obeys:
            return
        follow = self._orders.follow
        if follow != self._sent:
            self._sent = follow
            self._process.send(encode_order(follow))
        if not self._has_begun:
            return
        for ask in self._orders.take_asks():
            self._process.send(encode_order(ask))
        if now >= self._clock_due:
            self._clock_due = now + self._patience.clock_every
            if self._process.has_sent_all:  # else the answer would tell how long the question was under way
                self._clock_asked = self._orders.next_number(), time.time()
                self._process.send(encode_order(Ask(self._clock_asked[0], About.CLOCK)))

    def _take_answer(self, line: bytes) -> None:
        try:
            answer = decode_answer(line)
            if self._clock_asked and answer.number == self._clock_asked[0]:
                told: float = answer_shape(About.CLOCK)(answer.told)
                self.clock_offset = told - (self._clock_asked[1] + time.time()) / 2
                self._clock_asked = None
            else:
                self._orders.answer(answer)
        except ValueError as error:
            raise ConnectionEndedError(f"it sent an answer that is none: {error}") from error
