"""`n`: names of services in place of port numbers."""

from __future__ import annotations

from netwatch_tui.query import parse
from netwatch_tui.query.language.names import MachineNames
from netwatch_tui.view.spec import ViewSpec
from tests.support.fake import FakeSource
from tests.ui.stage import WEB, on_stage

NAMES = MachineNames({"tcp": {"https": 443}}, port_names={"tcp": {443: "https"}})


async def test_n_shows_services_and_the_numbers_again() -> None:
    async with on_stage(FakeSource(WEB), spec=ViewSpec(query=parse("", NAMES))) as stage:
        assert "10.0.0.5:443" in stage.rows[0]
        await stage.press("n")
        assert "10.0.0.5:https" in stage.rows[0]
        await stage.press("2")
        assert "10.0.0.5:https" in stage.rows[0], "another view keeps to it"
        await stage.press("n")
        assert "10.0.0.5:443" in stage.rows[0]


async def test_n_says_why_nothing_happens() -> None:
    async with on_stage(FakeSource(WEB)) as stage:
        await stage.press("n")
        assert stage.said == "No services are known: /etc/services is missing or can't be read."
        assert "10.0.0.5:443" in stage.rows[0]
