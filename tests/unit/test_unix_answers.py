"""Messages of sock_diag about unix sockets, and what they protect from: names that look like lines."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.fields.format import local_text, printable
from netwatch_tui.kernel.proc_line import LineError
from netwatch_tui.kernel.proc_net import TABLES
from netwatch_tui.kernel.unix_answers import parse_unix_answer, with_waiting
from netwatch_tui.sockets.socket import Family, Socket, State
from tests.support.build import NETNS, UnixDetails, attribute, line, unix, unix_answer
from tests.support.fake import busy, held, only

ANSWERS = next(table._replace(parser=parse_unix_answer) for table in TABLES if table.kind == "unix")
NOTHING = UnixDetails()


def parse(message: bytes) -> Socket:
    return ANSWERS.parse(message, NETNS)


@pytest.mark.parametrize(
    "socket",
    [
        unix("/run/x", state=State.LISTEN, inode=5),
        unix("@x", "u_dgr", state=State.UNCONN, inode=6),
        unix("*", "u_seq", inode=7),
        unix("/run/a b", inode=2**32 - 1),
    ],
    ids=lambda socket: local_text(socket),
)
def test_a_message_tells_what_the_line_tells(socket: Socket) -> None:
    assert parse(unix_answer(socket, NOTHING)) == socket


def test_it_tells_peer_queues_and_user_as_well() -> None:
    socket = unix("/run/x", inode=5)
    found = parse(unix_answer(socket, UnixDetails(8, 3, 4, 1000)))
    assert found == socket._replace(peer_port=8, recv_q=3, send_q=4, uid=1000)


def test_the_order_of_the_attributes_does_not_matter_and_unknown_ones_are_passed_over() -> None:
    head = unix_answer(unix("*", inode=5), NOTHING)
    told = (attribute(4, struct.pack("=II", 1, 2)), attribute(99, b"?"), attribute(0, b"/x\0"), attribute(5, bytes(36)))
    assert parse(head + b"".join(told)) == parse(head + b"".join(reversed(told)))
    assert parse(head + b"".join(told)).local.text == "/x"


def name(told: bytes) -> str:
    return parse(unix_answer(unix("*", inode=5), NOTHING) + attribute(0, told)).local.text


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (b"/run/x\0", "/run/x"),
        (b"/run/x", "/run/x"),
        (b"\0x\0y", "@x@y"),
        (b"\0", "@"),
        (b"@x\0", "./@x"),
        (b"*\0", "./*"),
        (b"\0*", "@*"),
        (b"a\nb\0", "a\nb"),
        (b"\xff\0", "\udcff"),
    ],
)
def test_a_name_is_written_as_ss_writes_it_and_a_path_is_never_taken_for_an_abstract_name(
    told: bytes, text: str
) -> None:
    assert name(told) == text


@given(st.binary(max_size=120))
def test_no_name_makes_more_than_one_row_and_none_reaches_the_screen_raw(told: bytes) -> None:
    socket = parse(unix_answer(unix("*", inode=5), NOTHING) + attribute(0, told))
    assert (socket.inode, socket.netid) == (5, "u_str")
    assert printable(local_text(socket)) == local_text(socket)


@given(st.binary(max_size=64), st.integers(0, 64))
def test_no_bytes_raise_anything_but_a_line_error(rubbish: bytes, cut: int) -> None:
    whole = unix_answer(unix("/run/x", state=State.LISTEN, inode=5), UnixDetails(8, 3, 4, 1000, (7,)))
    for message in (rubbish, whole[:cut] + rubbish, whole[:cut]):
        assert with_waiting([message])[0] is message
        try:
            socket = parse(message)
        except LineError:
            continue
        assert socket.family is Family.UNIX


def test_the_lines_of_those_who_wait_stay_the_same_while_they_wait() -> None:
    listener = unix("/run/x", state=State.LISTEN, inode=5)
    _, *before = with_waiting([unix_answer(listener, UnixDetails(recv_q=2, send_q=9, clients=(7, 8)))])
    _, *after = with_waiting([unix_answer(listener, UnixDetails(recv_q=1, send_q=9, clients=(8,)))])
    assert after == before[1:]


# --- through the collector ---

FORGED = unix("/run/forged", state=State.LISTEN, inode=666)
FORGER = unix("/tmp/x\n" + line(FORGED).decode(), inode=5)


def test_a_name_with_a_newline_is_one_row_where_sock_diag_answers() -> None:
    watch = busy()
    watch.source.answered = [unix_answer(FORGER, NOTHING), unix_answer(unix("/run/true", inode=6), NOTHING)]
    snapshot = watch.again()
    assert held(snapshot) == [FORGER, unix("/run/true", inode=6)]
    assert snapshot.problems == ()


def test_where_it_does_not_the_rows_are_said_to_be_doubtful_and_counted() -> None:
    watch = busy()
    watch.source.silent = {NETNS}
    watch.source.tables["unix"] = [*line(FORGER).split(b"\n"), line(unix("/run/true", inode=6))]
    snapshot = watch.again()
    assert [socket.local.text for socket in snapshot.sockets] == ["/tmp/x", "/run/forged", "/run/true"]
    (problem,) = snapshot.problems
    assert problem.times == 3
    assert problem.text == (
        "3 unix sockets are doubtful: sock_diag does not tell of them, and in /proc/net/unix a name can forge lines"
    )


def test_a_row_stays_when_sock_diag_stops_answering_and_when_it_starts_again() -> None:
    watch = busy(unix("/run/x", inode=5))
    before = only(watch.again())
    watch.source.silent = {NETNS}
    text = watch.again()
    assert (only(text).id, bool(text.problems)) == (before.id, True)
    watch.source.silent = set()
    again = watch.again()
    assert (only(again).id, again.problems) == (before.id, ())
    assert not text.delta.opened + text.delta.closed + again.delta.opened + again.delta.closed


def test_an_unchanged_message_is_the_identical_socket() -> None:
    watch = busy(unix("/run/x", inode=5))
    assert only(watch.again()) is only(watch.again())
