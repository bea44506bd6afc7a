from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

from netwatch_tui.fields.format import harmless, printable
from netwatch_tui.output import prometheus
from netwatch_tui.output.head import Head
from netwatch_tui.output.registry import METRICS, write_lines
from netwatch_tui.sockets.health import ACCEPT_QUEUE_FULL, CLOSE_WAIT_LEAK, Finding
from netwatch_tui.sockets.ownership import Owner, OwnerReason, Process
from netwatch_tui.sockets.snapshot import Problem
from netwatch_tui.sockets.socket import Socket, State
from netwatch_tui.sockets.unseen import Unseen
from tests.support.build import NETNS, owner, tcp, udp, unix
from tests.support.strategies import parsed_sockets

HEAD = Head(1_767_258_000.25, "", namespaces={NETNS: "own"})

_VALUE = r'"(?:[^"\\\n]|\\[\\"n])*"'
_SAMPLE = re.compile(rf"netwatch_[a-z_]+(?:\{{[a-z]+={_VALUE}(?:,[a-z]+={_VALUE})*\}})? [0-9.e+-]+")
"""A sample as the server's own parser takes it, which is stricter than the one for Python: no other escape is one."""


def held(socket: Socket, *owners: Owner, **fields: Any) -> Socket:
    """A followed socket with its holders."""
    return socket._replace(owners=owners, owner_reason=None if owners else OwnerReason.KERNEL, **fields)


def families(*sockets: Socket, **head: Any) -> dict[str, Metric]:
    """What a reader understands, by name; every line is judged by the grammar first, as it leaves the program."""
    lines = harmless(list(write_lines(METRICS, sockets, HEAD._replace(**head))))
    for line in lines:
        assert line.startswith(("# HELP netwatch_", "# TYPE netwatch_")) or _SAMPLE.fullmatch(line), line
    return {family.name: family for family in text_string_to_metric_families("\n".join(lines) + "\n")}


def values(family: Metric, *labels: str) -> dict[Any, float]:
    """Samples by the values of these labels; one value stands for itself."""
    found = {tuple(sample.labels[label] for label in labels): sample.value for sample in family.samples}
    assert len(found) == len(family.samples)
    return {key[0] if len(key) == 1 else key: value for key, value in found.items()}


def listeners(count: int, **fields: Any) -> Sequence[Socket]:
    return [held(tcp(f"127.0.0.1:{1000 + n}", inode=n + 1, **fields), owner(7), id=n) for n in range(count)]


def test_sockets_are_counted_and_nothing_is_counted_twice() -> None:
    found = families(
        held(tcp(), owner(7, 3, "nginx"), owner(8, 3, "nginx"), owner(9, 3, "php")),
        held(tcp("127.0.0.1:80", "127.0.0.1:5", recv_q=30, send_q=4), owner(7, 4, "nginx")),
        held(tcp("127.0.0.1:80", "127.0.0.1:6", state=State.TIME_WAIT, inode=0)),
        held(udp(recv_q=12), owner(9, 5, "php")),
    )
    assert values(found["netwatch_sockets"], "netid", "state") == {
        ("tcp", "LISTEN"): 1, ("tcp", "ESTAB"): 1, ("tcp", "TIME-WAIT"): 1, ("udp", "UNCONN"): 1,
    }  # fmt: skip
    assert values(found["netwatch_process_sockets"], "process") == {"nginx": 2, "php": 2, "other": 0}
    assert {
        reason: count for reason, count in values(found["netwatch_unowned_sockets"], "reason").items() if count
    } == {"kernel": 1}
    assert values(found["netwatch_receive_queue_bytes"], "netid") == {"tcp": 30, "udp": 12}
    assert values(found["netwatch_send_queue_bytes"], "netid")["tcp"] == 4


