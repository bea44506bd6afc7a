"""Keys by id: what a person may want, what is told of it, and that the screen obeys and says so."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.settings.settings import Located
from netwatch_tui.ui.key_names import is_typed, key_named, key_sign, key_word
from netwatch_tui.ui.keymap import ALL_KEYS, CONTEXTS, KEY_BY_ID, USUAL_KEYS, Keymap
from netwatch_tui.ui.rebinding import keymap_of
from netwatch_tui.ui.screens.help_page import HelpScreen
from netwatch_tui.ui.screens.main import MainScreen
from netwatch_tui.ui.widgets.details_panel import DetailsPanel
from netwatch_tui.ui.widgets.filter_line import FilterInput
from netwatch_tui.ui.widgets.socket_table import SocketTable
from tests.support.fake import FakeSource
from tests.ui.stage import Stage, on_stage


def wanted(**keys: str | tuple[str, ...]) -> tuple[Keymap, list[str]]:
    """What becomes of wishes; `_` stands for the dot in an id, and the first stands in line 1."""
    texts = {id.replace("_", "."): (key,) if isinstance(key, str) else key for id, key in keys.items()}
    return keymap_of({id: Located(key, f"c.toml:{line}") for line, (id, key) in enumerate(texts.items(), 1)})


# Names of keys


@pytest.mark.parametrize(
    ("text", "name", "word"),
    [
        ("/", "slash", "/"),
        ("?", "question_mark", "?"),
        (",", "comma", ","),
        ("+", "plus", "+"),
        ("G", "G", "G"),
        ("shift+g", "G", "G"),
        ("esc", "escape", "Esc"),
        (" escape ", "escape", "Esc"),
        (" ", "space", "Space"),
        ("PgUp", "pageup", "PgUp"),
        ("↑", "up", "Up"),
        ("f12", "f12", "F12"),
        ("CTRL+p", "ctrl+p", "Ctrl+P"),
        ("Ctrl++", "ctrl+plus", "Ctrl++"),
        ("shift+ctrl+up", "ctrl+shift+up", "Ctrl+Shift+Up"),
        ("Ctrl+I", "tab", "Tab"),
        ("Ctrl+[", "escape", "Esc"),
        ("ü", "ü", "ü"),
    ],
)
def test_a_key_is_called_as_people_call_it(text: str, name: str, word: str) -> None:
    assert key_named(text) == name
    assert key_word(name) == word
    assert key_named(key_sign(name)) == name


@pytest.mark.parametrize("text", ["", "x y", "Hyper+x", "Ctrl", "Ctrl+", "Ctrl+Ctrl+x", "F25", "\x1b", "enterr"])
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(ValueError, match="is not a key"):
        key_named(text)


@pytest.mark.parametrize("name", sorted({name for key in ALL_KEYS for name in key.names}))
def test_every_key_of_the_tables_has_a_name_that_is_understood(name: str) -> None:
    assert key_named(key_word(name)) == name


def test_what_puts_something_into_a_line() -> None:
    assert all(map(is_typed, ("a", "slash", "space", "question_mark")))
    assert not any(map(is_typed, ("up", "escape", "ctrl+a", "f1", "enter")))


# The tables


def test_an_id_is_given_once_and_a_key_does_one_thing_wherever_one_is() -> None:
    assert len({key.id for key in ALL_KEYS}) == len(ALL_KEYS)
    for context in CONTEXTS:
        count = Counter(name for key in context.keys for name in key.names)
        assert [name for name, times in count.items() if times > 1] == [], context.title
        if context.is_typing:
            assert not any(is_typed(name) for name in count)


# Wishes


def test_a_wish_is_met_and_the_keys_of_all_else_stay() -> None:
    keymap, problems = wanted(write=("W", "F5"), app_quit=())
    assert not problems
    assert keymap.names(KEY_BY_ID["write"]) == ("W", "f5")
    assert keymap.names(KEY_BY_ID["app.quit"]) == ()
    assert all(keymap.names(key) == key.names for key in ALL_KEYS if key.id not in ("write", "app.quit"))


def test_two_things_may_swap_their_keys() -> None:
    keymap, problems = wanted(write="c", columns="w")
    assert not problems
    assert (keymap.shown(KEY_BY_ID["write"]), keymap.shown(KEY_BY_ID["columns"])) == ("c", "w")


def test_who_loses_a_key_is_told() -> None:
    keymap, problems = wanted(sort_pick="w", write_=())  # not an id
    assert problems[1:] == ["c.toml:1: keys: w is now sort.pick, and not write, which has no key now"]
    assert keymap.names(KEY_BY_ID["write"]) == ()
    keymap, problems = wanted(sort_pick="F1")
    assert problems == ["c.toml:1: keys: F1 is now sort.pick, and not app.help"]
    assert keymap.shown(KEY_BY_ID["app.help"]) == "?"
    assert keymap.shown(KEY_BY_ID["typing.language"]) == "F1", "while a filter is typed, it is free"


@pytest.mark.parametrize(
    ("wishes", "what"),
    [
        ({"write": "W", "copy": "W"}, "c.toml:2: keys: copy: W is write already in the table"),
        ({"filtr_edit": "x"}, "c.toml:1: keys: nothing is called 'filtr.edit'; did you mean 'filter.edit'?"),
        ({"xyzzy": "x"}, "c.toml:1: keys: nothing is called 'xyzzy'; --print-config lists what keys do"),
        ({"write": "Hyper"}, "c.toml:1: keys: 'Hyper' is not a key"),
        ({"typing_keep": "x"}, "c.toml:1: keys: typing.keep: x is text while a filter is typed"),
        ({"app_interrupt": ()}, "c.toml:1: keys: app.interrupt: Ctrl+C is app.interrupt, always"),
        ({"write": "Ctrl+C"}, "c.toml:1: keys: write: Ctrl+C is app.interrupt, always"),
        ({"\x1b[31m": "x"}, "c.toml:1: keys: nothing is called '\\x1b[31m'; --print-config lists what keys do"),
    ],
)
def test_a_wish_that_cant_be_met_is_told_and_the_rest_holds(wishes: dict[str, str], what: str) -> None:
    keymap, problems = wanted(**wishes, app_help="Z")
    assert problems == [what]
    assert keymap.shown(KEY_BY_ID["app.help"]) == "Z"
    assert keymap.names(KEY_BY_ID["app.interrupt"]) == ("ctrl+c", "ctrl+q")


@given(
    st.dictionaries(st.sampled_from(sorted(KEY_BY_ID)), st.lists(st.sampled_from(["a", "w", "F1", "Esc", "Ctrl+C"])))
)
def test_whatever_is_wanted_a_key_does_one_thing_and_ctrl_c_ends_the_program(wishes: dict[str, list[str]]) -> None:
    keymap, problems = keymap_of({id: Located(tuple(keys), "c.toml:1") for id, keys in wishes.items()})
    for context in CONTEXTS:
        count = Counter(name for key in context.keys for name in keymap.names(key))
        assert not [name for name, times in count.items() if times > 1]
        assert count["ctrl+c"] == 1
    changed = {key.id for key in ALL_KEYS if keymap.names(key) != key.names}
    assert all(id in wishes or any(f"and not {id}" in problem for problem in problems) for id in changed)


# The screen


async def help_text(stage: Stage) -> str:
    stage.app.main.action_help()
    await stage.pilot.pause()
    screen = stage.app.screen
    assert isinstance(screen, HelpScreen)
    return screen.page().plain


async def test_the_screen_obeys_and_footer_help_and_messages_say_so(source: FakeSource) -> None:
    keymap, _ = wanted(
        filter_edit="F5",
        sort_pick=(),
        move_down="n",
        details_down="n",
        typing_keep="F6",
        app_help="Z",
        page_close="z",
        group_pick="F7",
    )
    async with on_stage(source, keymap=keymap) as stage:
        assert "F5 Filter" in stage.screen[-1]
        assert "Sort" not in stage.screen[-1]
        await stage.press("n")
        assert stage.cursor_line == 1
        await stage.press("slash", "s", "j", "down")
        assert stage.app.screen is stage.app.main, "what they did is bound no more"
        assert stage.cursor_line == 1
        await stage.press("backspace")
        assert any("No filter step to undo." in line for line in stage.screen)
        await stage.press("f7")
        assert stage.app.screen is not stage.app.main
        await stage.press("escape")
        await stage.press("f5", *"dns", "f6")
        assert stage.app.main.spec.query.text == "dns"
        text = await help_text(stage)
        assert re.search(" F5 +filter the rows", text)
        assert re.search(" no key +choose the column that sorts the rows", text)
        assert any("z Close" in line for line in stage.screen)
        await stage.press("z")
        assert stage.app.screen is stage.app.main
        await stage.press("Z")
        assert isinstance(stage.app.screen, HelpScreen)


async def test_a_table_without_rows_names_the_keys_that_are_bound(source: FakeSource) -> None:
    keymap, _ = wanted(show_all="F8")
    async with on_stage(source, keymap=keymap) as stage:
        await stage.press("t", "u")
        assert any("F8 shows everything" in line for line in stage.screen)


async def test_every_binding_of_the_screen_is_in_the_tables(source: FakeSource) -> None:
    """What has no id can't be rebound."""
    async with on_stage(source) as stage:
        main = stage.app.main
        for node in (stage.app, main.query_one(SocketTable), main.query_one(DetailsPanel)):
            assert [binding.key for _, binding in node._bindings if binding.id not in KEY_BY_ID] == []
        own = {key.id for key in ALL_KEYS if key.id.startswith("typing.")}
        assert own == {binding.id for _, binding in main.query_one(FilterInput)._bindings if binding.id}
        assert {binding.id for _, binding in MainScreen._merged_bindings or ()} >= {"app.help", "filter.edit"}


async def test_an_action_without_a_key_is_in_the_palette(source: FakeSource) -> None:
    keymap, _ = wanted(sort_reverse=())
    async with on_stage(source, keymap=keymap) as stage:
        hints = {command.choice.id: command.choice.hint for command in stage.app.main.palette.commands()}
        assert hints["sort.reverse"] == "reverse the sort order (no key)"
        assert USUAL_KEYS.shown(KEY_BY_ID["sort.reverse"]) == "S"
        before = stage.app.main.spec.descending
        await stage.press("ctrl+p", *"reverse the sort", "enter")
        await stage.until(lambda: stage.app.main.spec.descending != before)
