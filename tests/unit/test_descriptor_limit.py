"""Owners near their descriptor limit: from `/proc/PID/limits` to the sentence, and through recordings."""

from __future__ import annotations

from pathlib import Path

import pytest

from netwatch_tui.collect.collector import LOOK_ROUND_EVERY
from netwatch_tui.collect.descriptor_watch import MANY
from netwatch_tui.fields.health_fields import finding_text
from netwatch_tui.fields.moment import Moment
from netwatch_tui.kernel.descriptor_limit import read_descriptor_limit, read_descriptor_limits
from netwatch_tui.kernel.descriptors import NO_SOCKET
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.descriptor_use import DescriptorUse
from netwatch_tui.sockets.health import DESCRIPTORS_SHORT, HealthWatch
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.view.problem_groups import problem_groups, problem_text
from tests.support.build import owner, process, tcp
from tests.support.fake import FakeSource, Watch
from tests.support.recordings import record, replayed

LIMITS = """\
Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max open files            {}                 524288               files     
Max locked memory         8388608              8388608              bytes     
"""  # noqa: W291 -- as the kernel prints it


@pytest.mark.parametrize(("told", "limit"), [("1024", 1024), ("unlimited", None), ("?", None)])
def test_the_soft_limit_is_read(tmp_path: Path, told: str, limit: int | None) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "limits").write_text(LIMITS.format(told))
    assert read_descriptor_limit(str(tmp_path), 7) == limit
    assert read_descriptor_limit(str(tmp_path), 8) is None
    assert read_descriptor_limits(str(tmp_path), 7) == (limit, 524_288)


ONE, TWO, OTHER = tcp("10.0.0.5:80", inode=11), tcp("10.0.0.5:81", inode=12), tcp("10.0.0.5:82", inode=13)


def billing(held: int, limit: int | None) -> FakeSource:
    source = FakeSource(ONE, TWO, OTHER)
    source.processes[7] = process(7, "billing-worker")
    source.held[8] = {3: OTHER.inode}
    hold(source, held)
    if limit is not None:
        source.limits[7] = limit
    return source


def hold(source: FakeSource, held: int) -> None:
    source.held[7] = {0: ONE.inode, 1: TWO.inode, **dict.fromkeys(range(2, held), NO_SOCKET)}


def sentences(snapshot: Snapshot) -> list[str]:
    return [problem_text(group, Moment(0.0, {})) for group in problem_groups(snapshot.findings)]


def look(source: FakeSource) -> Watch:
    watch = Watch(source=source)
    watch.source.put(ONE, TWO, OTHER)
    return watch


def test_each_socket_of_an_owner_near_its_limit_shows_it() -> None:
    seen = look(billing(980, 1024)).again()
    assert sentences(seen) == ["billing-worker holds 980 of 1,024 descriptors"]
    found = {socket.inode for socket in seen.sockets if socket.id in seen.findings}
    assert found == {ONE.inode, TWO.inode}
    ((finding,), _) = seen.findings.values()
    assert (finding.rule, finding.rule.field) == (DESCRIPTORS_SHORT, "pid")
    assert finding_text(finding, 0.0) == "its process holds 980 of 1,024 descriptors"


@pytest.mark.parametrize(
    ("held", "limit", "is_short"),
    [(921, 1024, False), (922, 1024, True), (MANY - 1, MANY, False), (MANY, MANY, True), (980, None, False)],
)
def test_from_when_on(held: int, limit: int | None, is_short: bool) -> None:
    assert bool(look(billing(held, limit)).again().findings) == is_short


def test_it_is_looked_at_with_the_look_round_and_goes_with_its_cause() -> None:
    source = billing(100, 1024)
    watch = look(source)
    assert not watch.again().findings
    hold(source, 1000)
    assert not watch.again().findings
    assert sentences(watch.again(LOOK_ROUND_EVERY)) == ["billing-worker holds 1,000 of 1,024 descriptors"]
    hold(source, 1010)
    assert sentences(watch.again(LOOK_ROUND_EVERY)) == ["billing-worker holds 1,010 of 1,024 descriptors"]
    hold(source, 100)
    assert not watch.again(LOOK_ROUND_EVERY).findings


def test_a_socket_that_is_opened_between_two_looks_shows_it_at_once() -> None:
    watch, uses = HealthWatch(), {7: DescriptorUse(95, 100)}
    first, late = (tcp("10.0.0.5:80", id=id, owners=(owner(7),)) for id in (1, 2))
    watch.tick(Delta(opened=(first,)), 0.0, uses, {1: first})
    assert watch.tick(Delta(opened=(late,)), 1.0, uses, {1: first, 2: late}).keys() == {1, 2}


def test_the_threshold_has_a_name() -> None:
    watch, socket = HealthWatch({"descriptor_limit": 50.0}), tcp("10.0.0.5:80", id=1, owners=(owner(7),))
    assert watch.tick(Delta(opened=(socket,)), 0.0, {7: DescriptorUse(50, 100)}, {1: socket})


def test_a_recording_finds_the_same() -> None:
    source = billing(980, 1024)
    watch = look(source)
    seen = [watch.again(), watch.again()]
    hold(source, 990)
    seen.append(watch.again(LOOK_ROUND_EVERY))
    hold(source, 40)
    seen.append(watch.again(LOOK_ROUND_EVERY))
    read, _ = replayed(record(seen))
    assert [sentences(each) for each in read] == [sentences(each) for each in seen]
    assert sentences(read[2]) == ["billing-worker holds 990 of 1,024 descriptors"]
    assert [each.descriptors for each in read] == [each.descriptors for each in seen]
