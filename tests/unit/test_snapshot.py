from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.sockets.delta import Change, Delta, diff
from netwatch_tui.sockets.ownership import OwnerReason
from netwatch_tui.sockets.snapshot import Counts
from netwatch_tui.sockets.socket import Socket, State
from tests.support.build import netlink, packet, tcp, udp, unix
from tests.support.strategies import histories


def counted(sockets: Iterable[Socket]) -> Counts:
    """The counts of these sockets, from scratch and another way than the program does."""
    listed = list(sockets)
    return Counts(
        Counter((socket.netid, socket.state) for socket in listed),
        Counter(socket.netid for socket in listed if socket.owner_reason is OwnerReason.PERMISSION),
    )


@given(histories(), st.data())
def test_counts_that_follow_the_differences_are_those_of_counting_from_scratch(
    history: list[dict[int, Socket]], data: st.DataObject
) -> None:
    counts = Counts().after(Delta(opened=tuple(history[0].values())))
    assert counts == counted(history[0].values())
    for before, after in pairwise(history):
        delta = diff(before, after)
        cut = data.draw(st.integers(0, len(delta.closed)))
        counts = counts.after(delta._replace(closed=delta.closed[:cut], dropped=delta.closed[cut:]))
        assert counts == counted(after.values())


def test_what_there_is_none_of_any_more_is_not_listed() -> None:
    locked = tcp(id=1, owner_reason=OwnerReason.PERMISSION)
    counts = Counts().after(Delta(opened=(locked,)))
    assert counts == Counts({("tcp", State.LISTEN): 1}, {"tcp": 1})
    assert counts.after(Delta(closed=(locked,))) == Counts({}, {})
    assert counts.after(Delta(dropped=(locked,))) == Counts({}, {})


def test_an_owner_that_is_found_takes_one_from_those_without_permission() -> None:
    locked = udp(id=1, owner_reason=OwnerReason.PERMISSION)
    counts = Counts().after(Delta(opened=(locked,)))
    found = counts.after(Delta(updated=(Change(locked, locked._replace(owner_reason=None)),)))
    assert found == Counts({("udp", State.UNCONN): 1}, {})


def test_counts_before_are_not_touched() -> None:
    before = Counts().after(Delta(opened=(tcp(id=1),)))
    before.after(Delta(opened=(tcp(id=2), udp(id=3))))
    assert before == counted([tcp(id=1)])


def test_kinds_of_several_netids_are_added_up_and_stand_in_one_order() -> None:
    sockets = [unix(kind=kind) for kind in ("u_seq", "u_str", "u_dgr")]
    sockets += [netlink(), packet(kind="p_dgr"), packet(), udp(), tcp(), tcp("127.0.0.1:1", "127.0.0.1:2")]
    counts = Counts().after(Delta(opened=tuple(sockets)))
    assert list(counts.by_kind.items()) == [("tcp", 2), ("udp", 1), ("unix", 3), ("packet", 2), ("netlink", 1)]
    assert Counts().by_kind == {}
