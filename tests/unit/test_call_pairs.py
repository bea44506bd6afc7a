"""Beginnings and ends of calls come interleaved, and some not at all: no call is told with the result of another."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.kernel.proc_line import ip_address
from netwatch_tui.kernel.tracing import call_pairs
from netwatch_tui.kernel.tracing.call_pairs import CallPairs, PairedCall
from netwatch_tui.kernel.tracing.call_points import CALLS, CallKind
from netwatch_tui.sockets.mapped_addresses import MAPPED
from netwatch_tui.sockets.traced_call import CallEnd

KINDS = {kind.name: kind for kind in CALLS}
CONNECT, RECVFROM, CLOSE = KINDS["connect"], KINDS["recvfrom"], KINDS["close"]
A, B = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])


def end(address: bytes, port: int) -> CallEnd:
    return CallEnd(ip_address(address), port)


def test_a_call_is_its_beginning_and_its_end() -> None:
    pairs = CallPairs()
    assert pairs.entered(10, 7, RECVFROM, RECVFROM.arguments((5, 65_536, 0x40, 0))) is None
    (call,) = pairs.returned(25, 7, RECVFROM, 3_216)
    assert call == PairedCall(
        7, RECVFROM, 10, 25, {"fd": 5, "len": 65_536, "flags": 0x40, "addr": 0}, 3_216,
    )  # fmt: skip


def test_descriptors_are_signed_numbers_of_32_bits() -> None:
    assert CLOSE.arguments((0xFFFF_FFFF_FFFF_FFFF,)) == {"fd": -1}
    assert CLOSE.arguments((0x1_0000_0003,)) == {"fd": 3}


def test_the_address_of_connect_is_that_of_the_state_that_its_own_thread_changed() -> None:
    pairs = CallPairs()
    pairs.entered(10, 7, CONNECT, CONNECT.arguments((5,)))
    pairs.entered(11, 8, CONNECT, CONNECT.arguments((6,)))
    pairs.state_changed(8, (MAPPED + A, 1_000), (MAPPED + B, 80))
    pairs.state_changed(0, (A, 3), (B, 4))
    assert pairs.returned(12, 7, CONNECT, 0)[0].peer is None
    (call,) = pairs.returned(13, 8, CONNECT, -115)
    assert (call.local, call.peer) == (end(A, 1_000), end(B, 80))


def test_a_route_is_taken_for_the_address_as_long_as_there_is_one() -> None:
    pairs = CallPairs()
    pairs.entered(10, 7, CONNECT, CONNECT.arguments((5,)))
    pairs.routed(7, A, 53)
    pairs.routed(7, A, 53)
    assert pairs.returned(12, 7, CONNECT, 0)[0].routed == end(A, 53)
    pairs.entered(20, 7, CONNECT, CONNECT.arguments((5,)))
    pairs.routed(7, A, 53)
    pairs.routed(7, B, 53)
    assert pairs.returned(22, 7, CONNECT, 0)[0].routed is None


def test_an_end_without_a_beginning_has_a_result_only() -> None:
    assert CallPairs().returned(5, 7, RECVFROM, 12) == [PairedCall(7, RECVFROM, None, 5, None, 12)]


def test_a_beginning_without_an_end_has_no_result() -> None:
    pairs = CallPairs()
    pairs.entered(10, 7, RECVFROM, RECVFROM.arguments((5, 1, 0, 0)))
    unfinished = pairs.entered(20, 7, CLOSE, CLOSE.arguments((5,)))
    assert unfinished is not None
    assert (unfinished.kind, unfinished.began, unfinished.result) == (RECVFROM, 10, None)
    before, call = pairs.returned(30, 7, CONNECT, 0)
    assert (before.kind, before.result) == (CLOSE, None)
    assert (call.arguments, call.result) == (None, 0)


def test_what_is_under_way_is_told_once_the_oldest_first() -> None:
    pairs = CallPairs()
    for tid, at in ((3, 30), (1, 10), (2, 20)):
        pairs.entered(at, tid, RECVFROM, RECVFROM.arguments((tid, 1, 0, 0)))
    assert [call.tid for call in pairs.under_way(40)] == [1, 2, 3]
    assert pairs.under_way(40) == []


def test_the_number_of_open_calls_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_pairs, "MOST_OPEN", 10)
    pairs = CallPairs()
    for tid in range(1, 101):
        pairs.entered(tid, tid, CLOSE, CLOSE.arguments((3,)))
    assert len(pairs.under_way(200)) <= 10


class _Record(NamedTuple):
    """What a perfect observer saw; the result of each call and its descriptor are the number of the call."""

    at: int
    tid: int
    kind: CallKind
    number: int
    is_end: bool


@st.composite
def _histories(draw: st.DrawFn) -> list[_Record]:
    """Calls of some threads, in the order in which they began and returned."""
    under_way: dict[int, _Record] = {}
    records: list[_Record] = []
    steps = draw(st.lists(st.tuples(st.integers(1, 4), st.sampled_from((RECVFROM, CLOSE, CONNECT))), max_size=60))
    for at, (tid, kind) in enumerate(steps, 1):
        begun = under_way.pop(tid, None)
        if begun is None:
            under_way[tid] = _Record(at, tid, kind, at, False)
            records.append(under_way[tid])
        else:
            records.append(begun._replace(at=at, is_end=True))
    return records


@given(_histories(), st.sets(st.integers(1, 60)))
def test_whatever_is_lost_no_call_has_the_result_of_another(history: list[_Record], lost: set[int]) -> None:
    pairs, told = CallPairs(), list[PairedCall]()
    was_lost = False
    for record in history:
        if record.at in lost:
            if not was_lost:
                pairs.lose(is_losing=True)
            was_lost = True
            continue
        if was_lost:
            pairs.lose(is_losing=False)
            was_lost = False
        if record.is_end:
            told += pairs.returned(record.at, record.tid, record.kind, record.number)
        else:
            values = (record.number, *(0 for _ in record.kind.fields[1:]))
            before = pairs.entered(record.at, record.tid, record.kind, record.kind.arguments(values))
            told += [before] if before is not None else []
    told += pairs.under_way(100)
    seen = [record for record in history if record.at not in lost]
    results = [call.result for call in told if call.result is not None]
    assert results == [record.number for record in seen if record.is_end]
    for call in told:
        if call.arguments is not None and call.result is not None:
            assert call.arguments["fd"] == call.result
    if not lost.intersection(record.at for record in history):
        begun = [record.number for record in history if not record.is_end]
        assert sorted(call.arguments["fd"] for call in told if call.arguments is not None) == begun
        assert all(call.arguments is not None for call in told)
