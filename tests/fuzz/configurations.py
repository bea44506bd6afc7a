"""Spoiled configurations: each mistake is one line with its place, and the rest holds."""

from __future__ import annotations

import os
from random import Random

from netwatch_tui.query.language.names import NO_NAMES
from netwatch_tui.settings.config_reader import read_settings
from tests.fuzz.mutations import spoil_bytes
from tests.fuzz.runner import Counts, Wrong, check_said, run_inputs

_GOOD = """\
interval = 0.5
columns = ["state", "peer"]

[thresholds]
close_wait = 300

[colors]
new = "#00ff00"

[keys]
"app.quit" = ["Q", "F10"]

[[views]]
name = "database"
filter = "port:5432"
kinds = ["tcp", "unix"]
sort = "recv_q:desc"

[[alerts]]
name = "ssh"
filter = "port:22 -user:root"
bell = true
notice = false
file = "~/ssh.ndjson"
command = ["notify-send", "ssh"]

[[alerts]]
name = "slow"
filter = "age:>1h process:/^a+$/"
"""

_VALUES = (
    "true", "false", "0", "-1", "1.5", "nan", "1e999", "1" * 5000, '""', "''", '"\\u0000"', '"\\u001b[2J"', "[]",
    "[[]]", '["a", 1]',
    '[""]', '["\\u0000"]', "{}", "{a.b = 1}", "2026-01-01", '"/"', '"~/"', '"a/b"', '"("', '"is:"', '"/(/"',
    '"port:http"', '"age:>"', "'" + "(" * 3000 + "'", "[" * 2000, '"' + "a" * 5000 + '"', '"""', "ssh",
)  # fmt: skip


def make(random: Random) -> str:
    """A configuration in which something is not as it should be."""
    lines = _GOOD.splitlines()
    for _ in range(random.choice((1, 1, 2, 5))):
        at = random.randrange(len(lines))
        match random.randrange(5):
            case 0:
                lines.insert(random.randrange(len(lines)), lines.pop(at))
            case 1:
                lines.insert(at, random.choice(lines))
            case 2:
                spoiled = spoil_bytes(random, os.fsencode(lines[at]))
                lines[at] = spoiled.decode(errors="surrogateescape")
            case _:
                lines[at] = f"{lines[at].partition('=')[0]}= {random.choice(_VALUES)}"
    return "\n".join(lines)


def attempt(text: str) -> bool:
    """Understand it; whether anything was wrong."""
    settings, problems = read_settings(text, "my.toml", lambda: NO_NAMES)
    for problem in problems:
        place, _, line = problem.split(" ")[0].rstrip(":").partition(":")
        if place != "my.toml" or not 0 < int(line) <= text.count("\n") + 1:
            raise Wrong(f"no place: {problem[:300]!r}")
        check_said(problem[:2000])
    names = [rule.name for rule in settings.alerts]
    if len(names) > len(set(names)):
        raise Wrong("two alerts have one name")
    for rule in settings.alerts:
        if not (rule.bell or rule.notice or rule.file or rule.command) or any("\0" in word for word in rule.command):
            raise Wrong(f"it can't ring: {rule.name!r}")
    return bool(problems)


def run(seed: int, seconds: float) -> Counts:
    """Spoil and read configurations."""
    return run_inputs(seed, seconds, make, attempt)
