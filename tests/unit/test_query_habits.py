"""What people type from habit, from other tools and from what they see, works or is refused with a hint."""

from __future__ import annotations

import pytest

from netwatch_tui.query import QueryError, format_query, parse
from tests.support.query_sockets import NAMES, chosen

SAME = [
    # signs in the place of the colon
    ("port=443", "port:443"),
    ("port==443", "port:443"),
    ("port = 443", "port:443"),
    ("port=22,80", "port:22,80"),
    ("process=nginx", "process:nginx"),
    ('process="Web Content"', 'process:"Web Content"'),
    ("process!=nginx", "-process:nginx"),
    ("-port=443", "-port:443"),
    ("not port=443", "-port:443"),
    ("recv_q>0", "recvq:>0"),
    ("recvq > 0", "recvq:>0"),
    ("age<10s", "age:<10s"),
    ("pid=1", "pid:1"),
    ("cmd=/(a|b)$/", "cmd:/(a|b)$/"),
    # as tcpdump has it
    ("port 443", "port:443"),
    ("port 22,80", "port:22,80"),
    ("tcp port 443", "tcp port:443"),
    ("portrange 1-100", "port:1-100"),
    ("host 10.0.0.9", "addr:10.0.0.9"),
    ("host [::1]", "addr:[::1]"),
    ("net 10.0.0.0/8", "addr:10.0.0.0/8"),
    ("src port 22", "sport = :22"),
    ("dst host 10.0.0.9", "dst 10.0.0.9"),
    ("src net 10/8", "src 10/8"),
    ("src or dst port 22", "src port 22 or dst port 22"),
    ("dst or src host 10.0.0.9", "dst 10.0.0.9 or src 10.0.0.9"),
    ("src and dst net 10/8", "src 10/8 dst 10/8"),
    ("ip host 10.0.0.9", "family:inet,inet6 addr:10.0.0.9"),
    ("ip6 host ::1", "family:inet6 addr:[::1]"),
    ("10/8", "addr:10.0.0.0/8"),
    ("2001:db8::/32", "addr:2001:db8::/32"),
    ("10.0.0.1.443", "addr:10.0.0.1:443"),
    # as Wireshark has it
    ("tcp.port==443", "proto:tcp port:443"),
    ("tcp.port != 443", "proto:tcp -port:443"),
    ("tcp.port eq 443", "proto:tcp port:443"),
    ("udp.dstport==53", "proto:udp pport:53"),
    ("ip.addr==10.0.0.9", "addr:10.0.0.9"),
    ("ip.src == 10.0.0.1", "local:10.0.0.1"),
    # as nft, psutil, ps and the headings of netstat and ss have it
    ("dport:443", "pport:443"),
    ("src:10/8", "local:10/8"),
    ("daddr 10.0.0.9", "peer:10.0.0.9"),
    ("raddr=10.0.0.9", "peer:10.0.0.9"),
    ("comm=nginx", "process:nginx"),
    ("Recv-Q>0", "recv_q:>0"),
    ("Send-Q > 0", "send_q:>0"),
    ("send-q:>1k", "send_q:>1k"),
    ("-recv-q:0", "-recv_q:0"),
    # states by themselves, as ss, netstat, Windows and RFC 9293 spell them
    ("LISTENING", "state:listening"),
    ("established", "state:established"),
    ("ESTAB", "state:estab"),
    ("close_wait", "state:close-wait"),
    ("TIME_WAIT", "state:time-wait"),
    ("fin-wait-1", "state:fin-wait-1"),
    ("FIN_WAIT2", "state:fin-wait-2"),
    ("SYN_RECEIVED", "state:syn-recv"),
    ("connected", "state:connected"),
    ("state=established", "state:established"),
    ("state != established", "-state:established"),
    ("state CLOSE_WAIT", "state close-wait"),
    ("TIMEWAIT", "state:time-wait"),
    ("finwait2", "state:fin-wait-2"),
    ("FIN WAIT 1", "state:fin-wait-1"),
    ("close wait port 22", "state:close-wait port:22"),
    # kinds by themselves
    ("udp", "netid:udp"),
    ("UNIX", "netid:u_dgr,u_seq,u_str"),
    ("u_str", "netid:u_str"),
    ("tcp6", "netid:tcp family:inet6"),
    ("inet6", "family:inet6"),
    ("80/tcp", "netid:tcp port:80"),
    ("udp/53", "netid:udp port:53"),
    ("812/nginx", "pid:812 process:nginx"),
    ("state:FIN_WAIT1", "state:fin-wait-1"),
    # what tables show
    ("*:443", "port:443"),
    ("*:https", "port:https"),
    ("*:*", "peer:-"),
    (":::22", "addr:[::]:22"),
    (":::*", "addr:[::]:*"),
    ("10.0.0.1:80", "addr:10.0.0.1:80"),
    ("[::1]:https", "addr:[::1]:443"),
    # lists
    ("22,80", "22 or 80"),
    ("8000-8999", "port:8000-8999"),
    ("ssh,443", "port:22,443"),
    # | glued to words binds closer than what stands side by side
    ("tcp nginx|curl", "tcp ( nginx or curl )"),
    ("process:nginx|curl", "process:nginx,curl"),
    ("-process:nginx|curl", "-process:nginx,curl"),
    ("port:22|lport:80", "port:22 or lport:80"),
    ("tcp nginx | curl", "tcp nginx or curl"),
    ("nginx&tcp", "nginx tcp"),
]


