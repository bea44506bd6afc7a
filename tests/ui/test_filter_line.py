"""Filtering on the screen: what helps while a filter is typed, and the filters that a person builds without typing."""

from __future__ import annotations

from pathlib import Path

import pytest

from netwatch_tui.query import MachineNames, parse
from netwatch_tui.ui.screens.filter_editing import MOST_STEPS
from netwatch_tui.ui.widgets.filter_line import FilterInput, FilterLine
from netwatch_tui.view.spec import ViewSpec
from tests.support.build import process, tcp
from tests.support.fake import FakeSource
from tests.ui.stage import Stage, on_stage

NAMES = MachineNames(services={"tcp": {"https": 443, "httpd": 8080}, "udp": {"domain": 53}}, me=0)
KNOWING = ViewSpec(query=parse("", NAMES))
"""On a machine with services."""


@pytest.fixture
def source(source: FakeSource) -> FakeSource:
    """The same machine with a process whose name has a blank."""
    source.processes[8] = process(8, "name server")
    return source


def line(stage: Stage) -> FilterLine:
    return stage.app.screen_stack[0].query_one(FilterLine)


async def test_expressions_of_ss_work_with_service_names(source: FakeSource) -> None:
    async with on_stage(source, spec=KNOWING) as stage:
        await stage.press("slash", *"( sport = :https or sport = :domain ) and not dst 10.0.0.9", "enter")
        assert len(stage.rows) == 3


