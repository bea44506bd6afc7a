"""The columns of what flows on the screen."""

from __future__ import annotations

from netwatch_tui.kernel.namespace_counters import DeviceBytes
from netwatch_tui.view.spec import ViewSpec
from tests.support.build import tcp
from tests.support.fake import FakeSource
from tests.support.flows import counters
from tests.ui.stage import CLIENT, OTHER, on_stage


async def test_i_shows_what_flows_through_the_rows_on_the_screen_and_hides_it(source: FakeSource) -> None:
    source.counters = {CLIENT.inode: counters(received=2048, rtt=12_000, sent=5)}
    source.devices = {"eth0": DeviceBytes(0, 0)}
    async with on_stage(source, size=(200, 24)) as stage:
        usual = stage.heading
        await stage.press("i")
        assert stage.heading.split().index("In/s") > stage.heading.split().index("Peer")
        await stage.step()
        row = next(row for row in stage.rows if "50001" in row)
        assert {"2.0k", "12ms"} <= set(row.split())
        source.counters[CLIENT.inode] = counters(received=4096, rtt=12_000, sent=5)
        source.devices = {"eth0": DeviceBytes(1024, 0)}
        await stage.step()
        row = next(row for row in stage.rows if "50001" in row)
        assert {"2.0k", "4.0k"} <= set(row.split()), "the rate and the total"
        assert "in 1.0kB/s out 0B/s" in stage.screen[0]
        assert set(source.counters_asked) == {CLIENT.inode, OTHER.inode}
        assert source.counter_lists == 0
        await stage.press("i")
        assert stage.heading == usual


async def test_only_rows_in_sight_are_asked_about(source: FakeSource) -> None:
    sockets = [tcp("10.0.0.5:443", f"10.0.1.{at % 250}:{40_000 + at}", inode=100 + at) for at in range(300)]
    source.put(*sockets)
    spec = ViewSpec(sort="inode").with_flows()
    async with on_stage(source, spec=spec, size=(120, 24)) as stage:
        await stage.step()
        near = set(source.counters_asked)
        assert 20 <= len(near) <= 45
        assert max(near) < 150
        source.counters_asked.clear()
        await stage.press("down")
        await stage.step()
        assert set(source.counters_asked) == near, "a step asks for nothing new"
        source.counters_asked.clear()
        await stage.press("end")
        await stage.step()
        assert min(source.counters_asked) > 300
