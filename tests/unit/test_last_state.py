"""What earlier versions wrote is still read; a document says what its sockets were, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from netwatch_tui.output.head import Head
from netwatch_tui.output.registry import write_lines
from netwatch_tui.recording import last_state as last_state_module
from netwatch_tui.recording.codec import decode, encode
from netwatch_tui.recording.last_state import last_state
from netwatch_tui.recording.reader import RecordingError
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import DiagFacts, Socket, Timer
from tests.support.build import NETNS, owner, tcp, udp, unix

SAMPLES = Path(__file__).parents[1] / "samples"
"""A recording and a document that the last version before evidence wrote of the same sockets."""


@pytest.fixture(scope="module", params=["recording-form-1.ndjson", "snapshot-form-1.json"])
def earlier(request: pytest.FixtureRequest) -> Snapshot:
    last = last_state(str(SAMPLES / request.param))
    assert last.note is None
    return last.snapshot


def test_what_an_earlier_version_wrote_is_read(earlier: Snapshot) -> None:
    by_id = {socket.id: socket for socket in earlier.sockets}
    assert earlier.taken_at == 1_767_258_001.25
    assert earlier.namespaces.names == {NETNS: "own"}
    assert [(each.netid, each.state.value, each.local.text) for each in by_id.values()] == [
        ("tcp", "LISTEN", "10.0.0.1"),
        ("tcp", "FIN-WAIT-1", "2001:db8::1"),
        ("tcp", "TIME-WAIT", "10.0.0.1"),
        ("udp", "UNCONN", "0.0.0.0"),
        ("u_str", "ESTAB", "/run/caf\udce9"),
        ("u_dgr", "ESTAB", "@log"),
        ("nl", "UNCONN", "15"),
        ("p_raw", "UNCONN", "ip"),
    ]
    web = by_id[1]
    assert (web.send_q, web.was_there, web.seen_at, web.user) == (511, True, 1_767_257_995.5, "root")
    assert (web.owners[0].fd, web.owners[0].process.cmdline) == (3, ("nginx", "-g", "daemon off;"))
    assert web.owners[0].process.create_time == 1_767_250_000.25
    assert by_id[2].timer == Timer("on", 0.25)
    assert (by_id[4].interface, by_id[4].drops, by_id[4].uid) == ("eth0", 7, 1000)
    assert by_id[6].owners[0].process.name == "caf\udce9"


def test_what_was_called_otherwise_has_the_name_of_today(earlier: Snapshot) -> None:
    assert [socket.owner_reason for socket in earlier.sockets] == [
        None,
        OwnerReason.NOT_FOUND,
        OwnerReason.KERNEL,
        OwnerReason.PERMISSION,
        OwnerReason.NOT_FOUND,
        None,
        OwnerReason.KERNEL,
        OwnerReason.NOT_FOUND,
    ]
    assert {socket.evidence for socket in earlier.sockets} == {()}


HELD = tcp("10.0.0.1:80", "10.0.0.2:9", id=1, owners=(owner(7), owner(8, 4)), timer=Timer("on", 0.5))
DOCUMENTED = [
    HELD,
    tcp(id=1, owner_reason=OwnerReason.LAST_HELD, evidence=(owner(7, 3, "nginx"),)),
    tcp(id=1, owner_reason=OwnerReason.ACCEPT_QUEUE, evidence=(owner(7, 3, "nginx"), owner(8))),
    tcp("[::]:80", id=1, diag=DiagFacts(5, v6only=False, fwmark=3, cgroup=9)),
    udp(id=1, interface="eth0", drops=5),
    unix(id=1, user=None),
]


@pytest.mark.parametrize("socket", DOCUMENTED)
def test_a_document_says_all_of_a_socket(socket: Socket, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("\n".join(write_lines("json", [socket], Head(10.0, "web-1"))))
    assert last_state(str(path)).snapshot.sockets == (socket,)


@pytest.mark.parametrize("columns", [("local", "pid"), ("netid", "family", "state", "recv_q")])
def test_a_document_with_chosen_fields_is_not_taken_for_a_whole_one(columns: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("\n".join(write_lines("json", [HELD], Head(10.0, "web-1", columns))))
    with pytest.raises(RecordingError, match="neither a recording nor a whole snapshot"):
        last_state(str(path))


@pytest.mark.parametrize("socket", DOCUMENTED)
def test_a_recording_says_all_of_a_socket(socket: Socket) -> None:
    processes: list[Any] = []

    def number(process: Any) -> int:
        processes.append(process)
        return len(processes) - 1

    told = json.loads(json.dumps(encode(socket, number)))
    assert decode(told, dict(enumerate(processes))) == socket


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("local_port", "80"),
        ("recv_q", 1.5),
        ("was_there", 1),
        ("user", 5),
        ("state", "OPEN"),
        ("family", None),
        ("owners", 5),
        ("owners", [[0]]),
        ("owners", [[9, 3]]),
        ("seen_at", "now"),
        ("seen_at", 10**400),
        ("timer", ["on"]),
        ("local", [4, "zz", "x"]),
        ("diag", {"v6only": True}),
        ("owner_reason", "away"),
    ],
)
def test_what_is_of_another_type_is_refused(name: str, wrong: object) -> None:
    told = {**encode(tcp(id=1), lambda _: 0), name: wrong}
    with pytest.raises((LookupError, TypeError, ValueError)):
        decode(told, {})


def document(*sockets: Socket) -> dict[str, Any]:
    told: dict[str, Any] = json.loads("\n".join(write_lines("json", sockets, Head(10.0, "web-1"))))
    return told


@pytest.mark.parametrize(
    ("name", "wrong", "words"),
    [
        ("local_port", "80", "sockets[1].local_port: '80' is no whole number from 0 to 18446744073709551615"),
        ("uid", 2**64, "sockets[1].uid: 18446744073709551616 is no whole number from 0 to 18446744073709551615"),
        ("seen_at", "0001-01-01T00:00:00", "sockets[1].seen_at: '0001-01-01T00:00:00' is no time"),
        ("seen_at", "9999-12-31T23:59:59-23:59", "sockets[1].seen_at: '9999-12-31T23:59:59-23:59' is no time"),
        ("owners", [{"pid": 1}], "sockets[1].owners[0]: fd, started_at is missing"),
        ("owners", [5], "sockets[1].owners[0]: 5 is no object"),
        ("local_address", "\ud800", "stands for no bytes"),
    ],
)
def test_of_a_document_the_damaged_sockets_are_told_and_the_rest_is_used(
    tmp_path: Path, name: str, wrong: object, words: str
) -> None:
    told = document(HELD, unix(id=2) if name == "local_address" else HELD)
    told["sockets"][1][name] = wrong
    path = tmp_path / "x.json"
    path.write_text(json.dumps(told))
    last = last_state(str(path))
    assert last.snapshot.sockets == (HELD,)
    assert str(last.note).startswith(f"{path}: 1 of 2 sockets left out: ")
    assert words in str(last.note)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"sockets": 5}, "sockets: 5 is no list"),
        ({"taken_at": 5}, "taken_at: 5 is no time"),
        ({"version": "1"}, "version: '1' is no whole number"),
        ({"version": 10**30}, "is no whole number"),
        ({"version": 2}, "was written by a newer netwatch-tui: its format version is 2"),
        ({"sockets": [{}]}, "sockets[0]: owners, seen_at"),
    ],
)
def test_a_document_of_another_shape_is_refused_in_one_line(
    tmp_path: Path, wrong: dict[str, object], words: str
) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({**document(HELD), **wrong}))
    with pytest.raises(RecordingError) as refused:
        last_state(str(path))
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_document_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(last_state_module, "MOST_LINE", 10_000)
    path = tmp_path / "x.json"
    path.write_text("{}\n" * 10_000)
    with pytest.raises(RecordingError, match="it has more than 10,000 bytes"):
        last_state(str(path))
