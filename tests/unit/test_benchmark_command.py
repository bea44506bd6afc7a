"""The one command that measures everything: what fails is told, and the rest is measured."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as command
from tests.benchmarks.measure import MeasureError
from tests.benchmarks.parts import PARTS
from tests.benchmarks.results import Part, Results, Settings


def quick(settings: Settings, results: Results) -> None:
    results.keep("seconds", [0.5, settings.lasting(60)])
    results.tell(f"{settings.largest:,} sockets at most")
    results.judge("quick against slow", 0.5, "x", 1.0)


def unable(settings: Settings, results: Results) -> None:
    results.judge("memory", 90.5, " MiB", 80.0)
    raise MeasureError("there is no watch")


def faulty(settings: Settings, results: Results) -> None:
    raise KeyError("wrong")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Three parts, which are measured; gives the file of all samples."""
    file = tmp_path / "all.json"
    parts = (Part("faulty", "fails", faulty), Part("unable", "can't", unable), Part("quick", "works", quick))
    monkeypatch.setattr(command, "PARTS", parts)
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--sizes", "300,100", "--seconds", "2", "--json", str(file)])
    return file


def test_all_parts_are_measured_whatever_happens_to_one(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main() == 1
    printed = capsys.readouterr().out
    assert "### quick: works\n\n300 sockets at most\n" in printed
    bars = printed[printed.index("### All bars") :].splitlines()
    assert [line for line in bars if line.startswith("|")][2:] == [
        "| memory             | 90.5 MiB | 80 MiB | **not met** |",
        "| quick against slow |    0.50x |  1.00x |         met |",
    ]
    assert [line for line in bars if line.startswith("Not measured")] == [
        "Not measured: faulty: KeyError: 'wrong'",
        "Not measured: unable: there is no watch",
    ]


def test_every_sample_is_in_the_file(run: Path) -> None:
    command.main()
    document = json.loads(run.read_text())
    assert document["settings"]["sizes"] == [100, 300]
    assert document["parts"]["quick"]["samples"] == {"seconds": [0.5, 2]}
    assert [bar["is_met"] for bar in document["parts"]["unable"]["bars"]] == [False]


def test_parts_can_be_chosen_and_who_names_none_is_told_them(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--parts", "quick"])
    assert command.main() == 0
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--parts", "quick,slow"])
    with pytest.raises(SystemExit):
        command.main()
    assert "there is no part slow: faulty, unable, quick" in capsys.readouterr().err


def test_programs_are_started_as_users_start_them_and_the_environment_is_as_before(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    seen: list[str | None] = []

    def look(settings: Settings, results: Results) -> None:
        seen.append(os.environ.get("PYTHONDONTWRITEBYTECODE"))

    monkeypatch.setattr(command, "PARTS", (Part("look", "looks", look),))
    command.main()
    assert seen == [None]
    assert os.environ["PYTHONDONTWRITEBYTECODE"] == "1"


def test_no_two_parts_have_a_name() -> None:
    assert len({part.name for part in PARTS}) == len(PARTS)
