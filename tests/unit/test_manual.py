from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from netwatch_tui import cli, manual
from netwatch_tui.arguments import ARGUMENTS, Mode, refusals
from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.man_of_markdown import man_of_markdown

ROOT = Path(__file__).parents[2]
SHARE = ROOT / "tui" / "share"


@pytest.mark.parametrize("place", list(manual.files()))
def test_what_is_shipped_is_made_from_the_arguments_of_now(place: str) -> None:
    assert (SHARE / place).read_text() == manual.files()[place], "run: python -m netwatch_tui.manual tui/share"


def test_everything_that_is_made_is_in_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    shared = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert shared.pop("tui/share/systemd/system") == "share/systemd/system"
    assert shared == {f"tui/share/{place}": f"share/{place}" for place in manual.files()}
    made = {str(path.relative_to(SHARE)) for path in SHARE.rglob("*") if path.is_file() and "systemd" not in path.parts}
    assert made == set(manual.files())


def test_it_is_written_below_a_folder(tmp_path: Path) -> None:
    manual.main(str(tmp_path))
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == set(manual.files())


@pytest.mark.parametrize("place", [place for place in manual.files() if "man7" not in place])
def test_every_option_is_told_everywhere(place: str) -> None:
    text = manual.files()[place].replace(r"\-", "-")
    for argument in ARGUMENTS:
        for flag in argument.flags:
            assert flag.lstrip("-") in text
    if "man1" in place:
        assert all(id in text for id in FIELD_BY_ID)


def test_the_themes_that_are_offered_are_those_that_there_are() -> None:
    assert set(manual._THEMES) == {path.stem for path in (ROOT / "themes").glob("*.toml")}


def test_the_manual_page_has_no_request_by_accident() -> None:
    page = manual.man_page()
    assert {line.split()[0] for line in page.splitlines() if line.startswith((".", "'"))} == {
        ".TH",
        ".SH",
        ".SS",
        ".TP",
    }
    assert page.isascii()


def completed(*words: str) -> list[str]:
    """What bash offers for the last word."""
    script = (
        f'source "$0"; COMP_WORDS=("$@"); COMP_CWORD={len(words)}; _netwatch_tui; printf "%s\\n" "${{COMPREPLY[@]}}"'
    )
    place = SHARE / "bash-completion" / "completions" / "netwatch-tui"
    command = ["bash", "--norc", "-c", script, str(place), "netwatch-tui", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=SHARE).stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["--f"], ["--format", "--for", "--fresh"]),
        (["--format", "n"], ["ndjson"]),
        (["-f", "t"], ["table", "tsv"]),
        (["--format", "=", "c"], ["csv"]),
        (["--format", "="], ["table", "json", "ndjson", "csv", "tsv", "prometheus"]),
        (["-A", "tcp,un"], ["tcp,unix"]),
        (["--columns", "local,pid,ino"], ["local,pid,inode"]),
        (["--sort", "send"], ["send_q"]),
        (["--replay", "ma"], ["man"]),
        (["--diff", "man", "zs"], ["zsh"]),
        (["--theme", "d"], ["daylight"]),
        (["port"], []),
        (["--interval", ""], []),
    ],
)
def test_bash_completes(words: list[str], offered: list[str]) -> None:
    assert completed(*words) == offered


@pytest.mark.parametrize(("shell", "place"), [("zsh", "zsh/site-functions/_netwatch-tui"),
                                              ("fish", "fish/vendor_completions.d/netwatch-tui.fish")])  # fmt: skip
def test_the_other_shells_can_read_theirs(shell: str, place: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell}")
    done = subprocess.run([shell, "-n", SHARE / place], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("place", "word"),
    [("man1/netwatch-tui.1", "--wait-for"), ("man7/netwatch-tui-recipes.7", "read_events('events.ndjson-*')")],
)
def test_man_can_print_the_page(place: str, word: str) -> None:
    if shutil.which("groff") is None:
        pytest.skip("there is no groff")
    page = SHARE / "man" / place
    done = subprocess.run(["groff", "-man", "-ww", "-Tascii", page], capture_output=True, text=True, check=False,
                          env={**os.environ, "GROFF_NO_SGR": "1"})  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert word in re.sub(".\b", "", done.stdout)


def test_a_page_in_markdown_becomes_a_manual_page() -> None:
    text = r"""## A *b*

Some `--code *x*`
and **more**.

- one
  more
1. two

```sh
.x \n -
```

End.
"""
    assert list(man_of_markdown(text)) == [
        ".SH A *B*", r"Some \fB\-\-code *x*\fR", r"and \fBmore\fR.", r".IP \(bu 4", "one", "more", ".IP 1. 4", "two",
        ".PP", ".EX", r"\&.x \en \-", ".EE", ".PP", "End.",
    ]  # fmt: skip


def test_nothing_is_asked_for_by_default() -> None:
    options = cli._parser().parse_args([])
    assert not list(refusals(options, Mode.ONCE))
    assert not list(refusals(options, Mode.LIVE))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30), ("1.5", 1.5), ("30s", 30), ("10m", 600), ("2h30m", 9000), ("1d", 86400), ("0.5s", 0.5), ("0", 0)],
)
def test_spans_of_time(text: str, seconds: float) -> None:
    assert cli._parser().parse_args(["--timeout", text]).timeout == seconds


@pytest.mark.parametrize("text", ["", "s", "-1", "1x", "1s2", "s1", "1 s", "nan", "inf", "1e3", "\u0663s"])
def test_what_is_no_span_of_time(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli._parser().parse_args([f"--timeout={text}"])
    assert "is not a duration" in capsys.readouterr().err


def test_the_parser_has_a_section_for_each_in_the_table() -> None:
    groups: list[argparse._ArgumentGroup] = cli._parser()._action_groups
    assert [group.title for group in groups][2:] == list(dict.fromkeys(argument.section for argument in ARGUMENTS))
