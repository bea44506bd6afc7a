"""The installed program with a configuration, and what it remembers from one run to the next."""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from netwatch_tui.view.named_views import VIEWS
from tests.support.terminal import Terminal

PROGRAM = str(Path(sys.executable).with_name("netwatch-tui"))


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Terminal]:
    """Starts the program with folders of its own."""

    def run(*argv: str, columns: int = 160) -> Terminal:
        folders = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "XDG_STATE_HOME": str(tmp_path / "state")}
        return Terminal([PROGRAM, *argv], columns=columns, lines=24, environment=folders)

    return run


def write(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config" / "netwatch-tui" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def quit_from(terminal: Terminal) -> None:
    terminal.send("\x03")
    assert terminal.wait_for_end() == 0


def heading(rows: list[str]) -> str:
    return next((row for row in rows if "State" in row and "Peer" in row), "")


def test_a_configuration_holds_and_what_is_wrong_in_it_is_told_on_the_screen(
    tmp_path: Path, run: Callable[..., Terminal]
) -> None:
    write(tmp_path, 'interval = 2.5\ncolumns = ["state", "peer"]\nspeed = 9\n[keys]\n"app.help" = "h"\n')
    with run() as terminal:
        rows = terminal.wait_for(
            lambda rows: "2.5s" in rows[0] and any("config.toml:3: there is no option 'speed'" in row for row in rows),
            "the interval and the problem",
        )
        assert "Process" not in heading(rows)
        terminal.wait_for(lambda rows: "h Help" in rows[-1], "the footer with its key")
        terminal.send("h")
        terminal.wait_for(
            lambda rows: any(row.strip("│ ").startswith("Esc Close") or "Close" in row for row in rows[:-1]), "help"
        )
        quit_from(terminal)


@pytest.mark.parametrize(("text", "argv"), [("mouse = false", ()), ("", ("--no-mouse",)), ("", ())])
def test_the_mouse_is_left_to_the_terminal_if_one_wants(
    tmp_path: Path, run: Callable[..., Terminal], text: str, argv: tuple[str, ...]
) -> None:
    write(tmp_path, text)
    with run(*argv) as terminal:
        terminal.wait_for(heading, "the table")
        quit_from(terminal)
    assert (b"\x1b[?1003h" in terminal.written) is not bool(text or argv)


def test_what_was_arranged_is_there_the_next_time_unless_one_begins_afresh(
    tmp_path: Path, run: Callable[..., Terminal]
) -> None:
    with run() as terminal:
        terminal.wait_for(lambda rows: "State▲" in heading(rows), "the usual order")
        terminal.send("S")
        terminal.wait_for(lambda rows: "State▼" in heading(rows), "the other order")
        quit_from(terminal)
    path = tmp_path / "state" / "netwatch-tui" / "arrangement.json"
    assert json.loads(path.read_text())["arranged"] == {"sort": {"value": "state:desc", "instead_of": None}}
    for argv, expected in (
        ((), "State▼"),
        (("--fresh",), "State▲"),
        (("--sort", "state:asc"), "State▲"),
        ((), "State▼"),
    ):
        with run(*argv) as terminal:
            terminal.wait_for(lambda rows, expected=expected: expected in heading(rows), f"{argv}")  # type: ignore[misc]  # as in the loop
            quit_from(terminal)


def test_a_file_that_is_no_arrangement_is_told_and_left_alone(tmp_path: Path, run: Callable[..., Terminal]) -> None:
    path = tmp_path / "state" / "netwatch-tui" / "arrangement.json"
    path.parent.mkdir(parents=True)
    path.write_text("[]")
    with run() as terminal:
        terminal.wait_for(lambda rows: any("how the screen was arranged can't be read" in row for row in rows), "why")
        terminal.send("S")
        terminal.wait_for(lambda rows: any("can't be remembered" in row for row in rows), "why not")
        quit_from(terminal)
    assert path.read_text() == "[]"


@pytest.mark.parametrize("name", ["not there", "."])
def test_a_configuration_that_was_asked_for_must_be_readable(run: Callable[..., Terminal], name: str) -> None:
    with run("--config", name) as terminal:
        assert terminal.wait_for_end() == 2
    assert terminal.rows[0].startswith("netwatch-tui: ")
    assert not any(terminal.rows[1:])


def test_another_configuration_can_be_named(tmp_path: Path, run: Callable[..., Terminal]) -> None:
    write(tmp_path, "interval = 2.5")
    other = tmp_path / "other.toml"
    other.write_text("interval = 3.5")
    with run("--config", str(other)) as terminal:
        terminal.wait_for(lambda rows: "3.5s" in rows[0], "the interval of the other one")
        quit_from(terminal)


def test_a_theme_that_is_gone_is_told_and_the_usual_one_holds(tmp_path: Path, run: Callable[..., Terminal]) -> None:
    write(tmp_path, 'theme = "gone"')
    with run() as terminal:
        terminal.wait_for(
            lambda rows: any("config.toml:1: there is no theme 'gone'; there are: " in row for row in rows), "why"
        )
        quit_from(terminal)


def test_a_theme_in_the_configuration_folder_is_one(tmp_path: Path, run: Callable[..., Terminal]) -> None:
    write(tmp_path, 'theme = "mine"')
    folder = tmp_path / "config" / "netwatch-tui" / "themes"
    folder.mkdir()
    (folder / "mine.toml").write_text(
        '[colors]\nprimary="#ff0000"\nforeground="#ffffff"\nbackground="#010203"\n'
        '[signals]\nnew="#00ff00"\nchanged="#ffff00"\nclosed="#ff0000"\n'
    )
    (folder / "wrong.toml").write_text("[colors]\n")
    with run() as terminal:
        terminal.wait_for(lambda rows: any("theme wrong.toml: colors." in row for row in rows), "what is wrong")
        quit_from(terminal)
    assert b"there is no theme" not in terminal.written


def test_the_whole_configuration_is_printed(run: Callable[..., Terminal]) -> None:
    with run("--print-config", columns=200) as terminal:
        assert terminal.wait_for_end() == 0
    assert b"#interval = 1.0" in terminal.written
    assert tomllib.loads(terminal.written.decode().replace("\r\n", "\n")) == {
        "thresholds": {},
        "colors": {},
        "keys": {},
    }


def test_the_program_begins_in_the_view_in_which_it_was_left(tmp_path: Path, run: Callable[..., Terminal]) -> None:
    write(tmp_path, '[[views]]\nname = "mine"\ncolumns = ["state", "pid"]\n')
    with run() as terminal:
        terminal.wait_for(heading, "the table")
        terminal.send(str(len(VIEWS) + 1))
        terminal.wait_for(lambda rows: any("State" in row and "Local" not in row for row in rows[2:4]), "the own view")
        terminal.send("S")
        terminal.wait_for(lambda rows: any("State▼" in row for row in rows), "the other order")
        quit_from(terminal)
    with run() as terminal:
        rows = terminal.wait_for(lambda rows: any("State▼" in row for row in rows), "the own view again")
        assert not any("Local" in row for row in rows[:4])
        quit_from(terminal)
    for view in (("--view", str(len(VIEWS) + 1)), ("--view", "MINE"), ("--view", "mine", "-l", "port:9")):
        with run("--fresh", *view) as terminal:
            terminal.wait_for(lambda rows: any("State" in row and "Local" not in row for row in rows[2:4]), f"{view}")
            quit_from(terminal)
    with run("--view", "nine") as terminal:
        assert terminal.wait_for_end() == 2
        text = " ".join(" ".join(terminal.rows).split())
        assert "netwatch-tui: there is no view 'nine'; there are: 1 All, 2 Listening," in text
        assert f"{len(VIEWS) + 1} mine" in text
    for argv in (("-l",), ("--fresh",)):
        with run(*argv) as terminal:
            terminal.wait_for(lambda rows: any("State▲" in row and "Local" in row for row in rows), f"{argv}")
            quit_from(terminal)