def test_every_family_has_help_and_type_and_base_units() -> None:
    problems = (Problem("can't read", 3), Problem("nor this", 1))
    found = families(tcp(), cost=0.0421, unseen=Unseen(others=4, shielded=2, proc_hides=True), problems=problems)
    assert all(family.documentation and family.type == "gauge" for family in found.values())
    assert values(found["netwatch_unseen_processes"], "reason") == {"other-user": 4, "shielded": 2, "unreadable": 0}
    assert values(found["netwatch_process_list_hidden"], "by") == {"hidepid": 1, "pid-namespace": 0}
    for name, value in (
        ("read_errors", 4),
        ("tick_timestamp_seconds", HEAD.taken_at),
        ("tick_duration_seconds", 0.0421),
    ):
        assert values(found[f"netwatch_{name}"]) == {(): value}


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_name_is_one_value_of_a_label(name: str, namespace: str) -> None:
    process = Process(7, name, (), "", 0.0)
    found = families(held(tcp(), Owner(7, 3, process)), namespaces={NETNS: namespace})
    (sample,) = found["netwatch_listener_sockets"].samples
    assert sample.labels["netns"] == printable(namespace)
    by_process = values(found["netwatch_process_sockets"], "process")  # where names have their whole length
    assert list(by_process.values()).count(1) == 1 or name == "other"


@given(parsed_sockets())
def test_any_socket_is_counted(socket: Socket) -> None:
    assert [sample.value for sample in families(socket)["netwatch_sockets"].samples] == [1]


def test_whatever_processes_call_themselves_the_series_are_bounded_and_the_sums_hold() -> None:
    most = prometheus.MOST_PROCESSES
    sockets = [held(tcp(inode=n + 1), owner(n + 1, 3, f"p{n:03}")) for n in range(most + 5)]
    found = families(*sockets, sockets[-1], held(tcp(), owner(1, 3, "other")))
    counted = values(found["netwatch_process_sockets"], "process")
    assert len(counted) == most + 1
    assert counted[f"p{most + 4:03}"] == 2  # those with most come first
    assert counted["other"] == 6
    assert sum(counted.values()) == len(sockets) + 2


def test_listeners_are_bounded_and_the_longest_queues_are_told() -> None:
    most = prometheus.MOST_LISTENERS
    full = held(tcp("127.0.0.1:60000", recv_q=9, send_q=8), owner(7))
    found = families(*listeners(most + 2, recv_q=1, send_q=5), full)
    waiting = values(found["netwatch_listener_accept_queue_length"], "netid", "port")
    assert len(waiting) == most + 1
    assert (waiting["tcp", "60000"], waiting["tcp", "other"]) == (9, 3)
    assert values(found["netwatch_listener_backlog"], "port")["other"] == 15


def test_listeners_that_share_a_port_are_one_series_and_an_unknown_backlog_is_none() -> None:
    known, unknown = (held(tcp(recv_q=2, send_q=send_q), owner(7, 3, "web")) for send_q in (5, None))
    labels = {"netid": "tcp", "netns": "own", "port": "80", "address": "127.0.0.1", "process": "web"}
    found = families(known, known)
    for name, value in (("sockets", 2), ("accept_queue_length", 4), ("backlog", 10)):
        (sample,) = found[f"netwatch_listener_{name}"].samples
        assert (sample.labels, sample.value) == (labels, value)
    assert "netwatch_listener_backlog" not in families(known, unknown)
    (named,) = families(unix("/run/x", state=State.LISTEN, inode=5))["netwatch_listener_sockets"].samples
    assert (named.labels["address"], named.labels["port"]) == ("/run/x", "")  # its inode says nothing


def test_what_takes_time_to_judge_is_not_counted_as_nothing_by_one_look() -> None:
    socket = tcp(id=5)
    nothing = values(families(socket)["netwatch_problem_sockets"], "problem", "severity")
    assert nothing["accept-queue-full", "critical"] == 0
    assert "close-wait" not in {problem for problem, _ in nothing}
    found = (Finding(ACCEPT_QUEUE_FULL, 0.0, socket), Finding(CLOSE_WAIT_LEAK, 0.0, socket))
    some = values(families(socket, findings={5: found})["netwatch_problem_sockets"], "problem")
    assert (some["accept-queue-full"], some["close-wait"]) == (1, 1)


@pytest.mark.parametrize("name", ["netwatch_sockets", "netwatch_listener_sockets"])
def test_without_sockets_there_is_no_sample_of_them(name: str) -> None:
    assert name not in families()
