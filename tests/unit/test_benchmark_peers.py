"""Other programs are named with their versions, and what is not installed is left out."""

from __future__ import annotations

import os
import sys

import pytest

from tests.benchmarks.peer_programs import PEERS, Peer
from tests.benchmarks.peers import _inside
from tests.support.kernel import new_netns, why_no_namespaces


def says(text: str, *, on: str = "stdout") -> Peer:
    return Peer("it", [sys.executable, "-c", f"import sys; sys.{on}.write({text!r})"])


@pytest.mark.parametrize(
    ("peer", "version"),
    [
        (says("ss utility, iproute2-6.1.0"), "6.1.0"),
        (says("lsof version information:\n    revision: 4.95.0\n", on="stderr"), "4.95.0"),
        (says("it has none"), ""),
        (Peer("it", ["/nowhere/it"]), ""),
    ],
)
def test_a_version_is_found_in_what_a_program_says(peer: Peer, version: str) -> None:
    assert peer.version_number() == version


def test_a_program_is_here_if_it_can_be_started() -> None:
    assert says("1.0").is_here
    assert not Peer("it", ["/nowhere/it"]).is_here


def test_every_peer_prints_or_shows_something() -> None:
    assert all(peer.once or peer.live for peer in PEERS)
    assert len({peer.name for peer in PEERS}) == len(PEERS)


def test_children_are_started_in_the_namespace_and_then_no_more() -> None:
    if reason := why_no_namespaces():
        pytest.skip(reason)
    before = os.stat("/proc/thread-self/ns/net").st_ino
    with new_netns("peers-test") as netns:
        with _inside(netns.name):
            assert os.stat("/proc/thread-self/ns/net").st_ino == netns.inode
        assert os.stat("/proc/thread-self/ns/net").st_ino == before
