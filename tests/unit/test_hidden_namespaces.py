"""Who asks a script's mode for every network namespace is told on standard error of which nothing is shown."""

from __future__ import annotations

import argparse

import pytest

from netwatch_tui import cli
from netwatch_tui.modes.once import once
from netwatch_tui.modes.stream import watch
from netwatch_tui.sockets.snapshot import Seen
from tests.support.build import tcp
from tests.support.fake import FakeSource


def parsed(*words: str) -> argparse.Namespace:
    options: argparse.Namespace = cli._parser().parse_intermixed_args(["-t", *words])
    return options


def source(*_: object) -> FakeSource:
    machine = FakeSource(tcp("127.0.0.1:80", inode=1))
    machine.hold(7, tcp(inode=1))
    machine.unseen, machine.unreadable = 2, 1
    return machine


HIDDEN = ["2 processes may be in hidden namespaces", "1 namespace may not be entered"]


def test_one_snapshot_tells_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert once(parsed("--once", "-N", "*"), source) == 0
    assert capsys.readouterr().err.splitlines() == [f"netwatch-tui: {text}" for text in HIDDEN]
    assert once(parsed("--once"), source) == 0
    assert capsys.readouterr().err == "", "the own one was asked for"


def test_a_stream_tells_it_once(capsys: pytest.CaptureFixture[str]) -> None:
    watch(parsed("--watch", "-N", "*", "--for", "0.15", "--interval", "0.05"), source)
    assert capsys.readouterr().err.splitlines() == [f"netwatch-tui: {text}" for text in HIDDEN]


@pytest.mark.parametrize(
    ("denied", "unreadable", "texts"),
    [
        (0, 0, []),
        (1, 0, ["1 process may be in hidden namespaces"]),
        (0, 1_200, ["1,200 namespaces may not be entered"]),
    ],
)
def test_each_cause_has_its_words(denied: int, unreadable: int, texts: list[str]) -> None:
    assert Seen({}, 0, denied, unreadable=unreadable).hidden_texts() == texts
