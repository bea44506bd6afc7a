"""The subflows of an MPTCP connection: several rows that have one inode, and one holder."""

from __future__ import annotations

import os
import socket as net
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from netwatch_tui.collect.collector import LOOK_ROUND_EVERY, Collector
from netwatch_tui.collect.flows import MOST_AGE
from netwatch_tui.kernel.inside import run_inside
from netwatch_tui.sockets.flow import Flow
from netwatch_tui.sockets.needs import EVERY_NEED, NOTHING_MORE, Needs
from netwatch_tui.sockets.socket import Socket
from tests.support.kernel import Netns, linux_source, new_netns, ss
from tests.support.kernel_transfer import move

MPTCP = 262
HERE, THERE = "192.0.2.1", "192.0.2.2"
_PATIENCE = 20.0


@pytest.fixture
def joined(may_make_namespaces: None) -> Iterator[Netns]:
    """A namespace in which a client connects from both addresses."""
    with new_netns("mptcp") as netns:
        for words in (
            ("addr", "add", f"{HERE}/24", "dev", "lo"),
            ("addr", "add", f"{THERE}/24", "dev", "lo"),
            ("mptcp", "limits", "set", "subflow", "1"),
            ("mptcp", "endpoint", "add", THERE, "dev", "lo", "subflow"),
        ):
            done = subprocess.run(["ip", "-n", netns.name, *words], check=False, capture_output=True, text=True)
            if done.returncode:
                pytest.skip(f"ip {words[0]}: {done.stderr.strip()}")
        yield netns


def socket() -> net.socket:
    return net.socket(net.AF_INET, net.SOCK_STREAM, MPTCP)


def connected(joined: Netns, stack: ExitStack) -> tuple[net.socket, net.socket, net.socket]:
    """A listener in that namespace, and both ends of a connection to it, which are closed with the stack."""
    there = os.open(f"/run/netns/{joined.name}", os.O_RDONLY)
    stack.callback(os.close, there)
    listener, client = (stack.enter_context(run_inside(there, socket)) for _ in range(2))
    listener.bind((HERE, 0))
    listener.listen()
    client.connect(listener.getsockname())
    return listener, client, stack.enter_context(listener.accept()[0])


def test_a_connection_has_totals_of_its_own_and_rates_that_add_up_to_them(joined: Netns) -> None:
    with ExitStack() as stack:
        source = stack.enter_context(linux_source())
        listener, client, server = connected(joined, stack)
        collector = Collector(source, namespaces=joined.name, needs=Needs(flows_of_all=True))

        def told(end: net.socket) -> Flow | None:
            inode = os.fstat(end.fileno()).st_ino
            (row,) = [each for each in snapshot.sockets if each.inode == inode and each.netid == "mptcp"]
            return snapshot.flows.get(row.id)

        snapshot = collector.collect(0.0)
        first = told(client)
        assert first
        assert (first.bytes_in, first.bytes_out, first.rate_out) == (0, 0, None)
        move(client, server, 1_000_003)
        move(server, client, 77)
        snapshot = collector.collect(MOST_AGE)
        for end, into, out in ((client, 77, 1_000_003), (server, 1_000_003, 77)):
            flow = told(end)
            assert flow
            assert (flow.bytes_in, flow.bytes_out, flow.counters.bytes_retrans) == (into, out, 0)
            assert (flow.rtt, flow.counters.cwnd, flow.counters.retrans_total, flow.unsent) == (None, None, None, None)
            assert flow.rate_in
            assert flow.rate_out
            assert flow.rate_in / flow.rate_out == pytest.approx(into / out)
            assert flow.last_sent_at
        assert told(listener) is None
        client.shutdown(net.SHUT_WR)
        assert server.recv(1) == b""
        snapshot = collector.collect(2 * MOST_AGE)
        for end, into, out in ((client, 77, 1_000_003), (server, 1_000_003, 77)):
            flow = told(end)
            assert flow
            assert (flow.bytes_in, flow.bytes_out) == (into, out)  # without the FIN
        assert snapshot.findings == {}
        row = next(each.id for each in snapshot.sockets if each.netid == "mptcp" and snapshot.flows.get(each.id))
        collector.needs = Needs(flows_of_ids=frozenset({row}))
        assert collector.collect(3 * MOST_AGE).flows.keys() == {row}


def test_each_subflow_has_its_own_facts_and_all_have_the_holders_of_the_connection(joined: Netns) -> None:
    with ExitStack() as stack:
        source = stack.enter_context(linux_source())
        _, client, server = connected(joined, stack)
        for one, other in ((client, server), (server, client)):  # after which the kernel joins the other address
            one.send(b"x")
            other.recv(1)
        inode, fd = os.fstat(client.fileno()).st_ino, client.fileno()
        collector = Collector(source, namespaces=joined.name, needs=EVERY_NEED)

        def flows(now: float) -> list[Socket]:
            found = [each for each in collector.collect(now).sockets if each.inode == inode]
            return [each for each in found if each.netid == "tcp"]  # not the connection itself, which has a row as well

        deadline = time.monotonic() + _PATIENCE
        while len(flows(0.0)) < 2:
            assert time.monotonic() < deadline, "the kernel joined no other address"
        seen = flows(LOOK_ROUND_EVERY)
        assert {each.local.text: each.interface for each in seen} == {HERE: None, THERE: "lo"}
        for each in seen:
            assert each.diag
            (line,) = ss(joined, "-tHen", f"src {each.local.text}:{each.local_port}")[1]
            assert f" sk:{each.diag.cookie:x} " in f"{line} "
        collector.needs = NOTHING_MORE
        flows(2 * LOOK_ROUND_EVERY)
        again = os.dup(fd)
        stack.callback(os.close, again)
        for each in flows(3 * LOOK_ROUND_EVERY):
            assert [(owner.pid, owner.fd) for owner in each.owners] == [(os.getpid(), fd), (os.getpid(), again)]
