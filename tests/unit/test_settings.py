"""The configuration: what it says, what is wrong in it and where, and the file that is printed."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path

import pytest

from netwatch_tui.arguments import DEFAULT_INTERVAL
from netwatch_tui.query import parse
from netwatch_tui.query.language.names import NO_NAMES, MachineNames
from netwatch_tui.settings.config_file import config_path, config_text
from netwatch_tui.settings.config_reader import read_settings
from netwatch_tui.settings.options import ALERT, COLORS, LIMITS, SCREEN, VIEW
from netwatch_tui.settings.settings import Located, Settings
from netwatch_tui.sockets.selection import EVERY_KIND, Selection
from netwatch_tui.sockets.thresholds import DEFAULT_THRESHOLDS
from netwatch_tui.view.alert_rule import AlertRule
from netwatch_tui.view.named_views import VIEWS, NamedView
from netwatch_tui.view.row_choice import RowChoice
from netwatch_tui.view.spec import ViewSpec

EVERYTHING = """\
interval = 0.5
linger = 10
theme = "nord"
mouse = false
columns = ["state", "peer"]

[thresholds]
close_wait = 300

[colors]
new = "#00ff00"

[keys]
"app.quit" = ["Q", "F10"]
write = []

[[views]]
name = "database"
filter = "port:5432"
kinds = ["tcp", "unix"]
columns = ["recv_q", "process"]
sort = "recv_q:desc"
group = "process"

[[views]]
name = "plain"

[[alerts]]
name = "ssh"
filter = "port:22"
bell = true
file = "~/ssh.ndjson"
command = ["notify-send", "ssh", ""]

