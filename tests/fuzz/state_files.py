"""Spoiled files of the program's own: remembered filters, and themes."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from netwatch_tui.ui.remembered import Remembered
from netwatch_tui.ui.themes import load_themes, themes_folder
from tests.fuzz.mutations import spoil_bytes, spoil_value, to_text
from tests.fuzz.runner import Counts, Wrong, check_said, run_inputs

_COLOURS = (
    '"#fff"', '"#12"', '"rgb(1,2,3)"', '"rgb(999999,0,0)"', f'"rgb({"9" * 400},0,0)"', '"hsl(1,2%,3%)"', '"auto"',
    '"hsl(1e999,1%,1%)"', '"auto 50%"', '"ansi_red"', '"red 20%"', '""', '"\\u0000"', "7", "true", "[]", "{}", "1e999",
    "1" * 5000,
    "[" * 2000, '"' + "a" * 5000 + '"', '"$primary"', "2026-01-01", "{a.b.c = 1}", "nan", "'\x1b'", '"\U0001f98a"',
)  # fmt: skip


@cache
def good_themes() -> tuple[str, ...]:
    """The shipped ones."""
    return tuple(path.read_text() for path in sorted(themes_folder().glob("*.toml")))


def make(random: Random) -> tuple[str, bytes]:
    """The name of a file, and what is in it."""
    if random.random() < 0.5:
        value: Any = {"version": 1, "typed": ["port:80", "é"], "saved": {"web": "port:443", "dns": "port:53"}}
        value["watched"] = ["web"]
        for _ in range(random.choice((1, 1, 2, 5))):
            spoil_value(random, value)
        data = to_text(value)
        return "filters.json", spoil_bytes(random, data) if random.random() < 0.2 else data
    lines = random.choice(good_themes()).splitlines()
    for _ in range(random.choice((1, 1, 2, 5))):
        at = random.randrange(len(lines))
        match random.randrange(4):
            case 0:
                lines.insert(random.randrange(len(lines)), lines.pop(at))
            case 1:
                lines[at] = spoil_bytes(random, lines[at].encode()).decode(errors="replace")
            case _:
                lines[at] = f"{lines[at].partition('=')[0]}= {random.choice(_COLOURS)}"
    data = "\n".join(lines).encode()
    return "dusk.toml", spoil_bytes(random, data) if random.random() < 0.1 else data


def attempt(made: tuple[str, bytes]) -> bool:
    """Read the file; of filters also write it anew."""
    name, data = made
    with TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        return _refuses_theme(Path(folder)) if name.endswith(".toml") else _refuses_filters(Path(folder), data)


def _refuses_theme(folder: Path) -> bool:
    themes, problems = load_themes(folder)
    for theme in themes.values():
        theme.to_color_system().generate()
    for problem in problems:
        check_said(problem)
    return bool(problems)


def _refuses_filters(folder: Path, data: bytes) -> bool:
    remembered = Remembered(folder)
    try:
        before = remembered.read()
        json.dumps([before.typed, dict(before.saved), sorted(before.watched)])
        remembered.add_typed("new")
    except ValueError as error:
        check_said(str(error))
        if Path(folder, "filters.json").read_bytes() != data:
            raise Wrong("a file that could not be read was written") from error
        return True
    if remembered.read().typed[-1] != "new":
        raise Wrong("what was remembered is not there")
    return False


def run(seed: int, seconds: float) -> Counts:
    """Spoil and read files."""
    return run_inputs(seed, seconds, make, attempt)
