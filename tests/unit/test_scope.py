"""From where a listener can be reached: in words, in filters, in recordings."""

from __future__ import annotations

import errno
import json

import pytest

from netwatch_tui.collect.collector import LOOK_ROUND_EVERY
from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.fields.moment import Moment
from netwatch_tui.query import parse
from netwatch_tui.sockets.marks import Marks
from netwatch_tui.sockets.needs import EVERY_NEED, NOTHING_MORE
from netwatch_tui.sockets.networks import AddressNetworks, Network, Networks
from netwatch_tui.sockets.scope import is_exposed, scope_of
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import DiagFacts, Socket
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import arrange
from tests.support.build import NETNS, address, snapshot, tcp, udp, unix
from tests.support.fake import OWN, FakeSource, Place, Watch
from tests.support.recordings import lines_of, record, replayed

LAN = Network("10.0.0.0/8", "eth0")
LINKS = (Network("fe80::/64", "eth0"), Network("fe80::/64", "eth1"))
HERE: AddressNetworks = {address("10.0.0.5").packed: (LAN,), address("fe80::1").packed: LINKS}
NETWORKS: Networks = {NETNS: HERE}
ONLY_V6, BOTH = (DiagFacts(cookie=1, v6only=v6only) for v6only in (True, False))
MAPPED = "[::ffff:10.0.0.5]:80"


@pytest.mark.parametrize(
    ("socket", "text"),
    [
        (tcp("127.0.0.1:80"), "this machine"),
        (tcp("127.9.9.9:80"), "this machine"),
        (tcp("[::1]:80"), "this machine"),
        (tcp("[::ffff:127.0.0.1]:80"), "this machine"),
        (tcp("0.0.0.0:80", interface="lo"), "this machine"),
        (tcp("0.0.0.0:80"), "everyone"),
        (tcp("[::]:80"), "everyone"),
        (tcp("[::]:80", diag=BOTH), "everyone"),
        (tcp("[::]:80", diag=ONLY_V6), "everyone, IPv6 only"),
        (tcp("[::]:80", diag=ONLY_V6, interface="eth1"), "everyone by eth1, IPv6 only"),
        (udp("0.0.0.0:68", interface="eth0"), "everyone by eth0"),
        (tcp("10.0.0.5:80"), "10.0.0.0/8 by eth0"),
        (tcp(MAPPED), "10.0.0.0/8 by eth0"),
        (udp("10.0.0.5:53"), "10.0.0.0/8 by eth0"),
        (tcp("[fe80::1]:80", interface="eth1"), "fe80::/64 by eth1"),
        (tcp("10.0.0.6:80"), "private network"),
        (tcp("10.0.0.5:80", netns=NETNS + 1), "private network"),
        (tcp("10.0.0.5:80", interface="tun0"), "private network by tun0"),
        (tcp("203.0.113.9:80"), "public network"),
        (tcp("[2001:db8::9]:80"), "public network"),
        (tcp("10.0.0.5:80", "10.0.0.9:50000"), None),
        (udp("0.0.0.0:0"), None),
        (unix("/run/x.sock"), None),
    ],
)  # fmt: skip
def test_a_listener_says_from_where_it_can_be_reached(socket: Socket, text: str | None) -> None:
    scope = scope_of(socket, NETWORKS)
    assert (scope and scope.text) == text
    assert is_exposed(socket) == (text is not None and text != "this machine")


ROWS = (
    tcp("127.0.0.1:1", id=1), tcp("0.0.0.0:2", id=2), tcp("10.0.0.5:3", id=3), tcp("0.0.0.0:4", id=4, interface="eth0"),
    tcp("10.0.0.5:5", "10.0.0.9:9", id=5),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("scope:everyone", {2, 4}),
        ("scope:10.0.0.0/8", {3}),
        ("scope:eth0", {3, 4}),
        ('scope:"this machine"', {1}),
        ("scope:-", {5}),
        ("is:exposed", {2, 3, 4}),
        ("is:listening -is:exposed", {1}),
    ],
)
def test_a_filter_asks_from_where(text: str, ids: set[int]) -> None:
    test = parse(text).compile(Moment(0.0, {}, networks=NETWORKS))
    assert {socket.id for socket in ROWS if test(socket)} == ids


def test_the_widest_scope_is_the_first_when_sorted() -> None:
    view = arrange(
        snapshot(*ROWS)._replace(networks=NETWORKS), Marks(), ViewSpec(sort="scope", descending=True), 0.0
    )  # fmt: skip
    assert [socket.id for socket in view.order.rows(descending=True)] == [4, 2, 3, 1, 5]


