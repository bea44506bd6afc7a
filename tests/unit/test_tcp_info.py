from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.kernel import tcp_info
from netwatch_tui.kernel.tcp_info import TcpAnswer, TcpAnswers
from netwatch_tui.sockets.flow import TcpCounters
from netwatch_tui.sockets.socket import State

INFO, CONG, MARK = 2, 4, 15
ENDS = bytes(range(36))

#: Offsets in struct tcp_info as gcc lays it out (include/uapi/linux/tcp.h), written down a second time on purpose.
OFFSETS = {
    "probes": (3, "B"), "mss": (16, "I"), "retrans": (36, "I"), "last_sent": (44, "I"), "last_received": (52, "I"),
    "rtt": (68, "I"), "rtt_var": (72, "I"), "cwnd": (80, "I"), "retrans_total": (100, "I"), "pacing_rate": (104, "Q"),
    "received": (128, "Q"), "unsent": (144, "I"), "rtt_min": (148, "I"), "delivery_rate": (160, "Q"),
    "busy": (168, "Q"), "limited_by_receiver": (176, "Q"), "limited_by_sender": (184, "Q"), "sent": (200, "Q"),
    "bytes_retrans": (208, "Q"),
}  # fmt: skip
LONGEST = 248


def info(length: int = LONGEST, **fields: int) -> bytes:
    """A struct tcp_info of this length; what is not named is 0xAA in every byte."""
    data = bytearray(b"\xaa" * LONGEST)
    for name, (offset, kind) in OFFSETS.items():
        struct.pack_into(f"={kind}", data, offset, fields.get(name, 0))
    return bytes(data[:length])


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def message(*attributes: bytes, state: int = 1, send_q: int = 0, cookie: int = 7, inode: int = 9) -> bytes:
    head = struct.pack("=BBBB36sIIIIIIII", 2, state, 0, 0, ENDS, 0, cookie, 0, 0, 0, send_q, 1000, inode)
    return head + b"".join(attributes)


def netlink(payload: bytes, kind: int = 20, sequence: int = 1) -> bytes:
    whole = struct.pack("=IHHII", 16 + len(payload), kind, 0, sequence, 0) + payload
    return whole + bytes(-len(whole) % 4)


def read(*attributes: bytes, **head: int) -> TcpCounters:
    answer = TcpAnswers().read(message(*attributes, **head))
    assert answer
    return answer.counters


def test_every_field_is_read_from_its_place() -> None:
    told = {name: number for number, name in enumerate(OFFSETS, 11)}
    found = read(attribute(INFO, info(**told)), attribute(CONG, b"bbr\0"), state=8, send_q=5)
    assert found._asdict() == {**told, "state": State.CLOSE_WAIT, "queued": 5, "congestion": "bbr"}


@pytest.mark.parametrize("length", [*range(104, LONGEST + 1, 4), 400])
def test_what_an_older_kernel_does_not_have_is_not_known(length: int) -> None:
    told = dict.fromkeys(OFFSETS, 1)
    data = info(**told).ljust(length, b"\xaa")[:length]
    found = read(attribute(INFO, data), attribute(CONG, b"cubic\0"))._asdict()
    for name, (offset, kind) in OFFSETS.items():
        assert found[name] == (1 if offset + struct.calcsize(f"={kind}") <= length else None), name
    assert found["congestion"] == "cubic"


def test_a_kernel_that_does_not_name_the_algorithm_tells_the_rest() -> None:
    found = read(attribute(INFO, info(rtt=5)))
    assert (found.rtt, found.congestion) == (5, None)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (message(attribute(INFO, info(100))), "a tcp_info of 100 bytes, where at least 104 are known"),
        (message(attribute(CONG, b"x"), attribute(INFO, info())), "unknown order"),
        (message(attribute(INFO, info()))[:-20], "cut short"),
    ],
    ids=["short", "order", "cut"],
)
def test_what_is_not_understood_is_refused_in_words(payload: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        TcpAnswers().read(payload)


@pytest.mark.parametrize(
    "payload",
    [
        message(attribute(INFO, info()), state=10),
        message(attribute(INFO, info()), state=6),
        message(state=5),
        message(attribute(MARK, bytes(4)), state=5),
    ],
    ids=["listener", "time-wait", "remnant", "marked-remnant"],
)
def test_listeners_and_remnants_have_no_counters(payload: bytes) -> None:
    reader = TcpAnswers()
    assert reader.read(payload) is None
    if payload[1] == 5:
        assert reader.read_datagram(netlink(payload), 1).answers == []


ATTRIBUTES = st.sampled_from(
    [
        [attribute(INFO, info(rtt=1)), attribute(CONG, b"bbr\0")],
        [attribute(MARK, bytes(4)), attribute(INFO, info(rtt=2)), attribute(CONG, b"reno\0")],
        [attribute(8, b"\0"), attribute(INFO, info(rtt=3)), attribute(CONG, b"dctcp\0")],
        [attribute(INFO, info(rtt=4)), attribute(MARK, bytes(4)), attribute(CONG, b"illinois\0")],
        [attribute(INFO, info(rtt=5))],
        [attribute(MARK, bytes(4))],
    ]
)


@given(st.lists(st.tuples(ATTRIBUTES, st.sampled_from([1, 5, 8])), max_size=12), st.booleans())
def test_a_datagram_is_read_as_its_messages_are(told: list[tuple[list[bytes], int]], ends: bool) -> None:
    """Also where messages of one length have their attributes at other places."""
    payloads = [message(*parts, state=state, cookie=at) for at, (parts, state) in enumerate(told)]
    done = netlink(struct.pack("=i", 0), kind=3) if ends else b""
    data = b"".join(map(netlink, payloads)) + done
    reader = TcpAnswers()
    found = reader.read_datagram(data, 1)
    assert found.answers == [answer for payload in payloads if (answer := TcpAnswers().read(payload))]
    assert (found.end is not None) == ends
    assert reader.read_datagram(data, 1) == found
    assert reader.read_datagram(data, 2) == ([], None)


@given(st.binary(max_size=400), st.integers(0, 3))
def test_no_datagram_keeps_it_busy_for_ever(data: bytes, whole: int) -> None:
    good = netlink(message(attribute(INFO, info())))
    try:
        found = TcpAnswers().read_datagram(good * whole + data, 1)
    except ValueError:
        return
    assert len(found.answers) >= whole


ANSWER = TcpAnswers().read(message(attribute(INFO, info(rtt=9, sent=10, last_sent=5)), attribute(CONG, b"bbr\0")))


@pytest.mark.parametrize("name", [*OFFSETS, "send_q", "state"])
def test_only_how_long_ago_something_was_does_not_count_as_moving(name: str) -> None:
    assert isinstance(ANSWER, TcpAnswer)
    assert ANSWER.says_the_same(ANSWER.counters)
    moved: dict[str, Any] = {name: 8 if name == "state" else 77}
    assert ANSWER._replace(**moved).says_the_same(ANSWER.counters) == (name in ("last_sent", "last_received"))


def test_the_mask_has_every_state_with_counters() -> None:
    assert {number for number in range(32) if tcp_info.STATE_MASK >> number & 1} == set(tcp_info.STATES)