async def test_what_is_wrong_is_marked_and_said_and_the_last_good_result_stays(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("slash", *"port:443")
        await stage.press(" ", ")")
        assert len(stage.rows) == 3
        text = line(stage).query_one(FilterInput)._value
        marked = [text.plain[span.start : span.end] for span in text.spans if getattr(span.style, "underline", False)]
        assert marked == [")"]
        assert "a ( before this ) is expected" in stage.screen[-2]
        await stage.press("backspace")
        assert not line(stage).query_one(FilterInput)._value.spans
        await stage.press("backspace", "x")
        assert "port: needs a number from 0 to 65535" in stage.screen[-2]
        await stage.press("enter")
        assert "port: needs a number from 0 to 65535" in stage.screen[-2], "the line stays open"
        assert line(stage).text == "port:443x"
        await stage.press("backspace", "enter")
        assert stage.screen[-2] == "Filter: port:443"


async def test_filters_that_can_be_taken_back_have_a_bound(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        editing = stage.app.main.filter_editing
        for port in range(1, MOST_STEPS + 10):
            editing.use(parse(f"port:{port}"))
        for _ in range(MOST_STEPS):
            editing.action_undo_filter()
        await stage.pilot.pause()
        assert stage.app.main.spec.query.text == "port:9", "the oldest are forgotten"
        editing.action_undo_filter()
        await stage.pilot.pause()
        assert stage.said == "No filter step to undo."


async def test_what_is_typed_into_a_filter_that_holds_is_another_condition(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("slash", *"port:443", "enter", "slash", *"is:x", "backspace", "enter")
        assert "is: needs" in stage.screen[-2]
        await stage.press(*"problem", "enter")
        assert stage.view.spec.query.text == "port:443 is:problem"


async def test_tab_completes_keys_and_names_that_are_there_now(source: FakeSource) -> None:
    async with on_stage(source, spec=KNOWING) as stage:
        await stage.press("slash", *"proc", "tab")
        assert line(stage).text == "process:"
        await stage.press("n", "g", "tab")
        assert line(stage).text == "process:nginx "
        assert len(stage.rows) == 3, "what is completed holds at once"
        await stage.press(*"or process:na", "tab")
        assert line(stage).text == 'process:nginx or process:"name server" '
        assert len(stage.rows) == 4
        await stage.press("enter")
        assert "Filter: process:nginx or" in stage.screen[-2]


async def test_tab_goes_through_several_candidates_one_by_one(source: FakeSource) -> None:
    async with on_stage(source, spec=KNOWING) as stage:
        await stage.press("slash", *"port:ht", "tab")
        assert line(stage).text == "port:http", "as far as all agree"
        assert "httpd  https" in stage.screen[-2]
        await stage.press("tab")
        assert line(stage).text == "port:httpd"
        await stage.press("tab")
        assert line(stage).text == "port:https"
        await stage.press(" ", *"zzz", "tab")
        assert "No completion." in stage.screen[-2]


async def test_a_question_mark_shows_the_language(source: FakeSource) -> None:
    async with on_stage(source, size=(120, 56)) as stage:
        await stage.press("slash", "question_mark")
        text = "\n".join(stage.screen)
        assert "dport = :ssh" in text
        assert "While you type" in text
        await stage.press("escape")
        assert line(stage).is_open
        await stage.press(*"port:443 ", "f1")
        assert len(stage.app.screen_stack) == 2
        await stage.press("escape", "enter")
        assert stage.screen[-2].startswith("Filter: port:443")


@pytest.mark.parametrize(
    ("typed", "is_text"),
    [
        ("port:443", False),
        ("port:443 pro", False),
        ('cmdline:"a b', True),
        ('cmdline:"a" b', False),
        (r'cmdline:"a\" b', True),
        ("cmdline:/a", True),
        ("cmdline:/a/ b", False),
    ],
)
async def test_a_question_mark_is_text_in_quotes_only(source: FakeSource, typed: str, is_text: bool) -> None:
    async with on_stage(source, size=(120, 70)) as stage:
        await stage.press("slash", *typed, "?")
        assert (len(stage.app.screen_stack) == 1) is is_text
        assert line(stage).text == typed + "?" * is_text
        assert is_text or any('a literal ? is typed in quotes: "?"' in row for row in stage.screen)


async def test_typed_filters_come_back_with_up_also_in_the_next_run(source: FakeSource, tmp_path: Path) -> None:
    async with on_stage(source, folder=tmp_path) as stage:
        await stage.press(*"/nginx", "enter", "slash", "ctrl+u", *"port:53", "enter")
    async with on_stage(source, folder=tmp_path) as stage:
        await stage.press(*"/half", "up")
        assert line(stage).text == "port:53"
        assert len(stage.rows) == 1
        await stage.press("up")
        assert line(stage).text == "nginx"
        await stage.press("up")
        assert "No earlier filter." in stage.screen[-2]
        await stage.press("down", "down")
        assert line(stage).text == "half", "what was typed is not lost"
        await stage.press("down")
        assert "No later filter." in stage.screen[-2]


async def test_rows_like_this_one_are_kept_or_excluded(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("down", "f", *"keep peer", "enter")
        assert stage.screen[-2] == "Filter: peer:10.0.0.9"
        assert len(stage.rows) == 1
        await stage.press("escape", "f", *"exclude nginx", "enter")
        assert stage.screen[-2] == "Filter: -process:nginx"
        assert len(stage.rows) == 1
        await stage.press("f", *"exclude udp", "enter")
        assert stage.screen[-2] == "Filter: -process:nginx -netid:udp"
        assert "None of 4 sockets" in stage.rows[0]


async def test_filters_with_names_are_saved_chosen_and_deleted(source: FakeSource, tmp_path: Path) -> None:
    async with on_stage(source, folder=tmp_path) as stage:
        await stage.press(*"/port:53", "enter", "F", *"save filter", "enter", *"my dns", "enter")
        await stage.until(lambda: stage.said == "Saved as my dns")
    async with on_stage(source, folder=tmp_path) as stage:
        await stage.press("F", *"my dns", "enter")
        assert stage.screen[-2] == "Filter: port:53"
        await stage.press("F", *"delete my", "enter")
        await stage.until(lambda: stage.said == "Deleted my dns")
        await stage.press("F", *"my dns")
        assert not any("port:53" in row and "my dns" in row for row in stage.screen)


async def test_a_word_that_looks_like_a_condition_is_searched_and_noted_while_and_after_typing(
    source: FakeSource,
) -> None:
    async with on_stage(source) as stage:
        await stage.press("slash", *"proces=nginx")
        assert "no key of this name: proces (did you mean process?); searched as text" in stage.screen[-2]
        await stage.press("enter")
        assert "no key of this name: proces" in "\n".join(stage.screen)
        assert "Searched as text: proces=nginx." in "\n".join(stage.screen)


async def test_a_filter_for_kinds_that_are_off_says_so(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("slash", *"proto:unix", "enter")
        assert "It asks for unix sockets, which are off; a shows everything." in "\n".join(stage.screen)


async def test_plus_and_minus_count_what_the_filter_shows(source: FakeSource) -> None:
    async with on_stage(source) as stage:
        await stage.press("slash", *"port:9", "enter")
        source.put(tcp("127.0.0.1:9", inode=90), tcp("127.0.0.1:10", inode=91))
        await stage.step()
        assert "+1 -0" in stage.screen[0]
