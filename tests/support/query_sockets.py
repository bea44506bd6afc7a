"""A fixed set of sockets of every kind, of which the filters of the tests choose."""

from __future__ import annotations

from typing import Any

from netwatch_tui.fields.moment import Moment
from netwatch_tui.query import MachineNames, parse
from netwatch_tui.sockets.marks import Mark, Marked
from netwatch_tui.sockets.ownership import Owner, OwnerReason, Process
from netwatch_tui.sockets.socket import DiagFacts, Socket, State, Timer
from tests.support.build import NETNS, datagram, netlink, packet, tcp, time_wait, udp, unix

BLUE = NETNS + 1
NOW = 10_000.0

NAMES = MachineNames(
    {
        "tcp": {"ssh": 22, "http": 80, "www": 80, "https": 443, "ftp": 21, "domain": 53, "odd": 1000},
        "udp": {"domain": 53, "https": 443, "odd": 2000},
    },
    me=1000,
    devices={1: "lo", 2: "eth0"},
)


def _held(
    pid: int, fd: int, name: str, *arguments: str, unit: str | None = None, container: str | None = None
) -> Owner:
    user = {"sshd": "root", "nginx": "www-data"}.get(name, "bob")
    return Owner(pid, fd, Process(pid, name, arguments or (name,), user, 0.0, unit, container))


SSHD = _held(700, 3, "sshd", "/usr/sbin/sshd", "-D", unit="ssh.service")
NGINX = _held(812, 6, "nginx", "nginx: master process", "/usr/sbin/nginx", unit="nginx.service")
WORKER = _held(813, 6, "nginx", "nginx: worker process", unit="nginx.service")
BROWSER = _held(2000, 90, "Web Content", "/usr/lib/browser", "--port=9229", "a&b")
CURL = _held(2100, 5, "curl", "curl", "https://example.org/")
DB = _held(900, 7, "postgres", "postgres", "-D", "/data", container="docker:0123456789ab")
ROOT: dict[str, Any] = {"user": "root", "uid": 0}
WWW: dict[str, Any] = {"user": "www-data", "uid": 33}
BOB: dict[str, Any] = {"user": "bob", "uid": 1000}

