from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.hosts.wire_format import (
    ANSWER,
    About,
    Ask,
    Follow,
    HostAnswer,
    answer_shape,
    decode_answer,
    decode_order,
    encode_answer,
    encode_order,
)
from netwatch_tui.recording.shapes import ShapeError
from netwatch_tui.sockets.capture_status import CaptureWhen
from netwatch_tui.sockets.needs import Need, Needs
from netwatch_tui.sockets.ownership import ProcessDetails, ProcessResources

ids = st.frozensets(st.integers(0, 2**64 - 1), max_size=5)
needs = st.builds(
    Needs, st.frozensets(st.sampled_from(Need)), ids, *[st.booleans()] * 4, ids, *[st.booleans()] * 2, st.just(0)
)
names = st.text(max_size=20).filter(str.isprintable)
follows = st.builds(Follow, st.floats(0.05, 60), names, needs, st.sampled_from(CaptureWhen))
said = st.none() | st.integers() | st.dictionaries(st.text(max_size=5), st.lists(st.booleans(), max_size=3), max_size=3)
asks = st.builds(Ask, st.integers(0, 2**64 - 1), st.sampled_from(About), st.integers(0, 2**22), said)


@given(follows | asks)
def test_an_order_is_read_as_it_was_written(order: Follow | Ask) -> None:
    line = encode_order(order)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode_order(line) == order


def test_a_port_to_be_bound_is_not_asked_about() -> None:
    assert decode_order(encode_order(Follow(1.0, "", Needs(of_port=80)))) == Follow()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"nonsense\n",
        b"[]\n",
        b"{}\n",
        b'{"follow":1}\n',
        b'{"follow":{"interval":1,"namespaces":""}}\n',
        b'{"follow":{"interval":1,"namespaces":"","needs":{}}}\n',
        b'{"follow":{"interval":0,"namespaces":"","needs":{},"capture":"never"}}\n',
        b'{"follow":{"interval":1,"namespaces":"","needs":{},"capture":"sometimes"}}\n',
        b'{"follow":{"interval":NaN,"namespaces":"","needs":{},"capture":"never"}}\n',
        b'{"follow":{"interval":1,"namespaces":7,"needs":{},"capture":"never"}}\n',
        b'{"follow":{"interval":1,"namespaces":"","needs":{"of_all":["ROOT"]},"capture":"never"}}\n',
        b'{"follow":{"interval":1,"namespaces":"","needs":{"of_ids":[-1]},"capture":"never"}}\n',
        b'{"follow":{"interval":1,"namespaces":"","needs":{"rates":1},"capture":"never"}}\n',
        b'{"ask":1}\n',
        b'{"ask":1,"about":"shell"}\n',
        b'{"ask":1,"about":"process_details","pid":-1}\n',
        b'{"ask":1,"about":"process_details","pid":"1/../../etc"}\n',
        b'{"ask":' + b"[" * 100_000 + b"\n",
    ],
)
def test_what_is_no_order_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):
        decode_order(line)


@pytest.mark.parametrize(
    ("about", "told"),
    [
        (About.CLOCK, 1_767_258_000.25),
        (About.DETAILS, ProcessDetails("/usr/sbin/nginx", None, ((1, "systemd"), (7, "a\udcff")))),
        (About.DETAILS, None),
        (About.RESOURCES, ProcessResources(threads=3, descriptors=None, descriptor_limit=1024)),
        (About.RESOURCES, None),
    ],
)
def test_an_answer_is_read_as_it_was_written(about: About, told: object) -> None:
    line = encode_answer(9, told)
    assert line.startswith(ANSWER)
    json.loads(line)
    answer = decode_answer(line)
    assert answer.number == 9
    assert answer_shape(about)(answer.told) == told


@pytest.mark.parametrize(
    ("about", "told"),
    [
        (About.CLOCK, None),
        (About.CLOCK, "now"),
        (About.CLOCK, -1),
        (About.DETAILS, {"exe": 1, "cwd": None, "parents": []}),
        (About.DETAILS, {"exe": None, "cwd": None, "parents": [[1]]}),
        (About.RESOURCES, {"threads": -1}),
        (About.RESOURCES, 7),
    ],
)
def test_an_answer_of_another_shape_is_refused(about: About, told: object) -> None:
    answer = decode_answer(encode_answer(1, told))
    assert answer == HostAnswer(1, told)
    with pytest.raises(ShapeError):
        answer_shape(about)(answer.told)


@pytest.mark.parametrize("line", [b'{"answer":-1,"told":0}\n', b'{"answer":', b'{"answer":true}\n'])
def test_what_is_no_answer_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError):
        decode_answer(line)
