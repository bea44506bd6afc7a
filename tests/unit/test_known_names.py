"""The names that completion offers are those of the sockets that are there."""

from __future__ import annotations

from netwatch_tui.query import MachineNames, known_in
from netwatch_tui.sockets.ownership import Process
from tests.support.build import NETNS, owner, snapshot, tcp, unix

EVIL = Process(9, "a\x1b[2J", (), "eve", 0.0, "x.service", "docker:1")


def test_each_name_is_there_once_sorted_and_harmless() -> None:
    known = known_in(
        snapshot(
            tcp("10.0.0.1:80", "10.0.0.2:5000", owners=(owner(7, name="web"), owner(8, name="app")), user="bob"),
            tcp("10.0.0.1:81", owners=(owner(7, name="web"),), user="ada"),
            unix("/run/x", owners=(owner(9)._replace(process=EVIL),)),
        ),
        MachineNames(services={"tcp": {"http": 80}, "udp": {"http": 80, "domain": 53}}, devices={1: "lo"}),
    )
    assert known.users == ("ada", "bob")
    assert known.processes == ("a\\x1b[2J", "app", "web")
    assert (known.services, known.devices) == (("domain", "http"), ("lo",))
    assert (known.units, known.containers, known.namespaces) == (("x.service",), ("docker:1",), (str(NETNS),))
    assert set(known.addresses) == {"10.0.0.1", "10.0.0.2", "0.0.0.0"}
