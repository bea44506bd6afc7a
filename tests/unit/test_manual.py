from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from netwatch_tui import cli
from netwatch_tui.argument import Mode
from netwatch_tui.arguments import ARGUMENTS, refusals
from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.manual.completions import THEMES
from netwatch_tui.manual.contents import contents
from netwatch_tui.manual.document import (
    Block,
    Code,
    Emphasis,
    FigureTable,
    Heading,
    Items,
    Paragraph,
    Span,
    Terms,
    literal,
    plain,
    unmarked,
)
from netwatch_tui.manual.markdown import markdown
from netwatch_tui.manual.plain_text import plain_lines
from netwatch_tui.manual.prose_reader import read_prose
from netwatch_tui.manual.roff import man_page
from netwatch_tui.manual.shipped_files import files, write
from netwatch_tui.ui.keymap import MAIN_KEYS

ROOT = Path(__file__).parents[2]
SHARE = ROOT / "tui" / "share"


@pytest.mark.parametrize("place", list(files()))
def test_what_is_shipped_is_made_from_the_arguments_of_now(place: str) -> None:
    assert (SHARE / place).read_text() == files()[place], "run: python -m netwatch_tui.manual tui/share"


def test_everything_that_is_made_is_in_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    shared = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    assert shared.pop("tui/share/systemd/system") == "share/systemd/system"
    assert shared == {f"tui/share/{place}": f"share/{place}" for place in files()}
    made = {str(path.relative_to(SHARE)) for path in SHARE.rglob("*") if path.is_file() and "systemd" not in path.parts}
    assert made == set(files())


def test_it_is_written_below_a_folder(tmp_path: Path) -> None:
    write(str(tmp_path))
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == set(files())


def test_everything_that_is_made_has_its_place_and_every_key_is_told() -> None:
    text = "\n".join(plain_lines(contents()))
    told = " ".join(text.split())
    assert all(key.meaning[1:] in told for key in MAIN_KEYS)
    assert "<!--" not in text


@pytest.mark.parametrize("place", [place for place in files() if "man7" not in place])
def test_every_option_is_told_everywhere(place: str) -> None:
    text = files()[place].replace(r"\-", "-")
    for argument in ARGUMENTS:
        for flag in argument.flags:
            assert flag.lstrip("-") in text
    if place.startswith(("man/", "doc/")):
        assert all(id in text for id in FIELD_BY_ID)


def test_the_themes_that_are_offered_are_those_that_there_are() -> None:
    assert set(THEMES) == {path.stem for path in (ROOT / "themes").glob("*.toml")}


def test_the_manual_page_has_no_request_by_accident() -> None:
    page = man_page(contents())
    assert {line.split()[0] for line in page.splitlines() if line.startswith((".", "'"))} == {
        ".TH", ".SH", ".SS", ".PP", ".TP", ".IP", ".nf", ".RS", ".RE", ".fi",
    }  # fmt: skip
    assert page.isascii()


PROSE = r"""
## Title

Two lines
of `--flags` and **more**, `a`.

### Part

- one
  item
- `.other`

| | |
|---|---|
| `a\|b` | a meaning |

| what | ms |
|---|---:|
| first | 1 |
| the second | 10 |

<!-- here -->

```
.as it is

  \n -
```
"""
BLOCKS: list[Block] = [
    Heading("Title"),
    Paragraph((Span("Two lines of "), Span("--flags", Emphasis.LITERAL), Span(" and "), Span("more", Emphasis.STRONG),
               Span(", "), Span("a", Emphasis.LITERAL), Span("."))),
    Heading("Part", is_part=True),
    Items([plain("one item"), literal(".other")]),
    Terms([(literal("a|b"), plain("a meaning"))]),
    FigureTable([[plain("what"), plain("ms")], [plain("first"), plain("1")], [plain("the second"), plain("10")]]),
    Paragraph(plain("made: 1 * 2")),
    Code([".as it is", "", r"  \n -"]),
]  # fmt: skip


def test_prose_is_read() -> None:
    assert list(read_prose(PROSE, {"here": [Paragraph(plain("made: 1 * 2"))]})) == BLOCKS


def test_prose_asks_only_for_what_is_made() -> None:
    with pytest.raises(KeyError, match="here"):
        list(read_prose(PROSE, {}))


def test_the_manual_page_says_what_the_blocks_say() -> None:
    assert man_page(BLOCKS).splitlines()[1:] == [
        ".SH TITLE", r"Two lines of \fB\-\-flags\fR and \fBmore\fR, \fBa\fR.", ".SS Part",
        r".IP \(bu 2", "one item", r".IP \(bu 2", r"\fB.other\fR", ".TP", r"\fBa|b\fR", "a meaning",
        ".PP", ".nf", ".RS 2", "what        ms", "first        1", "the second  10", ".RE", ".fi",
        ".PP", "made: 1 * 2", ".PP", ".nf", ".RS 2", r"\&.as it is", "", r"  \en \-", ".RE", ".fi",
    ]  # fmt: skip


def test_markdown_that_is_written_is_read_as_the_same() -> None:
    text = markdown(BLOCKS)
    assert r"made: 1 \* 2" in text
    assert list(read_prose(text.replace(r"\*", "*"), {}))[1:] == BLOCKS


def test_plain_text_says_all_of_it_in_80_columns() -> None:
    lines = list(plain_lines(BLOCKS))
    assert lines[:6] == ["TITLE", "", "    Two lines of --flags and more, a.", "", "  Part", ""]
    assert "    - one item" in lines
    assert {"    a|b", "        a meaning", "    the second  10", r"      \n -"} <= set(lines)
    long = Paragraph(plain("word " * 100))
    assert max(map(len, plain_lines([long]))) <= 80
    assert " ".join(" ".join(plain_lines([long])).split()) == unmarked(long.text).strip()


def test_the_program_prints_its_manual(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--man"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("NAME\n\n    netwatch-tui - ")
    assert "--wait-for" in printed


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
    done = subprocess.run(["groff", "-man", "-ww", "-Tutf8", page], capture_output=True, text=True, check=False,
                          env={**os.environ, "GROFF_NO_SGR": "1"})  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert word in re.sub(".\b", "", done.stdout)


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
