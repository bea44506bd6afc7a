from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.fields.format import local_text, printable
from netwatch_tui.kernel.proc_line import LineError
from netwatch_tui.kernel.proc_net import TABLES
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.socket import NOWHERE, Family, Socket, State
from tests.support.build import NETNS, line, netlink, packet, unix

TABLE = {table.name: table for table in TABLES}


def parse(text: bytes, table: str = "unix") -> Socket:
    return TABLE[table].parse(text, NETNS)


# --- unix: "%pK: %08X %08X %08X %04X %02X %5lu", then a blank and the name ---

LISTENER = b"ffff8d0cc1e4b000: 00000002 00000000 00010000 0001 01 22337 /run/systemd/private"
STREAM = b"ffff8d0cc1e4b400: 00000003 00000000 00000000 0001 03 22338 /run/systemd/journal/stdout"
NAMELESS = b"ffff8d0cc1e4b800: 00000003 00000000 00000000 0001 03  2339"
DATAGRAM = b"ffff8d0cc1e4bc00: 0000000A 00000000 00000000 0002 01    15 /run/systemd/notify"
PACKETS = b"ffff8d0cc1e4c000: 00000002 00000000 00010000 0005 01 22340 /run/udev/control"


@pytest.mark.parametrize(
    ("text", "netid", "state", "name", "inode", "refs"),
    [
        (LISTENER, "u_str", State.LISTEN, "/run/systemd/private", 22337, 2),
        (STREAM, "u_str", State.ESTAB, "/run/systemd/journal/stdout", 22338, 3),
        (NAMELESS, "u_str", State.ESTAB, "*", 2339, 3),
        (DATAGRAM, "u_dgr", State.UNCONN, "/run/systemd/notify", 15, 10),
        (PACKETS, "u_seq", State.LISTEN, "/run/udev/control", 22340, 2),
    ],
)
def test_every_type_of_unix_socket_is_read(
    text: bytes, netid: str, state: State, name: str, inode: int, refs: int
) -> None:
    socket = parse(text)
    assert (socket.netid, socket.state, socket.local.text) == (netid, state, name)
    assert (socket.inode, socket.local_port, socket.refs) == (inode, inode, refs)
    assert (socket.family, socket.netns) == (Family.UNIX, NETNS)


def test_what_the_file_does_not_say_of_a_unix_socket_is_not_known() -> None:
    socket = parse(STREAM)
    assert (socket.recv_q, socket.send_q, socket.uid, socket.drops) == (None, None, None, None)
    assert (socket.peer, socket.peer_port) == (NOWHERE, 0)
    assert socket[:6] == (0, 0.0, False, None, (), OwnerReason.NOT_FOUND)


@pytest.mark.parametrize(
    ("number", "state"),
    [(b"01", State.UNCONN), (b"02", State.SYN_SENT), (b"03", State.ESTAB), (b"04", State.CLOSING)],
)
def test_every_state_of_a_unix_socket_has_its_name(number: bytes, state: State) -> None:
    assert parse(STREAM.replace(b" 03 ", b" %b " % number)).state is state


@pytest.mark.parametrize(
    "name",
    [
        b"/tmp/two words",
        b"/tmp/ leading and trailing ",
        b" ",
        b"/tmp/a: 00000002 00000000 00010000 0001 01 99999 /tmp/b",
        b"/tmp/x:y:z",
        b"@abstract",
        b"@",
        b"@/tmp/.X11-unix/X0",
        b"@zeroes@@inside@",
        b"/tmp/\xff\xfe",
        b"/tmp/\x1b[2J\r\t\x00",
        "/tmp/数据".encode(),
        b"*",
        b"/" + b"x" * 107,
    ],
)
def test_a_name_may_be_any_bytes_without_a_newline(name: bytes) -> None:
    socket = parse(LISTENER.replace(b"/run/systemd/private", name))
    assert (socket.local.packed, socket.inode, socket.state) == (name, 22337, State.LISTEN)
    assert socket.local.text.encode("utf-8", "surrogateescape") == name
    assert printable(local_text(socket)) == local_text(socket)


