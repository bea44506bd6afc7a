"""What flows through a connection: rates, totals, round-trip times, what is sent again, and what holds it up.

A reading of the kernel's counters costs more than a line of `/proc`, so that these fields say that they need one, and
are written only where they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netwatch_tui.fields.field import Field, Filter, FilterValue, Holds, Written
from netwatch_tui.fields.format import BLANK, duration, printable
from netwatch_tui.fields.json_types import (
    COUNT_OR_NULL,
    NUMBER_OR_NULL,
    SECONDS_OR_NULL,
    TEXT_OR_NULL,
    JsonType,
    one_of,
)
from netwatch_tui.fields.moment import Moment
from netwatch_tui.fields.quantities import amount, brief_time
from netwatch_tui.sockets.flow import Flow, Limit
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.socket import Socket

_FLOWS = Needs(flows_of_all=True)
_RATES = Needs(flows_of_all=True, rates=True)

Number = int | float | None


def _flow_field(
    id: str,
    title: str,
    meaning: str,
    read: Callable[[Flow], Number],
    show: Callable[[Any], str],
    *,
    holds: Holds,
    json: JsonType,
    unit: str,
    sentence: Callable[[Flow], str] | None,
    **others: Any,
) -> Field:
    """A number that a flow has or that is not known; `others` are further parts of `Field`."""

    def value(socket: Socket, moment: Moment) -> Number:
        flow = moment.flows.get(socket.id)
        return None if flow is None else read(flow)

    def text(socket: Socket, moment: Moment) -> str:
        number = value(socket, moment)
        return BLANK if number is None else show(number)

    def compared(socket: Socket, moment: Moment) -> tuple[FilterValue]:
        return (value(socket, moment),)

    return Field(
        id, title, meaning, value, json, text, value, _told(sentence),
        unit=unit, descends=True, filter=Filter(holds, compared, likeness=None), needs=_FLOWS,
        written=Written.NOWHERE, right_aligned=True, width=5, most=8,
    )._replace(**others)  # fmt: skip


def _told(sentence: Callable[[Flow], str] | None) -> Callable[[Socket, Moment], str] | None:
    """What the details say of a flow; nothing where none is known."""
    if sentence is None:
        return None

    def told(socket: Socket, moment: Moment) -> str:
        flow = moment.flows.get(socket.id)
        return "" if flow is None else sentence(flow)

    return told


def _rate(id: str, title: str, meaning: str, read: Callable[[Flow], Number], **others: Any) -> Field:
    return _flow_field(
        id, title, meaning, read, amount, holds=Holds.SIZE, json=NUMBER_OR_NULL, unit="bytes a second",
        **{"sentence": None, **others},
    )  # fmt: skip


def _count(id: str, title: str, meaning: str, read: Callable[[Flow], int | None], **others: Any) -> Field:
    return _flow_field(
        id, title, meaning, read, amount, json=COUNT_OR_NULL,
        **{"holds": Holds.SIZE, "unit": "bytes", "sentence": None, **others},
    )  # fmt: skip


def _segments(id: str, title: str, meaning: str, read: Callable[[Flow], int | None], **others: Any) -> Field:
    return _count(id, title, meaning, read, **{"holds": Holds.NUMBER, "unit": "segments", **others})


def _time(id: str, title: str, meaning: str, read: Callable[[Flow], float | None], **others: Any) -> Field:
    return _flow_field(
        id, title, meaning, read, brief_time, holds=Holds.AGE, json=SECONDS_OR_NULL, unit="seconds",
        **{"sentence": None, **others},
    )  # fmt: skip


def _since(id: str, title: str, meaning: str, at: Callable[[Flow], float | None]) -> Field:
    """How long ago something was. Ordered by when it was, which the moment does not change."""

    def seconds(socket: Socket, moment: Moment) -> float | None:
        flow = moment.flows.get(socket.id)
        when = None if flow is None else at(flow)
        return None if when is None else round(max(moment.now - when, 0.0), 3)

    def key(socket: Socket, moment: Moment) -> float | None:
        flow = moment.flows.get(socket.id)
        when = None if flow is None else at(flow)
        return None if when is None else -when

    def text(socket: Socket, moment: Moment) -> str:
        found = seconds(socket, moment)
        return BLANK if found is None else duration(found)

    def sentence(socket: Socket, moment: Moment) -> str:
        found = seconds(socket, moment)
        return "" if found is None else f"{duration(found)} ago"

    def compared(socket: Socket, moment: Moment) -> tuple[FilterValue]:
        return (seconds(socket, moment),)

    return Field(
        id, title, meaning, seconds, SECONDS_OR_NULL, text, key, sentence, unit="seconds", needs=_FLOWS,
        filter=Filter(Holds.AGE, compared, likeness=None), is_timely=True, written=Written.NOWHERE, right_aligned=True,
        width=5, most=9,
    )  # fmt: skip


def _per_second(rate: float | None) -> str:
    return BLANK if rate is None else f"{amount(rate)}B/s"


def _rates(flow: Flow) -> str:
    if flow.rate_in is None and flow.rate_out is None:
        return ""
    return f"in {_per_second(flow.rate_in)}, out {_per_second(flow.rate_out)}"


def _totals(flow: Flow) -> str:
    into, out = flow.bytes_in, flow.bytes_out
    told = ([] if into is None else [f"in {into:,}"]) + ([] if out is None else [f"out {out:,}"])
    return f"{', '.join(told)} bytes" if told else ""


def _round_trip(flow: Flow) -> str:
    if flow.rtt is None:
        return ""
    least = "" if flow.rtt_min is None else f", smallest {brief_time(flow.rtt_min)}"
    return f"{brief_time(flow.rtt)}, varies by {brief_time(flow.rtt_var or 0.0)}{least}"


def _sent_again(flow: Flow) -> str:
    total, again, share = flow.counters.retrans_total, flow.counters.bytes_retrans, flow.retrans_share
    if total is None:
        return f"{again:,} bytes" if again else ""
    if not total:
        return "nothing"
    now = f", {flow.counters.retrans:,} of them not acknowledged yet" if flow.counters.retrans else ""
    part = "" if share is None else f"; {again:,} bytes, {share:.1%} of all"
    return f"{total:,} segments{now}{part}"


def _congestion_window(flow: Flow) -> str:
    if flow.counters.cwnd is None or flow.counters.mss is None:
        return ""
    name = "" if flow.counters.congestion is None else f" by {printable(flow.counters.congestion)}"
    return f"{flow.counters.cwnd:,} segments of {flow.counters.mss:,} bytes{name}"


def _speeds(flow: Flow) -> str:
    told = [] if flow.delivery_rate is None else [f"delivers {_per_second(flow.delivery_rate)}"]
    told += [] if flow.pacing_rate is None else [f"sends at most {_per_second(flow.pacing_rate)}"]
    return ", ".join(told)


def _waiting(flow: Flow) -> str:
    if not (flow.unsent or flow.unacked):
        return ""
    return f"{flow.unsent:,} bytes not sent, {flow.unacked:,} sent and not acknowledged"


def _limit(flow: Flow) -> str | None:
    return next(iter(flow.limits), None)


def _limit_text(socket: Socket, moment: Moment) -> str:
    flow = moment.flows.get(socket.id)
    limits = flow.limits if flow else {}
    return next((f"{limit} {part:.0%}" for limit, part in limits.items()), BLANK)


def _limits(flow: Flow) -> str:
    busy = flow.counters.busy
    if not (busy and flow.limits):
        return ""
    parts = ", ".join(f"{limit} {part:.0%}" for limit, part in flow.limits.items())
    return f"{parts} of {brief_time(busy / 1e6)} in which there was something to send"


def _limit_word(socket: Socket, moment: Moment) -> str | None:
    flow = moment.flows.get(socket.id)
    return None if flow is None else _limit(flow)


def _congestion(socket: Socket, moment: Moment) -> str | None:
    flow = moment.flows.get(socket.id)
    return None if flow is None else flow.counters.congestion


FLOW_FIELDS = (
    _rate("rate_in", "In/s", "bytes received a second, between the last two readings", lambda flow: flow.rate_in,
          needs=_RATES, sentence=_rates, label="Rates", rank=5),
    _rate("rate_out", "Out/s", "bytes sent a second, between the last two readings", lambda flow: flow.rate_out,
          needs=_RATES, rank=5),
    _count("bytes_in", "In", "bytes received in all", lambda flow: flow.bytes_in,
           sentence=_totals, label="Totals", rank=9),
    _count("bytes_out", "Out", "bytes sent in all, each counted once", lambda flow: flow.bytes_out,
           rank=9),
    _time("rtt", "RTT", "round-trip time, smoothed", lambda flow: flow.rtt,
          sentence=_round_trip, label="Round trip", rank=8),
    _time("rtt_var", "RTT var", "how far round-trip times vary", lambda flow: flow.rtt_var),
    _time("rtt_min", "RTT min", "smallest round-trip time of the last minutes", lambda flow: flow.rtt_min),
    _segments("retrans", "Retr", "segments sent again and not acknowledged yet", lambda flow: flow.counters.retrans),
    _segments("retrans_total", "Retrans", "segments sent again in all", lambda flow: flow.counters.retrans_total,
              sentence=_sent_again, label="Sent again", rank=10),
    _count("bytes_retrans", "Bytes retr", "bytes sent again in all", lambda flow: flow.counters.bytes_retrans),
    _flow_field("retrans_share", "Retr%", "bytes sent again, of all that were sent",
                lambda flow: None if flow.retrans_share is None else round(flow.retrans_share * 100, 3),
                lambda share: f"{share:.1f}", holds=Holds.NUMBER, json=NUMBER_OR_NULL, unit="percent", sentence=None),
    _segments("cwnd", "Cwnd", "congestion window", lambda flow: flow.counters.cwnd,
              sentence=_congestion_window, label="Window"),
    Field(
        "congestion", "Congestion", "algorithm for congestion control", _congestion, TEXT_OR_NULL,
        lambda s, m: printable(_congestion(s, m) or BLANK), _congestion, None,
        filter=Filter(Holds.TEXT, lambda s, m: (_congestion(s, m),), takes="part of the name of an algorithm",
                      likeness=None),
        needs=_FLOWS, written=Written.NOWHERE, width=6, most=10,
    ),
    _rate("delivery_rate", "Delivers/s", "bytes a second that the peer acknowledged, as measured last",
          lambda flow: flow.delivery_rate, sentence=_speeds, label="Speed"),
    _rate("pacing_rate", "Pacing/s", "bytes a second that the kernel sends at most; - where nothing limits it",
          lambda flow: flow.pacing_rate),
    _count("mss", "MSS", "bytes of payload in a segment at most", lambda flow: flow.counters.mss),
    _count("unsent", "Unsent", "bytes written by the application and not sent yet", lambda flow: flow.unsent,
           sentence=_waiting, label="Waiting"),
    _count("unacked", "Unacked", "bytes sent and not acknowledged yet", lambda flow: flow.unacked),
    _since("last_sent", "Sent", "time since data were sent last", lambda flow: flow.last_sent_at),
    _since("last_received", "Received", "time since data were received last", lambda flow: flow.last_received_at),
    Field(
        "limited_by", "Limited by",
        "what held it up longest while it had something to send: the network, the receiver's window, or the sender's "
        "own buffer",
        _limit_word, one_of(Limit, or_null=True), _limit_text, _limit_word, _told(_limits),
        filter=Filter(Holds.WORD, lambda s, m: (_limit_word(s, m),), words=tuple(Limit), likeness=None),
        needs=_FLOWS, written=Written.NOWHERE, width=12, most=13,
    ),
)  # fmt: skip
"""All of them."""

INFO = tuple(field.id for field in FLOW_FIELDS)
"""Ids of what `-i` adds to JSON, CSV and TSV."""

INFO_COLUMNS = ("rate_in", "rate_out", "bytes_in", "bytes_out", "rtt", "retrans_total")
"""Ids of what it adds to tables."""
