"""Names in other encodings: JSON that every reader takes, from which the exact bytes come back."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from netwatch_tui.fields.exact_text import readable, restored
from netwatch_tui.output.differences import difference_objects
from netwatch_tui.output.head import Head
from netwatch_tui.output.objects import dump, event_lines
from netwatch_tui.output.registry import write_lines
from netwatch_tui.recording.last_state import last_state
from netwatch_tui.recording.line_json import from_json, to_json
from netwatch_tui.sockets.comparison import Differences
from netwatch_tui.sockets.delta import Change
from netwatch_tui.sockets.ownership import Owner, Process
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.sockets.socket_events import Happening, SocketEvent, ToldBy
from tests.support.build import NETNS, snapshot, tcp, unix
from tests.support.recordings import record, replayed
from tests.support.schema import errors_of, validate

LATIN = b"caf\xe9".decode("utf-8", "surrogateescape")
texts = st.one_of(st.text(), st.binary().map(lambda data: data.decode("utf-8", "surrogateescape")))
plain = st.one_of(st.none(), st.booleans(), st.integers(), texts)
values = st.recursive(
    plain,
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.sampled_from(["name", "cmdline", "a", "b"]), inner)),
    max_leaves=20,
)


def strictly(text: str) -> Any:
    """What a reader makes of JSON that takes no lone surrogate (RFC 8259, 8.2), as jq, Go and Rust do."""
    value = json.loads(text)
    json.dumps(value, ensure_ascii=False).encode()
    return value


@given(st.dictionaries(st.sampled_from(["name", "cmdline", "a"]), values))
@example({"name": LATIN, "cmdline": [LATIN, "a", [LATIN]]})
@example({"a": [LATIN, {"a": [None, LATIN]}]})
def test_anything_is_valid_and_comes_back(value: Any) -> None:
    assert restored(strictly(dump(readable(value)))) == value
    assert from_json(to_json(value).encode()) == value
    strictly(to_json(value))


def test_a_text_that_is_all_utf8_has_nothing_beside_it() -> None:
    value = {"name": "naïve 🦊", "cmdline": ["a", ""]}
    assert readable(value) == value


def test_what_was_no_utf8_is_told_beside_it() -> None:
    assert readable({"name": LATIN, "cmdline": ["a", LATIN]}) == {
        "name": "caf\ufffd",
        "name_base64": base64.b64encode(b"caf\xe9").decode(),
        "cmdline": ["a", "caf\ufffd"],
        "cmdline_base64": [None, base64.b64encode(b"caf\xe9").decode()],
    }


def test_a_surrogate_that_no_byte_gave_is_valid_as_well() -> None:
    strictly(dump(readable({"name": "a\ud800"})))


@pytest.mark.parametrize(
    "value",
    [
        {"a": "x", "a_base64": "?"},
        {"a": "x", "a_base64": 5},
        {"a": ["x"], "a_base64": []},
        {"a": 1, "a_base64": "YQ=="},
    ],
)
def test_what_is_not_exact_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        restored(value)


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_json_is_refused(constant: str) -> None:
    with pytest.raises(ValueError, match="no JSON"):
        from_json(f'{{"t": {constant}}}'.encode())


HOLDER = Owner(7, 3, Process(7, LATIN, (LATIN, "b"), LATIN, 5.0, LATIN, LATIN))
ODD = unix(f"/run/{LATIN}", id=1, user=LATIN, owners=(HOLDER,), inode=5)


def test_every_way_out_in_json_is_valid_for_strict_readers() -> None:
    head = Head(100.0, LATIN, namespaces={NETNS: LATIN})
    document = strictly("\n".join(write_lines("json", [ODD], head)))
    validate(document)
    assert base64.b64decode(document["sockets"][0]["local_address_base64"]) == b"/run/caf\xe9"
    events = [SocketEvent(Happening.OPENED, 5.0, ToldBy.TICK, ODD)]
    for columns in ((), ("process",)):
        strictly("".join(write_lines("ndjson", [ODD], head._replace(columns=columns))))
    for line in event_lines(events, head):
        assert not errors_of(strictly(line), "event")
    for line in difference_objects(Differences((ODD,), (), (Change(ODD, ODD),)), Head(0.0, ""), Head(0.0, "")):
        assert not errors_of(strictly(line), "difference")
    for line in record([snapshot(ODD)]).decode().splitlines():
        strictly(line)


@pytest.mark.parametrize("socket", [ODD, tcp(id=1, owners=(HOLDER,), interface=LATIN)])
def test_names_come_back_exactly_from_recordings_and_documents(socket: Socket, tmp_path: Any) -> None:
    there = [snapshot(socket)]
    assert replayed(record(there))[0] == there
    path = tmp_path / "x.json"
    path.write_text("\n".join(write_lines("json", [socket], Head(0.0, LATIN, namespaces={NETNS: LATIN}))))
    last = last_state(str(path)).snapshot
    assert last.sockets == (socket,)
    assert last.namespaces.names == {NETNS: LATIN}
