"""Records as the kernel writes them, from its own descriptions to rows."""

from __future__ import annotations

import errno
import struct
from pathlib import Path

import pytest

from netwatch_tui.kernel.capture.event_format import FormatError, event_format
from netwatch_tui.kernel.capture.perf_records import read_records
from netwatch_tui.kernel.capture.perf_trace import LARGEST_RING, MOST_MEMORY, SMALLEST_RING, online, ring_size
from netwatch_tui.kernel.capture.trace_pages import PageLayout, page_layout, page_records
from netwatch_tui.kernel.capture.tracefs import Tracefs
from netwatch_tui.kernel.capture.tracepoints import (
    EXITED,
    FORKED,
    INTERRUPT,
    NAMED,
    STATE,
    Row,
    Tracepoint,
    known_tracepoints,
)

FORMAT = """\
name: tcp_destroy_sock
ID: 2278
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:const void * skaddr;\toffset:8;\tsize:8;\tsigned:0;
\tfield:__u16 sport;\toffset:16;\tsize:2;\tsigned:0;
\tfield:__u8 saddr_v6[16];\toffset:30;\tsize:16;\tsigned:0;
\tfield:__u64 sock_cookie;\toffset:64;\tsize:8;\tsigned:0;

print fmt: "field:int forged;\toffset:0;\tsize:4;\tsigned:1;"
"""


def test_fields_are_read_from_where_the_kernel_says_they_are() -> None:
    found = event_format("x", FORMAT, {"skaddr": "Q", "saddr_v6": "16s", "sock_cookie": "Q"})
    record = bytearray(80)
    struct.pack_into("=Q", record, 8, 0xFFFF_8880_0000_1234)
    record[30:46] = bytes(range(16))
    struct.pack_into("=Q", record, 64, 99)
    assert found.id == 2278
    assert found.record.unpack_from(record) == (0xFFFF_8880_0000_1234, bytes(range(16)), 99)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"dport": "H"}, "dport"),  # missing
        ({"sport": "I"}, "sport"),  # of another size
        ({"sock_cookie": "Q", "skaddr": "Q"}, "skaddr"),  # in another order
        ({"forged": "i"}, "forged"),  # not in the list of fields
    ],
)
def test_a_layout_that_is_not_known_is_refused_in_words(wanted: dict[str, str], field: str) -> None:
    with pytest.raises(FormatError, match=rf"^the layout of tcp/x\.{field} is unknown$"):
        event_format("tcp/x", FORMAT, wanted)
    with pytest.raises(FormatError, match="without an id"):
        event_format("tcp/x", FORMAT.replace("ID:", "Id:"), {})


class FakeTracefs(Tracefs):
    """A kernel with some tracepoints."""

    def __init__(self, **formats: str) -> None:
        self.formats = formats

    def event_format(self, event: str) -> str:
        if event not in self.formats:
            raise FileNotFoundError(errno.ENOENT, "not here", event)
        return self.formats[event]


def test_what_is_not_needed_may_be_missing_or_of_another_kind() -> None:
    tracefs = FakeTracefs(good=FORMAT, other=FORMAT)
    good = Tracepoint("good", STATE, "", {"skaddr": "Q"})
    odd, gone = Tracepoint("other", 1, "", {"x": "Q"}, is_needed=False), Tracepoint("gone", 1, "", {}, is_needed=False)
    assert [known.point for known in known_tracepoints(tracefs, (odd, good, gone))] == [good]
    with pytest.raises(FormatError):
        known_tracepoints(tracefs, (odd._replace(is_needed=True),))
    with pytest.raises(FileNotFoundError):
        known_tracepoints(tracefs, (gone._replace(is_needed=True),))


def record(kind: int, body: bytes) -> bytes:
    """A record of a perf ring."""
    return struct.pack("=IHH", kind, 0, 8 + len(body)) + body


