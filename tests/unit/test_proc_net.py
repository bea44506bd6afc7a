from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.fields.format import endpoint
from netwatch_tui.kernel import proc_net as procnet
from netwatch_tui.kernel.proc_line import LineError
from netwatch_tui.kernel.proc_net import TABLES, Table
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.socket import Family, Socket, State, Timer
from tests.support.build import NETNS, TCP_HEADING, datagram, file_of, line, tcp, udp
from tests.support.fake import table_name
from tests.support.strategies import parsed_sockets

TABLE = {table.name: table for table in TABLES}
INET = [table for table in TABLES if table.has_slots]

SAMPLE = b"""\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4847458 1 e6060560 300 0 0 2 -1
   1: 00000000:04D2 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4847477 1 f2e64da0 300 0 0 2 -1
   2: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7109 1 f2e65ac0 300 0 0 2 -1
   3: 0100007F:177A 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4864457 1 d2726540 300 0 0 2 -1
   4: 00000000:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4847462 1 e60609c0 300 0 0 2 -1
   5: 6B00A8C0:0016 30F4B5CA:C3AB 01 00000044:00000000 01:00000031 00000000     0        0 4982752 3 f2e64940 55 4 0 2 -1
   6: 0100007F:B143 0100007F:BC5E 01 00000000:00000000 00:00000000 00000000  1000        0 2130283 1 d59cce40 21 4 1 2 -1
   7: 0100007F:BC5E 0100007F:B143 01 00000000:00000000 00:00000000 00000000  1000        0 2130285 1 d59cd2a0 21 4 0 2 -1
   8: 6B00A8C0:0016 3276C35B:8E11 01 00000000:00000000 02:000ADAB1 00000000     0        0 4982629 2 d2727260 40 4 8 2 2
   9: 6B00A8C0:0016 6500A8C0:DD5D 01 00000538:00000000 01:00000029 00000000     0        0 4864416 5 e6061b40 42 12 27 3 -1
"""  # noqa: E501

READ = """\
LISTEN 0 - 0.0.0.0:80 0.0.0.0:* 4847458 0
LISTEN 0 - 0.0.0.0:1234 0.0.0.0:* 4847477 0
LISTEN 0 - 0.0.0.0:22 0.0.0.0:* 7109 0
LISTEN 0 - 127.0.0.1:6010 0.0.0.0:* 4864457 1000
LISTEN 0 - 0.0.0.0:443 0.0.0.0:* 4847462 0
ESTAB 0 68 192.168.0.107:22 202.181.244.48:50091 4982752 0
ESTAB 0 0 127.0.0.1:45379 127.0.0.1:48222 2130283 1000
ESTAB 0 0 127.0.0.1:48222 127.0.0.1:45379 2130285 1000
ESTAB 0 0 192.168.0.107:22 91.195.118.50:36369 4982629 0
ESTAB 0 1336 192.168.0.107:22 192.168.0.101:56669 4864416 0
"""

TIME_WAIT = b"0100007F:1F90 0100007F:D5E6 06 00000000:00000000 03:00001763 00000000     0        0 0 3 0000000000000000"
SYN_RECV = b"0100007F:1F90 0100007F:D5E8 %b 00000000:00000000 01:00000063 00000000  1000        0 0 1 0000000000000000"
ESTABLISHED = line(tcp("127.0.0.1:80", "127.0.0.1:50000"))


def read_lines(path: Path, check: Callable[[], None]) -> list[bytes]:
    """All parts of a table."""
    return [text for part in procnet.read_lines(os.open(path, os.O_RDONLY), check) for text in part]


def go_on() -> None:
    pass


def parse(text: bytes, table: str = "tcp") -> Socket:
    return TABLE[table].parse(text, NETNS)


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "tcp"
    path.write_bytes(content)
    return path


def told(socket: Socket) -> str:
    send_q = "-" if socket.send_q is None else socket.send_q
    here, there = endpoint(socket.local, socket.local_port), endpoint(socket.peer, socket.peer_port)
    return f"{socket.state} {socket.recv_q} {send_q} {here} {there} {socket.inode} {socket.uid}"


