from __future__ import annotations

import pytest

from tests.support.build import process
from tests.support.fake import FakeSource
from tests.ui.stage import CLIENT, DNS, OTHER, WEB


@pytest.fixture
def source() -> FakeSource:
    """The machine of `stage`, with the processes that hold its sockets."""
    machine = FakeSource(WEB, CLIENT, OTHER, DNS)
    machine.hold(7, WEB, CLIENT, OTHER)
    machine.hold(8, DNS)
    machine.processes = {7: process(7, "nginx"), 8: process(8, "resolved")}
    return machine
