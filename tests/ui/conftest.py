from __future__ import annotations

import pytest

from tests.support.build import process
from tests.support.fake import FakeSource
from tests.ui.idle import until_idle
from tests.ui.stage import CLIENT, DNS, OTHER, WEB


@pytest.fixture(autouse=True)
def _waits_by_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """Textual's pilot goes on as soon as there is nothing left to do."""
    monkeypatch.setattr("textual.pilot.wait_for_idle", until_idle)
    monkeypatch.setattr("textual.app.wait_for_idle", until_idle)


@pytest.fixture
def source() -> FakeSource:
    """The machine of `stage`, with the processes that hold its sockets."""
    machine = FakeSource(WEB, CLIENT, OTHER, DNS)
    machine.hold(7, WEB, CLIENT, OTHER)
    machine.hold(8, DNS)
    machine.processes = {7: process(7, "nginx"), 8: process(8, "resolved")}
    return machine
