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
MODEL = ROOT / "tui" / "netwatch_tui" / "model"

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


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield node.module or ""


@pytest.mark.parametrize("path", sorted(MODEL.rglob("*.py")), ids=lambda path: str(path.relative_to(MODEL)))
def test_the_model_does_no_input_or_output_and_has_no_clock(path: Path) -> None:
    tree = ast.parse(path.read_text())
    modules = set(imported(tree))
    assert not {module.partition(".")[0] for module in modules} & OUTSIDE
    own = {module for module in modules if module.startswith("netwatch_tui")}
    assert all(module.startswith("netwatch_tui.model") for module in own)
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    assert not {call.id for call in calls if isinstance(call, ast.Name)} & ACTIONS
