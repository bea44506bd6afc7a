"""From where real listeners can be reached, in a network namespace with two devices."""

from __future__ import annotations

import os
import socket as net
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import NamedTuple

import pytest

from netwatch_tui.collect.collector import LOOK_ROUND_EVERY, Collector
from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.kernel.inside import run_inside
from netwatch_tui.kernel.interface_addresses import InterfaceAddresses
from netwatch_tui.kernel.source import LinuxSource
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.networks import Network
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.view.row_choice import moment_of
from tests.support.kernel import Netns, linux_source, new_netns

ADDRESSES = (
    ("left", "10.1.2.3/8"), ("left", "2001:db8:1::3/64"), ("left", "fe80::77/64"),
    ("right", "192.168.7.1/24"), ("right", "fe80::77/64"), ("right", "10.8.0.1", "peer", "10.8.0.2/32"),
)  # fmt: skip


def ip(netns: Netns, *words: str) -> None:
    subprocess.run(["ip", "-n", netns.name, *words], check=True, capture_output=True)


@pytest.fixture
def netns(may_make_namespaces: None) -> Iterator[Netns]:
    with new_netns("scope") as made:
        ip(made, "link", "add", "left", "type", "veth", "peer", "name", "right")
        for device, address, *more in ADDRESSES:
            ip(made, "addr", "add", address, *more, "dev", device, *(["nodad"] if ":" in address else []))
        for device in ("left", "right"):
            ip(made, "link", "set", device, "up")
        yield made


class Place(NamedTuple):
    """What a listener is bound to."""

    address: str
    device: str = ""
    v6only: bool = False
    kind: int = net.SOCK_STREAM


EXPECTED = {
    Place("127.0.0.1"): "this machine",
    Place("::1"): "this machine",
    Place("0.0.0.0", "lo"): "this machine",
    Place("0.0.0.0"): "everyone",
    Place("::"): "everyone",
    Place("::", v6only=True): "everyone, IPv6 only",
    Place("0.0.0.0", "right"): "everyone by right",
    Place("10.1.2.3"): "10.0.0.0/8 by left",
    Place("10.1.2.3", kind=net.SOCK_DGRAM): "10.0.0.0/8 by left",
    Place("192.168.7.1"): "192.168.7.0/24 by right",
    Place("10.8.0.1"): "10.8.0.2/32 by right",
    Place("2001:db8:1::3"): "2001:db8:1::/64 by left",
    Place("fe80::77", "right"): "fe80::/64 by right",
    Place("fe80::77", "left"): "fe80::/64 by left",
}


def listener(place: Place) -> net.socket:
    family = net.AF_INET6 if ":" in place.address else net.AF_INET
    made = net.socket(family, place.kind)
    if family == net.AF_INET6:
        made.setsockopt(net.IPPROTO_IPV6, net.IPV6_V6ONLY, place.v6only)
    if place.device:
        made.setsockopt(net.SOL_SOCKET, net.SO_BINDTODEVICE, place.device.encode())
    made.bind((place.address, 0))
    if place.kind == net.SOCK_STREAM:
        made.listen()
    return made


def scopes(snapshot: Snapshot) -> dict[int, str]:
    """What is said of each socket, by its inode."""
    text, moment = FIELD_BY_ID["scope"].text, moment_of(snapshot)
    return {socket.inode: text(socket, moment) for socket in snapshot.sockets}


@pytest.fixture
def source() -> Iterator[LinuxSource]:
    with linux_source() as machine:
        yield machine


def test_scopes_of_real_listeners(netns: Netns, source: LinuxSource) -> None:
    with ExitStack() as opened:
        file = os.open(f"/run/netns/{netns.name}", os.O_RDONLY)
        opened.callback(os.close, file)
        made = {place: opened.enter_context(run_inside(file, partial(listener, place))) for place in EXPECTED}
        collector = Collector(source, namespaces=netns.name, needs=Needs(of_networks=True))
        seen = scopes(collector.collect(0.0))
        assert {place: seen[os.fstat(each.fileno()).st_ino] for place, each in made.items()} == EXPECTED
        ip(netns, "addr", "del", "192.168.7.1/24", "dev", "right")
        lost = os.fstat(made[Place("192.168.7.1")].fileno()).st_ino
        assert scopes(collector.collect(1.0))[lost] == "192.168.7.0/24 by right"
        assert scopes(collector.collect(1.0 + LOOK_ROUND_EVERY))[lost] == "private network"


def test_what_the_own_namespace_tells_any_user() -> None:
    asked = InterfaceAddresses()
    try:
        assert Network("127.0.0.0/8", "lo") in asked.networks()[net.inet_aton("127.0.0.1")]
    finally:
        asked.close()