def test_every_line_of_the_sample_is_read(tmp_path: Path) -> None:
    lines = read_lines(written(tmp_path, SAMPLE), go_on)
    sockets = [parse(line) for line in lines]
    assert "".join(f"{told(socket)}\n" for socket in sockets) == READ
    assert {(socket.netid, socket.family) for socket in sockets} == {("tcp", Family.INET)}


def test_a_fresh_line_says_nothing_about_row_owner_or_age() -> None:
    socket = parse(ESTABLISHED)
    assert socket[:6] == (0, 0.0, False, None, (), OwnerReason.NOT_FOUND)
    assert socket.netns == NETNS


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (b"00000000000000000000000000000000:0016", "[::]:22"),
        (b"00000000000000000000000001000000:01BB", "[::1]:443"),
        (b"B80D012000000000000000000100000A:FFFF", "[2001:db8::a00:1]:65535"),
        (b"000080FE00000000FF1CCA42FE0E0F5A:0001", "[fe80::42ca:1cff:5a0f:efe]:1"),
        (b"0000000000000000FFFF00006B00A8C0:0016", "[::ffff:192.168.0.107]:22"),
    ],
)
def test_ipv6_addresses_are_four_words_of_the_host(words: bytes, text: str) -> None:
    rest = b"01 00000000:00000000 00:00000000 00000000     0        0 77 1 0000000000000000 21 4 30 10 -1"
    socket = parse(b" ".join([words, words, rest]), "tcp6")
    assert (endpoint(socket.local, socket.local_port), endpoint(socket.peer, socket.peer_port)) == (text, text)
    assert (socket.family, socket.local.version) == (Family.INET6, 6)


def test_a_mapped_address_is_not_the_ipv4_address() -> None:
    mapped = parse(line(tcp("[::ffff:127.0.0.1]:80")), "tcp6")
    plain = parse(line(tcp("127.0.0.1:80")))
    assert mapped.local != plain.local
    assert mapped.local.text == "::ffff:127.0.0.1"


def test_a_time_wait_line_has_no_inode_and_no_user() -> None:
    socket = parse(TIME_WAIT)
    assert (socket.state, socket.inode, socket.uid) == (State.TIME_WAIT, 0, None)


def test_a_closed_socket_that_the_kernel_keeps_in_fin_wait_2_has_no_user_either() -> None:
    socket = parse(TIME_WAIT.replace(b" 06 ", b" 05 "))
    assert (socket.state, socket.inode, socket.uid) == (State.FIN_WAIT_2, 0, None)


@pytest.mark.parametrize("number", [b"03", b"0C"])
def test_a_syn_recv_line_has_no_inode_but_a_user(number: bytes) -> None:
    socket = parse(SYN_RECV % number)
    assert (socket.state, socket.inode, socket.uid) == (State.SYN_RECV, 0, 1000)


@pytest.mark.parametrize("state", State)
def test_every_state_number_has_its_name(state: State) -> None:
    assert parse(line(tcp("127.0.0.1:1", "127.0.0.1:2", state=state))).state is state


def test_a_line_may_end_at_the_inode() -> None:
    assert parse(b" ".join(ESTABLISHED.split()[:9])).inode == 1000


@pytest.mark.parametrize(
    ("field", "timer"),
    [
        (b"00:00000000", None),
        (b"01:00000031", Timer("on", 0.49)),
        (b"02:000ADAB1", Timer("keepalive", 7113.45)),
        (b"03:00001763", Timer("timewait", 59.87)),
        (b"04:00000064", Timer("persist", 1.0)),
        (b"01:00000000", Timer("on", 0.0)),
        (b"02:7FFFFFFF", Timer("keepalive", 21474836.47)),
    ],
)
def test_a_timer_has_the_name_that_ss_gives_it_and_seconds_left(field: bytes, timer: Timer | None) -> None:
    assert parse(ESTABLISHED.replace(b" 00:00000000", b" " + field)).timer == timer


