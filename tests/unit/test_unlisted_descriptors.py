"""Where a process holds sockets that its listed table does not show, on a kernel that compares no tables for us."""

from __future__ import annotations

import pytest

from netwatch_tui.kernel import unlisted_descriptors
from netwatch_tui.kernel.unlisted_descriptors import HidingPlace, find_hiding_places
from tests.support.kernel import Child


@pytest.mark.parametrize("kcmp", [dict[str, int](), unlisted_descriptors._KCMP])
def test_threads_with_tables_of_their_own_are_found_where_kcmp_can_be_asked_and_where_it_can_not(
    kcmp: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unlisted_descriptors, "_KCMP", kcmp)
    with Child("tests.support.kernel_holder") as holder:
        holder.ask(["listen"])
        assert find_hiding_places("/proc", holder.pid, []) == []
        holder.ask(["wait_in_thread"])
        assert find_hiding_places("/proc", holder.pid, []) == [], "a thread that shares the table"
        for count in (1, 2):
            inode, fd = holder.ask(["listen_in_thread"])
            places = find_hiding_places("/proc", holder.pid, [])
            assert len(places) == count
        held = [unlisted_descriptors.read_hiding_place("/proc", place) for place in places]
        assert {fd: inode} in [{fd: found.get(fd)} for found in held]
    with pytest.raises(FileNotFoundError):
        find_hiding_places("/proc", holder.pid, [])
    with pytest.raises(FileNotFoundError):
        unlisted_descriptors.read_hiding_place("/proc", HidingPlace(holder.pid, holder.pid))