@given(st.binary(min_size=1, max_size=108).filter(lambda name: b"\n" not in name), st.integers(1, 2**64 - 1))
def test_any_name_is_kept_byte_by_byte(name: bytes, inode: int) -> None:
    socket = parse(b"ffff8d0cc1e4b000: 00000002 00000000 00010000 0001 01 %5d " % inode + name)
    assert (socket.local.packed, socket.inode) == (name, inode)
    assert socket.local.text.encode("utf-8", "surrogateescape") == name


def test_connections_that_nobody_accepted_are_told_apart_by_their_pointers() -> None:
    first = b"ffff8d0cc1e4d000: 00000003 00000000 00000000 0001 02     0 /run/x.sock"
    second = first.replace(b"d000", b"d400")
    one, other = parse(first), parse(second)
    assert (one.inode, one.state, one.local.text, other.local.text) == (0, State.SYN_SENT, "/run/x.sock", "/run/x.sock")
    assert one.ends != other.ends
    assert one.ends == parse(first.replace(b"00000003", b"00000004")).ends


@pytest.mark.parametrize("pointer", [b"ffff8d0cc1e4b000", b"0000000000000000", b"f7e638d7", b"(____ptrval____)"])
def test_the_pointer_may_be_hidden_or_of_another_width(pointer: bytes) -> None:
    assert parse(LISTENER.replace(b"ffff8d0cc1e4b000", pointer)).inode == 22337


DAMAGED_UNIX = {
    "empty": b"",
    "cut before the inode": LISTENER[:52],
    "cut in the flags": LISTENER[:34],
    "no pointer": LISTENER[16:],
    "unknown type": LISTENER.replace(b" 0001 01", b" 0003 01"),
    "unknown state": STREAM.replace(b" 03 ", b" 05 "),
    "flags that are no number": LISTENER.replace(b"00010000", b"0001000G"),
    "negative references": LISTENER.replace(b"00000002", b"-0000002"),
    "underscored inode": LISTENER.replace(b"22337", b"_2337"),
    "negative inode": LISTENER.replace(b"22337", b"-2337"),
    "inode that is no number": LISTENER.replace(b"22337", b"inode"),
    "half of a path that holds a newline": b"private",
}


@pytest.mark.parametrize("damaged", DAMAGED_UNIX.values(), ids=DAMAGED_UNIX)
def test_a_damaged_unix_line_is_an_error(damaged: bytes) -> None:
    with pytest.raises(LineError):
        parse(damaged)


# --- packet: "%pK %-6d %-4d %04x   %-5d %1d %-6u %-6u %-6lu" ---

ARP = b"ffff8d0cc2a51000 3      3    0003   0     1 0      0      30501 "
DHCP = b"ffff8d0cc2a51800 3      2    0800   2     1 4352   100    30502 "


def test_a_packet_socket_has_the_protocol_and_the_device_that_it_listens_to() -> None:
    every, dhcp = parse(ARP, "packet"), parse(DHCP, "packet")
    assert (every.netid, every.local.text, every.local_port, every.inode) == ("p_raw", "*", 0, 30501)
    assert (dhcp.netid, dhcp.local.text, dhcp.local_port, dhcp.inode) == ("p_dgr", "ip", 2, 30502)
    assert (dhcp.recv_q, dhcp.uid, dhcp.refs, dhcp.drops) == (4352, 100, 3, None)
    assert (dhcp.state, dhcp.family, dhcp.peer) == (State.UNCONN, Family.PACKET, NOWHERE)


@pytest.mark.parametrize(
    ("number", "name"), [(b"0003", "*"), (b"0800", "ip"), (b"0806", "arp"), (b"86dd", "ipv6"), (b"fffe", "[65534]")]
)
def test_the_protocol_of_a_packet_socket_is_named_or_numbered(number: bytes, name: str) -> None:
    assert parse(ARP.replace(b"0003", number), "packet").local.text == name


@pytest.mark.parametrize(("number", "netid"), [(b"3", "p_raw"), (b"2", "p_dgr"), (b"10", "p_dgr"), (b"77", "p_dgr")])
def test_a_packet_socket_of_any_type_has_the_netid_that_ss_gives_it(number: bytes, netid: str) -> None:
    assert parse(ARP.replace(b" 3    0003", b" %-4b 0003" % number), "packet").netid == netid


