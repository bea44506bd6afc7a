"""Traced calls in words, and as objects of the schema."""

from __future__ import annotations

import errno
import json

import pytest

from netwatch_tui.output.call_lines import call_objects, text_lines
from netwatch_tui.sockets.socket import NOWHERE, Address
from netwatch_tui.sockets.traced_call import CallEnd, TraceBatch, TracedCall
from netwatch_tui.view.call_text import call_line, call_text, caller_text, is_failure, lost_text, unknown_text
from tests.support.build import address
from tests.support.schema import errors_of

WEB = CallEnd(address("209.51.188.116"), 80)
SIX = CallEnd(address("2001:db8::1"), 443)
CALL = TracedCall(1_767_268_800.042, 6056, 6056, "curl", "connect", {"fd": 5}, -errno.EINPROGRESS, 61e-6, WEB, True)


def call(name: str, result: int | None = 0, end: CallEnd | None = None, *, has_end: bool = False, **given: int) -> str:
    made = CALL._replace(name=name, arguments=given, result=result, end=end, has_end=has_end, duration=None)
    return call_text(made)


def test_a_call_reads_as_in_strace() -> None:
    assert call_text(CALL) == "connect(5, 209.51.188.116:80) = -EINPROGRESS <61 us>"
    assert caller_text(CALL) == "curl[6056]"
    assert caller_text(CALL._replace(tid=6061, process="a\x1b[2Jb")) == r"a\x1b[2Jb[6056/6061]"
    assert caller_text(CALL._replace(process=None)) == "-[6056]"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0, "0 us"), (61e-6, "61 us"), (0.0124, "12.4 ms"), (3.21, "3.2 s"), (75.0, "75.0 s")]
)
def test_times_have_three_digits_or_so(seconds: float, text: str) -> None:
    assert call_text(CALL._replace(duration=seconds)).endswith(f" <{text}>")


def test_each_call_has_the_arguments_that_matter() -> None:
    told = [
        call("socket", 5, family=2, type=1 | 0o4000 | 0o2000000, protocol=6),
        call("socket", 5, family=1, type=2, protocol=0),
        call("socket", -errno.EAFNOSUPPORT, family=99, type=9, protocol=7),
        call("socketpair", family=1, type=1, protocol=0),
        call("bind", fd=3, end=SIX, has_end=True),
        call("bind", -errno.EADDRINUSE, fd=3, has_end=True),
        call("listen", fd=3, backlog=128),
        call("accept4", 9, fd=3, flags=0o2000000, end=WEB, has_end=True),
        call("accept", -errno.EAGAIN, fd=3),
        call("sendto", 108, fd=5, len=108, flags=0x4000),
        call("sendto", 40, fd=5, len=40, flags=0, end=WEB, has_end=True),
        call("recvfrom", 3_216, fd=5, len=65_536, flags=0),
        call("recvfrom", 60, fd=5, len=512, flags=0x42, has_end=True),
        call("recvmsg", 60, fd=5, flags=0),
        call("sendmmsg", 2, fd=5, vlen=2, flags=0),
        call("writev", 300, fd=5, vlen=1),
        call("read", 0, fd=5, len=8_192),
        call("write", -errno.EPIPE, fd=5, len=1),
        call("sendfile", 4_096, fd=5, len=8_192),
        call("shutdown", fd=5, how=1),
        call("close", fd=5),
        call("recvfrom", None, fd=5, len=1, flags=0),
        call("recvfrom", -512, fd=5, len=1, flags=0),
        call("recvfrom", -4_000, fd=5, len=1, flags=0x1000_0000),
    ]
    assert told == [
        "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_TCP) = 5",
        "socket(AF_UNIX, SOCK_DGRAM, 0) = 5",
        "socket(99, 9, 7) = -EAFNOSUPPORT",
        "socketpair(AF_UNIX, SOCK_STREAM, 0) = 0",
        "bind(3, [2001:db8::1]:443) = 0",
        "bind(3, ?) = -EADDRINUSE",
        "listen(3, 128) = 0",
        "accept4(3, 209.51.188.116:80, SOCK_CLOEXEC) = 9",
        "accept(3) = -EAGAIN",
        "sendto(5, 108 bytes, MSG_NOSIGNAL) = 108",
        "sendto(5, 40 bytes, 209.51.188.116:80) = 40",
        "recvfrom(5, 65536) = 3216",
        "recvfrom(5, 512, MSG_PEEK|MSG_DONTWAIT, ?) = 60",
        "recvmsg(5) = 60",
        "sendmmsg(5, 2 messages) = 2",
        "writev(5, 1 part) = 300",
        "read(5, 8192) = 0",
        "write(5, 1 byte) = -EPIPE",
        "sendfile(5, 8192 bytes) = 4096",
        "shutdown(5, SHUT_WR) = 0",
        "close(5) = 0",
        "recvfrom(5, 1) = ?",
        "recvfrom(5, 1) = -ERESTARTSYS",
        "recvfrom(5, 1, 0x10000000) = -4000",
    ]


