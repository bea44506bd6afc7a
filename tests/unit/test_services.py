"""The services behind the ports: as a field, in filters, in addresses."""

from __future__ import annotations

import pytest

from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.fields.moment import Moment
from netwatch_tui.query import parse
from netwatch_tui.query.language.names import MachineNames
from netwatch_tui.sockets.marks import Marks
from netwatch_tui.sockets.services import names_of_ports, service_of
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import arrange
from tests.support.build import snapshot, tcp, udp, unix

SERVICES = {"tcp": {"http": 80, "www": 80, "https": 443, "postgresql": 5432}, "udp": {"domain": 53, "https": 443}}
PORTS = names_of_ports(SERVICES)
NAMES = MachineNames(SERVICES, port_names=PORTS)


def test_a_port_is_called_by_the_first_of_its_names() -> None:
    assert PORTS == {"tcp": {80: "http", 443: "https", 5432: "postgresql"}, "udp": {53: "domain", 443: "https"}}


@pytest.mark.parametrize(
    ("socket", "service"),
    [
        (tcp("0.0.0.0:443"), "https"),
        (udp("0.0.0.0:53"), "domain"),
        (tcp("0.0.0.0:53"), None),
        (tcp("10.0.0.5:443", "10.0.0.9:50001"), "https"),
        (tcp("10.0.0.5:50001", "10.0.0.9:443"), "https"),
        (tcp("10.0.0.5:5432", "10.0.0.9:443"), "https"),
        (tcp("10.0.0.5:99", "10.0.0.9:5432"), "postgresql"),
        (tcp("10.0.0.5:99", "10.0.0.9:98"), None),
        (unix("/run/x.sock", local_port=443), None),
    ],
)
def test_the_service_of_a_socket(socket: Socket, service: str | None) -> None:
    assert service_of(socket, PORTS) == service
    assert service_of(socket, {}) is None


ROWS = (
    tcp("0.0.0.0:443", id=1), tcp("10.0.0.5:50001", "10.0.0.9:80", id=2), udp("0.0.0.0:53", id=3),
    tcp("0.0.0.0:99", id=4),
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "ids"),
    [("service:https", {1}), ("service:http", {1, 2}), ("service:domain", {3}), ("service:-", {4})],
)
def test_a_filter_asks_for_services_whatever_the_moment_knows(text: str, ids: set[int]) -> None:
    test = parse(text, NAMES).compile(Moment(0.0, {}))
    assert {socket.id for socket in ROWS if test(socket)} == ids


def cells(spec: ViewSpec, column: str, *, files: bool = False) -> list[object]:
    view, field = arrange(snapshot(*ROWS), Marks(), spec, 0.0), FIELD_BY_ID[column]
    return [(field.value if files else field.text)(socket, view.moment) for socket in view.snapshot.sockets]


def test_names_stand_in_place_of_ports_when_asked_for_and_never_in_files() -> None:
    spec = ViewSpec(query=parse("", NAMES))
    assert cells(spec, "local") == ["0.0.0.0:443", "10.0.0.5:50001", "0.0.0.0:53", "0.0.0.0:99"]
    named = spec._replace(service_names=True)
    assert cells(named, "local") == ["0.0.0.0:https", "10.0.0.5:50001", "0.0.0.0:domain", "0.0.0.0:99"]
    assert cells(named, "peer")[1] == "10.0.0.9:http"
    assert cells(named, "local", files=True) == cells(spec, "local")
    assert cells(spec, "service") == ["https", "http", "domain", "-"]


def test_without_a_file_of_services_ports_stay_numbers() -> None:
    spec = ViewSpec(service_names=True)
    assert cells(spec, "local")[0] == "0.0.0.0:443"
    assert cells(spec, "service") == ["-"] * 4
