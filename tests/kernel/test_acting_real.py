"""What actions do to real processes and sockets, and what they leave alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.kernel import NOBODY, Child, Netns

LAST_PID = Path("/proc/sys/kernel/ns_last_pid")
TRIES = 200


class Ends(NamedTuple):
    """Two processes with a connection between them."""

    server: Child
    client: Child
    listener: list[int]
    accepted: list[int]
    connected: list[int]


class Act:
    """Starts processes in a namespace, and ends them with the test."""

    def __init__(self, here: Netns, stack: ExitStack) -> None:
        self.here = here
        self._stack = stack

    def victim(self, uid: int = 0, netns: Netns | None = None) -> Child:
        return self._start("tests.support.kernel_victim", str(uid), netns=netns)

    def actor(self, uid: int = 0, namespaces: str = "", before: tuple[str, ...] = ()) -> Child:
        return self._start("tests.support.kernel_actor", str(uid), namespaces, before=before)

    def _start(self, *words: str, netns: Netns | None = None, before: tuple[str, ...] = ()) -> Child:
        return self._stack.enter_context(Child(*words, netns=netns or self.here, before=before))

    def ends(self, uid: int = 0, netns: Netns | None = None) -> Ends:
        server, client = self.victim(uid, netns), self.victim(uid, netns)
        listener = server.ask(["listen"])
        connected = client.ask(["connect", listener[2]])
        return Ends(server, client, listener, server.ask(["accept", listener[1]]), connected)


@pytest.fixture
def act(here: Netns) -> Iterator[Act]:
    with ExitStack() as stack:
        yield Act(here, stack)


def aimed(actor: Child, *inodes: int) -> dict[str, Any]:
    assert actor.ask(["see", inodes]) == len(inodes)
    told: dict[str, Any] = actor.ask(["aim"])
    return told


# --- processes ---


def test_one_that_ignores_term_is_waited_for_and_then_killed(act: Act) -> None:
    victim, actor = act.victim(), act.actor()
    listener = victim.ask(["listen"])
    victim.ask(["ignore", "SIGTERM"])
    told = aimed(actor, listener[0])
    process, socket = told["lines"]
    assert f"pid {victim.pid}, started " in process
    assert process.endswith(" ago, as root: 1 listener")
    assert socket == f"tcp 127.0.0.1:{listener[2]}, LISTEN"
    assert told["offers"][:6] == ["TERM", "KILL", "HUP", "INT", "STOP", "CONT"]
    sent = actor.ask(["perform", "TERM"])
    assert sent["sentence"].startswith("Sent TERM to ")
    assert actor.ask(["ended", 0.3]) == [False]
    actor.ask(["perform", "KILL"])
    assert actor.ask(["ended", 20]) == [True]
    assert actor.ask(["perform", "TERM"])["hits"] == [[victim.pid, None, "it had ended already"]]


def again_with(pid: int, victim: Callable[[], Child]) -> Child | None:
    """A process with this number, if it can be had."""
    for _ in range(TRIES):
        LAST_PID.write_text(str(pid - 1))
        child = victim()
        if child.pid == pid:
            return child
    return None


@pytest.mark.skipif(os.getuid() != 0, reason="only root may choose the number of the next process")
@pytest.mark.parametrize("is_held", [True, False], ids=["after the dialog opened", "before it opened"])
def test_a_process_that_got_the_number_of_another_is_never_hit(act: Act, is_held: bool) -> None:
    actor = act.actor()
    victim = act.victim()
    listener = victim.ask(["listen"])
    assert actor.ask(["see", [listener[0]]]) == 1
    if is_held:
        actor.ask(["aim"])
    victim.__exit__()
    other = again_with(victim.pid, act.victim)
    if other is None:
        pytest.skip("the kernel gave that number to nobody")
    assert other.ask(["listen"]), "it runs"
    if is_held:
        assert actor.ask(["perform", "KILL"])["hits"] == [[victim.pid, None, "it had ended already"]]
    else:
        told = actor.ask(["aim"])
        assert not any(offer in told["offers"] for offer in ("TERM", "KILL"))
        assert any("is another process now" in sentence for sentence in told["missed"])
    assert other.ask(["listen"]), "it still runs"


def test_one_that_ended_before_is_said_and_nothing_else_is_offered(act: Act) -> None:
    victim, actor = act.victim(), act.actor()
    listener = victim.ask(["listen"])
    assert actor.ask(["see", [listener[0]]]) == 1
    victim.__exit__()
    told = actor.ask(["aim"])
    assert told["offers"] == []
    assert len(told["missed"]) == 2
    assert told["missed"][0].endswith(f"({victim.pid}) has ended")
    assert told["missed"][1] == f"tcp 127.0.0.1:{listener[2]} has closed"


def test_others_who_hold_it_are_named_and_can_be_meant_as_well(act: Act) -> None:
    holder = act._start("tests.support.kernel_holder")
    actor = act.actor()
    inode, _ = holder.ask(["listen"])
    fork = holder.ask(["fork"])
    told = aimed(actor, inode)
    first = min(holder.pid, fork)
    assert f"pid {first}, " in told["lines"][0]
    assert told["lines"][0].endswith(": 1 listener, 1 more process shares it")
    actor.ask(["everyone"])
    assert actor.ask(["aim"])["lines"][0].startswith("2 processes: ")
    actor.ask(["perform", "KILL"])
    assert actor.ask(["ended", 20]) == [True, True]


def test_all_marked_rows_are_hit_and_no_others(act: Act) -> None:
    victims, actor = [act.victim() for _ in range(3)], act.actor()
    listeners = [victim.ask(["listen"]) for victim in victims]
    told = aimed(actor, listeners[0][0], listeners[2][0])
    assert told["lines"][0].startswith("2 processes: ")
    assert told["lines"][1] == "2 marked sockets: 2 listeners"
    sent = actor.ask(["perform", "TERM"])
    assert sent["sentence"] == "Sent TERM to 2 processes."
    assert actor.ask(["ended", 20]) == [True, True]
    assert victims[1].ask(["listen"]), "it was not marked"


# --- connections ---


def test_the_kernel_aborts_a_connection_at_both_ends(act: Act) -> None:
    ends, actor = act.ends(), act.actor()
    told = aimed(actor, ends.connected[0])
    assert told["ways"] == ["sock-destroy"]
    done = actor.ask(["perform", "Close"])
    assert done["hits"] == [[ends.connected[0], "sock-destroy", ""]]
    assert ends.client.ask(["received", ends.connected[1]]) == "ECONNABORTED"
    assert ends.server.ask(["received", ends.accepted[1]]) == "ECONNRESET"
    assert actor.ask(["perform", "Close"])["hits"] == [[ends.connected[0], None, "it had closed already"]]


def test_without_that_right_it_is_shut_down_in_its_holder(act: Act) -> None:
    ends, actor = act.ends(NOBODY), act.actor(NOBODY)
    told = aimed(actor, ends.connected[0])
    assert told["ways"] == ["shutdown"]
    done = actor.ask(["perform", "Close"])
    assert done["note"] == "not by SOCK_DESTROY: it takes CAP_NET_ADMIN"
    assert done["sentence"].endswith(", by shutdown(2) in its holder.")
    assert ends.client.ask(["received", ends.connected[1]]) == "", "end of file"
    assert ends.server.ask(["received", ends.accepted[1]]) == "", "its peer sent FIN"


def test_a_connection_with_the_ends_of_one_that_closed_is_never_hit(act: Act) -> None:
    ends, actor = act.ends(), act.actor()
    aimed(actor, ends.connected[0])
    ends.client.ask(["reset", ends.connected[1]])
    assert ends.server.ask(["received", ends.accepted[1]]) == "ECONNRESET"
    ends.server.ask(["close", ends.accepted[1]])
    again = ends.client.ask(["connect", ends.listener[2], ends.connected[2]])
    accepted = ends.server.ask(["accept", ends.listener[1]])
    assert again[2] == ends.connected[2], "it has the same ends"
    assert actor.ask(["perform", "Close"])["hits"] == [[ends.connected[0], None, "it had closed already"]]
    ends.client.ask(["send", again[1]])
    assert ends.server.ask(["received", accepted[1]]) == "x", "it works"


def test_a_listener_keeps_listening_when_its_connections_are_closed_and_then_stops(act: Act) -> None:
    ends, actor = act.ends(), act.actor()
    more = ends.client.ask(["connect", ends.listener[2]])
    ends.server.ask(["accept", ends.listener[1]])
    told = aimed(actor, ends.listener[0])
    assert told["offers"][-2:] == ["Close connections 2", "Stop listening"]
    assert actor.ask(["perform", "Close connections 2"])["sentence"] == "Closed 2 sockets."
    assert ends.client.ask(["received", more[1]]) == "ECONNRESET"
    third = ends.client.ask(["connect", ends.listener[2]])
    ends.server.ask(["accept", ends.listener[1]])
    done = actor.ask(["perform", "Stop listening"])
    assert done["sentence"] == f"Stopped tcp 127.0.0.1:{ends.listener[2]} from listening."
    assert ends.server.ask(["accepted", ends.listener[1]]) == "EINVAL"
    ends.client.ask(["send", third[1]])


def test_a_socket_of_another_namespace_is_closed_there(act: Act, there: Netns) -> None:
    ends, actor = act.ends(netns=there), act.actor(namespaces="*")
    aimed(actor, ends.connected[0])
    assert actor.ask(["perform", "Close"])["hits"] == [[ends.connected[0], "sock-destroy", ""]]
    assert ends.server.ask(["received", ends.accepted[1]]) == "ECONNRESET"


def test_a_connection_in_time_wait_goes(act: Act) -> None:
    ends = act.ends()
    ends.client.ask(["close", ends.connected[1]])
    ends.server.ask(["close", ends.accepted[1]])
    actor = act.actor()
    assert actor.ask(["see_port", ends.connected[2]]) == 1
    told = actor.ask(["aim"])
    assert told["offers"] == ["Close"]
    assert told["lines"] == [f"tcp 127.0.0.1:{ends.connected[2]} → 127.0.0.1:{ends.listener[2]}, TIME-WAIT"]
    assert actor.ask(["perform", "Close"])["hits"] == [[0, "sock-destroy", ""]]
    assert actor.ask(["see_port", ends.connected[2]]) == 0


# --- other kinds, and what is refused ---


def test_unix_sockets_are_shut_down_and_packet_sockets_are_not_closed(act: Act) -> None:
    victim, actor = act.victim(), act.actor()
    one, other = victim.ask(["pair"])
    assert aimed(actor, one[0])["ways"] == ["shutdown"]
    actor.ask(["perform", "Close"])
    assert victim.ask(["received", one[1]]) == ""
    assert victim.ask(["received", other[1]]) == ""
    two, _ = victim.ask(["pair"])
    assert actor.ask(["see", [two[0]]]) == 1
    victim.ask(["close", two[1]])
    told = actor.ask(["aim"])
    assert "Close" not in told["offers"]
    assert [sentence.endswith(" has closed") for sentence in told["missed"]] == [True]
    told = aimed(actor, victim.ask(["open", "AF_PACKET", "SOCK_RAW"])[0])
    assert "Close" not in told["offers"]
    assert told["why_not"] == ["It can't be closed: shutdown(2) has no effect on it, as it has no peer."]


def test_udp_is_aborted_by_root_and_shut_down_by_its_user_where_it_has_a_peer(act: Act) -> None:
    victim, actor = act.victim(NOBODY), act.actor()
    alone = victim.ask(["open", "AF_INET", "SOCK_DGRAM"])
    connected = victim.ask(["open", "AF_INET", "SOCK_DGRAM", alone[2]])
    users = act.actor(NOBODY)
    told = aimed(users, alone[0])
    assert told["why_not"] == ["It can't be closed: shutdown(2) has no effect on it, as it has no peer."]
    aimed(users, connected[0])
    users.ask(["perform", "Close"])
    assert victim.ask(["received", connected[1]]) == ""
    aimed(actor, alone[0])
    actor.ask(["perform", "Close"])
    assert victim.ask(["received", alone[1]]) == "ECONNABORTED"


def test_what_is_not_permitted_is_a_sentence(act: Act) -> None:
    ends, actor = act.ends(), act.actor(NOBODY)
    told = aimed(actor, ends.connected[0])
    assert told["offers"] == []
    assert told["why_not"] == ["It can't be closed: it takes CAP_NET_ADMIN."], "nobody sees who holds it"


def test_a_shielded_process_can_be_ended_by_its_user_and_its_sockets_not_shut_down(act: Act) -> None:
    holder = act._start("tests.support.kernel_holder")
    holder.ask(["become", NOBODY])
    inode, _ = holder.ask(["listen"])
    actor = act.actor(NOBODY)
    assert actor.ask(["see", [inode]]) == 1
    holder.ask(["shield"])
    told = actor.ask(["aim"])
    assert told["denied"] == [""]
    assert told["why_not"] == [
        "It can't be closed: it takes CAP_NET_ADMIN, and its holder is shielded or may not be traced by this user."
    ]


# --- guards ---


def test_the_connection_of_this_session_is_guarded_and_who_holds_it(act: Act) -> None:
    ends = act.ends()
    told = f"127.0.0.1 {ends.connected[2]} 127.0.0.1 {ends.listener[2]}"
    actor = act.actor(before=("env", f"SSH_CONNECTION={told}"))
    guards = aimed(actor, ends.accepted[0])["guards"]
    assert guards == [
        "holds the connection through which this session came: ending it ends the session",
        "is the connection through which this session came: closing it ends the session",
    ]
    assert aimed(actor, ends.connected[0])["guards"] == [None, None], "the other end is another machine's, or ours"
