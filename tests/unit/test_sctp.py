from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.fields.format import endpoint
from netwatch_tui.kernel.proc_line import LineError
from netwatch_tui.kernel.proc_net import TABLES
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.socket import Family, Socket, State
from tests.support.build import NETNS

TABLE = {table.name: table for table in TABLES}


def endpoint_line(*addresses: str, state: int = 10, style: int = 2) -> bytes:
    """A line of eps by `sctp_eps_seq_show`: "%8pK %8pK %-3d %-3d %-4d %-5d %5u %5lu " and the addresses."""
    head = f"{'ffff8d0c':>8} {'ffff8d1c':>8} {style:<3d} {state:<3d} {20:<4d} {5000:<5d} {1000:5d} {30700:5d} "
    return (head + "".join(f"{address} " for address in addresses)).encode()


def association_line(
    state: int = 3, local: tuple[str, ...] = ("10.0.0.1",), peer: tuple[str, ...] = ("10.0.0.9",)
) -> bytes:
    """A line of assocs by `sctp_assocs_seq_show`; its lists of addresses stand around an arrow."""
    head = (
        f"{'ffff8d0c':>8} {'ffff8d1c':>8} {1:<3d} {1:<3d} {state:<2d} {0:<4d} {7:4d} {24:8d} {4096:8d}"
        f" {1000:7d} {30701:5d} {5000:<5d} {40000:5d}  "
    )
    here = "".join(f"{address} " for address in local)
    there = "".join(f"{address} " for address in peer)
    tail = f"\t{7500:8d} {10:5d} {10:5d} {10:4d} {0:4d} {0:4d} {0:8d} {1:8d} {0:8d} {212992:8d} {212992:8d}"
    return f"{head}{here}<-> {there}{tail}".encode()


def parse_endpoint(line: bytes) -> Socket:
    return TABLE["sctp/eps"].parse(line, NETNS)


def parse_association(line: bytes) -> Socket:
    return TABLE["sctp/assocs"].parse(line, NETNS)


def both_ends(socket: Socket) -> tuple[str, str]:
    return endpoint(socket.local, socket.local_port), endpoint(socket.peer, socket.peer_port)


def test_an_endpoint_is_read_with_what_its_line_says() -> None:
    socket = parse_endpoint(endpoint_line("10.0.0.1"))
    assert (socket.netid, socket.family, socket.state) == ("sctp", Family.INET, State.LISTEN)
    assert both_ends(socket) == ("10.0.0.1:5000", "0.0.0.0:*")
    assert (socket.inode, socket.uid, socket.netns, socket.owner_reason) == (30700, 1000, NETNS, OwnerReason.NOT_FOUND)
    assert (socket.recv_q, socket.send_q) == (None, None)


@pytest.mark.parametrize(
    ("number", "state"), [(7, State.UNCONN), (1, State.ESTAB), (8, State.CLOSING), (10, State.LISTEN)]
)
def test_every_state_of_an_endpoint_has_its_name(number: int, state: State) -> None:
    assert parse_endpoint(endpoint_line("10.0.0.1", state=number)).state is state


@pytest.mark.parametrize(
    ("addresses", "shown"),
    [
        (("10.0.0.1", "192.168.0.1"), "10.0.0.1:5000"),
        (("0000:0000:0000:0000:0000:0000:0000:0001",), "[::1]:5000"),
        (("2001:0db8:0000:0000:0000:0000:0000:0001", "10.0.0.1"), "[2001:db8::1]:5000"),
        (("0000:0000:0000:0000:0000:0000:0000:0000",), "[::]:5000"),
        ((), "0.0.0.0:5000"),
    ],
)
def test_the_first_address_stands_for_all(addresses: tuple[str, ...], shown: str) -> None:
    socket = parse_endpoint(endpoint_line(*addresses))
    assert endpoint(socket.local, socket.local_port) == shown
    assert socket.family is (Family.INET6 if shown.startswith("[") else Family.INET)
    assert socket.peer.version == socket.local.version