def test_retransmits_are_hexadecimal_and_references_decimal() -> None:
    text = ESTABLISHED.replace(b" 00000000     0", b" 00000010     0").replace(b" 1000 1 ", b" 1000 12 ")
    socket = parse(text)
    assert (socket.retransmits, socket.refs) == (16, 12)


def test_what_a_line_does_not_say_is_not_known() -> None:
    socket = parse(b" ".join(ESTABLISHED.split()[:9]))
    assert (socket.refs, socket.drops, socket.interface) == (None, None, None)


UDP = b"00000000:0044 00000000:0000 07 00000000:00000480 00:00000000 00000000   100        0 2048 2 ffff9aa3c0e61b40 37"


def test_datagrams_that_were_thrown_away_are_counted() -> None:
    socket = parse(UDP, "udp")
    assert (socket.recv_q, socket.inode, socket.uid, socket.refs, socket.drops) == (0x480, 2048, 100, 2, 37)


def test_tcp_counts_no_dropped_datagrams() -> None:
    assert parse(ESTABLISHED).drops is None


@pytest.mark.parametrize(
    ("table", "netid", "family"),
    [
        ("udp", "udp", Family.INET),
        ("udp6", "udp", Family.INET6),
        ("udplite", "udpl", Family.INET),
        ("udplite6", "udpl", Family.INET6),
        ("raw", "raw", Family.INET),
        ("raw6", "raw", Family.INET6),
        ("icmp", "icmp", Family.INET),
        ("icmp6", "icmp", Family.INET6),
    ],
)
def test_every_protocol_without_connections_is_read_alike(table: str, netid: str, family: Family) -> None:
    host = "10.0.0.1" if family is Family.INET else "[::1]"
    expected = datagram(netid, f"{host}:58", f"{host}:7", drops=5, refs=3)
    assert expected.family is family
    assert parse(line(expected), table) == expected
    assert table_name(expected) == table


def test_a_raw_socket_has_its_protocol_where_others_have_a_port() -> None:
    text = b"00000000:003A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 77 2 ffff 0"
    socket = parse(text, "raw")
    assert (socket.netid, socket.state, socket.local_port, socket.peer_port) == ("raw", State.UNCONN, 0x3A, 0)


def test_the_names_of_the_tables_are_those_of_the_kernel() -> None:
    assert [table.name for table in TABLES if table.has_file and not table.name.startswith("sctp/")] == [
        *["tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6", "icmp", "icmp6"],
        *["unix", "packet", "netlink"],
    ]


def test_udp_without_a_peer_is_unconnected() -> None:
    socket = parse(line(udp("0.0.0.0:68")), "udp")
    assert (socket.netid, socket.state, socket.send_q, socket.peer_port) == ("udp", State.UNCONN, 0, 0)


def test_tx_is_send_q_and_rx_is_recv_q() -> None:
    text = ESTABLISHED.replace(b"00000000:00000000", b"0000000A:0000000B", 1)
    socket = parse(text)
    assert (socket.send_q, socket.recv_q) == (10, 11)


def test_the_backlog_of_a_listener_is_recv_q_and_its_limit_is_not_known() -> None:
    text = line(tcp("0.0.0.0:80")).replace(b"00000000:00000000", b"00000000:00000005")
    socket = parse(text)
    assert (socket.recv_q, socket.send_q) == (5, None)


@pytest.mark.parametrize("first", [0, 9_998, 99_998, 9_999_998, 2**31])
def test_slot_numbers_of_any_width_are_cut_off(tmp_path: Path, first: int) -> None:
    path = written(tmp_path, file_of([ESTABLISHED] * 4, first_slot=first))
    assert [line.rstrip() for line in read_lines(path, go_on)] == [ESTABLISHED] * 4


def test_the_same_socket_is_the_same_line_in_another_slot(tmp_path: Path) -> None:
    before = read_lines(written(tmp_path, file_of([ESTABLISHED], first_slot=0)), go_on)
    after = read_lines(written(tmp_path, file_of([ESTABLISHED], first_slot=12_345)), go_on)
    assert parse(before[0]) == parse(after[0])
    unpadded = f"   0: {ESTABLISHED.decode()}\n12345: {ESTABLISHED.decode()}\n".encode()
    assert len(set(read_lines(written(tmp_path, TCP_HEADING + b"\n" + unpadded), go_on))) == 1


