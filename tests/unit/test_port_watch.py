"""What is found out about a port: only while somebody asks, and of other namespaces only who waits at it."""

from __future__ import annotations

from pathlib import Path

import pytest

from netwatch_tui.collect.collector import LOOK_ROUND_EVERY, Collector
from netwatch_tui.kernel.lineage import read_lineage
from netwatch_tui.kernel.port_rules import parse_reserved, read_port_rules
from netwatch_tui.kernel.proc_net import Table
from netwatch_tui.kernel.waiting_sockets import waiting_in_tables
from netwatch_tui.sockets.needs import Needs
from netwatch_tui.sockets.port_facts import Lineage, PortFacts, PortRules
from tests.support.build import NETNS, line, tcp, udp
from tests.support.fake import FakeSource, Place

BLUE = Place(77, "blue", 50)
HERE = tcp("127.0.0.1:8080", inode=11)
THERE = tcp("0.0.0.0:8080", netns=BLUE.inode, inode=12)
CONNECTION_THERE = tcp("10.0.0.1:8080", "10.0.0.2:5000", netns=BLUE.inode, inode=13)
OTHER = tcp("127.0.0.1:8081", inode=14)
ASKED = Needs(of_port=8080)


@pytest.fixture
def source() -> FakeSource:
    machine = FakeSource(HERE, THERE, CONNECTION_THERE, OTHER)
    machine.others = (BLUE,)
    machine.hold(7, HERE)
    machine.hold(8, THERE)
    machine.lineages = {7: Lineage((1,))}
    return machine


def facts(collector: Collector, now: float) -> PortFacts:
    found = collector.collect(now).port_facts
    assert found is not None
    return found


def test_nothing_is_asked_while_nobody_asks(source: FakeSource) -> None:
    collector = Collector(source)
    assert collector.collect(100.0).port_facts is None
    assert source.ports_asked == 0


def test_the_sockets_here_and_who_waits_elsewhere(source: FakeSource) -> None:
    found = facts(Collector(source, needs=ASKED), 100.0)
    assert (found.port, found.netns, found.lineages) == (8080, NETNS, {7: Lineage((1,))})
    assert [socket.inode for socket in found.sockets] == [11]
    assert [(socket.inode, [owner.pid for owner in socket.owners]) for socket in found.elsewhere] == [(12, [8])]
    assert [(socket.seen_at, socket.was_there) for socket in found.elsewhere] == [(100.0, True)]
    assert found.names == {BLUE.inode: "blue"}


@pytest.mark.parametrize(("namespaces", "here", "elsewhere"), [("*", {11}, [12]), ("blue", {12, 13}, [11])])
def test_the_namespace_that_is_asked_about_is_the_own_one_or_the_chosen_one(
    source: FakeSource, namespaces: str, here: set[int], elsewhere: list[int]
) -> None:
    found = facts(Collector(source, namespaces=namespaces, needs=ASKED), 100.0)
    assert {socket.inode for socket in found.sockets} == here
    assert [socket.inode for socket in found.elsewhere] == elsewhere


def test_other_namespaces_are_asked_when_the_port_is_new_and_when_all_is_looked_at(source: FakeSource) -> None:
    collector = Collector(source, needs=ASKED)
    asked = []
    for now in (100.0, 101.0, 102.0):
        facts(collector, now)
        asked.append(source.ports_asked)
    assert asked == [1, 1, 1]
    collector.needs = Needs(of_port=8081)
    assert [socket.inode for socket in facts(collector, 103.0).sockets] == [14]
    assert source.ports_asked == 2
    facts(collector, 103.0 + LOOK_ROUND_EVERY)
    assert source.ports_asked == 3
    collector.needs = Needs()
    assert collector.collect(110.0).port_facts is None
    collector.needs = Needs(of_port=8081)
    facts(collector, 111.0)
    assert source.ports_asked == 4, "what was known is of another time"


def test_a_namespace_that_can_not_be_read_is_in_nobodys_way(source: FakeSource) -> None:
    source.gone = {BLUE.pid}
    assert facts(Collector(source, needs=ASKED), 100.0).elsewhere == ()


# --- files ---


def test_the_settings_of_a_namespace_are_read(tmp_path: Path) -> None:
    folder = tmp_path / "sys/net/ipv4"
    folder.mkdir(parents=True)
    (folder / "ip_local_port_range").write_text("32768\t60999\n")
    (folder / "ip_local_reserved_ports").write_text("8080,9148-9150\n")
    (folder / "ip_unprivileged_port_start").write_text("1024\n")
    found = read_port_rules(str(tmp_path))
    assert found[:4] == ((32_768, 60_999), ((8_080, 8_080), (9_148, 9_150)), 1_024, None)


def test_what_can_not_be_read_of_them_is_not_known(tmp_path: Path) -> None:
    assert read_port_rules(str(tmp_path))[:4] == PortRules()[:4]


@pytest.mark.parametrize(("text", "ports"), [("\n", ()), ("5,x,7-y,9-10,-3", ((5, 5), (9, 10)))])
def test_what_is_no_range_of_reserved_ports_is_left_out(text: str, ports: tuple[tuple[int, int], ...]) -> None:
    assert parse_reserved(text) == ports


def test_a_reserved_port_is_given_to_no_connection() -> None:
    rules = PortRules((32_768, 60_999), ((40_000, 40_001), (80, 80)))
    assert [rules.is_local(port) for port in (80, 32_767, 32_768, 40_001, 60_999)] == [False, False, True, False, True]
    assert [rules.is_reserved(port) for port in (80, 40_000, 40_002)] == [False, True, False]


def stat(folder: Path, pid: int, parent: int, session: int) -> None:
    (folder / str(pid)).mkdir()
    (folder / str(pid) / "stat").write_text(f"{pid} (a) b) S {parent} {pid} {session} 0 -1\n")


def test_an_orphan_is_in_a_session_that_is_neither_its_own_nor_its_parents(tmp_path: Path) -> None:
    for pid, parent, session in ((1, 0, 1), (5, 1, 5), (6, 5, 5), (7, 1, 5), (8, 1, 8), (9, 7, 9)):
        stat(tmp_path, pid, parent, session)
    found = {pid: read_lineage(str(tmp_path), pid) for pid in (1, 5, 6, 7, 8, 9, 10)}
    assert found == {
        1: Lineage(),
        5: Lineage((1,)),
        6: Lineage((5, 1)),
        7: Lineage((1,), is_orphan=True),
        8: Lineage((1,)),
        9: Lineage((7, 1)),
        10: None,
    }


def test_who_may_not_ask_sock_diag_finds_who_waits_in_the_tables() -> None:
    tables = {
        "tcp": [line(each) for each in (THERE, CONNECTION_THERE, OTHER, tcp("10.0.0.2:5000", "10.0.0.1:8080"))],
        "udp": [line(udp("0.0.0.0:8080", inode=15)), b"no line :1F90 "],
        "tcp6": [line(tcp("[::]:8080", inode=16))],
    }

    def lines(table: Table, _: object) -> list[list[bytes]]:
        if table.name not in tables:
            raise FileNotFoundError(table.name)
        return [tables[table.name]]

    found = waiting_in_tables(lines, BLUE.inode, 8080)
    assert [(socket.inode, socket.netns) for socket in found] == [(12, 77), (16, 77), (15, 77)]
