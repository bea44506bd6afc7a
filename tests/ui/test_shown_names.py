"""`n`: numbers, names of services, names of services and hosts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from netwatch_tui.collect.host_name_cache import HostNameCache
from netwatch_tui.query import parse
from netwatch_tui.query.language.names import MachineNames
from netwatch_tui.sockets.host_names import NameAnswer
from netwatch_tui.ui.keymap import USUAL_KEYS
from netwatch_tui.ui.screens.dialog import AnswerT, Dialog
from netwatch_tui.ui.screens.shown_names import ShownNames
from netwatch_tui.view.spec import ViewSpec
from screenshots.feed import on_recording
from tests.support.build import tcp, unix
from tests.support.fake import FakeSource
from tests.support.host_names import FakeHosts, packed
from tests.ui.stage import CLIENT, WEB, Stage, on_stage

NAMES = MachineNames({"tcp": {"https": 443}}, port_names={"tcp": {443: "https"}})
SPEC = ViewSpec(query=parse("", NAMES), sort="peer")
SERVICES_SAID = "Names of services in place of ports."
HOSTS_SAID = "Names of services and hosts. Looking up hosts asks the network."


class Asked:
    """The resolver of a test: remembers what it was asked for, and answers when it is told to."""

    def __init__(self) -> None:
        self.addresses: list[bytes] = []
        self.names = HostNameCache(FakeHosts(), self.addresses.append)

    @asynccontextmanager
    async def stage(
        self, source: FakeSource, spec: ViewSpec = SPEC, size: tuple[int, int] = (132, 24)
    ) -> AsyncIterator[Stage]:
        async with on_stage(source, spec=spec, size=size, names=self.names) as stage:
            yield stage

    async def answer(self, stage: Stage, address: str, name: str | None) -> None:
        stage.feed.hear(NameAnswer(packed(address), name))
        await stage.pilot.pause()


def row(stage: Stage, words: str) -> str:
    (found,) = (row for row in stage.rows if words in row)
    return found


def asks(stage: Stage) -> bool:
    return stage.view.spec.host_names


async def test_n_goes_round_three_states_and_tells_each() -> None:
    asked = Asked()
    async with asked.stage(FakeSource(WEB, CLIENT)) as stage:
        assert "10.0.0.5:443" in row(stage, "50001")
        await stage.press("n")
        assert stage.said == SERVICES_SAID
        assert "10.0.0.5:https" in row(stage, "50001")
        assert not asked.addresses, "names of services ask nobody"
        await stage.press("n")
        assert stage.said == HOSTS_SAID
        assert sorted(asked.addresses) == [packed("10.0.0.5"), packed("10.0.0.9")]
        await asked.answer(stage, "10.0.0.9", "shop.example")
        assert "10.0.0.9:50001 (shop.example)" in row(stage, "50001")
        assert "10.0.0.5:https" in row(stage, "50001")
        await stage.press("n")
        assert stage.said == "Numbers."
        assert "10.0.0.5:443" in row(stage, "50001")
        assert not any("shop" in each for each in stage.rows)


async def test_another_view_keeps_to_it_and_none_goes_back_to_the_network_by_itself() -> None:
    asked = Asked()
    async with asked.stage(FakeSource(WEB, CLIENT)) as stage:
        await stage.press("n", "n", "3")
        assert asks(stage)
        await stage.press("n", "1")
        assert not asks(stage), "as it was left, but for that"
        assert "10.0.0.5:443" in row(stage, "50001")


async def test_only_rows_on_the_screen_are_looked_up() -> None:
    sockets = [tcp("10.0.0.5:443", f"10.0.1.{at}:40000", inode=100 + at) for at in range(1, 200)]
    asked = Asked()
    async with asked.stage(FakeSource(*sockets), SPEC._replace(host_names=True)) as stage:
        page, answered = len(stage.rows), 0
        await stage.step()
        while answered < len(asked.addresses):
            stage.feed.hear(NameAnswer(asked.addresses[answered], "a.example"))
            answered += 1
        await stage.pilot.pause()
        assert set(asked.addresses) == {packed("10.0.0.5"), *(packed(f"10.0.1.{at}") for at in range(1, page + 1))}
        asked.addresses.clear()
        await stage.press("end")
        assert all(address[3] > 199 - page for address in asked.addresses)
        assert asked.addresses


async def test_who_asks_for_names_sees_them_in_a_narrow_window_too() -> None:
    asked = Asked()
    async with asked.stage(FakeSource(WEB, CLIENT), size=(80, 24)) as stage:
        assert "PID" in stage.heading
        await stage.press("n", "n")
        await asked.answer(stage, "10.0.0.9", "visitor.shop.example")
        assert "10.0.0.9:50001 (visitor.shop.example)" in row(stage, "50001")
        await stage.press("n")
        assert "PID" in stage.heading


async def test_a_name_has_room_or_the_address_stands_alone() -> None:
    asked = Asked()
    long = tcp("[2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff]:443", "[2001:db8::99]:50001", inode=5)
    source = FakeSource(WEB, CLIENT, long)
    for width in (40, 80, 120, 200):
        async with asked.stage(source, SPEC._replace(host_names=True), (width, 24)) as stage:
            for address in ("10.0.0.9", "2001:db8::99"):
                await asked.answer(stage, address, "a-rather-long-name-of-a-host.department.example.org")
            assert sum(":50001 " in each for each in stage.rows) == 2, (width, stage.rows)
            assert any("(a-ra" in each for each in stage.rows) == (width > 40), (width, stage.rows)


async def test_what_a_name_says_reaches_the_screen_harmless() -> None:
    asked = Asked()
    async with asked.stage(FakeSource(WEB, CLIENT), SPEC._replace(host_names=True), (200, 24)) as stage:
        await asked.answer(stage, "10.0.0.9", "a\x1b[2J (1.2):80\u202e")
        assert r"10.0.0.9:50001 (a\x1b\x5b2J\x20\x281.2\x29\x3a80\u202e)" in row(stage, "50001")


async def test_without_services_there_are_names_of_hosts() -> None:
    asked = Asked()
    async with asked.stage(FakeSource(CLIENT), ViewSpec()) as stage:
        await stage.press("n")
        assert stage.said == "Names of hosts; /etc/services can't be read. Looking up hosts asks the network."
        assert asked.addresses
        await stage.press("n")
        assert stage.said == "Numbers."


async def test_paths_and_all_addresses_have_no_names() -> None:
    asked = Asked()
    async with asked.stage(FakeSource(unix("/run/x.sock", inode=3), tcp("0.0.0.0:80")), SPEC._replace(host_names=True)):
        assert asked.addresses == []


async def test_details_tell_the_name_beside_the_address() -> None:
    asked = Asked()
    async with asked.stage(FakeSource(CLIENT), SPEC._replace(host_names=True), (200, 50)) as stage:
        await stage.press("enter")
        await asked.answer(stage, "10.0.0.9", "shop.example")
        assert any("10.0.0.9:50001 (shop.example)" in line and "Peer" in line for line in stage.screen)


def test_a_recording_asks_nobody() -> None:
    assert on_recording(SPEC._replace(host_names=True))._session._names is None


class Viewer:
    """Shows nothing, and keeps what is chosen and said."""

    view = None
    keymap = USUAL_KEYS

    def __init__(self, spec: ViewSpec) -> None:
        self.spec = spec
        self.said = ""

    def choose(self, spec: ViewSpec) -> None:
        self.spec = spec

    def say(self, text: str) -> None:
        self.said = text

    def ask(self, dialog: Dialog[AnswerT], then: Callable[[AnswerT | None], None] | None = None) -> None:
        raise NotImplementedError


def test_n_on_a_recording_shows_services_alone() -> None:
    viewer = Viewer(SPEC)
    names = ShownNames(viewer, lambda: (CLIENT,), is_recorded=True)
    told = []
    for _ in range(3):
        names.action_toggle_names()
        names.look()
        told.append((viewer.said, viewer.spec.service_names, viewer.spec.host_names, len(viewer.spec.named_addresses)))
    services = (f"{SERVICES_SAID} A recording has no names of hosts.", True, False, 0)
    assert told == [services, ("Numbers.", False, False, 0), services]


def test_n_on_a_recording_says_why_nothing_happens() -> None:
    viewer = Viewer(ViewSpec())
    ShownNames(viewer, lambda: (CLIENT,), is_recorded=True).action_toggle_names()
    assert viewer.said == "No services are known: /etc/services is missing or can't be read."
    assert viewer.spec == ViewSpec()
