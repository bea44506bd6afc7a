"""What is made of the kernel's counters, and how it is written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.fields.catalogue import FIELD_BY_ID, named_fields
from netwatch_tui.fields.flow_fields import FLOW_FIELDS, INFO, INFO_COLUMNS
from netwatch_tui.fields.format import printable
from netwatch_tui.fields.moment import Moment
from netwatch_tui.fields.quantities import amount, brief_time
from netwatch_tui.query import parse
from netwatch_tui.sockets.flow import Flow, Limit, TcpCounters
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.socket import State
from tests.support.build import tcp
from tests.support.flows import NO_LIMIT, NO_SAMPLE, flow
from tests.support.schema import validator

SOCKET = tcp("10.0.0.1:80", "10.0.0.2:9", id=1)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"received": 100}, {"bytes_in": 100}),
        ({"received": 101, "state": State.CLOSE_WAIT}, {"bytes_in": 100}),
        ({"received": 101, "state": State.LAST_ACK}, {"bytes_in": 100}),
        ({"received": 101, "state": State.CLOSING}, {"bytes_in": 100}),
        ({"received": 100, "state": State.FIN_WAIT_2}, {"bytes_in": 100}),
        ({"sent": 100, "bytes_retrans": 30}, {"bytes_out": 70, "retrans_share": 0.3}),
        ({"sent": 0}, {"bytes_out": 0, "retrans_share": None}),
        ({"sent": None}, {"bytes_out": None, "retrans_share": None}),
        ({"queued": 10, "unsent": 4}, {"unsent": 4, "unacked": 6}),
        ({"queued": 10, "unsent": None}, {"unsent": None, "unacked": None}),
        ({"queued": 11, "unsent": 5, "state": State.FIN_WAIT_1}, {"unsent": 4, "unacked": 6}),
        ({"queued": 1, "unsent": 0, "state": State.LAST_ACK}, {"unsent": 0, "unacked": 0}),
        ({"queued": 1, "unsent": 0, "state": State.SYN_SENT}, {"unsent": 0, "unacked": 0}),
        ({"queued": 0, "unsent": 0, "state": State.CLOSING}, {"unsent": 0, "unacked": 0}),
        ({"rtt": 1500, "rtt_var": 20, "rtt_min": 900}, {"rtt": 0.0015, "rtt_var": 0.00002, "rtt_min": 0.0009}),
        ({"rtt": 0, "rtt_var": 250_000, "rtt_min": NO_SAMPLE}, {"rtt": None, "rtt_var": None, "rtt_min": None}),
        ({"pacing_rate": NO_LIMIT, "delivery_rate": 0}, {"pacing_rate": None, "delivery_rate": None}),
        ({"pacing_rate": 5, "delivery_rate": 6}, {"pacing_rate": 5, "delivery_rate": 6}),
        ({"sent": 5, "last_sent": 2500}, {"last_sent_at": 97.5}),
        ({"sent": 0, "last_sent": 2500}, {"last_sent_at": None}),
        ({"received": 5, "last_received": 500}, {"last_received_at": 99.5}),
        ({"received": 1, "last_received": 1, "state": State.CLOSE_WAIT}, {"last_received_at": None}),
        ({"busy": 0}, {"limits": {}}),
        ({"busy": None}, {"limits": {}}),
    ],
)
def test_counters_are_understood(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    assert {name: getattr(flow(**fields), name) for name in expected} == expected


def test_what_neither_buffer_nor_window_explains_is_the_network() -> None:
    limits = flow(busy=1000, limited_by_receiver=600, limited_by_sender=100).limits
    assert list(limits.items()) == [(Limit.RECEIVER, 0.6), (Limit.NETWORK, 0.3), (Limit.SENDER, 0.1)]


COUNT = st.none() | st.integers(0, 1 << 64)
COUNTERS = st.builds(
    TcpCounters,
    st.sampled_from(State), *[st.integers(0, 1 << 32)] * 9, *[COUNT] * 11, st.none() | st.text(),
)  # fmt: skip
FLOWS = st.builds(Flow, st.just(1), st.floats(0, 1e10), COUNTERS, *[st.none() | st.floats(0, 1e12)] * 2)


VALIDATORS = {field.id: validator(field.json) for field in FLOW_FIELDS}


@given(FLOWS, st.floats(0, 1e10))
def test_every_field_of_every_flow_can_be_shown_and_written(found: Flow, now: float) -> None:
    moment = Moment(now, {}, flows={1: found})
    for field in FLOW_FIELDS:
        VALIDATORS[field.id].validate(field.value(SOCKET, moment))
        assert field.text(SOCKET, moment) == printable(field.text(SOCKET, moment)) != ""
        assert len(amount(found.rate_in or 0)) <= 5
        if field.sentence:
            assert printable(field.sentence(SOCKET, moment)) == field.sentence(SOCKET, moment)


BUSY = flow(
    1500.0, 0.0, received=1_234_567, sent=2000, bytes_retrans=100, retrans_total=3, retrans=1, rtt=12_345, rtt_var=500,
    rtt_min=900, busy=2_000_000, limited_by_receiver=1_500_000, limited_by_sender=0, queued=700, unsent=500,
    delivery_rate=5000, last_sent=1000, last_received=61_000,
)  # fmt: skip


def test_texts_are_short_and_the_details_say_it_in_full() -> None:
    moment = Moment(100.0, {}, flows={1: BUSY})
    texts = {id: FIELD_BY_ID[id].text(SOCKET, moment) for id in (*INFO_COLUMNS, "limited_by", "last_received")}
    assert texts == {
        "rate_in": "1.5k", "rate_out": "0", "bytes_in": "1.2M", "bytes_out": "1.9k", "rtt": "12ms",
        "retrans_total": "3", "limited_by": "receiver 75%", "last_received": "1m",
    }  # fmt: skip
    told = {field.label or field.title: field.sentence(SOCKET, moment) for field in FLOW_FIELDS if field.sentence}
    assert told == {
        "Rates": "in 1.5kB/s, out 0B/s",
        "Totals": "in 1,234,567, out 1,900 bytes",
        "Round trip": "12ms, varies by 500us, smallest 900us",
        "Sent again": "3 segments, 1 of them not acknowledged yet; 100 bytes, 5.0% of all",
        "Window": "10 segments of 1,448 bytes by cubic",
        "Speed": "delivers 4.9kB/s",
        "Waiting": "500 bytes not sent, 200 sent and not acknowledged",
        "Sent": "1s ago",
        "Received": "1m ago",
        "Limited by": "receiver 75%, network 25%, sender 0% of 2.0s in which there was something to send",
    }


def test_of_a_socket_without_a_flow_nothing_is_said() -> None:
    for field in FLOW_FIELDS:
        assert field.text(SOCKET, Moment(0.0, {})) == "-"
        assert field.value(SOCKET, Moment(0.0, {})) is None
        assert not (field.sentence and field.sentence(SOCKET, Moment(0.0, {})))


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("rate_in:>1k", True),
        ("rate_in:>1M", False),
        ("rate_out:0", True),
        ("rtt:>10ms", True),
        ("rtt:>200ms", False),
        ("rtt:12000us-13ms", True),
        ("rtt_min:<1ms", True),
        ("retrans_total:>0", True),
        ("retrans_share:>4", True),
        ("bytes_in:>1M bytes_out:<2k", True),
        ("limited_by:receiver", True),
        ("limited_by:network", False),
        ("congestion:cub", True),
        ("last_sent:<2s last_received:>1m", True),
        ("unsent:500 unacked:200 mss:1448 cwnd:10", True),
        ("pacing_rate:-", True),
        ("rate_in:-", False),
    ],
)
def test_filters_compare_with_units(text: str, matches: bool) -> None:
    query = parse(text)
    assert query.compile(Moment(100.0, {}, flows={1: BUSY}))(SOCKET) is matches
    assert query.needs.flows_of_all
    assert query.needs.rates == ("rate_" in text and not text.startswith("pacing"))
    assert not query.needs.of_all


def test_rates_need_two_looks_and_the_rest_one() -> None:
    assert {field.id for field in FLOW_FIELDS if field.needs.rates} == {"rate_in", "rate_out"}
    assert {field.needs for field in FLOW_FIELDS} == {Needs(flows_of_all=True), Needs(flows_of_all=True, rates=True)}
    assert tuple(field.id for field in named_fields(INFO)) == INFO


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"), (0.4, "0"), (999, "999"), (999.6, "1.0k"), (1000, "1.0k"), (1024, "1.0k"), (10_188, "9.9k"),
        (10_200, "10k"), (999 * 1024, "999k"), (1_023_500, "1.0M"), (3.6 * 1024**2, "3.6M"), (5 * 1024**5, "5.0P"),
        (1024**6, "1E"),
    ],
)  # fmt: skip
def test_amounts(number: float, text: str) -> None:
    assert amount(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0us"), (7.1e-5, "71us"), (0.0009996, "1.0ms"), (0.0012, "1.2ms"), (0.00996, "10ms"), (0.312, "312ms"),
        (0.9996, "1.0s"), (4.5, "4.5s"), (90, "90s"),
    ],
)  # fmt: skip
def test_times(seconds: float, text: str) -> None:
    assert brief_time(seconds) == text
