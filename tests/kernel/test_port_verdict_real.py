"""Why a port can't be bound: each cause made for real, with what bind(2) itself says beside what the program does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.support.kernel import NOBODY, Child, Netns
from tests.support.program import wait_until

MODULE = "tests.support.kernel_ports"
EVERYWHERE = (("IPV4", "0.0.0.0", False), ("BOTH", "::", False), ("IPV6", "::", True))
"""All ways to bind to all addresses, with IPV6_V6ONLY."""
LOCAL = "127.0.0.1"
FREE = {"free", "other-namespace"}
"""Which of the two it is depends on what else runs on the machine."""


@pytest.fixture
def ports(here: Netns) -> Iterator[Child]:
    """A process that takes ports in a network namespace."""
    with Child(MODULE, netns=here) as child:
        yield child
        child.ask(["close"])


def plain_bind(ports: Child, port: int, protocol: str = "tcp") -> str:
    """What a plain bind to all addresses ends with."""
    error: str = ports.ask(["bind", protocol, "::", port])
    return error


def verdict(ports: Child, port: int, *protocols: str, namespaces: str = "") -> dict[str, Any]:
    """What the program says, which must be what the kernel says."""
    asked = protocols or ("tcp",)
    said: dict[str, Any] = ports.ask(["verdict", port, list(asked), {"namespaces": namespaces}])
    assert said["is_free"] is not any(plain_bind(ports, port, protocol) for protocol in asked)
    return said


HOLDERS = (
    (LOCAL, False), ("0.0.0.0", False), ("::1", False), ("::", False), ("::", True), ("::ffff:127.0.0.1", False),
)  # fmt: skip


@pytest.mark.parametrize("how", [("listen",), ("hold", "tcp"), ("hold", "udp")])
@pytest.mark.parametrize("holders", [[holder] for holder in HOLDERS] + [[HOLDERS[0], HOLDERS[2]]])
def test_what_is_in_the_way_of_a_bind_is_what_the_kernel_finds(
    ports: Child, how: Sequence[str], holders: list[tuple[str, bool]]
) -> None:
    port = 0
    for address, v6only in holders:
        port = ports.ask([*how, address, port, {"v6only": v6only}])
    protocol = how[-1] if how[-1] == "udp" else "tcp"
    said = verdict(ports, port, protocol)
    assert said["verdict"] == ("listener" if how == ("listen",) else "bound")
    found = {
        name: bool(ports.ask(["bind", protocol, address, port, {"v6only": v6only}]))
        for name, address, v6only in EVERYWHERE
    }
    assert said["taken"] == found
    others = {address: ports.ask(["bind", protocol, address, port]) for address in ("127.0.0.2", "::1")}
    text = " ".join(said["texts"])
    if "No address is left" in text:
        assert all(others.values())
    assert ("No IPv4 address is left" in text or "No address is left" in text) is bool(others["127.0.0.2"])


def test_a_listener_is_named_with_its_addresses_and_gives_way_to_no_option(ports: Child) -> None:
    port = ports.ask(["listen", LOCAL, 0])
    ports.ask(["listen", "::1", port])
    said = verdict(ports, port)
    assert said["verdict"] == "listener"
    assert said["headline"].startswith(f"TCP port {port} is held by ")
    assert f"({ports.pid}" in said["headline"]
    assert said["headline"].endswith("on 127.0.0.1 and ::1.")
    assert ports.ask(["bind", "tcp", LOCAL, port, {"reuse": True}]) == "EADDRINUSE"
    assert "SO_REUSEADDR does not get past" in " ".join(said["texts"])


@pytest.mark.parametrize("option", ["reuse", "reuse_port"])
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_two_sockets_can_have_a_port_if_both_have_set_one_of_the_options(
    ports: Child, protocol: str, option: str
) -> None:
    for is_set in (False, True):
        port = ports.ask(["hold", protocol, LOCAL, 0, {option: is_set}])
        said = verdict(ports, port, protocol)
        assert f"Two {protocol.upper()} sockets can share it if both set" in " ".join(said["texts"])
        assert ports.ask(["bind", protocol, LOCAL, port, {option: True}]) == ("" if is_set else "EADDRINUSE")


def test_a_listener_shares_its_port_with_the_same_users_sockets_if_all_have_set_so_reuseport(ports: Child) -> None:
    for is_set in (False, True):
        port = ports.ask(["listen", LOCAL, 0, {"reuse_port": is_set}])
        assert "SO_REUSEPORT does if both sockets set it as one user" in " ".join(verdict(ports, port)["texts"])
        assert ports.ask(["bind", "tcp", LOCAL, port, {"reuse_port": True}]) == ("" if is_set else "EADDRINUSE")
    ports.ask(["become", NOBODY])
    assert ports.ask(["bind", "tcp", LOCAL, port, {"reuse_port": True}]) == "EADDRINUSE", "that is another user"


def test_a_socket_that_is_bound_to_a_device_is_in_the_way_of_a_bind_to_none(ports: Child) -> None:
    port = ports.ask(["listen", "0.0.0.0", 0, {"device": "lo"}])
    said = verdict(ports, port)
    assert said["headline"].endswith("on all IPv4 addresses of lo.")
    assert {address: ports.ask(["bind", "tcp", address, port]) for address in ("127.0.0.2", "::1")} == {
        "127.0.0.2": "EADDRINUSE",
        "::1": "",
    }
    assert any(text.startswith("No IPv4 address is left;") for text in said["texts"])


def test_protocols_have_ports_of_their_own(ports: Child) -> None:
    port = ports.ask(["hold", "udp", LOCAL, 0])
    assert verdict(ports, port, "tcp")["verdict"] in FREE
    assert verdict(ports, port, "udp")["verdict"] == "bound"
    said = verdict(ports, port, "tcp", "udp")
    assert said["headline"].startswith(f"UDP port {port} is held by ")
    assert f"TCP port {port} is free to bind" in said["headline"]


def test_a_bound_socket_that_does_not_listen_is_in_the_way(ports: Child) -> None:
    port = ports.ask(["hold", "tcp", LOCAL, 0])
    said = verdict(ports, port)
    assert (said["verdict"], plain_bind(ports, port)) == ("bound", "EADDRINUSE")
    assert f"({ports.pid}" in said["headline"]
    assert said["headline"].endswith("on 127.0.0.1, without listening.")


@pytest.mark.parametrize("reuse", [True, False])
def test_time_wait_is_in_the_way_unless_both_have_the_option(ports: Child, *, reuse: bool) -> None:
    port = ports.ask(["leave_time_wait", {"reuse": reuse}])
    wait_until(lambda: ports.ask(["verdict", port])["verdict"] == "time-wait")
    said = verdict(ports, port)
    assert said["headline"].startswith(f"TCP port {port} is kept by 1 connection in TIME-WAIT for up to ")
    assert plain_bind(ports, port) == "EADDRINUSE"
    assert ports.ask(["bind", "tcp", LOCAL, port, {"reuse": True}]) == ("" if reuse else "EADDRINUSE")
    assert any("SO_REUSEADDR" in text and "had set it, too" in text for text in said["texts"])


def test_connections_outlive_their_listener(ports: Child) -> None:
    ports.ask(["set", "ip_local_port_range", "40000 49999"])
    port = ports.ask(["outlive"])
    ports.ask(["set", "ip_local_port_range", "50000 59999"])
    said = verdict(ports, port)
    assert (said["verdict"], plain_bind(ports, port)) == ("connection", "EADDRINUSE")
    assert "Nothing listens on it" in " ".join(said["texts"])
    assert ports.ask(["bind", "tcp", LOCAL, port, {"reuse": True}]) == "", "the listener had SO_REUSEADDR"


def test_an_outgoing_connection_takes_a_port_that_the_kernel_chose(ports: Child) -> None:
    ports.ask(["set", "ip_local_port_range", "40000 49999"])
    there = ports.ask(["listen", LOCAL, 8080])
    port = ports.ask(["connect", LOCAL, there])
    said = verdict(ports, port)
    assert said["verdict"] == "ephemeral"
    assert said["headline"].startswith(f"TCP port {port} is taken by a connection of ")
    assert said["headline"].endswith(f"to {LOCAL}:8080.")
    assert "(40000-49999)" in " ".join(said["texts"])
    assert ports.ask(["bind", "tcp", LOCAL, port, {"reuse": True}]) == "EADDRINUSE", "the client has no SO_REUSEADDR"
    assert said["texts"][-1].endswith(f"net.ipv4.ip_local_reserved_ports={port}.")


def test_a_reserved_port_is_said_to_be_kept_from_outgoing_connections(ports: Child) -> None:
    ports.ask(["set", "ip_local_port_range", "40000 49999"])
    assert any("(40000-49999)" in text for text in verdict(ports, 45000)["texts"])
    ports.ask(["set", "ip_local_reserved_ports", "8000,44999-45001"])
    try:
        said = verdict(ports, 45000)
        assert said["verdict"] in FREE
        assert any("ip_local_reserved_ports" in text and "no outgoing" in text for text in said["texts"])
        assert verdict(ports, 45002)["texts"][-1].endswith("=8000,44999-45001,45002.")
    finally:
        ports.ask(["set", "ip_local_reserved_ports", "\n"])


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_a_low_port_is_closed_to_an_ordinary_user_and_to_nobody_else(ports: Child, protocol: str) -> None:
    assert verdict(ports, 80, protocol)["verdict"] in FREE
    ports.ask(["become", NOBODY])
    said = verdict(ports, 80, protocol)
    assert (said["verdict"], plain_bind(ports, 80, protocol)) == ("privileged", "EACCES")
    assert "below 1024" in " ".join(said["texts"])
    assert verdict(ports, 1024, protocol)["verdict"] in FREE


def test_where_low_ports_begin_is_the_namespaces_own_setting(ports: Child, here: Netns) -> None:
    ports.ask(["set", "ip_unprivileged_port_start", "80"])
    try:
        ports.ask(["become", NOBODY])
        assert verdict(ports, 80)["verdict"] in FREE
        assert verdict(ports, 79)["verdict"] == "privileged"
    finally:
        with Child(MODULE, netns=here) as root:
            root.ask(["set", "ip_unprivileged_port_start", "1024"])


def test_an_ordinary_user_is_told_why_a_holder_is_hidden(ports: Child, here: Netns) -> None:
    port = ports.ask(["listen", LOCAL, 0])
    with Child(MODULE, netns=here) as other:
        other.ask(["become", NOBODY])
        said = verdict(other, port)
    assert said["headline"] == f"TCP port {port} is held by a hidden process on 127.0.0.1."
    assert any(text.startswith("Who holds it can't be seen: root needed") for text in said["texts"])


def test_a_socket_of_another_namespace_is_in_nobodys_way(ports: Child, there: Netns) -> None:
    with Child(MODULE, netns=there) as other:
        port = other.ask(["listen", "0.0.0.0", 0])
        said = verdict(ports, port)
        assert (said["verdict"], plain_bind(ports, port)) == ("other-namespace", "")
        assert said["headline"].startswith(f"TCP port {port} is free to bind here, and held by ")
        assert f"({other.pid}" in said["headline"]
        assert said["headline"].endswith(f"in network namespace {there.name}.")
        unused = other.ask(["hold", "tcp", LOCAL, 0])
        assert there.name not in verdict(ports, unused)["headline"], "what is only bound there is not looked for"
        asked_there = other.ask(["verdict", port])
        assert asked_there["verdict"] == "listener"


def test_who_may_not_enter_another_namespace_sees_who_waits_there_through_a_process_of_his_own(
    ports: Child, there: Netns
) -> None:
    with Child(MODULE, netns=there) as other:
        other.ask(["become", NOBODY])
        port = other.ask(["listen", "0.0.0.0", 0])
        ports.ask(["become", NOBODY])
        said = verdict(ports, port)
        assert (said["verdict"], f"({other.pid}" in said["headline"]) == ("other-namespace", True)


def test_another_namespace_can_be_asked_about_with_its_own_rules(ports: Child, there: Netns) -> None:
    with Child(MODULE, netns=there) as other:
        other.ask(["set", "ip_local_port_range", "20000 20999"])
        port = other.ask(["listen", LOCAL, 20500])
        said = ports.ask(["verdict", port, ["tcp"], there.name])
        assert (said["verdict"], f"({other.pid}" in said["headline"]) == ("listener", True)
        assert any("(20000-20999)" in text for text in ports.ask(["verdict", 20600, ["tcp"], there.name])["texts"])


def test_a_docker_proxy_is_told_with_the_end_of_its_container(here: Netns) -> None:
    words = ("-proto", "tcp", "-container-ip", "172.17.0.2", "-container-port", "80")
    with Child(MODULE, *words, netns=here) as proxy:
        proxy.ask(["call_yourself", "docker-proxy"])
        port = proxy.ask(["listen", "0.0.0.0", 0])
        said = verdict(proxy, port)
    assert said["verdict"] == "docker-proxy"
    assert "for the container at 172.17.0.2:80, on all IPv4 addresses." in said["headline"]
    assert said["texts"][-1].startswith(f"docker ps --filter publish={port} ")


def test_who_descends_from_a_process_that_has_ended_may_have_inherited_the_socket(ports: Child) -> None:
    port, heir, end = ports.ask(["leave_to_orphan"])
    try:
        said = verdict(ports, port)
        assert said["verdict"] == "listener"
        assert f"({heir}" in said["headline"]
        assert ", which may have inherited it, on 127.0.0.1." in said["headline"]
        assert any("seems to have ended" in text for text in said["texts"])
    finally:
        ports.ask(["end_orphan", end])


def test_a_holder_whose_parent_lives_is_not_said_to_have_inherited(ports: Child) -> None:
    said = verdict(ports, ports.ask(["listen", LOCAL, 0]))
    assert "inherited" not in " ".join(said["texts"])
