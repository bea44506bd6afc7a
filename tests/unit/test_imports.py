from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "tui" / "netwatch_tui"
VALUES = ("sockets", "fields", "query", "view")
"""The rooms that hold values and what follows from them."""

#: Whatever reads, writes, waits, asks the machine or tells the time.
OUTSIDE = {
    "asyncio",
    "datetime",
    "fcntl",
    "io",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "psutil",
    "pwd",
    "random",
    "rich",
    "select",
    "selectors",
    "shutil",
    "signal",
    "socket",
    "subprocess",
    "sys",
    "tempfile",
    "textual",
    "threading",
    "time",
}
ACTIONS = {"open", "print", "input", "exec", "eval", "__import__"}


def test_the_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tui")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Contracts: [1-9]\d* kept, 0 broken", done.stdout)


def test_nothing_of_the_screen_makes_a_coroutine_that_may_never_run() -> None:
    callers = {
        path.name
        for path in (PACKAGE / "ui").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in ("run_worker", "create_task", "ensure_future")
    }
    assert callers == {"beside.py"}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield node.module or ""


@pytest.mark.parametrize(
    "path",
    sorted(path for room in VALUES for path in (PACKAGE / room).rglob("*.py")),
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_the_rooms_of_values_do_no_input_or_output_and_have_no_clock(path: Path) -> None:
    tree = ast.parse(path.read_text())
    modules = set(imported(tree))
    assert not {module.partition(".")[0] for module in modules} & OUTSIDE
    own = {module for module in modules if module.startswith("netwatch_tui")}
    assert all(module.split(".")[1] in VALUES for module in own)
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    assert not {call.id for call in calls if isinstance(call, ast.Name)} & ACTIONS


def edges() -> dict[str, set[str]]:
    """Which module of the program imports which, wherever in it that stands."""
    names = {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
        for path in PACKAGE.rglob("*.py")
    }
    found: dict[str, set[str]] = {}
    for name, path in names.items():
        tree = ast.parse(path.read_text())
        wanted: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                wanted.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                module = node.module or ""
                wanted.update(f"{module}.{alias.name}" for alias in node.names)
                wanted.add(module)
        found[name] = (wanted & names.keys()) - {name}
    return found


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Modules that import one another, directly or by way of others."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            for each in graph[waiting.pop()] - seen:
                seen.add(each)
                waiting.append(each)
        return seen

    return [[name] for name in graph if name in reached(name)]


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert circles(edges()) == []


def test_a_circle_would_be_found() -> None:
    assert circles({"a": {"b"}, "b": {"a"}, "c": {"a"}}) == [["a"], ["b"]]


def test_no_two_modules_share_a_name() -> None:
    names = [path.stem for path in PACKAGE.rglob("*.py") if not path.stem.startswith("__")]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


def test_no_two_classes_share_a_name() -> None:
    names = [
        node.name
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    ]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


#: What one snapshot of TCP sockets has no use for, where every millisecond counts: modules of other modes,
#: rules and questions of which the plain table tells nothing, and parts of the standard library that load slowly.
HEAVY = {
    "asyncio", "csv", "dataclasses", "datetime", "heapq", "inspect", "json", "logging",
    "multiprocessing", "pathlib", "psutil", "pwd", "rich", "selectors", "shutil", "socket", "subprocess", "tempfile",
    "textual", "threading", "tomllib", "urllib", "zipfile",
    "netwatch_tui.actions", "netwatch_tui.collect.flow_health", "netwatch_tui.collect.flow_watch",
    "netwatch_tui.collect.flows", "netwatch_tui.collect.traffic_meter", "netwatch_tui.fields.catalogue",
    "netwatch_tui.fields.field", "netwatch_tui.files", "netwatch_tui.kernel.capture",
    "netwatch_tui.kernel.cgroup_paths",
    "netwatch_tui.kernel.machine_names", "netwatch_tui.kernel.namespace_counters", "netwatch_tui.kernel.processes",
    "netwatch_tui.kernel.tcp_info", "netwatch_tui.modes.live", "netwatch_tui.modes.record", "netwatch_tui.play",
    "netwatch_tui.query", "netwatch_tui.recording", "netwatch_tui.settings",
    "netwatch_tui.sockets.connection_events", "netwatch_tui.sockets.flow",
    "netwatch_tui.sockets.health", "netwatch_tui.sockets.marks", "netwatch_tui.sockets.thresholds", "netwatch_tui.ui",
    "netwatch_tui.view.view",
}  # fmt: skip

MOST_MODULES = 72
"""Modules of ours that one snapshot may load: each is a file to find, read and run."""


def loaded_by(*argv: str) -> set[str]:
    """The modules that the program has loaded when it ends, less those that Python itself starts with."""
    code = f"import sys; before = {{*sys.modules}}; from netwatch_tui.cli import main; main({[*argv]!r}); "
    code += "print(*({*sys.modules} - before), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    return set(done.stderr.split("\n")[-2].split())


def test_one_snapshot_loads_what_it_uses_and_no_more() -> None:
    loaded = loaded_by("--once", "-tan")
    assert "netwatch_tui.output.ss_table" in loaded
    heavy = {
        name
        for name in loaded
        for parts in [name.split(".")]
        if HEAVY & {".".join(parts[: n + 1]) for n in range(len(parts))}
    }
    assert heavy == set()
    assert len([name for name in loaded if name.startswith("netwatch_tui")]) <= MOST_MODULES


def test_a_snapshot_that_tells_what_is_wrong_loads_the_rules() -> None:
    assert "netwatch_tui.sockets.health" in loaded_by("--once", "-tan", "--columns", "local,problem")