@pytest.mark.parametrize(("typed", "meant"), SAME)
def test_a_habit_means_what_it_means_elsewhere(typed: str, meant: str) -> None:
    expression = parse(typed, NAMES).expression
    assert expression == parse(meant, NAMES).expression
    assert parse(format_query(expression), NAMES).expression == expression
    assert parse(typed, NAMES).notes == ()


def test_the_habit_of_asking_for_anyone_at_a_port_chooses_rows() -> None:
    assert chosen("0.0.0.0:*") == chosen('"0.0.0.0:*"') != []


@pytest.mark.parametrize(
    ("typed", "part", "note"),
    [
        ("tcp foo=bar", "foo=bar", "no key of this name: foo; searched as text"),
        ("prot=tcp", "prot=tcp", "no key of this name: prot (did you mean proto?); searched as text"),
        ("eth0:1", "eth0:1", "no key of this name: eth0; searched as text"),
        ("pid nginx", "pid nginx", "pid is searched as text; pid: needs a number, a range (1-9) or a comparison (>0)"),
        ("process nginx", "process nginx", "process and nginx are searched as text (did you mean process:nginx?)"),
        (
            "host example.org",
            "host example.org",
            "host and example.org are searched as text (did you mean host:example.org?)",
        ),
    ],
)
def test_what_looks_like_a_condition_and_is_none_is_searched_and_noted(typed: str, part: str, note: str) -> None:
    (found,) = parse(typed, NAMES).notes
    assert (typed[found.start : found.end], found.text) == (part, note)


@pytest.mark.parametrize(
    "typed", ["nginx", "--port=9229", '"foo=bar"', "fe80:1", "[::1]:80", "10.0.0.1:443", "a b c", "port"]
)
def test_plain_text_needs_no_note(typed: str) -> None:
    assert parse(typed, NAMES).notes == ()


@pytest.mark.parametrize(
    ("typed", "netids"),
    [
        ("proto:unix port:1", "u_dgr u_seq u_str"),
        ("proto:tcp,udp proto:udp", "udp"),
        ("udp:53 or src netlink:*", "nl udp"),
        ("src unix:/run/*", "u_dgr u_seq u_str"),
        ("proto:tcp or nginx", None),
        ("not proto:tcp", None),
        ("nginx", None),
    ],
)
def test_a_filter_knows_which_kinds_it_asks_for(typed: str, netids: str | None) -> None:
    assert parse(typed, NAMES).asked.netids == (None if netids is None else frozenset(netids.split()))


@pytest.mark.parametrize(
    ("typed", "part", "hint"),
    [
        ("colour:red", "colour:", "no key of this name: colour; text with a colon belongs in quotes"),
        ("foo = bar", "foo", "no key of this name: foo"),
        ("process>5", "5", "process: is compared with = and != only"),
        ("port = x", "x", "port: needs a number from 0 to 65535"),
        ("port >", "", "port: needs a number from 0 to 65535"),
        ("state = open", "open", "state: needs a state or a group of states"),
        ("localhost:80", "localhost:", "no key of this name: localhost (did you mean local_port?); host names are not"),
        ("unix:/run/x", "unix:", "unix sockets have no ports; addr:/run/x asks for an address"),
        ("sport = :22,80", ":22,80", "a port or a service of /etc/services is expected; local_port: takes lists"),
    ],
)
def test_what_can_not_be_meant_is_refused_with_a_hint(typed: str, part: str, hint: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(typed, NAMES)
    assert typed[caught.value.start : caught.value.end] == part
    assert caught.value.message.startswith(hint)
