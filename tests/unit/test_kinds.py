from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.kernel.proc_net import TABLES
from netwatch_tui.sockets.kinds import ALL_NETIDS, KIND_OF, KINDS, OTHER_KINDS, netids


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("tcp", "tcp"),
        ("udp", "udp"),
        ("tcp,udp", "tcp udp"),
        ("tcp,tcp", "tcp"),
        ("unix", "u_str u_dgr u_seq"),
        ("unix_stream", "u_str"),
        ("unix_dgram", "u_dgr"),
        ("unix_seqpacket", "u_seq"),
        ("u_str,u_seq", "u_str u_seq"),
        ("raw", "raw"),
        ("udplite", "udpl"),
        ("icmp", "icmp"),
        ("sctp", "sctp"),
        ("packet", "p_raw p_dgr"),
        ("packet_raw", "p_raw"),
        ("packet_dgram", "p_dgr"),
        ("netlink", "nl"),
        ("nl", "nl"),
        ("inet", "tcp udp raw udpl icmp sctp"),
        ("inet,unix_dgram", "tcp udp raw udpl icmp sctp u_dgr"),
        ("all", "tcp udp raw udpl icmp sctp u_str u_dgr u_seq p_raw p_dgr nl mptcp bound"),
    ],
)
def test_names_of_ss_mean_these_netids(names: str, expected: str) -> None:
    assert netids(names) == frozenset(expected.split())


@pytest.mark.parametrize(
    ("names", "wrong"),
    [("", ""), ("tcp,", ""), (",tcp", ""), ("TCP", "TCP"), ("tcp, udp", " udp"), ("tcp,dccp,nope", "dccp")],
)
def test_the_first_name_that_is_none_is_told(names: str, wrong: str) -> None:
    with pytest.raises(ValueError) as caught:
        netids(names)
    assert str(caught.value) == wrong


@given(st.text())
def test_any_other_text_is_an_error_with_one_of_its_names(names: str) -> None:
    try:
        found = netids(names)
    except ValueError as error:
        assert str(error) in names.split(",")
    else:
        assert found <= ALL_NETIDS


def test_each_netid_is_of_one_kind() -> None:
    assert sum(map(len, KINDS.values())) == len(ALL_NETIDS) == len(KIND_OF)
    assert all(netid in KINDS[kind] for netid, kind in KIND_OF.items())
    assert netids("all") == ALL_NETIDS


def test_each_kind_has_a_table_and_each_table_a_kind() -> None:
    assert {table.kind for table in TABLES} == set(KINDS)
    assert all(table.netid in ("", *KINDS[table.kind]) for table in TABLES)


def test_the_other_kinds_are_those_without_a_key() -> None:
    assert set(OTHER_KINDS) == set(KINDS) - {"tcp", "udp", "unix"}
