"""The dialog that acts: what it says, what it takes to do something, and what is never hit."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from netwatch_tui.actions.act import KILL
from netwatch_tui.actions.aim import TooManyError
from netwatch_tui.actions.guards import Guard
from netwatch_tui.ui.keymap import READ_ONLY_LACKS, USUAL_KEYS
from netwatch_tui.ui.screens import act_dialog
from netwatch_tui.ui.screens.act_dialog import ActScreen
from netwatch_tui.ui.screens.confirm_dialog import ConfirmByWordScreen, ConfirmScreen
from netwatch_tui.view.spec import ViewSpec
from screenshots.actor import FakeActor, Sent
from tests.support.build import process, tcp
from tests.support.fake import FakeSource
from tests.ui.stage import CLIENT, DNS, OTHER, WEB, Stage, on_stage

TERM, HUP = 15, 1


async def opened(stage: Stage, *keys: str) -> None:
    """Ask for the dialog, and wait until it knows what it is about."""
    await stage.press(*keys, "K")
    await stage.until(lambda: isinstance(stage.app.screen, ActScreen) and not stage.app.screen._is_busy)


def page(stage: Stage) -> str:
    return "\n".join(line.strip() for line in stage.screen)


async def test_it_says_what_is_hit_and_asks_once_more(source: FakeSource) -> None:
    actor = FakeActor()
    async with on_stage(source, actor=actor) as stage:
        await opened(stage)
        assert "nginx, pid 7" in page(stage)
        assert "as root: 1 listener, 2 connections" in page(stage)
        assert "tcp 10.0.0.5:443, LISTEN" in page(stage)
        assert "Close connections 2" in page(stage)
        await stage.press("enter")
        assert isinstance(stage.app.screen, ConfirmScreen)
        assert "Send TERM to nginx (7)?" in page(stage)
        await stage.press("enter", "K")
        assert isinstance(stage.app.screen, ConfirmScreen), "no double press does anything"
        assert actor.sent == []
        await stage.press("y")
        await stage.until(lambda: stage.app.screen is stage.app.main)
        assert actor.sent == [Sent(7, TERM)]
        assert stage.said.startswith("Sent TERM to nginx (7). It ended after ")
        assert actor.released == 1
        await stage.press("M")
        assert "Sent TERM to nginx (7). It ended after " in page(stage)


async def test_no_and_escape_do_nothing(source: FakeSource) -> None:
    actor = FakeActor()
    async with on_stage(source, actor=actor) as stage:
        await opened(stage)
        await stage.press("enter", "n")
        assert isinstance(stage.app.screen, ActScreen)
        await stage.press("escape")
        await stage.until(lambda: stage.app.screen is stage.app.main)
        assert (actor.sent, actor.closed, actor.released) == ([], [], 1)


async def test_kill_is_offered_to_one_that_does_not_end(source: FakeSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(act_dialog, "PATIENCE", 0.0)
    actor = FakeActor()
    actor.deadly = {KILL}
    async with on_stage(source, actor=actor) as stage:
        await opened(stage)
        await stage.press("enter", "y")
        await stage.until(lambda: "Waiting for nginx (7) to end" in page(stage) and "KILL" in page(stage))
        await stage.press("enter", "y")
        await stage.until(lambda: stage.app.screen is stage.app.main)
        assert actor.sent == [Sent(7, TERM), Sent(7, KILL)]
        assert stage.said.startswith("Sent KILL to nginx (7). It ended")


async def test_one_that_does_not_end_may_be_left(source: FakeSource) -> None:
    actor = FakeActor()
    actor.deadly = set()
    async with on_stage(source, actor=actor) as stage:
        await opened(stage)
        await stage.press("enter", "y")
        await stage.until(lambda: "Waiting for nginx (7) to end" in page(stage))
        await stage.press("escape")
        assert stage.said == "Sent TERM to nginx (7). nginx 7 still runs."


async def test_any_signal_can_be_chosen_and_escape_goes_back(source: FakeSource) -> None:
    actor = FakeActor()
    async with on_stage(source, actor=actor, size=(132, 40)) as stage:
        await opened(stage)
        titles = [line.title for line in stage.app.screen._lines]  # type: ignore[attr-defined]  # which list is shown
        await stage.press(*["down"] * titles.index("Another signal..."), "enter")
        assert "USR1" in page(stage)
        await stage.press("escape")
        assert "Another signal..." in page(stage)
        assert actor.sent == []


async def test_what_is_guarded_takes_a_typed_yes(source: FakeSource) -> None:
    actor = FakeActor()
    actor.guarded = {7: Guard.ABOVE}
    async with on_stage(source, actor=actor) as stage:
        for typed, sent in (("y", []), ("no", []), ("yes", [Sent(7, TERM)])):
            await opened(stage)
            await stage.press("enter")
            assert isinstance(stage.app.screen, ConfirmByWordScreen)
            assert "nginx (7) is what this program runs in: ending it ends this session." in page(stage)
            await stage.press(*typed, "enter")
            await stage.until(lambda: not isinstance(stage.app.screen, ConfirmByWordScreen))
            if not sent:
                await stage.press("escape")
            await stage.until(lambda: stage.app.screen is stage.app.main)
            assert actor.sent == sent


async def test_a_refusal_is_a_sentence(source: FakeSource) -> None:
    actor = FakeActor()
    async with on_stage(source, actor=actor) as stage:
        actor.denied = {7}
        await opened(stage)
        await stage.press("enter", "y")
        await stage.until(lambda: stage.app.screen is stage.app.main)
        assert stage.said == "nginx (7): not permitted: it takes the rights of its user, or CAP_KILL."
        actor.fails = TooManyError("9,999 processes are too many at once; filter for fewer")
        await stage.press("K")
        await stage.until(lambda: "9,999 processes are too many at once" in page(stage))
        await stage.press("enter", "escape")
        assert stage.app.screen is stage.app.main


# --- marks and groups ---


def tagged_rows(stage: Stage) -> list[str]:
    return [row for row in stage.rows if "*" in row[:4]]


async def test_marked_rows_are_seen_counted_and_all_hit_also_when_a_filter_hides_them(source: FakeSource) -> None:
    actor = FakeActor()
    async with on_stage(source, actor=actor) as stage:
        await stage.press("m", "m")
        assert len(tagged_rows(stage)) == 2
        assert stage.said.startswith("2 marked")
        await stage.press("slash", *"port:53", "enter")
        await opened(stage)
        assert "2 marked sockets, 2 of them not shown" in page(stage)
        await stage.press("escape", "escape")
        assert stage.said == "No row is marked any more."
        assert tagged_rows(stage) == []


async def test_a_mark_goes_with_its_socket(source: FakeSource) -> None:
    async with on_stage(source, actor=FakeActor()) as stage:
        await stage.press("m")
        marked = stage.view.rows[0]
        await stage.press("S")
        assert [row for row in stage.rows if "*" in row[:4]] == [stage.rows[stage.view.position[marked.id]]]
        source.put(CLIENT, OTHER, DNS)
        await stage.step()
        assert tagged_rows(stage) == []
        assert not stage.said.startswith("1 marked")


async def test_a_group_is_all_its_sockets_and_processes(source: FakeSource) -> None:
    actor = FakeActor()
    async with on_stage(source, actor=actor, spec=ViewSpec(grouping="process")) as stage:
        await opened(stage)
        assert "The group nginx: 1 listener, 2 connections" in page(stage)
        assert "nginx, pid 7" in page(stage)
        assert ": 1 listener, 2 connections" in page(stage)
        (subject,) = actor.subjects
        assert {socket.inode for socket in subject.sockets} == {WEB.inode, CLIENT.inode, OTHER.inode}
        await stage.press("escape", "m", "m")
        assert len([row for row in stage.rows if "*" in row]) == 2
        await opened(stage)
        assert "4 marked sockets: 1 listener, 2 connections, 1 other socket" in page(stage)


async def test_a_connection_that_is_made_again_is_said(source: FakeSource) -> None:
    actor = FakeActor()
    async with on_stage(source, actor=actor) as stage:
        await stage.press("down")
        await opened(stage)
        titles = [line.title for line in stage.app.screen._lines]  # type: ignore[attr-defined]  # which list is shown
        await stage.press(*["down"] * titles.index("Close"), "enter", "y")
        await stage.until(lambda: stage.app.screen is stage.app.main)
        (closed,) = actor.closed
        again = tcp("10.0.0.5:4430", f"{closed.peer.text}:{closed.peer_port}", inode=99)
        source.put(*(each for each in (WEB, CLIENT, OTHER, DNS) if each.inode != closed.inode), again)
        source.hold(7, WEB, again)
        await stage.step()
        assert stage.said.startswith("nginx (7) has connected again to 10.0.0.")
        assert stage.said.endswith("now from port 4430.")


# --- where nothing may be done ---


async def test_read_only_speaks_of_no_action(source: FakeSource) -> None:
    actor = FakeActor()
    keymap = USUAL_KEYS.without(READ_ONLY_LACKS)
    async with on_stage(source, actor=actor, keymap=keymap, size=(200, 50)) as stage:
        assert "Act" not in stage.screen[-1]
        for key in ("K", "f9", "m"):
            await stage.press(key)
            assert stage.app.screen is stage.app.main
            assert "does nothing here" in stage.said
        await stage.press("question_mark")
        assert "end a process" not in page(stage)
        assert "mark the row" not in page(stage)
        await stage.press("escape", "ctrl+p", *"end a process")
        assert "end a process, close" not in page(stage)
        assert actor.subjects == []


async def test_a_recording_is_not_acted_on(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("K")
        assert stage.said == "A recording can't be acted on."
        await stage.press("m")
        assert stage.said == "Rows are marked to act on them, and a recording can't be acted on."


# --- the law ---


def is_looking(stage: Stage) -> bool:
    """Whether the dialog is there and has not taken aim yet."""
    screen = stage.app.screen
    return isinstance(screen, ActScreen) and screen._aim is None


@pytest.mark.parametrize("seed", range(4))
async def test_nothing_that_happens_before_it_is_confirmed_changes_what_is_hit(source: FakeSource, seed: int) -> None:
    """Ticks that reuse pids, ends and places, sorts, filters, keys: what was pointed at is hit, or nothing."""
    chance = random.Random(seed)
    actor = FakeActor()
    actor.deadly = set()
    sockets = [WEB, CLIENT, OTHER, DNS]

    def reuse() -> None:
        """Other processes and sockets in the places of those that there were."""
        number = chance.randrange(50, 1_000)
        source.put(*(each._replace(inode=number + at) for at, each in enumerate(chance.sample(sockets, 3))))
        source.hold(7, *source.sockets[:2])
        source.hold(8, *source.sockets[2:])
        source.processes = {7: process(7, "mallory", create_time=number), 8: process(8, "eve")}

    happenings: list[Callable[[], object]] = [reuse, lambda: source.put(*sockets), lambda: None]
    keys = ["K", "down", "up", "enter", "m", "s", "S", "slash", "x", "escape", "1", "2", "B", "space", "y", "f9"]
    async with on_stage(source, actor=actor) as stage:
        for _ in range(12):
            await stage.step(5)  # what closed before does not linger any more
            await stage.press("home")
            row = stage.table.cursor_socket
            before = len(actor.subjects)
            await stage.press("K")
            await stage.until(lambda: not is_looking(stage))
            aimed = actor.subjects[before:]
            done = len(actor.sent), len(actor.closed)
            for _ in range(chance.randrange(8)):
                chance.choice(happenings)()
                await stage.step()
                if stage.app.screen is stage.app.main:
                    break
                await stage.press(chance.choice(keys))
                aimed = actor.subjects[before:]
            if isinstance(stage.app.screen, ActScreen):
                await stage.press("enter", "y")
            pids = {process.pid for subject in aimed for process in (*subject.processes, *subject.others)}
            inodes = {socket.inode for subject in aimed for socket in (*subject.sockets, *subject.accepted)}
            assert {sent.pid for sent in actor.sent[done[0] :]} <= pids
            assert {socket.inode for socket in actor.closed[done[1] :]} <= inodes
            if aimed and row is not None and not stage.app.main._acting._tagged:
                assert aimed[0].sockets[0].id == row.id
            while stage.app.screen is not stage.app.main:
                await stage.press("escape")
    assert actor.sent, "some were confirmed"


async def test_what_was_confirmed_is_done_though_one_quits_at_once(source: FakeSource) -> None:
    actor = FakeActor()
    async with on_stage(source, actor=actor) as stage:
        await opened(stage)
        await stage.press("enter")
        await stage.pilot.press("y", "ctrl+c")
    assert actor.sent == [Sent(7, TERM)]


async def test_an_act_that_raises_is_said_and_the_dialog_is_gone(
    source: FakeSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no such thing")

    async with on_stage(source, actor=FakeActor()) as stage:
        await opened(stage)
        assert isinstance(stage.app.screen, ActScreen)
        monkeypatch.setattr(type(stage.app.screen._aim), "perform", fail)
        await stage.press("enter", "y")
        await stage.until(lambda: stage.app.screen is stage.app.main)
        assert stage.said.startswith('"Send TERM to nginx (7)?" failed: RuntimeError: no such thing')
        stage.app.failures.errors.clear()