_ALL: dict[str, Socket] = {
    "ssh": tcp("0.0.0.0:22", inode=101, owners=(SSHD,), was_there=True, **ROOT),
    "ssh6": tcp("[::]:22", inode=102, owners=(SSHD._replace(fd=4),), was_there=True, send_q=128, **ROOT),
    "shell": tcp(
        "10.0.0.1:22",
        "10.0.0.9:50100",
        inode=103,
        owners=(SSHD._replace(fd=5),),
        timer=Timer("keepalive", 7000.0),
        **ROOT,
    ),
    "web": tcp("10.0.0.1:443", inode=104, owners=(NGINX, WORKER), recv_q=3, send_q=511, was_there=True, **ROOT),
    "visit": tcp("10.0.0.1:443", "93.184.216.34:50200", inode=105, owners=(WORKER,), send_q=70_000, **WWW),
    "mapped": tcp("[::ffff:10.0.0.1]:443", "[::ffff:10.0.0.2]:50300", inode=106, owners=(WORKER,), **WWW),
    "visit6": tcp("[2001:db8::1]:443", "[2001:db8::2]:50400", inode=107, owners=(WORKER,), **WWW),
    "ended": time_wait(tcp("10.0.0.1:443", "10.0.0.2:50500", owner_reason=OwnerReason.KERNEL)),
    "half": tcp("10.0.0.1:80", "10.0.0.3:50600", state=State.CLOSE_WAIT, inode=108, owners=(WORKER,), recv_q=1, **WWW),
    "asking": tcp("192.168.1.5:41000", "1.1.1.1:853", state=State.SYN_SENT, inode=109, owners=(CURL,), **BOB),
    "answer": tcp(
        "10.0.0.1:443", "172.16.0.4:50700", state=State.SYN_RECV, inode=0, uid=0, owner_reason=OwnerReason.KERNEL
    ),
    "fetch": tcp("192.168.1.5:41002", "93.184.216.34:443", inode=110, owners=(CURL,), **BOB),
    "debug": tcp("127.0.0.1:9229", inode=111, owners=(BROWSER,), **BOB),
    "local": tcp("127.0.0.1:41004", "127.0.0.1:5432", inode=112, owners=(BROWSER._replace(fd=91),), **BOB),
    "db": tcp("127.0.0.1:5432", "127.0.0.1:41004", inode=113, owners=(DB,), user="70", uid=70),
    "secret": tcp("[::1]:6010", inode=114, owner_reason=OwnerReason.PERMISSION, user="eve", uid=1001),
    "far": tcp("10.9.9.9:8080", inode=115, owner_reason=OwnerReason.NOT_FOUND, netns=BLUE, **ROOT),
    "dns": udp(
        "127.0.0.53:53", inode=116, interface="lo", owners=(_held(443, 13, "resolved"),), user="resolve", uid=101
    ),
    "dhcp": udp("0.0.0.0:68", inode=117, interface="eth0", owners=(_held(500, 9, "dhclient"),), drops=12, **ROOT),
    "query": udp("192.168.1.5:40000", "9.9.9.9:53", inode=118, owners=(CURL._replace(fd=8),), **BOB),
    "quic6": udp("[fe80::5]:443", inode=119, owners=(NGINX._replace(fd=7),), **ROOT),
    "ospf": datagram("raw", "0.0.0.0:89", inode=120, owners=(_held(600, 3, "bird"),), **ROOT),
    "bus": unix("/run/dbus/bus", state=State.LISTEN, inode=121, owners=(_held(300, 4, "dbus-daemon"),), recv_q=0),
    "named": unix("@app (1)", inode=122, owners=(_held(301, 5, "app"),), **BOB),
    "pair": unix("*", "u_dgr", inode=22, owners=(_held(301, 6, "app"),), **BOB),
    "sniff": packet("ip", 2, inode=124, interface="eth0", owners=(_held(302, 3, "tcpdump"),), user="root"),
    "link": netlink(4, 812, inode=125, owner_reason=OwnerReason.KERNEL, **ROOT),
}

_DIAG = {
    "asking": DiagFacts(1, autobound=True, fwmark=0),
    "fetch": DiagFacts(2, autobound=True, fwmark=0x11, cgroup=7, cgroup_path="/user.slice/bob"),
    "local": DiagFacts(3, autobound=True),
    "query": DiagFacts(4, autobound=True, fwmark=0x21),
    "db": DiagFacts(5, autobound=False, cgroup=8, cgroup_path="/docker/0123"),
}
_SEEN_AT = {"fetch": NOW - 5, "asking": NOW - 2, "visit": NOW - 90, "local": NOW - 4_000, "db": NOW - 4_000}
SOCKETS: dict[str, Socket] = {
    name: socket._replace(id=id, seen_at=_SEEN_AT.get(name, NOW - 600), diag=_DIAG.get(name))
    for id, (name, socket) in enumerate(_ALL.items(), 1)
}
"""By name. Those that are not named in `_SEEN_AT` were first seen ten minutes ago."""

MOMENT = Moment(
    NOW,
    {
        SOCKETS[name].id: Marked(mark, NOW + 3, SOCKETS[name])
        for name, mark in (("asking", Mark.NEW), ("fetch", Mark.NEW), ("half", Mark.CHANGED), ("ended", Mark.CLOSED))
    },
    {NETNS: "own", BLUE: "blue"},
)


def chosen(text: str) -> list[str]:
    """The names of the sockets that a filter chooses."""
    matches = parse(text, NAMES).compile(MOMENT)
    return [name for name, socket in SOCKETS.items() if matches(socket)]
