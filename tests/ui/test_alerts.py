"""Watched filters on the screen: notices, the bell, the count, and the switch under F."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from netwatch_tui.play.news import AlertsRang
from netwatch_tui.ui.app import NetwatchApp
from netwatch_tui.ui.messages import FromFeed
from netwatch_tui.ui.remembered import Remembered
from netwatch_tui.view.alert_rule import AlertRule
from tests.support.fake import FakeSource
from tests.ui.stage import Stage, on_stage

RANG = AlertsRang(42, ("Alert ssh: tcp ESTAB 10.0.0.5:22 → 10.0.0.9:50001 sshd, and 41 more",), bell=True)


class Watched:
    """What the feed was asked to watch."""

    def __init__(self) -> None:
        self.asked: list[list[AlertRule]] = []

    def watch(self, rules: Sequence[AlertRule]) -> None:
        self.asked.append(list(rules))

    @property
    def last(self) -> list[tuple[str, str]]:
        """Names and filters of the rules."""
        return [(rule.name, rule.choice.queries[0].text) for rule in self.asked[-1]]


async def post(stage: Stage, news: AlertsRang) -> None:
    stage.app.screen_stack[0].post_message(FromFeed(news))
    await stage.pilot.pause()
    await stage.pilot.pause()  # what it says is a message of its own


@pytest.fixture
def rings(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Grows with every bell."""
    heard: list[None] = []
    monkeypatch.setattr(NetwatchApp, "bell", lambda _: heard.append(None))
    return heard


@pytest.mark.parametrize("width", [80, 132])
async def test_an_alert_is_a_notice_a_bell_and_a_count(source: FakeSource, rings: list[None], width: int) -> None:
    async with on_stage(source, size=(width, 24)) as stage:
        assert "alert" not in stage.screen[0]
        await post(stage, RANG)
        assert stage.said == RANG.notices[0][: width - 2].strip()
        assert "42 alerts" in stage.screen[0]
        assert len(rings) == 1
        await post(stage, RANG._replace(total=43, bell=False))
        assert ("43 alerts" in stage.screen[0], len(rings)) == (True, 1)
        await stage.press("M")
        assert any("Alert ssh: tcp ESTAB" in row for row in stage.screen)
        assert any("(2 times)" in row for row in stage.screen)


async def test_the_count_leads_to_the_notices(source: FakeSource, rings: list[None]) -> None:
    async with on_stage(source) as stage:
        await post(stage, RANG)
        await stage.pilot.click("#status", offset=(stage.screen[0].index("42 alerts"), 0))
        await stage.pilot.pause()
        assert any("Alert ssh: tcp ESTAB" in row for row in stage.screen)
        assert len(rings) == 1


async def test_an_alert_is_seen_over_a_dialog(source: FakeSource, rings: list[None]) -> None:
    async with on_stage(source) as stage:
        await stage.press("s")
        await post(stage, RANG)
        await stage.until(lambda: stage.app._notifications)
        assert [notification.message for notification in stage.app._notifications] == list(RANG.notices)
        assert rings


async def test_no_alert_takes_the_place_of_another() -> None:
    one, other = FromFeed(RANG), FromFeed(RANG._replace(total=43))
    assert not other.can_replace(one)


async def save(stage: Stage, name: str, text: str) -> None:
    await stage.press("slash", "ctrl+u", *text, "enter", "F", *"save filter", "enter", *name, "enter")
    await stage.until(lambda: stage.said == f"Saved as {name}")


async def test_a_saved_filter_is_watched_and_in_the_next_run_again(source: FakeSource, tmp_path: Path) -> None:
    feed = Watched()
    async with on_stage(source, folder=tmp_path, watches=feed) as stage:
        assert feed.asked == [[]]
        await save(stage, "web", "port:443")
        await save(stage, "dns", "port:53")
        assert feed.last == []
        await stage.press("F", *"watch filter web", "enter")
        assert stage.said == "Watching web: a socket that begins to match rings."
        assert feed.last == [("web", "port:443")]
        (rule,) = feed.asked[-1]
        assert (rule.bell, rule.notice, rule.file, rule.command) == (True, True, "", ())
        await stage.press("F", *"watch", "enter")
        assert feed.last == [("dns", "port:53"), ("web", "port:443")]
    feed = Watched()
    async with on_stage(source, folder=tmp_path, watches=feed) as stage:
        assert feed.last == [("dns", "port:53"), ("web", "port:443")]
        await stage.press("F", *"stop watching web", "enter")
        assert stage.said == "Not watching web."
        assert feed.last == [("dns", "port:53")]
        await save(stage, "dns", "port:5353")
        await stage.until(lambda: feed.last == [("dns", "port:5353")])
        await stage.press("F", *"delete filter dns", "enter")
        await stage.until(lambda: feed.last == [])
    assert Remembered(tmp_path).read().watched == frozenset()
    assert (tmp_path / "filters.json").stat().st_mode & 0o777 == 0o600


async def test_of_a_recording_nothing_is_watched(source: FakeSource, tmp_path: Path) -> None:
    Remembered(tmp_path).save("web", "port:443")
    async with on_stage(source, folder=tmp_path) as stage:
        await stage.press("F", *"watch")
        assert not any("Watch filter" in row for row in stage.screen)


async def test_a_watched_filter_that_means_nothing_here_is_said(source: FakeSource, tmp_path: Path) -> None:
    remembered, feed = Remembered(tmp_path), Watched()
    for name, text in (("bad", "dport = :no-such-service"), ("good", "port:1")):
        remembered.save(name, text)
        remembered.watch(name, is_on=True)
    async with on_stage(source, folder=tmp_path, watches=feed) as stage:
        assert stage.said.startswith("The watched filter bad is invalid: ")
        assert feed.last == [("good", "port:1")]


async def test_what_can_not_be_read_or_kept_is_said(source: FakeSource, tmp_path: Path) -> None:
    Remembered(tmp_path).save("web", "port:443")
    feed = Watched()
    async with on_stage(source, folder=tmp_path, watches=feed) as stage:
        await stage.press("F", *"watch filter web")
        (tmp_path / "filters.json").write_text("[]")
        await stage.press("enter")
        assert stage.said.startswith("This can't be remembered: ")
    async with on_stage(source, folder=tmp_path, watches=feed) as stage:
        assert stage.said.startswith("Watched filters can't be read: ")
    assert feed.asked == [[]]
