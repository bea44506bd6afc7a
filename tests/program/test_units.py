"""The systemd units in share: systemd takes them, they are confined alike, and what they start is what there is."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

from netwatch_tui import cli
from netwatch_tui.argument import Mode
from netwatch_tui.arguments import refusals
from tests.support.recipes import command

FOLDER = Path(__file__).parents[2] / "tui" / "share" / "systemd" / "system"
SERVICES = sorted(FOLDER.glob("*.service"))
TIMERS = sorted(FOLDER.glob("*.timer"))

_SANDBOX = re.compile(
    r"(Capability|NoNew|Protect|Private|Keyring|Lock|Memory(?=Deny)|Restrict|IPAddress|SystemCall)\w+=.*"
)


def sandbox(unit: Path) -> list[str]:
    """The lines that confine it."""
    return [line for line in unit.read_text().splitlines() if _SANDBOX.fullmatch(line)]


def started(unit: Path) -> str:
    """The command of the program in what the shell of a unit runs."""
    text = unit.read_text().replace("\\\n", "")
    found = re.search(r"^ExecStart=sh -c '.*?(netwatch-tui [^>|]*)", text, re.MULTILINE)
    assert found, unit
    return found[1]


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_each_is_confined_as_the_others_are(unit: Path) -> None:
    lines = sandbox(unit)
    assert len(lines) > 20
    assert lines == sandbox(SERVICES[0])


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_each_starts_the_program_with_options_that_it_takes(unit: Path) -> None:
    options = cli._parser().parse_args(shlex.split(started(unit).replace('"$COLUMNS"', "netid"))[1:])
    mode = cli._mode(options)
    assert mode is (Mode.WATCH if unit.stem.endswith("-watch") else Mode.ONCE)
    assert not list(refusals(options, mode))
    assert options.net == "*"


def test_the_snapshots_have_the_columns_of_the_recipes() -> None:
    unit = (FOLDER / "netwatch-tui-snapshot.service").read_text()
    (columns,) = re.findall(r"^Environment=COLUMNS=(.*)$", unit, re.MULTILINE)
    assert columns == ",".join(re.findall(r"^columns=(?:\$columns,)?(.*)$", command("columns="), re.MULTILINE))


def test_each_timer_has_its_service() -> None:
    assert TIMERS
    assert {timer.stem for timer in TIMERS} <= {service.stem for service in SERVICES}
    for timer in TIMERS:
        parser = ConfigParser(strict=False)
        parser.read(timer)
        assert parser["Install"]["WantedBy"] == "timers.target"


@pytest.fixture
def installed(tmp_path: Path) -> list[str]:
    """The units without the manual pages, which need not be there."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze")
    for unit in (*SERVICES, *TIMERS):
        (tmp_path / unit.name).write_text(re.sub(r"^Documentation=.*\n", "", unit.read_text(), flags=re.MULTILINE))
    return [str(tmp_path / unit.name) for unit in (*SERVICES, *TIMERS)]


def test_systemd_takes_them(installed: list[str]) -> None:
    done = subprocess.run(["systemd-analyze", "verify", *installed], capture_output=True, text=True, check=False)
    about_ours = [line for line in done.stderr.splitlines() if "netwatch" in line]  # others may be wrong as well
    assert (about_ours, done.returncode) == ([], 0)


def test_systemd_finds_little_exposure(installed: list[str]) -> None:
    services = [path for path in installed if path.endswith(".service")]
    judge = ["systemd-analyze", "security", "--offline=true", "--threshold=30", *services]  # tenths, of 100
    done = subprocess.run(judge, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
