"""What came of acts, in sentences that stay short whatever the kernel and other machines say."""

from __future__ import annotations

from netwatch_tui.actions.act import Act, ActKind, Way
from netwatch_tui.actions.aim import HeldProcess, HeldSocket, Hit
from netwatch_tui.actions.wording import hits_sentence, nothing_can_be_done, process_title, way_note
from screenshots.actor import FakeActor, FakeHandle
from tests.support.build import process, tcp

TERM = Act(ActKind.SIGNAL, 15)


def held(pid: int, name: str = "") -> HeldProcess:
    return HeldProcess(FakeHandle(pid, FakeActor()), process(pid, name), None, "")


def closed(port: int, why_not: str, way: Way | None = None) -> HeldSocket:
    return HeldSocket(tcp(f"10.0.0.5:{port}"), None, way, why_not, None)


def test_of_many_reasons_those_are_named_that_hit_most() -> None:
    failures = ["rare", *3 * ["often"], "", *2 * ["at times"], "once", "never before"]
    hits = [Hit(TERM, held(pid), failure) for pid, failure in enumerate(failures, 1)]
    assert hits_sentence(hits, "web1") == (
        "Sent TERM to p5 (5) on web1. 8 failed on web1: 3 often; 2 at times; 1 rare; and 2 more."
    )


def test_why_nothing_can_be_closed_is_said_in_few_lines() -> None:
    told = nothing_can_be_done([closed(port, f"reason {port % 5}") for port in range(1, 10)])
    assert told == [
        "2 of 9 sockets can't be closed: reason 1.",
        "2 of 9 sockets can't be closed: reason 2.",
        "2 of 9 sockets can't be closed: reason 3.",
        "and 2 more",
    ]
    assert nothing_can_be_done([closed(1, "it is raw")]) == ["It can't be closed: it is raw."]


def test_why_it_is_not_the_kernel_that_closes_is_said_once_a_reason() -> None:
    sockets = [closed(port, f"reason {port % 5}", Way.SHUTDOWN) for port in range(1, 10)]
    assert way_note(sockets) == (
        "not by SOCK_DESTROY: reason 0; not by SOCK_DESTROY: reason 1; not by SOCK_DESTROY: reason 2; and 2 more"
    )


def test_the_name_that_a_process_gave_itself_leaves_room_for_the_sentence() -> None:
    assert process_title(process(7, "nginx")) == "nginx (7)"
    assert process_title(process(7, "n" * 255)) == f"{'n' * 59}… (7)"
