"""What acts are called, what is guarded, and what a person points at."""

from __future__ import annotations

import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.actions.act import every_signal, signal_meaning, signal_name, signal_named
from netwatch_tui.actions.guards import Guard, OwnSession, SshEnds, read_ssh_connection
from netwatch_tui.actions.holding import can_shut_down
from netwatch_tui.actions.subject import Holding, holding_of, subject_of, subject_of_all
from netwatch_tui.sockets.socket import State
from tests.support.build import datagram, owner, packet, process, tcp, udp, unix


@pytest.mark.parametrize("number", every_signal())
def test_every_signal_has_one_name_and_a_meaning(number: int) -> None:
    name = signal_name(number)
    assert signal_named(name) == signal_named(f"sig{name.lower()}") == number
    assert signal_meaning(number)


def test_no_other_word_is_a_signal() -> None:
    assert [signal_named(text) for text in ("", "9", "nginx", "port:80", "SIG", "TERMINATE")] == [None] * 6
    assert signal_named("HUP") == signal.SIGHUP


@given(st.text(max_size=60))
def test_no_text_in_the_environment_breaks_it(text: str) -> None:
    read_ssh_connection({"SSH_CONNECTION": text})


def test_the_session_is_known_by_sshd_s_word_or_by_who_is_above() -> None:
    assert read_ssh_connection({}) is None
    ssh = read_ssh_connection({"SSH_CONNECTION": "::ffff:192.0.2.9 50000 192.0.2.1 22"})
    assert ssh == SshEnds(bytes([192, 0, 2, 9]), 50000, bytes([192, 0, 2, 1]), 22)
    session = OwnSession(100, (90, 80, 1), ssh)
    theirs = tcp("192.0.2.1:22", "192.0.2.9:50000")
    assert session.guard_of_socket(theirs) is Guard.CONNECTION
    assert session.guard_of_socket(tcp("192.0.2.1:22", "192.0.2.9:50001")) is None
    assert session.guard_of_socket(tcp("192.0.2.1:22")) is None
    above = tcp("10.0.0.1:22", "10.0.0.2:1")._replace(owners=(owner(80),))
    assert session.guard_of_socket(above) is Guard.CONNECTION, "under sudo sshd's word is lost"
    first = tcp("10.0.0.1:22", "10.0.0.2:1")._replace(owners=(owner(1),))
    assert session.guard_of_socket(first) is None, "all are below pid 1"


@pytest.mark.parametrize(
    ("pid", "is_kernel_thread", "guard"),
    [
        (1, False, Guard.INIT),
        (2, True, Guard.KERNEL_THREAD),
        (100, False, Guard.SELF),
        (90, False, Guard.ABOVE),
        (7, False, None),
    ],
)
def test_what_a_machine_or_session_can_t_do_without_is_guarded(
    pid: int, is_kernel_thread: bool, guard: Guard | None
) -> None:
    assert OwnSession(100, (90, 1)).guard_of_process(pid, is_kernel_thread=is_kernel_thread) is guard


def test_what_ends_with_a_process_is_counted() -> None:
    shared = tcp("10.0.0.1:443", inode=1)._replace(owners=(owner(7, 3), owner(8, 3)))
    visit = tcp("10.0.0.1:443", "10.0.0.2:9", inode=2)._replace(owners=(owner(7),))
    other = udp("10.0.0.1:53", inode=3)._replace(owners=(owner(9),))
    held = holding_of([process(7)], (shared, visit, other))
    assert held == Holding(listeners=1, connections=1, others=0, sharers=1)
    assert holding_of([process(9), process(8)], (shared, visit, other)) == Holding(1, 0, 1, 1)
    assert holding_of([], (shared, visit)) == Holding(0, 0, 0, 0)


def test_a_row_means_its_first_holder_and_a_group_all_of_them() -> None:
    shared = tcp("10.0.0.1:443", inode=1)._replace(owners=(owner(7, 3), owner(7, 4), owner(8, 3)))
    other = tcp("10.0.0.1:80", inode=2)._replace(owners=(owner(9),))
    one = subject_of(shared, (shared, other))
    assert [process.pid for process in one.processes] == [7]
    assert [process.pid for process in one.others] == [8]
    both = one.aimed_at((*one.processes, *one.others))
    assert [process.pid for process in both.processes] == [7, 8]
    assert both.others == ()
    assert [process.pid for process in subject_of_all((shared, other), (), "").processes] == [7, 8, 9]


@pytest.mark.parametrize(
    ("socket", "can"),
    [
        (tcp("10.0.0.1:80", inode=1), True),
        (tcp("10.0.0.1:80", "10.0.0.2:1", inode=1), True),
        (tcp("10.0.0.1:80", "10.0.0.2:1", state=State.TIME_WAIT, inode=0), False),
        (udp("10.0.0.1:53", inode=1), False),
        (udp("10.0.0.1:53", "10.0.0.2:1", inode=1), True),
        (datagram("raw", "10.0.0.1:1", inode=1), False),
        (unix("/run/x", state=State.LISTEN), True),
        (unix("/run/x", state=State.UNCONN), False),
        (packet(), False),
    ],
)
def test_shutdown_is_offered_where_it_does_something(socket: object, can: bool) -> None:
    assert can_shut_down(socket) is can  # type: ignore[arg-type]  # parametrized values are objects to mypy