def test_a_file_of_many_slices_loses_and_cuts_no_line(tmp_path: Path) -> None:
    sockets = [tcp(f"127.0.0.1:{port}", "10.0.0.1:443", inode=port) for port in range(1, 5_001)]
    path = written(tmp_path, file_of([line(socket) for socket in sockets]))
    checks: list[None] = []
    lines = read_lines(path, lambda: checks.append(None))
    assert path.stat().st_size > 5 * 128 * 1024
    assert len(checks) > 5
    assert [parse(text) for text in lines] == sockets


def test_a_check_that_raises_ends_the_reading(tmp_path: Path) -> None:
    path = written(tmp_path, file_of([ESTABLISHED] * 3_000))
    checks: list[None] = []

    def check() -> None:
        checks.append(None)
        if len(checks) == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        read_lines(path, check)
    assert len(checks) == 2


@pytest.mark.parametrize("content", [b"", TCP_HEADING + b"\n"])
def test_a_table_without_sockets_has_no_lines(tmp_path: Path, content: bytes) -> None:
    assert read_lines(written(tmp_path, content), go_on) == []


def test_a_missing_file_is_told_from_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_lines(tmp_path / "tcp6", go_on)


def test_a_line_without_a_slot_number_is_kept_for_the_parser_to_complain(tmp_path: Path) -> None:
    assert read_lines(written(tmp_path, TCP_HEADING + b"\nrubbish\n"), go_on) == [b"rubbish"]


DAMAGED = {
    "empty": b"",
    "cut before the inode": b" ".join(ESTABLISHED.split()[:8]),
    "cut in the address": b"0100007F",
    "unknown state": ESTABLISHED.replace(b" 01 ", b" 0D "),
    "state of one digit": ESTABLISHED.replace(b" 01 ", b" 1 "),
    "short address": ESTABLISHED[1:],
    "long address": b"0" + ESTABLISHED,
    "signed address": b"+" + ESTABLISHED[1:],
    "spaced address": b"0x" + ESTABLISHED[2:],
    "short port": ESTABLISHED.replace(b":0050", b":050"),
    "long port": ESTABLISHED.replace(b":0050", b":00050"),
    "port without colon": ESTABLISHED.replace(b":0050", b"00050"),
    "port that is no number": ESTABLISHED.replace(b":0050", b":00G0"),
    "queue that is no number": ESTABLISHED.replace(b"00000000:00000000", b"0000000G:00000000", 1),
    "no queues": ESTABLISHED.replace(b"00000000:00000000", b"-", 1),
    "inode that is no number": ESTABLISHED.replace(b" 1000 ", b" none "),
    "user that is no number": ESTABLISHED.replace(b"     0        0 1000 ", b"     root     0 1000 "),
    "ipv6 address": line(tcp("[::1]:80")),
    "ipv6 address of 31 digits": line(tcp("[::1]:80"))[1:],
    "ends of two families": line(tcp("127.0.0.1:80")).replace(b"00000000:0000", b"0" * 32 + b":0000", 1),
    "queue of 7 digits": ESTABLISHED.replace(b"00000000:00000000", b"0000000:00000000", 1),
    "queues of 9 digits": ESTABLISHED.replace(b"00000000:00000000", b"000000000:000000000", 1),
    "queues without colon": ESTABLISHED.replace(b"00000000:00000000", b"00000000000000000", 1),
    "negative queue": ESTABLISHED.replace(b"00000000:00000000", b"-0000001:00000000", 1),
    "underscored queue": ESTABLISHED.replace(b"00000000:00000000", b"00000000:0000_001", 1),
    "negative inode": ESTABLISHED.replace(b" 1000 ", b" -1000 "),
    "underscored inode": ESTABLISHED.replace(b" 1000 ", b" 1_000 "),
    "negative user": ESTABLISHED.replace(b"     0        0 1000 ", b"    -1        0 1000 "),
    "underscored user": ESTABLISHED.replace(b"     0        0 1000 ", b"   1_0        0 1000 "),
    "timer without time": ESTABLISHED.replace(b" 00:00000000", b" 01"),
    "timer that is no number": ESTABLISHED.replace(b" 00:00000000", b" 01:soon"),
    "retransmits that are no number": ESTABLISHED.replace(b" 00000000     0", b" 0000000G     0"),
    "references that are no number": ESTABLISHED.replace(b" 1000 1 ", b" 1000 one "),
    "0x queue": ESTABLISHED.replace(b"00000000:00000000", b"0x000001:00000000", 1),
    "negative timer": ESTABLISHED.replace(b" 00:00000000", b" 01:-0000001"),
    "underscored timer": ESTABLISHED.replace(b" 00:00000000", b" 01:0000_001"),
    "timer without colon": ESTABLISHED.replace(b" 00:00000000", b" 01.00000001"),
    "junk in idle timer": ESTABLISHED.replace(b" 00:00000000", b" 00:soon"),
    "negative retransmits": ESTABLISHED.replace(b" 00000000     0", b" -0000001     0"),
    "underscored retransmits": ESTABLISHED.replace(b" 00000000     0", b" 0000_001     0"),
    "bytes": b"\xff\xfe\x00\x1b[31m",
}


