"""What the kernel counts of TCP connections: struct tcp_info in the answers of sock_diag(7).

struct tcp_info grows from one Linux to the next, and only at its end, so that its length tells what is in it. A list of
all connections is taken apart a datagram at a time: messages of one length mostly have their attributes at the same
places. The headers of the attributes are part of what is read, and prove that the places are right.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from itertools import takewhile
from typing import Any, NamedTuple

from netwatch_tui.sockets.flow import TcpCounters
from netwatch_tui.sockets.socket import State

_INFO, _CONGESTION = 2, 4
"""INET_DIAG_INFO, INET_DIAG_CONG."""
EXTENSIONS = 1 << (_INFO - 1) | 1 << (_CONGESTION - 1)
"""What a request asks for to get both (`idiag_ext`)."""

STATES = {
    1: State.ESTAB,
    2: State.SYN_SENT,
    4: State.FIN_WAIT_1,
    5: State.FIN_WAIT_2,
    8: State.CLOSE_WAIT,
    9: State.LAST_ACK,
    11: State.CLOSING,
}
"""Those in which tcp_info speaks of a connection, by their numbers in the kernel's include/net/tcp_states.h."""
STATE_MASK = sum(1 << number for number in STATES)

_FIELDS = (
    (3, "B"),  # probes
    (16, "I"),  # snd_mss
    (36, "I"),  # retrans
    (44, "I"),  # last_data_sent
    (52, "I"),  # last_data_recv
    (68, "I"),  # rtt
    (72, "I"),  # rttvar
    (80, "I"),  # snd_cwnd
    (100, "I"),  # total_retrans
    (104, "Q"),  # pacing_rate, Linux 3.15
    (128, "Q"),  # bytes_received, 4.1
    (144, "I"),  # notsent_bytes, 4.6
    (148, "I"),  # min_rtt, 4.6
    (160, "Q"),  # delivery_rate, 4.9
    (168, "Q"),  # busy_time, 4.10
    (176, "Q"),  # rwnd_limited, 4.10
    (184, "Q"),  # sndbuf_limited, 4.10
    (200, "Q"),  # bytes_sent, 4.19
    (208, "Q"),  # bytes_retrans, 4.19
)
"""Offset and format in struct tcp_info, in the order of `TcpCounters`."""
_LEAST = 104
"""Bytes of the oldest struct tcp_info that is understood, which ends with total_retrans."""

_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr: length, type, flags, sequence, port
_BY_FAMILY, _ERROR, _DONE = 20, 2, 3
_MESSAGE = "xB2x36s4xQ8xI4xI"
"""struct inet_diag_msg: state; ports and addresses; cookie; Send-Q; inode."""
_MESSAGE_SIZE = struct.calcsize(f"={_MESSAGE}")
_ATTRIBUTE = struct.Struct("=I")  # struct nlattr: length and type in one
_TYPE_MASK = 0x3FFF
"""NLA_TYPE_MASK: the two upper bits of a type are flags."""


class TcpAnswer(NamedTuple):
    """What sock_diag says of one connection, flat: a hundred thousand are made at a time."""

    state: int
    """A number of `STATES`."""
    ends: bytes
    """Ports and addresses, see `sock_diag.packed_ends`."""
    cookie: int
    send_q: int
    inode: int
    info_header: int
    """Length and type of the attribute."""
    probes: int
    mss: int
    retrans: int
    last_sent: int
    last_received: int
    rtt: int
    rtt_var: int
    cwnd: int
    retrans_total: int
    pacing_rate: int | None
    received: int | None
    unsent: int | None
    rtt_min: int | None
    delivery_rate: int | None
    busy: int | None
    limited_by_receiver: int | None
    limited_by_sender: int | None
    sent: int | None
    bytes_retrans: int | None
    congestion_header: int
    """0 where that attribute is missing."""
    congestion: bytes | None

    @property
    def counters(self) -> TcpCounters:
        """The counters in it."""
        name = None if self.congestion is None else _text(self.congestion)
        return _new(TcpCounters, (STATES[self.state], self.send_q, *self[6:25], name))

    def says_the_same(self, before: TcpCounters) -> bool:
        """Whether nothing has moved since those counters were read: all but how long ago that was."""
        return (
            self[11:25] == before[7:21]  # from rtt to bytes_retrans: of most that move, one of these does
            and self[6:9] == before[2:5]
            and self.send_q == before.queued
            and STATES[self.state] is before.state
        )


class TcpPart(NamedTuple):
    """What was read of some connections at one moment."""

    read_at: float
    """In seconds of `time.perf_counter`."""
    answers: list[TcpAnswer]


class Datagram(NamedTuple):
    """What a part of a list of connections holds."""

    answers: list[TcpAnswer]
    end: bytes | None
    """The payload of the message that ends the list; None where more is to come."""


