"""A field is one entry in the table: added there, it is in every view of it, and nothing else has to be told."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.support.kernel import ROOT

WHERE = (
    "column on the screen", "column chooser", "sort list", "palette", "help", "filter help", "details", "like this",
    "copies", "filter", "filter spelling", "filter completion", "command line", "descends first", "table", "CSV", "TSV",
    "JSON", "schema", "man", "doc", "bash", "zsh", "fish",
)  # fmt: skip


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """Where a field that another program adds before all else is found: by place, what was seen of it there."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.new_field"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def test_every_place_is_looked_at(found: dict[str, Any]) -> None:
    assert tuple(found) == WHERE


@pytest.mark.parametrize("place", WHERE)
def test_it_is_found(found: dict[str, Any], place: str) -> None:
    seen, wanted = found[place]
    assert seen == wanted
