"""`--capture` on the command line, and what the screen says of it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable

import pytest

from netwatch_tui import cli
from netwatch_tui.kernel.capture.capture import Capture, CaptureWay
from netwatch_tui.kernel.capture.event_clock import EventClock
from netwatch_tui.modes import capturing as mode
from netwatch_tui.modes.stream import watch
from netwatch_tui.play.ticker import Stopped
from netwatch_tui.sockets.capture_status import CaptureError, CaptureStatus, CaptureWhen
from netwatch_tui.sockets.marks import Marks
from netwatch_tui.ui.widgets.parts import Part
from netwatch_tui.ui.widgets.status_parts import Tabs, first_line
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import arrange
from tests.support.build import snapshot
from tests.support.fake import FakeSource
from tests.support.program import run


def opened(way: CaptureWay) -> Callable[[CaptureWhen], Capture]:
    def opens(when: CaptureWhen) -> Capture:
        if when is CaptureWhen.ALWAYS:
            raise CaptureError("the kernel's events can't be used: that takes root")
        return Capture(CaptureWay.NONE if when is CaptureWhen.NEVER else way, f"It is {when}.", None, EventClock())

    return opens


def test_who_wants_everything_and_may_not_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(mode, "open_capture", opened(CaptureWay.NONE))
    with pytest.raises(SystemExit) as ended, mode.capturing(Namespace(capture="always")):
        raise AssertionError("it begins all the same")
    assert ended.value.code == 2
    complaint = "netwatch-tui: --capture always: the kernel's events can't be used: that takes root\n"
    assert capsys.readouterr().err == complaint


@pytest.mark.parametrize(
    ("asked", "brief", "sentence", "is_partial"),
    [(None, "ends only", "It is auto.", True), ("auto", "ends only", "It is auto.", True),
     ("never", "off", "It is never.", False)],
)  # fmt: skip
def test_as_much_is_captured_as_can_be_and_the_status_says_how_much(
    monkeypatch: pytest.MonkeyPatch, asked: str | None, brief: str, sentence: str, is_partial: bool
) -> None:
    monkeypatch.setattr(mode, "open_capture", opened(CaptureWay.DESTROYED))
    with mode.capturing(Namespace(capture=asked)) as events:
        assert events.status == (brief, sentence, is_partial)
        assert events.is_on is (brief != "off")
    assert not events.is_on


@pytest.mark.parametrize("argv", [["--once"], ["--replay", "x", "--watch"], ["--wait-for", "port:1"]])
def test_it_is_refused_where_nothing_is_captured(argv: list[str]) -> None:
    done = run(*argv, "--capture", "auto")
    assert done.returncode == 2
    assert "--capture can't be used with" in done.stderr


def test_a_stream_that_is_to_end_while_it_begins_ends_silently(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when a signal comes while the events are still being opened, and that takes longer than the grace."""

    def stopped(_: CaptureWhen) -> Capture:
        raise Stopped

    monkeypatch.setattr(mode, "open_capture", stopped)
    options = cli._parser().parse_intermixed_args(["-t", "--watch"])
    assert watch(options, lambda _: FakeSource()) == 0


def test_the_first_line_says_which_way_it_is_where_there_is_room() -> None:
    status = CaptureStatus("ends only", "Connections are seen when they end.", is_partial=True)
    made = snapshot()._replace(capture=status)
    view = arrange(made, Marks(), ViewSpec(), 1.0)
    for width, is_there in ((120, True), (60, True), (30, False)):
        parts = [part for part in first_line(Tabs(), view, Part("● live 1s"), "", width) if "capture" in part.text]
        told = [(part.text, part.action) for part in parts]
        assert told == ([("capture: ends only", "screen.tell_capture")] if is_there else [])
    silent = arrange(snapshot(), Marks(), ViewSpec(), 1.0)
    assert not [part for part in first_line(Tabs(), silent, Part("● live 1s"), "", 120) if "capture" in part.text]
