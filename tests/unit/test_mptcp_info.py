from __future__ import annotations

import struct
from typing import Any

import pytest

from netwatch_tui.kernel.mptcp_info import mptcp_request, read_mptcp
from netwatch_tui.sockets.flow import Flow
from netwatch_tui.sockets.socket import State

#: Offsets in struct mptcp_info as gcc lays it out (include/uapi/linux/mptcp.h), written down a second time on purpose.
OFFSETS = {
    "write_seq": (16, "Q"), "snd_una": (24, "Q"), "bytes_retrans": (48, "Q"), "bytes_sent": (56, "Q"),
    "bytes_received": (64, "Q"), "last_data_sent": (84, "I"), "last_data_recv": (88, "I"),
}  # fmt: skip
LONGEST = 96


def message(length: int = LONGEST, *, state: int = 1, **fields: int) -> bytes:
    """An answer with a struct mptcp_info of this length; what is not named is 0xAA in every byte."""
    info = bytearray(b"\xaa" * LONGEST)
    for name, (offset, kind) in OFFSETS.items():
        struct.pack_into(f"={kind}", info, offset, fields.get(name, 0))
    told = bytes(info).ljust(length, b"\xaa")[:length]
    head = struct.pack("=BBBB36sIIIIIIII", 2, state, 0, 0, bytes(range(36)), 0, 7, 1, 0, 0, 0, 1000, 9)
    return head + struct.pack("=HHI", 8, 15, 5) + struct.pack("=HH", 4 + length, 2) + told


def flow(length: int = LONGEST, **fields: Any) -> Flow:
    answer = read_mptcp(message(length, **fields))
    assert answer
    assert (answer.ends, answer.cookie, answer.inode) == (bytes(range(36)), 7 | 1 << 32, 9)
    return Flow(answer.cookie, 100.0, answer.counters)


def test_every_field_is_read_from_its_place() -> None:
    found = flow(
        write_seq=107, snd_una=100, bytes_retrans=3, bytes_sent=50, bytes_received=60,
        last_data_sent=2000, last_data_recv=3000,
    )  # fmt: skip
    assert (found.bytes_out, found.bytes_in, found.counters.bytes_retrans, found.counters.queued) == (50, 60, 3, 7)
    assert (found.last_sent_at, found.last_received_at) == (98.0, 97.0)
    assert found.retrans_share == pytest.approx(3 / 53)
    assert (found.rtt, found.rtt_min, found.counters.mss, found.unsent, found.unacked, found.limits) == (
        None, None, None, None, None, {},
    )  # fmt: skip


@pytest.mark.parametrize("length", [*range(40, LONGEST + 1, 4), 160])
def test_what_an_older_kernel_does_not_have_is_not_known(length: int) -> None:
    found = flow(length, bytes_sent=5, bytes_received=6, last_data_sent=1, last_data_recv=1)
    assert found.bytes_out == (5 if length >= 64 else None)
    assert found.bytes_in == (6 if length >= 72 else None)
    assert (found.last_sent_at is None) == (length < 88)
    assert (found.last_received_at is None) == (length < 92)


@pytest.mark.parametrize("state", [State.CLOSE_WAIT, State.ESTAB])
def test_no_fin_is_counted(state: State) -> None:
    number = {State.CLOSE_WAIT: 8, State.ESTAB: 1}[state]
    assert [flow(state=number, bytes_received=count).bytes_in for count in (0, 60)] == [0, 60]


def test_only_time_that_passes_is_no_change() -> None:
    first, later, more = (
        read_mptcp(message(bytes_sent=sent, last_data_sent=ago)) for sent, ago in ((5, 10), (5, 20), (6, 0))
    )
    assert first
    assert later
    assert more
    assert later.says_the_same(first.counters)
    assert not more.says_the_same(first.counters)


def test_what_has_no_counters_is_passed_over() -> None:
    assert read_mptcp(message(state=10)) is None
    assert read_mptcp(message()[:72]) is None


@pytest.mark.parametrize("data", [message(36), message()[:50], b""])
def test_what_is_not_understood_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="are known"):
        read_mptcp(data)


def test_a_request_names_the_protocol_that_does_not_fit_into_a_byte() -> None:
    assert mptcp_request(2)[1] == 0, (
        "an older kernel must not take it for a question about TCP, whose number is 262 & 255"
    )
    assert mptcp_request(2)[-8:] == struct.pack("=HHI", 8, 3, 262)
    assert len(mptcp_request(10)) == 64