def test_an_association_is_read_with_what_its_line_says() -> None:
    socket = parse_association(association_line())
    assert (socket.netid, socket.family, socket.state) == ("sctp", Family.INET, State.ESTAB)
    assert both_ends(socket) == ("10.0.0.1:5000", "10.0.0.9:40000")
    assert (socket.inode, socket.uid, socket.recv_q, socket.send_q) == (30701, 1000, 4096, 24)


@pytest.mark.parametrize(
    ("number", "state"),
    [
        (0, State.UNCONN),
        (1, State.SYN_SENT),
        (2, State.SYN_SENT),
        (3, State.ESTAB),
        (4, State.FIN_WAIT_1),
        (5, State.FIN_WAIT_1),
        (6, State.CLOSE_WAIT),
        (7, State.LAST_ACK),
    ],
)
def test_every_state_of_an_association_has_the_name_that_tcp_has_for_it(number: int, state: State) -> None:
    assert parse_association(association_line(number)).state is state


def test_the_primary_address_stands_for_a_peer_with_several() -> None:
    line = association_line(local=("10.0.0.1", "10.1.0.1"), peer=("10.0.0.9", "*10.1.0.9", "10.2.0.9"))
    assert both_ends(parse_association(line)) == ("10.0.0.1:5000", "10.1.0.9:40000")


def test_an_association_may_be_ipv6() -> None:
    line = association_line(local=("2001:0db8:0000:0000:0000:0000:0000:0001",), peer=("*fe80:0:0:0:0:0:0:9",))
    socket = parse_association(line)
    assert both_ends(socket) == ("[2001:db8::1]:5000", "[fe80::9]:40000")
    assert socket.family is Family.INET6


def test_an_endpoint_and_its_association_are_two_sockets_of_one_inode() -> None:
    one = parse_endpoint(endpoint_line("10.0.0.1", state=1).replace(b"30700", b"30701"))
    other = parse_association(association_line())
    assert one.inode == other.inode
    assert one.ends != other.ends


DAMAGED_ENDPOINTS = {
    "empty": b"",
    "cut before the inode": endpoint_line("10.0.0.1")[:40],
    "unknown state": endpoint_line("10.0.0.1", state=6),
    "no address": endpoint_line("10.0.0.1.5"),
    "name": endpoint_line("localhost"),
    "bytes": endpoint_line("10.0.0.1").replace(b"10.0.0.1", b"\xff\xfe"),
    "port that is no number": endpoint_line("10.0.0.1").replace(b"5000", b"http"),
    "inode that is no number": endpoint_line("10.0.0.1").replace(b"30700", b"inode"),
}


@pytest.mark.parametrize("damaged", DAMAGED_ENDPOINTS.values(), ids=DAMAGED_ENDPOINTS)
def test_a_damaged_endpoint_is_an_error(damaged: bytes) -> None:
    with pytest.raises(LineError):
        parse_endpoint(damaged)


DAMAGED_ASSOCIATIONS = {
    "empty": b"",
    "an endpoint": endpoint_line("10.0.0.1"),
    "cut before the peer's port": association_line()[:70],
    "unknown state": association_line(8),
    "peer that is no address": association_line(peer=("*x",)),
    "queue that is no number": association_line().replace(b"4096", b"four"),
}


@pytest.mark.parametrize("damaged", DAMAGED_ASSOCIATIONS.values(), ids=DAMAGED_ASSOCIATIONS)
def test_a_damaged_association_is_an_error(damaged: bytes) -> None:
    with pytest.raises(LineError):
        parse_association(damaged)


@given(
    st.sampled_from([endpoint_line("10.0.0.1"), association_line()]),
    st.integers(0, 130),
    st.integers(0, 12),
    st.binary(max_size=8),
    st.sampled_from(["sctp/eps", "sctp/assocs"]),
)
def test_no_bytes_raise_anything_but_a_line_error(text: bytes, at: int, cut: int, put: bytes, table: str) -> None:
    try:
        socket = TABLE[table].parse(text[:at] + put + text[at + cut :], NETNS)
    except LineError:
        return
    assert socket.netid == "sctp"
    assert len(socket.local.packed) in {4, 16}
