"""Torn reads: sockets that stay are never said to come or go, however many others do."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.support.kernel import ROOT, new_netns, why_no_namespaces
from tests.support.kernel_churn import Verdict

TICKS = {"asked": 60, "unasked": 30}
"""By how missing connections are made sure of: by asking sock_diag, or by a second read."""
RATE = 3_000


#: Nothing but the processes of the test can be seen, and they end with it.
_ALONE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")


def churn(mode: str) -> Verdict:
    """Let it happen in namespaces of its own where that may be, so that nothing is left of it afterwards."""
    command = [sys.executable, "-m", "tests.support.kernel_churn", mode, str(TICKS[mode]), str(RATE)]
    if why_no_namespaces():
        return _judged(command)
    with new_netns("churn") as netns:
        return _judged(netns.command(*_ALONE, *command))


def _judged(command: list[str]) -> Verdict:
    printed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    return Verdict(**json.loads(printed))


@pytest.mark.parametrize("mode", TICKS)
def test_of_5000_that_stay_none_is_said_to_come_or_go(
    mode: str, record_property: Callable[[str, object], None]
) -> None:
    verdict = churn(mode)
    for name, value in verdict._asdict().items():
        record_property(name, value)
    assert verdict.stay >= 5000
    assert verdict.ticks >= TICKS[mode]
    assert verdict.connections_per_second >= 2000
    assert sum((*verdict.torn.values(), *verdict.doubled.values())) > 0, "no read was torn, so this showed nothing"
    assert verdict.closed == []
    assert verdict.opened == []
    assert verdict.missing == []
    assert verdict.renamed == []
    assert verdict.let_go == []
    assert verdict.twice == []