def test_a_network_that_comes_or_goes_is_seen_by_filter_and_order() -> None:
    spec = ViewSpec(query=parse("scope:eth0"), sort="scope")
    before = arrange(snapshot(*ROWS), Marks(), spec, 0.0)
    assert before.shown == 1
    after = arrange(snapshot(*ROWS)._replace(networks=NETWORKS), Marks(), spec, 1.0, before=before)
    assert after.shown == 2


# --- from the machine to the snapshot ---


def watch(source: FakeSource, *sockets: Socket) -> Watch:
    looker = Watch(*sockets, source=source)
    looker.collector.needs = EVERY_NEED
    return looker


def test_networks_are_read_with_the_look_round_and_only_when_needed() -> None:
    source = FakeSource()
    source.networks[NETNS] = HERE
    looker = watch(source)
    first = looker.again()
    assert first.networks == NETWORKS
    source.networks[NETNS] = {}
    assert looker.again().networks is first.networks
    assert looker.again(LOOK_ROUND_EVERY).networks == {NETNS: {}}
    looker.collector.needs = NOTHING_MORE
    assert looker.again().networks == {}


def test_what_is_the_same_stays_the_same_object() -> None:
    source = FakeSource()
    source.networks[NETNS] = HERE
    looker = watch(source)
    first = looker.again()
    source.networks[NETNS] = dict(HERE)
    assert looker.again(LOOK_ROUND_EVERY).networks is first.networks


def test_each_namespace_that_is_looked_at_has_its_own() -> None:
    source = FakeSource()
    blue = Place(77, "blue", 7)
    source.others = (blue,)
    source.networks.update({NETNS: HERE, blue.inode: {address("10.0.0.5").packed: (Network("10.0.0.0/24", "a"),)}})
    looker = watch(source)
    assert looker.again().networks.keys() == {NETNS}
    looker.collector.namespaces = "*"
    assert looker.again().networks == source.networks


def test_a_fault_is_told_and_the_kind_of_the_network_still_known() -> None:
    source = FakeSource()
    source.networks[NETNS] = OSError(errno.EIO, "io")
    looker = watch(source, tcp("10.0.0.5:80"))
    seen = looker.again()
    assert [problem.text for problem in seen.problems] == [
        f"the networks of namespace {OWN.name} can't be read: input/output error"
    ]
    assert text_of(seen) == "private network"
    source.networks[NETNS] = HERE
    again = looker.again(LOOK_ROUND_EVERY)
    assert (again.problems, text_of(again)) == ((), "10.0.0.0/8 by eth0")


def test_a_namespace_that_may_not_be_entered_is_no_fault() -> None:
    source = FakeSource()
    source.networks[NETNS] = PermissionError(errno.EPERM, "no")
    assert watch(source).again().problems == ()


def text_of(seen: Snapshot) -> str:
    (socket,) = seen.sockets
    return FIELD_BY_ID["scope"].text(socket, Moment(0.0, {}, networks=seen.networks))


# --- recordings ---


def test_a_recording_carries_the_networks_and_their_changes() -> None:
    source = FakeSource()
    source.networks[NETNS] = HERE
    looker = watch(source, tcp("10.0.0.5:80"))
    seen = [looker.again(), looker.again()]
    source.networks[NETNS] = {}
    seen += [looker.again(LOOK_ROUND_EVERY), looker.again()]
    read, recording = replayed(record(seen))
    assert [each.networks for each in read] == [each.networks for each in seen]
    assert not recording.is_broken
    assert text_of(read[0]) == "10.0.0.0/8 by eth0"


def test_an_old_recording_tells_the_kind_of_the_network() -> None:
    looker = Watch(tcp("10.0.0.5:80"))
    data = record([looker.again(), looker.again()])
    assert b"networks" not in data
    read, _ = replayed(data)
    assert [text_of(each) for each in read] == ["private network"] * 2


@pytest.mark.parametrize(
    "networks", [{"x": {}}, {"1": {"zz": []}}, {"1": {"0a000005": [["10.0.0.0/8"]]}}, {"1": {"0a000005": 1}}, []]
)
def test_networks_of_another_shape_are_refused(networks: object) -> None:
    header, first, *rest = lines_of(record([watch(FakeSource()).again()]))
    frame = json.dumps({**json.loads(first), "networks": networks}).encode() + b"\n"
    read, recording = replayed(b"".join((header, frame, *rest)))
    assert (read, recording.is_broken) == ([], True)
    assert "networks" in (recording.ended or "")
