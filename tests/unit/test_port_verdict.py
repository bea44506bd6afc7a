"""What is said of a port, of made sockets. That it is true is shown against the kernel in tests/kernel."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.fields.format import printable
from netwatch_tui.query import parse
from netwatch_tui.sockets.bind_conflicts import has_port
from netwatch_tui.sockets.ownership import Owner, OwnerReason
from netwatch_tui.sockets.port_facts import Lineage, PortFacts, PortRules
from netwatch_tui.sockets.socket import DiagFacts, Socket, State
from netwatch_tui.sockets.unseen import Unseen
from netwatch_tui.view.port_verdict import PortVerdict, Verdict, port_verdict
from tests.support.build import NETNS, datagram, owner, process, tcp, time_wait, udp

PORT = 8080
RULES = PortRules((32_768, 60_999), (), 1_024, may_bind_low=True, lists_bound=True)
EVERYTHING_SEEN = Unseen()


def said(
    *sockets: Socket, port: int = PORT, rules: PortRules = RULES, unseen: Unseen = EVERYTHING_SEEN, **more: Any
) -> PortVerdict:
    facts = PortFacts(port, NETNS, sockets, rules=rules, **more)
    return port_verdict(facts, unseen, ("tcp",))


def server(pid: int, name: str, *, unit: str | None = None, words: tuple[str, ...] = ()) -> Owner:
    return Owner(pid, 6, process(pid, name)._replace(unit=unit, cmdline=(name, *words)))


NGINX = server(17179, "nginx", unit="nginx.service")
LISTENER = tcp("127.0.0.1:8080", owners=(NGINX,))


def test_a_listener_with_all_its_addresses_and_what_ends_it() -> None:
    found = said(LISTENER, tcp("[::1]:8080", owners=(NGINX,)))
    assert found.texts == [
        "TCP port 8080 is held by nginx (17179, nginx.service) on 127.0.0.1 and ::1.",
        "0.0.0.0 and :: can't be bound either; other addresses can.",
        "SO_REUSEADDR does not get past a TCP listener; SO_REUSEPORT does if both sockets set it as one user.",
        "nginx (17179), descriptor 6, as root: nginx",
        "To free it: systemctl stop nginx.service. Or use another port.",
    ]
    assert (found.verdict, found.is_free) == (Verdict.LISTENER, False)


@pytest.mark.parametrize(
    ("local", "v6only", "where"),
    [
        ("0.0.0.0:8080", None, "all IPv4 addresses"),
        ("[::]:8080", False, "all addresses"),
        ("[::]:8080", True, "all IPv6 addresses"),
        ("[::ffff:10.0.0.1]:8080", False, "::ffff:10.0.0.1"),
    ],
)
def test_where_a_listener_is(local: str, v6only: bool | None, where: str) -> None:
    listener = tcp(local, owners=(NGINX,), diag=None if v6only is None else DiagFacts(1, v6only))
    assert said(listener).headlines == [f"TCP port 8080 is held by nginx (17179, nginx.service) on {where}."]


def test_what_is_the_same_of_both_protocols_is_said_once() -> None:
    dns = owner(8, 3, "resolved")
    sockets = (tcp("127.0.0.53:53", owners=(dns,)), udp("127.0.0.53:53", owners=(dns,)))
    found = port_verdict(PortFacts(53, NETNS, sockets, rules=RULES), EVERYTHING_SEEN)
    assert found.headlines == ["TCP and UDP port 53 are held by resolved (8) on 127.0.0.53."]
    assert found.brief == "TCP and UDP held by resolved (8) on 127.0.0.53"


def test_protocols_of_which_nobody_asks_are_told_where_they_have_it() -> None:
    lite = datagram("udpl", "0.0.0.0:8080", owners=(NGINX,))
    found = port_verdict(PortFacts(PORT, NETNS, (lite,), rules=RULES), EVERYTHING_SEEN)
    assert [(each.protocol, each.verdict) for each in found.protocols] == [
        ("tcp", Verdict.FREE), ("udp", Verdict.FREE), ("udplite", Verdict.BOUND),
    ]  # fmt: skip


def test_a_listener_of_mptcp_is_not_told_twice() -> None:
    found = said(LISTENER, LISTENER._replace(netid="mptcp"))
    assert found.protocols[0].sockets == (LISTENER,)


@pytest.mark.parametrize(
    ("reason", "evidence", "holder"),
    [
        (OwnerReason.PERMISSION, (), "a hidden process"),
        (OwnerReason.NOT_FOUND, (), "no process that can be found"),
        (OwnerReason.KERNEL, (), "the kernel"),
        (OwnerReason.NOT_YET, (), "a process that is still looked for"),
        (OwnerReason.LAST_HELD, (NGINX,), "no process any more, nginx (17179, nginx.service) was the last,"),
    ],
)
def test_a_holder_that_is_not_known_is_told_with_the_reason(
    reason: OwnerReason, evidence: tuple[Owner, ...], holder: str
) -> None:
    found = said(LISTENER._replace(owners=(), owner_reason=reason, evidence=evidence), unseen=Unseen(others=3))
    assert found.headlines == [f"TCP port 8080 is held by {holder} on 127.0.0.1."]
    is_hidden = "Who holds it can't be seen: root needed for 3 processes of other users." in found.evidence
    assert is_hidden is (reason is OwnerReason.PERMISSION)
    assert not found.advice


def test_a_holder_that_is_known_does_not_stand_for_one_that_is_not() -> None:
    other = tcp("[::1]:8080", owner_reason=OwnerReason.PERMISSION)
    assert said(LISTENER, other).headlines == [
        "TCP port 8080 is held by nginx (17179, nginx.service) and a hidden process on 127.0.0.1 and ::1."
    ]


def test_an_end_of_a_container_is_not_longer_than_one_can_be() -> None:
    liar = server(3, "docker-proxy", words=("-container-ip", "x" * 8_000, "-container-port", "80"))
    assert len(said(tcp("0.0.0.0:8080", owners=(liar,))).headlines[0]) < 200


def test_workers_that_share_a_listener_are_counted_behind_the_one_that_opened_it() -> None:
    workers = tuple(Owner(pid, 6, process(pid, "nginx")) for pid in (9, 17180))
    lineages = {17180: Lineage((17179, 1)), 9: Lineage((17179, 1)), 17179: Lineage((1,))}
    found = said(tcp("0.0.0.0:8080", owners=(*workers, NGINX)), lineages=lineages)
    assert "held by nginx (17179, nginx.service) on" in found.headlines[0]
    assert any(text.startswith("2 more processes hold it, maybe by inheritance:") for text in found.evidence)


def test_an_heir_may_have_inherited_the_socket_and_its_parent_is_no_heir() -> None:
    sleep = tcp("127.0.0.1:8080", owners=(owner(8, 3, "sleep"),))
    assert ", which may have inherited it, on" in said(sleep, lineages={8: Lineage((1,), is_orphan=True)}).headlines[0]
    assert "inherited" not in " ".join(said(sleep, lineages={8: Lineage((1,))}).texts)


@pytest.mark.parametrize(
    ("holder", "advice"),
    [
        (NGINX, "To free it: systemctl stop nginx.service. Or use another port."),
        (server(12, "python3", unit="session-3.scope"), "To free it, end python3 (12). Or use another port."),
        (server(12, "python3", unit="user@1000.service"), "To free it, end python3 (12). Or use another port."),
        (server(1, "systemd", unit="init.scope"), "systemd holds it for a socket unit:"),
        (server(3, "docker-proxy", words=("-container-ip", "172.17.0.2", "-container-port", "80")), "docker ps "),
    ],
)
def test_what_to_do_depends_on_who_holds_it(holder: Owner, advice: str) -> None:
    assert said(tcp("0.0.0.0:8080", owners=(holder,))).advice[0].startswith(advice)


@pytest.mark.parametrize("words", [(), ("-container-ip",), ("-container-port", "80")])
def test_a_docker_proxy_without_a_container_is_a_process_like_any(words: tuple[str, ...]) -> None:
    assert said(tcp("0.0.0.0:8080", owners=(server(3, "docker-proxy", words=words),))).verdict is Verdict.LISTENER


def test_time_wait_tells_how_long_it_lasts() -> None:
    waiting = [
        time_wait(tcp("127.0.0.1:8080", f"127.0.0.1:{peer}"), left) for peer, left in ((5000, 12.3), (5001, 43.2))
    ]
    found = said(*waiting)
    assert found.headlines == ["TCP port 8080 is kept by 2 connections in TIME-WAIT for up to 43 s more."]
    later = said(LISTENER, *waiting)
    assert later.verdict is Verdict.LISTENER
    assert later.advice[-1] == "After that TIME-WAIT keeps it for up to 43 s more, unless SO_REUSEADDR is set."


def test_what_is_closing_tells_its_states_and_no_time() -> None:
    waiting = time_wait(tcp("127.0.0.1:8080", "127.0.0.1:5000"))
    closing = waiting._replace(state=State.LAST_ACK, timer=None)
    found = said(waiting, closing)
    assert (found.verdict, found.headlines) == (
        Verdict.CLOSING, ["TCP port 8080 is kept by 2 connections in LAST-ACK and TIME-WAIT."],
    )  # fmt: skip


def test_a_connection_that_is_half_closed_has_its_holder() -> None:
    found = said(tcp("127.0.0.1:8080", "127.0.0.1:5000", state=State.FIN_WAIT_2, owners=(NGINX,)))
    assert found.verdict is Verdict.CLOSING
    assert "nginx (17179), descriptor 6, as root: nginx" in found.evidence


def test_a_connection_that_is_being_made_at_a_listener_goes_with_it() -> None:
    assert not has_port(tcp("127.0.0.1:8080", "127.0.0.1:5000", state=State.SYN_RECV, inode=0))


def test_a_free_port_that_may_be_held_by_what_is_not_listed_is_not_said_to_be_surely_free() -> None:
    found = said(rules=RULES._replace(lists_bound=False))
    assert found.is_free
    assert found.evidence[-1].endswith("one may hold it.")


@pytest.mark.parametrize("may_bind_low", [True, False, None])
def test_low_ports_take_a_capability(may_bind_low: bool | None) -> None:
    found = said(port=80, rules=RULES._replace(may_bind_low=may_bind_low))
    assert (found.verdict is Verdict.PRIVILEGED) is (may_bind_low is False)
    assert any("A port below 1024 takes CAP_NET_BIND_SERVICE" in text for text in found.evidence)
    assert said(port=1024, rules=RULES._replace(may_bind_low=may_bind_low)).verdict is Verdict.FREE


def test_a_long_list_of_reserved_ports_is_not_repeated() -> None:
    many = RULES._replace(reserved=tuple((port, port) for port in range(1_000, 1_100)))
    assert said(port=40_000, rules=many).advice == (
        "To keep it from outgoing connections, add it to net.ipv4.ip_local_reserved_ports.",
    )


# --- laws ---

sockets_at_port = st.lists(
    st.builds(
        lambda protocol, host, state, hidden: (
            tcp(f"{host}:{PORT}", netid=protocol, state=state, owners=() if hidden else (NGINX,))
            if protocol in ("tcp", "bound")
            else udp(f"{host}:{PORT}", owners=() if hidden else (NGINX,))
        ),
        st.sampled_from(["tcp", "bound", "udp"]),
        st.sampled_from(["0.0.0.0", "127.0.0.1", "[::]", "[::1]", "[::ffff:10.0.0.1]"]),
        st.sampled_from(sorted(set(State) - {State.SYN_RECV})),
        st.booleans(),
    ),
    max_size=5,
)


@given(sockets_at_port, st.sampled_from(["tcp", "udp"]))
def test_a_port_is_free_just_where_no_socket_of_its_protocol_has_it(sockets: list[Socket], protocol: str) -> None:
    found = port_verdict(PortFacts(PORT, NETNS, tuple(sockets), rules=RULES), EVERYTHING_SEEN, (protocol,))
    of_protocol = [socket for socket in sockets if (socket.netid == "udp") is (protocol == "udp")]
    assert found.is_free is not bool(of_protocol)
    assert set(found.protocols[0].sockets) <= set(of_protocol)
    assert bool(found.protocols[0].sockets) is bool(of_protocol)


@given(sockets_at_port, sockets_at_port)
def test_one_socket_more_never_makes_it_better(some: list[Socket], more: list[Socket]) -> None:
    graver = list(Verdict)
    assert graver.index(said(*some, *more).verdict) >= graver.index(said(*some).verdict)


@given(sockets_at_port, st.text(max_size=40), st.text(max_size=40))
def test_whatever_a_process_calls_itself_a_line_stays_a_harmless_line(
    sockets: list[Socket], name: str, words: str
) -> None:
    hostile = server(66, name, unit=words, words=(words,))
    renamed = [socket._replace(owners=(hostile,)) if socket.owners else socket for socket in sockets]
    elsewhere = (tcp(f"0.0.0.0:{PORT}", netns=5, owners=(hostile,)),)
    found = said(*renamed, elsewhere=elsewhere, names={5: words})
    for text in (*found.texts, found.brief):
        assert text == printable(text)
        assert text


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("port:8080", 8080), ("local_port:8080", 8080), ("sport = :8080", 8080), ("port:8080-8081", 0),
        ("peer_port:8080", 0), ("8080", 0), ("port:8080,9090", 0), ("port:8080 process:nginx", 0), ("-port:8080", 0),
        ("", 0), ("port:0", 0), ("sport > :8080", 0),
    ],
)  # fmt: skip
def test_a_filter_asks_about_a_port_if_it_is_that_port_alone(text: str, port: int) -> None:
    assert parse(text).only_port == port