@pytest.mark.parametrize("damaged", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_line_is_an_error(damaged: bytes) -> None:
    with pytest.raises(LineError):
        parse(damaged)


@pytest.mark.parametrize(
    "text",
    [UDP.replace(b" 37", b" many"), UDP.rpartition(b" ")[0]],
)
def test_damaged_drops_are_an_error(text: bytes) -> None:
    with pytest.raises(LineError):
        parse(text, "udp")


def test_an_ipv4_line_is_none_of_the_ipv6_table() -> None:
    with pytest.raises(LineError):
        parse(ESTABLISHED, "tcp6")


def test_the_error_shows_the_line_as_text_that_can_be_written() -> None:
    with pytest.raises(LineError) as caught:
        parse(b"caf\xc3\xa9 caf\xe9")
    assert str(caught.value) == r"café caf\xe9"


@st.composite
def damaged_lines(draw: st.DrawFn) -> bytes:
    """A line with a few bytes replaced, taken out or put in."""
    text = line(draw(parsed_sockets()))
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(start + 12, len(text))))
    return text[:start] + draw(st.binary(max_size=12)) + text[end:]


@given(text=st.one_of(st.binary(), damaged_lines()), table=st.sampled_from(TABLES))
def test_no_bytes_raise_anything_but_a_line_error(text: bytes, table: Table) -> None:
    try:
        socket = table.parse(text, NETNS)
    except LineError:
        return
    assert table.netid in {socket.netid, ""}
    if table in INET:
        assert 0 <= socket.local_port <= 0xFFFF
        assert len(socket.local.packed) == (4 if table.family is Family.INET else 16)


@given(parsed_sockets())
def test_a_formatted_line_parses_back(socket: Socket) -> None:
    assert parse(line(socket), table_name(socket)) == socket


@given(st.lists(parsed_sockets().map(line), max_size=5), st.integers(0, 10**7))
def test_a_written_file_reads_back(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], first: int) -> None:
    path = tmp_path_factory.mktemp("proc") / "tcp"
    path.write_bytes(file_of(lines, first))
    assert [text.rstrip() for text in read_lines(path, go_on)] == lines


@pytest.mark.parametrize("endless", ["/dev/zero", "table"])
def test_what_never_ends_is_given_up(tmp_path: Path, endless: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(procnet, "TABLE", 1_000_000)
    path = Path(endless) if "/" in endless else written(tmp_path, file_of([ESTABLISHED] * 10_000))
    with pytest.raises(OSError, check=lambda error: error.errno == errno.EFBIG):
        read_lines(path, go_on)