def sample(pid: int, time: int, type: int, flags: int, value: int) -> bytes:
    """A sample of a tracepoint with one field."""
    raw = struct.pack("=HBxiQ", type, flags, pid, value) + bytes(4)
    return record(9, struct.pack("=iIQI", pid, pid, time, len(raw)) + raw)


TRAILER = struct.pack("=IIQ", 1, 1, 77)


def test_a_ring_holds_samples_and_news_about_tasks_and_losses() -> None:
    data = b"".join((
        sample(5, 10, 300, 0, 111),
        sample(6, 11, 300, INTERRUPT, 222),
        record(7, struct.pack("=iiIIQ", 8, 5, 8, 5, 12) + TRAILER),  # fork of a process
        record(7, struct.pack("=iiIIQ", 8, 8, 9, 8, 13) + TRAILER),  # of a thread
        record(3, struct.pack("=iI", 8, 8) + b"name\0\0\0\0" + TRAILER),
        record(3, struct.pack("=iI", 8, 9) + b"thread\0\0" + TRAILER),
        record(4, struct.pack("=iiIIQ", 8, 5, 9, 5, 14) + TRAILER),  # end of the thread
        record(4, struct.pack("=iiIIQ", 8, 5, 8, 5, 15) + TRAILER),
        record(2, struct.pack("=QQ", 1, 40) + TRAILER),
        record(2, struct.pack("=QQ", 1, 2) + TRAILER),
        record(5, bytes(24) + TRAILER),
    ))  # fmt: skip
    rows: list[Row] = []
    assert read_records(data, {300: (struct.Struct("=8xQ").unpack_from, STATE)}, rows) == (42, True)
    assert rows == [
        (10, 5, STATE, (111,)),
        (11, 0, STATE, (222,)),
        (12, 8, FORKED, 5),
        (77, 8, NAMED, b"name"),
        (15, 8, EXITED, None),
    ]


HEADER_PAGE = """\
\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;
\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;
\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;
\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;
"""


def test_pages_are_as_large_as_the_kernel_says() -> None:
    assert page_layout(HEADER_PAGE) == PageLayout(4096, 16)
    with pytest.raises(FormatError, match="trace pages"):
        page_layout(HEADER_PAGE.replace("offset:8;\tsize:8", "offset:8;\tsize:4"))


def test_a_page_is_read_record_by_record() -> None:
    def head(type: int, delta: int) -> bytes:
        return struct.pack("=I", type | delta << 5)

    records = (
        head(2, 5) + b"8 bytes!"
        + head(30, 7) + struct.pack("=I", 1)  # time extended by 7 and 2**27
        + head(0, 1) + struct.pack("=I", 8) + b"long"
        + head(29, 1) + struct.pack("=I", 8) + b"skip"
        + head(31, 9) + struct.pack("=I", 2)  # absolute
        + head(1, 0) + b"four"
        + head(29, 0) + bytes(100)  # the rest is empty
    )  # fmt: skip
    page = struct.pack("=QQ", 1_000, len(records) | 1 << 31) + records + bytes(64)
    found = [(time, page[at : at + 4]) for time, at in page_records(page, 16)]
    assert found == [(1_005, b"8 by"), (1_013 + (1 << 27), b"long"), (9 + (2 << 27), b"four")]


def test_rings_take_as_much_memory_as_they_may() -> None:
    assert ring_size(2) == LARGEST_RING
    assert ring_size(64) == MOST_MEMORY // 64
    assert ring_size(48) == 1 << 20
    assert ring_size(4_096) == SMALLEST_RING


@pytest.mark.parametrize(("text", "cpus"), [("0-1\n", [0, 1]), ("0\n", [0]), ("0,2-4,8\n", [0, 2, 3, 4, 8])])
def test_the_processors_that_run_are_those_of_the_list(tmp_path: Path, text: str, cpus: list[int]) -> None:
    path = tmp_path / "online"
    path.write_text(text)
    assert online(str(path)) == cpus