[[alerts]]
name = "database"
filter = "port:5432"
"""


def read(text: str) -> tuple[Settings, list[str]]:
    return read_settings(text, "my.toml", lambda: NO_NAMES)


def test_nothing_said_is_everything_by_default() -> None:
    assert read("") == read("# a comment\n") == (Settings(), [])
    assert Settings().interval == DEFAULT_INTERVAL == ViewSpec().interval


def test_all_that_can_be_said() -> None:
    settings, problems = read(EVERYTHING)
    assert not problems
    assert settings == Settings(
        interval=0.5,
        linger=10,
        mouse=False,
        theme=Located("nord", "my.toml:3"),
        columns=("mark", "state", "peer"),
        keys={"app.quit": Located(("Q", "F10"), "my.toml:14"), "write": Located((), "my.toml:15")},
        thresholds={**DEFAULT_THRESHOLDS, "close_wait": 300},
        colors={"new": Located("#00ff00", "my.toml:11")},
        views=(
            NamedView(
                "database",
                "port:5432",
                Selection(frozenset({"tcp", "u_str", "u_dgr", "u_seq"})),
                ("mark", "recv_q", "process"),
                "recv_q",
                descending=True,
                grouping="process",
            ),
            NamedView("plain", columns=("mark", "state", "peer")),
        ),
        alerts=(
            AlertRule(
                "ssh",
                RowChoice(EVERY_KIND, (parse("port:22"),)),
                bell=True,
                notice=True,
                file="~/ssh.ndjson",
                command=("notify-send", "ssh", ""),
            ),
            AlertRule("database", RowChoice(EVERY_KIND, (parse("port:5432"),)), notice=True),
        ),
    )


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("interval = 0", "interval: 0 is not a number from 0.05 to 60"),
        ("interval = true", "interval: true is not a number from 0.05 to 60"),
        ("interval = nan", "interval: nan is not a number from 0.05 to 60"),
        ('mouse = "no"', "mouse: 'no' is neither true nor false"),
        ("theme = ''", "theme: '' is not a non-empty text"),
        ("columns = []", "columns: the list is empty"),
        ("columns = 5", "columns: 5 is not a list of texts"),
        ('columns = ["pid", "pid"]', "columns: column pid is named twice"),
        ('columns = ["pdi"]', "columns: 'pdi' is not a column: netid, "),
        ("intervall = 1", "there is no option 'intervall'; did you mean 'interval'?"),
        (
            "xyzzy = 1",
            "there is no option 'xyzzy': interval, linger, rewind_memory, history, theme, mouse, read_only, columns",
        ),
        ("linger = 4", "linger is set already, in line 1"),
        ("interval : 1", "not valid TOML: expected '=' after a key in a key/value pair"),
        ("views = {name = 1}", "views: each view is a part of its own, which begins with [[views]]"),
        ("thresholds.syn_unanswered = -1", "syn_unanswered: -1 is not a number from 0.1 to 1e+06"),
        ("colors.nwe = 'red'", "there is no option 'nwe'; did you mean 'new'?"),
        ("keys.write = 5", "write: 5 is not a list of texts"),
        ("alerts = {name = 1}", "alerts: each alert is a part of its own, which begins with [[alerts]]"),
        ("[thing]", "there is no part [thing]: [keys], [colors], [thresholds], [[views]], [[alerts]]"),
        ("[[thing]]", "there is no part [[thing]]: [keys], [colors], [thresholds], [[views]], [[alerts]]"),
        ('theme = "a\\u001b[31m" "', "not valid TOML: "),
        ('"\\u001b[31m" = 1', "there is no option '\\x1b[31m': "),
    ],
)
def test_a_wrong_line_is_one_message_with_its_place_and_the_rest_holds(line: str, what: str) -> None:
    settings, problems = read(f"linger = 9\n{line}\n\n[[views]]\nname = 'kept'\n")
    assert len(problems) == 1
    assert problems[0].startswith(f"my.toml:2: {what}")
    assert (settings.linger, settings.views) == (9, (NamedView("kept"),))
    assert settings._replace(linger=3.0, views=()) == Settings()


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ("filter = 'port:80'", "my.toml:3: a view needs a name"),
        ("name = 5", "my.toml:4: name: 5 is not a non-empty text"),
        ('name = "a\\u001b[31m"', "my.toml:4: name: 'a\\x1b[31m' has characters that can't be shown"),
        ("name = 'kept'", "my.toml:3: there is a view 'kept' already"),
        ("name = 'x'\nfilter = 'port:'", "my.toml:5: filter: "),
        ("name = 'x'\nkinds = 'tpc'", "my.toml:5: kinds: 'tpc' is not a kind of socket: tcp, udp, "),
        ("name = 'x'\nkinds = []", "my.toml:5: kinds: the list is empty"),
        ("name = 'x'\nsort = 'pid:up'", "my.toml:5: sort: 'up' is not a direction: asc, desc"),
        ("name = 'x'\ngroup = 'colour'", "my.toml:5: group: 'colour' is not a grouping: "),
        ("name = 'x'\nname = 'y'", "my.toml:5: name is set already, in line 4"),
        ("name = 'x'\nfilter = 'udp'\nfilter = 5", "my.toml:6: filter is set already, in line 5"),
    ],
)
def test_a_view_is_whole_or_not_there(lines: str, what: str) -> None:
    settings, problems = read(f"[[views]]\nname = 'kept'\n[[views]]\n{lines}\n[[views]]\nname = 'last'")
    assert len(problems) == 1
    assert problems[0].startswith(what)
    assert [view.name for view in settings.views] == ["kept", "last"]


NEEDED = "name = 'x'\nfilter = 'port:1'\n"


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ("filter = 'port:80'", "my.toml:4: an alert needs a name"),
        ("name = 'x'", "my.toml:4: an alert needs a filter"),
        ("name = 'kept'\nfilter = 'port:1'", "my.toml:4: there is an alert 'kept' already"),
        ("name = 'x'\nfilter = 'port:'", "my.toml:6: filter: "),
        (f"{NEEDED}notice = false", "my.toml:4: an alert needs a bell, a notice, a file or a command"),
        (f"{NEEDED}bell = 1", "my.toml:7: bell: 1 is neither true nor false"),
        (f"{NEEDED}file = 'x'", "my.toml:7: file: 'x' is not the path of a file that begins with / or ~/"),
        (f"{NEEDED}file = '/tmp/'", "my.toml:7: file: '/tmp/' is not the path of a file"),
        (f'{NEEDED}file = "/a\\u0000"', "my.toml:7: file: '/a\\x00' is not the path of a file"),
        (f"{NEEDED}command = 'rm -rf'", "my.toml:7: command: 'rm -rf' is not a list of words such as "),
        (f"{NEEDED}command = ['x', 1]", "my.toml:7: command: ['x', 1] is not a list of words"),
        (f'{NEEDED}command = ["a\\u0000"]', "my.toml:7: command: ['a\\x00'] is not a list of words"),
        (f"{NEEDED}command = []", "my.toml:7: command: it names no program"),
        (f"{NEEDED}command = ['', 'x']", "my.toml:7: command: it names no program"),
        (f"{NEEDED}comand = ['x']", "my.toml:7: there is no option 'comand'; did you mean 'command'?"),
        (f"{NEEDED}name = 'y'", "my.toml:7: name is set already, in line 5"),
    ],
)
def test_an_alert_is_whole_or_not_there(lines: str, what: str) -> None:
    kept = "[[alerts]]\nname = 'kept'\nfilter = ':22'\n"
    settings, problems = read(f"{kept}[[alerts]]\n{lines}\n[[alerts]]\nname = 'last'\nfilter = 'udp'")
    assert len(problems) == 1
    assert problems[0].startswith(what)
    assert [rule.name for rule in settings.alerts] == ["kept", "last"]


def test_a_filter_of_a_view_may_name_what_the_machine_names() -> None:
    text = "[[views]]\nname = 'ssh'\nfilter = 'dport = :ssh'"
    names = MachineNames(services={"tcp": {"ssh": 22}})
    assert read_settings(text, "my.toml", lambda: names)[0].views == (NamedView("ssh", "dport = :ssh"),)
    assert len(read(text)[1]) == 1


def test_problems_come_in_the_order_of_the_lines() -> None:
    _, problems = read("[what]\ninterval =\n[[views]]\n[colors]\nold = 'red'\n=")
    assert [int(problem.split(":")[1]) for problem in problems] == [1, 2, 3, 5, 6]


def printed() -> str:
    import contextlib
    import io

    from netwatch_tui.modes.print_config import print_config  # Textual's keys are behind it

    with contextlib.redirect_stdout(out := io.StringIO()):
        assert print_config() == 0
    return out.getvalue()


def test_the_printed_configuration_changes_nothing() -> None:
    text = printed()
    assert read(text) == (Settings(), [])
    assert tomllib.loads(text) == {"thresholds": {}, "colors": {}, "keys": {}}


def test_every_line_of_the_printed_configuration_can_be_switched_on() -> None:
    """All at once: what it says is what holds without it."""
    from netwatch_tui.ui.keymap import ALL_KEYS
    from netwatch_tui.ui.rebinding import keymap_of

    text = re.sub(r"^#(?=[^ \n])", "", printed(), flags=re.MULTILINE)
    settings, problems = read(text)
    data = tomllib.loads(text)
    assert not problems
    assert (settings.interval, settings.linger, settings.mouse) == (1.0, 3.0, True)
    assert settings.columns == ViewSpec().columns
    assert settings.thresholds == DEFAULT_THRESHOLDS
    keymap, problems = keymap_of(settings.keys)
    assert not problems
    assert settings.keys.keys() == {key.id for key in ALL_KEYS}
    assert all(keymap.names(key) == key.names for key in ALL_KEYS)
    for options, table in ((SCREEN, data), (LIMITS, data["thresholds"]), (COLORS, data["colors"])):
        assert {option.name for option in options} <= table.keys()


def test_the_examples_of_a_view_and_an_alert_are_such() -> None:
    lines = [line.removeprefix("#   ") for line in printed().splitlines() if line.startswith("#   ")]
    settings, problems = read("\n".join(lines))
    assert not problems
    assert (len(settings.views), len(settings.alerts)) == (1, 1)
    assert len(lines) == 1 + len(VIEW) + 1 + len(ALERT)


def test_where_it_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", "/somewhere")
    assert config_path() == Path("/somewhere/netwatch-tui/config.toml")
    monkeypatch.setenv("XDG_CONFIG_HOME", "not/absolute")
    monkeypatch.setenv("HOME", "/home/ada")
    assert config_path() == Path("/home/ada/.config/netwatch-tui/config.toml")


def test_what_is_no_utf8_costs_its_own_line(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbflinger = 9\n# \xe9\ntheme = '\xe9'\ninterval = 2\n")
    settings, problems = read(config_text(path))
    assert (settings.linger, settings.interval, settings.theme) == (9, 2, None)
    assert problems == ["my.toml:3: not UTF-8"]


def test_only_a_regular_file_of_a_sensible_size_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"#" * 2_000_000)
    for name, reason in (
        ("pipe", "not a regular file"),
        ("large", "larger than"),
        ("none", "No such file"),
        ("", "not a reg"),
    ):
        with pytest.raises(OSError, match=reason):
            config_text(tmp_path / name)


def test_views_of_ones_own_come_after_those_that_are_shipped() -> None:
    settings, _ = read("columns = ['pid']\n[[views]]\nname = 'mine'\n[[views]]\nname = 'All'")
    assert [view.name for view in settings.all_views] == [*(view.name for view in VIEWS), "mine"]
    assert settings.all_views[0].columns == ("mark", "pid")
    assert settings.all_views[1:-1] == VIEWS[1:]
