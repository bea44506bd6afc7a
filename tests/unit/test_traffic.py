"""What goes through the devices, from the counters of the kernel to the head of the screen."""

from __future__ import annotations

from netwatch_tui.collect.traffic_meter import TrafficMeter
from netwatch_tui.kernel.namespace_counters import DeviceBytes, parse_devices
from netwatch_tui.sockets.needs import NOTHING_MORE, Needs
from netwatch_tui.sockets.traffic import Traffic, outside
from netwatch_tui.view.spec import ViewSpec
from tests.support.build import tcp
from tests.support.fake import FakeNamespace, FakeSource, Place, Watch
from tests.support.kernel import linux_source

DEV = """\
Inter-|   Receive                            |  Transmit
 face |bytes packets errs drop fifo frame compressed multicast|bytes packets errs drop fifo colls carrier compressed
    lo: 10   1 0 0 0 0 0 0       10 1 0 0 0 0 0 0
eth0:1:     500 1 0 0 0 0 0 0    70 1 0 0 0 0 0 0
  bad: 1 2
"""


def test_devices_are_read_by_name_also_with_a_colon_in_it() -> None:
    assert parse_devices(DEV) == {"lo": DeviceBytes(10, 10), "eth0:1": DeviceBytes(500, 70)}
    assert parse_devices("") == {}


def test_this_machine_tells_of_loopback() -> None:
    with linux_source() as source:
        assert "lo" in source.namespaces().own.devices()


def test_rates_lie_between_two_readings_of_one_device() -> None:
    source = FakeSource()
    own, other = FakeNamespace(source, Place(1, "own", 1)), FakeNamespace(source, Place(2, "other", 2))
    meter = TrafficMeter()
    source.devices = {"eth0": DeviceBytes(1000, 100), "lo": DeviceBytes(5, 5)}
    assert meter.read(own, 10.0) == {}
    source.devices = {"eth0": DeviceBytes(3000, 100), "lo": DeviceBytes(6, 6), "eth1": DeviceBytes(9, 9)}
    assert meter.read(own, 12.0) == {"eth0": Traffic(1000, 0), "lo": Traffic(0.5, 0.5)}
    source.devices = {"eth0": DeviceBytes(10, 200), "eth1": DeviceBytes(9, 11)}
    assert meter.read(own, 13.0) == {"eth1": Traffic(0, 2)}, "eth0 began anew"
    assert meter.read(other, 14.0) == {}
    meter.forget()
    assert meter.read(other, 15.0) == {}


def test_loopback_does_not_count_as_the_network() -> None:
    assert outside({"lo": Traffic(9, 9)}) is None
    assert outside({"lo": Traffic(9, 9), "a": Traffic(1, 2), "b": Traffic(3, 4)}) == Traffic(4, 6)


def test_devices_are_read_only_beside_columns_of_what_flows() -> None:
    assert not ViewSpec().needs.traffic
    assert ViewSpec().with_flows().needs.traffic
    watch = Watch(tcp())
    watch.source.devices = {"eth0": DeviceBytes(1, 1)}
    watch.collector.needs = NOTHING_MORE
    watch.again()
    assert watch.source.devices_read == 0
    watch.collector.needs = Needs(traffic=True)
    assert watch.again().traffic == {}
    assert watch.again().traffic == {"eth0": Traffic(0, 0)}