class TcpAnswers:
    """Takes answers apart, and remembers the places of attributes by the lengths of messages."""

    def __init__(self) -> None:
        self._layouts: dict[int, _TcpLayout] = {}

    def read(self, message: bytes) -> TcpAnswer | None:
        """One answer, without its netlink header; None if it is about something that has no counters.

        That are listeners, TIME-WAIT, and FIN-WAIT-2 once the process has let go: then only a remnant is kept (struct
        inet_timewait_sock), which goes by that state.

        Raises:
            ValueError: It has a tcp_info that is not understood.
        """
        if message[1] not in STATES:
            return None
        layout = self._layouts.get(len(message))
        if layout is not None and layout.fits(answer := layout.one(message)):
            return answer
        places = _places(message)
        if _INFO not in places:
            return None
        layout = self._layouts[len(message)] = _TcpLayout(len(message), places)
        return layout.one(message)

    def read_datagram(self, data: bytes, sequence: int) -> Datagram:
        """The answers in a datagram to a request for sockets in the states of `STATE_MASK`.

        Args:
            data: One or more netlink messages.
            sequence: Of the request; what answers another one is left out.

        Raises:
            ValueError: There is a tcp_info that is not understood.
        """
        view = memoryview(data)
        words = view[: len(data) & ~3].cast("I")
        found: list[TcpAnswer] = []
        at = 0
        while at + _HEADER.size <= len(data):
            length, kind, _, number, _ = _HEADER.unpack_from(data, at)
            size = max((length + 3) & ~3, _HEADER.size)
            if number == sequence and kind in (_DONE, _ERROR):
                return Datagram(found, data[at + _HEADER.size : at + length])
            if number != sequence or kind != _BY_FAMILY or length != size:
                at += size
                continue
            run = sum(1 for _ in takewhile(length.__eq__, words[at // 4 :: length // 4]))
            whole = min(run, (len(data) - at) // length)
            if not whole:
                break
            found += self._read_run(view[at : at + whole * length], length)
            at += whole * length
        return Datagram(found, None)

    def _read_run(self, messages: memoryview, length: int) -> list[TcpAnswer]:
        """Answers of one length, each with its netlink header."""
        layout = self._layouts.get(length - _HEADER.size)
        if layout is not None and all(map(layout.fits, found := layout.many(messages))):
            return found
        parts = (bytes(messages[at + _HEADER.size : at + length]) for at in range(0, len(messages), length))
        return [answer for part in parts if (answer := self.read(part)) is not None]


def _places(message: bytes) -> dict[int, tuple[int, int]]:
    """Where each attribute begins, and its header, by its type.

    Raises:
        ValueError: The last one goes beyond the message.
    """
    places: dict[int, tuple[int, int]] = {}
    at = _MESSAGE_SIZE
    while at + 4 <= len(message):
        (header,) = _ATTRIBUTE.unpack_from(message, at)
        if header & 0xFFFF < 4:
            break
        if at + (header & 0xFFFF) > len(message):
            raise ValueError("an answer that is cut short")
        places[header >> 16 & _TYPE_MASK] = (at, header)
        at += ((header & 0xFFFF) + 3) & ~3
    return places


class _TcpLayout:
    """Where in messages like this one the attributes are."""

    def __init__(self, size: int, places: dict[int, tuple[int, int]]) -> None:
        info, self._info_header = places[_INFO]
        name, self._name_header = places.get(_CONGESTION, (size, 0))
        fields, self._missing = _known_part((self._info_header & 0xFFFF) - 4)
        text = f"I{(self._name_header & 0xFFFF) - 4}s" if self._name_header else ""
        format = f"{_MESSAGE}{info - _MESSAGE_SIZE}xI{fields}"
        if name < info:
            raise ValueError("the attributes of an answer stand in an unknown order")
        format += f"{name - struct.calcsize(f'={format}')}x{text}"
        rest = size - struct.calcsize(f"={format}")
        self._one = struct.Struct(f"={format}{rest}x")
        self._many = struct.Struct(f"={_HEADER.size}x{format}{rest}x")
        self._is_whole = not self._missing and bool(text)

    def fits(self, answer: TcpAnswer) -> bool:
        """Whether the attributes are where they were looked for."""
        return answer[5] == self._info_header and answer[25] == self._name_header

    def one(self, message: bytes) -> TcpAnswer:
        """A message of this length, without its netlink header."""
        return self._filled(self._one.unpack_from(message))

    def many(self, messages: memoryview) -> list[TcpAnswer]:
        """Messages of this length, one behind the other, each with its netlink header."""
        if self._is_whole:
            return [_new(TcpAnswer, told) for told in self._many.iter_unpack(messages)]
        return list(map(self._filled, self._many.iter_unpack(messages)))

    def _filled(self, told: tuple[Any, ...]) -> TcpAnswer:
        """An answer, with None for what this kernel does not tell."""
        if self._is_whole:
            return _new(TcpAnswer, told)
        tail = told[-2:] if self._name_header else (0, None)
        return _new(TcpAnswer, (*told[: 6 + len(_FIELDS) - self._missing], *[None] * self._missing, *tail))


_new = tuple.__new__


@lru_cache(16)
def _known_part(length: int) -> tuple[str, int]:
    """How the known fields of a tcp_info of this length are read, and how many of them it does not have.

    Raises:
        ValueError: It is shorter than any that is understood.
    """
    if length < _LEAST:
        raise ValueError(f"a tcp_info of {length} bytes, where at least {_LEAST} are known")
    parts, at = [], 0
    for offset, kind in _FIELDS:
        end = offset + struct.calcsize(f"={kind}")
        if end > length:
            break
        parts.append(f"{offset - at}x{kind}")
        at = end
    return "".join(parts), len(_FIELDS) - len(parts)


@lru_cache(64)
def _text(name: bytes) -> str:
    """The name of an algorithm, which ends with a zero byte."""
    return name.partition(b"\0")[0].decode("ascii", "backslashreplace")
