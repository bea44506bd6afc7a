"""What the README and the manual promise: every command is one that the program takes, every link leads somewhere."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from netwatch_tui import cli
from netwatch_tui.arguments import refusals
from netwatch_tui.query import MachineNames, parse

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
MANUAL = ROOT / "tui" / "share" / "doc" / "netwatch-tui" / "manual.md"

_BLOCK = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(netwatch-tui [^`]+)`")
_END = re.compile(r"\s{2,}|\s[|;&>#]+(\s|$)")
"""Where a command ends: before what is said of it, another command or a file."""


def commands(text: str) -> Iterator[str]:
    """Every command of this program in a text."""
    lines = (line.strip() for block in _BLOCK.findall(text) for line in re.split(r"\n|[|;] ", block))
    for line in (*lines, *_INLINE.findall(_BLOCK.sub("", text))):
        if line.startswith("netwatch-tui"):
            yield _END.split(line.replace(r"\|", "|"), maxsplit=1)[0]


COMMANDS = sorted({*commands(README.read_text()), *commands(MANUAL.read_text())})


def test_commands_are_found() -> None:
    assert {"netwatch-tui", "netwatch-tui -tulpn", "netwatch-tui --why-port 8080"} <= set(COMMANDS)
    assert "netwatch-tui -tan 'dport = :ssh or sport = :ssh'" in COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_the_program_takes_every_command(command: str) -> None:
    _, *words = shlex.split(command)
    options = cli._parser().parse_intermixed_args(list(cli._words(words)))
    assert not list(refusals(options, cli._mode(options)))
    parse(" ".join(options.filter), MachineNames({"tcp": {"ssh": 22}}))


@pytest.mark.parametrize("page", [README, MANUAL], ids=["README", "manual"])
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)]+)\)|src=\"([^\"]+)\"", page.read_text())
    assert [link for link in links if not (page.parent / "".join(link)).is_file()] == []


def test_the_readme_can_be_read_at_once() -> None:
    assert len(README.read_text().splitlines()) <= 250
