"""What the controllers of the main screen do, without a program around them: a stand-in is their viewer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.fields.field import Field
from netwatch_tui.play.position import AS_IT_COMES, Position
from netwatch_tui.query import SHIPPED, parse
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.ui.keymap import FILTER_KEYS, MAIN_KEYS, USUAL_KEYS
from netwatch_tui.ui.remembered import Remembered
from netwatch_tui.ui.screens.dialog import AnswerT, Dialog
from netwatch_tui.ui.screens.filter_editing import FilterEditing
from netwatch_tui.ui.screens.main import MainScreen
from netwatch_tui.ui.screens.picker import Picker, ask_command
from netwatch_tui.ui.screens.playback import INTERVALS, Playback
from netwatch_tui.ui.screens.saved_filters import SavedFilters
from netwatch_tui.ui.screens.view_choices import ViewChoices
from netwatch_tui.ui.setup import USUAL_SETUP
from netwatch_tui.view.groups import Group, Row
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View
from screenshots.feed import on_machine
from tests.support.build import process
from tests.support.fake import FakeSource
from tests.ui.stage import AtOnce, written


class StandIn:
    """Shows the views of a fake machine to nobody; also its table, with a cursor that a test moves."""

    def __init__(self, source: FakeSource, spec: ViewSpec | None = None) -> None:
        self.said: list[str] = []
        self.keymap = USUAL_KEYS
        self.view: View | None = None
        self.spec = spec or ViewSpec()
        self.at = 0
        self.columns: tuple[Field, ...] = tuple(FIELD_BY_ID.values())
        self.feed = on_machine(source, self.spec, 1_000_000.0)
        self.feed.begin(lambda news: setattr(self, "view", getattr(news, "view", None)))
        self._dialog: Dialog[Any] | None = None
        self._then: Callable[[Any], None] | None = None

    # as viewer

    def choose(self, spec: ViewSpec) -> None:
        self.spec = spec
        self.feed.show(spec)

    def say(self, text: str) -> None:
        self.said.append(text)

    def ask(self, dialog: Dialog[AnswerT], then: Callable[[AnswerT | None], None] | None = None) -> None:
        self._dialog, self._then = dialog, then

    def answer(self, label: str, hint: str) -> None:
        """Choose a line of the picker that is open."""
        assert isinstance(self._dialog, Picker)
        assert self._then is not None
        found = [each.id for each in self._dialog._choices if each.label == label and hint in each.hint]
        assert len(found) == 1
        self._then(found[0])

    # as table

    @property
    def rows(self) -> list[Socket]:
        assert self.view is not None
        return [row for row in self.view.rows if isinstance(row, Socket)]

    @property
    def cursor_row(self) -> Row | None:
        return self.rows[self.at]

    @property
    def cursor_socket(self) -> Socket | None:
        row = self.cursor_row
        return None if isinstance(row, Group) else row

    def action_move(self, rows: int) -> None:
        self.at += rows

    def action_page(self, pages: int) -> None:
        raise NotImplementedError

    def take_keyboard(self) -> None:
        pass


class NoThemes:
    """The colours that there are without a program."""

    names = ("none",)
    chosen = "none"

    def show(self, name: str) -> None:
        pass

    def choose(self, name: str) -> None:
        pass


class Line:
    """A line of text that nobody sees."""

    def __init__(self) -> None:
        self.text, self.cursor, self.is_open = "", 0, False
        self.shown: str = ""
        self.noted = ""

    def edit(self, text: str, selected: str = "") -> None:
        self.text, self.is_open = text.removesuffix(selected), True

    def type(self, text: str) -> None:
        self.text += text

    def leave(self, text: str, note: str) -> None:
        self.text, self.shown, self.is_open = text, text, False

    def put(self, text: str, cursor: int) -> None:
        self.text, self.cursor = text, cursor

    def note(self, text: str, start: int = 0, end: int = 0) -> None:
        self.noted = text


class Filtering:
    """All that filtering needs."""

    def __init__(self, source: FakeSource, folder: Path, spec: ViewSpec | None = None) -> None:
        self.viewer = StandIn(source, spec)
        self.line = Line()
        saved = SavedFilters(self.viewer, Remembered(folder), AtOnce())
        self.editing = FilterEditing(self.viewer, self.viewer, self.line, saved)

    def keep(self, text: str) -> None:
        """Type a filter and press Enter."""
        self.line.type(text)
        self.editing.action_keep_filter()

    def narrow(self, how: str, condition: str) -> None:
        self.editing.action_filter_like()
        self.viewer.answer(how, condition)


def test_every_action_of_a_key_is_found_on_the_screen(source: FakeSource, tmp_path: Path) -> None:
    main = MainScreen(
        StandIn(source).feed, ViewSpec(), (), written, Remembered(tmp_path), NoThemes(), AtOnce(), USUAL_SETUP
    )
    actions = {key.action for key in MAIN_KEYS} | {key.action.removeprefix("screen.") for key in FILTER_KEYS}
    names = {action.partition("(")[0] for action in actions if not action.startswith("app.")}
    assert [name for name in names if not callable(getattr(main, f"action_{name}", None))] == []


def test_filters_are_taken_back_one_step_after_the_other(source: FakeSource, tmp_path: Path) -> None:
    filtering = Filtering(source, tmp_path)
    editing, viewer = filtering.editing, filtering.viewer
    editing.action_undo_filter()
    assert viewer.said == ["No filter step to undo."]
    editing.action_edit_filter()
    filtering.keep("443")
    viewer.at = 1
    filtering.narrow("keep", "peer_port:50001")
    assert (filtering.line.shown, len(viewer.rows)) == ("443 peer_port:50001", 1)
    editing.clear()
    assert len(viewer.rows) == 4
    for shown in ("443 peer_port:50001", "443", ""):
        editing.action_undo_filter()
        assert (filtering.line.shown, viewer.spec.query.text) == (shown, shown)


def test_an_alternative_is_narrowed_as_a_whole(source: FakeSource, tmp_path: Path) -> None:
    filtering = Filtering(source, tmp_path, ViewSpec(query=parse("port:53 or port:443")))
    filtering.viewer.at = 1
    filtering.narrow("keep", "peer:10.0.0.9")
    filtering.viewer.at = 0
    assert [socket.peer_port for socket in filtering.viewer.rows] == [50001]


def test_a_process_name_with_a_blank_is_quoted(source: FakeSource, tmp_path: Path) -> None:
    source.processes[7] = process(7, "Web Content")
    filtering = Filtering(source, tmp_path)
    filtering.editing.action_filter_process()
    filtering.keep('"Web Content"')
    assert (filtering.line.shown, len(filtering.viewer.rows)) == ('process:"Web Content"', 3)
    filtering.editing.action_filter_port()
    filtering.keep("443")
    assert filtering.line.shown == 'process:"Web Content" port:443'
    filtering.editing.action_filter_process()
    filtering.keep("Web")
    assert filtering.line.shown == "port:443 process:Web", "a second one takes the place of the first"


@pytest.mark.parametrize(("name", "text"), SHIPPED)
def test_every_shipped_filter_can_be_used(source: FakeSource, tmp_path: Path, name: str, text: str) -> None:
    filtering = Filtering(source, tmp_path)
    ask_command(filtering.viewer, "Filters", filtering.editing.commands())
    filtering.viewer.answer(name, text)
    assert filtering.line.shown == text


def test_what_can_not_be_remembered_is_said_and_costs_nothing(source: FakeSource, tmp_path: Path) -> None:
    (tmp_path / "filters.json").write_text("[]")
    filtering = Filtering(source, tmp_path)
    filtering.editing.action_edit_filter()
    filtering.keep("port:53")
    assert len(filtering.viewer.rows) == 1
    assert filtering.viewer.said[-1].startswith("This can't be remembered: ")
    assert (tmp_path / "filters.json").read_text() == "[]", "what is not ours is not overwritten"


def test_the_interval_is_stepped_and_stops_at_its_ends(source: FakeSource) -> None:
    viewer = StandIn(source)
    playback = Playback(viewer, None)
    playback.action_faster()
    assert viewer.spec.interval == 0.5
    for _ in INTERVALS:
        playback.action_faster()
    assert (viewer.spec.interval, viewer.said[-1]) == (0.05, "0.05 s is the shortest interval.")
    for _ in INTERVALS:
        playback.action_slower()
    assert (viewer.spec.interval, viewer.said[-1]) == (60.0, "60 s is the longest interval.")


class StandInPlayer:
    """Plays nothing, and remembers what it was asked for."""

    def __init__(self, speed: float) -> None:
        self.position = Position("host", "", None, 1, None, speed, paused=False, ended=None)
        self.asked: list[str] = []

    def pause(self) -> None:
        self.asked.append("pause")

    def faster(self) -> None:
        self.asked.append("faster")

    def slower(self) -> None:
        self.asked.append("slower")

    def restart(self) -> None:
        self.asked.append("restart")


def test_a_recording_is_ruled_by_the_keys_and_a_stream_as_far_as_it_can_be(source: FakeSource) -> None:
    keys = ("pause", "faster", "slower", "replay_restart")
    for speed, asked, said in (
        (1.0, ["pause", "faster", "slower", "restart"], []),
        (
            AS_IT_COMES,
            ["pause"],
            ["A live stream plays as fast as it is recorded."] * 2 + ["A live stream can't be restarted."],
        ),
    ):
        viewer, player = StandIn(source), StandInPlayer(speed)
        playback = Playback(viewer, player)
        for key in keys:
            getattr(playback, f"action_{key}")()
        assert (player.asked, viewer.said) == (asked, said)


def test_the_namespaces_of_a_recording_are_what_they_are(source: FakeSource) -> None:
    viewer = StandIn(source)
    ViewChoices(viewer, viewer, is_recorded=True).action_namespaces()
    assert viewer.said == ["A recording has only the namespaces that were recorded."]
    assert viewer.spec.namespaces == ""


def test_a_group_that_was_shown_a_moment_ago_can_not_be_entered_where_there_are_none(source: FakeSource) -> None:
    viewer = StandIn(source)
    choices = ViewChoices(viewer, viewer, is_recorded=False)
    choices.enter("nginx")
    assert viewer.spec.inside is None
    choices.group_by("process")
    choices.enter("nginx")
    assert viewer.spec.inside == "nginx"