def test_only_what_went_wrong_is_a_failure() -> None:
    results = (0, 12, None, -errno.EAGAIN, -errno.EINPROGRESS, -512, -errno.ECONNREFUSED, -errno.EBADF)
    assert [is_failure(CALL._replace(result=result)) for result in results] == [False] * 6 + [True] * 2


def test_in_little_room_the_result_is_the_last_to_go() -> None:
    told = [call_line(CALL, lambda _: "12:00:01.042", width) for width in (80, 60, 34, 10)]
    assert told == [
        "12:00:01.042 curl[6056] connect(5, 209.51.188.116:80) = -EINPROGRESS <61 us>",
        "12:00:01.042 curl[6056] connect(5, …) = -EINPROGRESS <61 us>",
        "12:00:01.…) = -EINPROGRESS <61 us>",
        ") = -EINP…",
    ]


def test_names_of_unix_sockets_can_do_no_harm() -> None:
    for name, shown in ((b"/run/x.sock", "/run/x.sock"), (b"/a\x1b[2J, b", r'"/a\x1b[2J, b"'), (b"", "*")):
        end = CallEnd(Address(0, name, name.decode()) if name else NOWHERE, 0)
        assert call("connect", end=end, has_end=True, fd=3) == f"connect(3, {shown}) = 0"


def test_what_was_not_seen_is_a_question_mark() -> None:
    assert call_text(CALL._replace(arguments=None, end=None, duration=None, result=12)) == "connect(?) = 12"
    accepted = CALL._replace(name="accept4", arguments=None, duration=None, result=9)
    assert call_text(accepted) == "accept4(?, 209.51.188.116:80) = 9"


def test_what_another_machine_leaves_out_of_the_arguments_is_a_question_mark() -> None:
    told = [
        call("socket", 5), call("socket", 5, family=2), call("sendto", 1, fd=5), call("read", 1, fd=5),
        call("recvmmsg", 1), call("readv", 1, fd=5), call("listen"), call("shutdown", fd=5), call("accept4", 9, fd=3),
    ]  # fmt: skip
    assert told == [
        "socket(?, ?, ?) = 5", "socket(AF_INET, ?, ?) = 5", "sendto(5, ? bytes) = 1", "read(5, ?) = 1",
        "recvmmsg(? messages) = 1", "readv(5, ? parts) = 1", "listen(?) = 0", "shutdown(5, ?) = 0", "accept4(3) = 9",
    ]  # fmt: skip


def test_a_line_has_the_time_and_a_loss_is_told() -> None:
    lines = list(text_lines(TraceBatch((CALL,), 1_200, 3), 5.0, lambda seconds: f"{seconds:.0f}"))
    assert lines == [
        "1767268800 curl[6056] connect(5, 209.51.188.116:80) = -EINPROGRESS <61 us>",
        "5 1,200 records were lost: calls are missing here, and some are told without their arguments",
    ]
    assert lost_text(1).startswith("1 record was lost")
    assert unknown_text(1).startswith("1 read, write or close is left out")
    assert unknown_text(2_000).startswith("2,000 reads, writes and closes are left out")


def test_objects_are_those_of_the_schema() -> None:
    unix = CallEnd(Address(0, b"/x", "/x"), 0)
    bare = CALL._replace(process=None, arguments=None, result=None, duration=None, end=None)
    batch = TraceBatch((CALL, bare, CALL._replace(end=unix, local=WEB, peer=unix, inode=7, result=0)), 2, 1)
    objects = [json.loads(line) for line in call_objects(batch, 5.0, "web1")]
    assert [errors_of(each, "call") for each in objects[:3]] == [[], [], []]
    assert errors_of(objects[3], "trace_gap") == []
    first, second, third, gap = objects
    assert (first["fd"], first["result"], first["error"]) == (5, -115, "EINPROGRESS")
    assert first["end"] == {"address": "209.51.188.116", "port": 80}
    assert (second["fd"], second["arguments"], second["error"]) == (None, None, None)
    assert third["end"] == {"address": "/x", "port": None}
    assert (gap["lost"], gap["unknown"]) == (2, 1)


def test_the_descriptor_of_a_new_socket_is_what_it_returned() -> None:
    made = CALL._replace(name="socket", arguments={"family": 2, "type": 1, "protocol": 0})
    assert [made._replace(result=result).fd for result in (0, 5, -24, None)] == [0, 5, None, None]