@pytest.mark.parametrize("device", [b"-1", b"-2147483648", b"4294967295", b"99999999999999999999"])
def test_a_packet_socket_whose_device_is_gone_is_not_one_of_all_devices(device: bytes) -> None:
    socket = parse(DHCP.replace(b"   2     1", b"   %-5b 1" % device), "packet")
    assert (socket.local_port, local_text(socket)) == (0xFFFF_FFFF, "ip:-")
    assert local_text(parse(ARP, "packet")) == "*:*"


DAMAGED_PACKET = {
    "empty": b"",
    "a field missing": ARP[:50],
    "a field too many": ARP + b"1",
    "protocol that is no number": ARP.replace(b"0003", b"000G"),
    "device that is no number": ARP.replace(b"   0     1", b"   eth0  1"),
    "inode that is no number": ARP.replace(b"30501", b"inode"),
}


@pytest.mark.parametrize("damaged", DAMAGED_PACKET.values(), ids=DAMAGED_PACKET)
def test_a_damaged_packet_line_is_an_error(damaged: bytes) -> None:
    with pytest.raises(LineError):
        parse(damaged, "packet")


# --- netlink: "%pK %-3d %-10u %08x %-8d %-8d %-5d %-8d %-8u %-8lu" ---

KERNEL = b"00000000599299ee 0   0          00000000 0        0        0     2        0        4       "
USER = b"00000000d93dca42 15  4294963105 00000111 212992   8        0     5        37       1840445 "


def test_a_netlink_socket_has_its_protocol_and_port_id() -> None:
    socket = parse(USER, "netlink")
    assert (socket.netid, socket.family, socket.state) == ("nl", Family.NETLINK, State.UNCONN)
    assert (socket.local.text, socket.local_port, socket.inode) == ("15", 4294963105, 1840445)
    assert (socket.recv_q, socket.send_q, socket.refs, socket.drops) == (212992, 8, 5, 37)
    assert socket.uid is None


def test_the_kernels_own_end_has_port_0() -> None:
    socket = parse(KERNEL, "netlink")
    assert (socket.local_port, socket.inode, socket.owner_reason) == (0, 4, OwnerReason.NOT_FOUND)


DAMAGED_NETLINK = {
    "empty": b"",
    "a field missing": KERNEL[:80],
    "a field too many": KERNEL + b"1",
    "protocol that is no number": KERNEL.replace(b" 0   0 ", b" x   0 "),
    "drops that are no number": USER.replace(b" 37 ", b" many "),
}


@pytest.mark.parametrize("damaged", DAMAGED_NETLINK.values(), ids=DAMAGED_NETLINK)
def test_a_damaged_netlink_line_is_an_error(damaged: bytes) -> None:
    with pytest.raises(LineError):
        parse(damaged, "netlink")


# --- all of them ---

BUILT = [
    unix("/run/x.sock", state=State.LISTEN, inode=5, refs=2),
    unix(refs=2),
    unix("@name", "u_dgr", state=State.UNCONN, refs=2),
    unix("/run/x.sock", "u_seq", inode=0, state=State.SYN_SENT, refs=2),
    packet("arp", 3, "p_dgr", recv_q=7, uid=5),
    netlink(16, 77, drops=3, send_q=9),
]


@pytest.mark.parametrize("socket", BUILT, ids=lambda socket: local_text(socket))
def test_a_formatted_line_parses_back(socket: Socket) -> None:
    assert parse(line(socket), socket.family) == socket


@given(
    st.sampled_from([LISTENER, NAMELESS, PACKETS, ARP, KERNEL]),
    st.integers(0, 60),
    st.integers(0, 12),
    st.binary(max_size=8),
)
def test_no_bytes_raise_anything_but_a_line_error(text: bytes, at: int, cut: int, put: bytes) -> None:
    try:
        socket = parse(text[:at] + put + text[at + cut :])
    except LineError:
        return
    assert socket.family is Family.UNIX
    assert socket.inode >= 0
