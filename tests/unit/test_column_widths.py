from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.fields.catalogue import FIELD_BY_ID
from netwatch_tui.view.column_widths import PATIENCE, ColumnWidths

PROCESS, LOCAL = FIELD_BY_ID["process"], FIELD_BY_ID["local"]


def test_a_column_widens_at_once_and_narrows_only_when_nothing_has_needed_it_for_some_ticks() -> None:
    widths = ColumnWidths()
    assert widths.tick([(PROCESS, 15)])
    for _ in range(PATIENCE - 1):
        assert not widths.tick([(PROCESS, 6)])
        assert widths.needed["process"] == 15
    assert widths.tick([(PROCESS, 6)])
    assert widths.needed["process"] == 6


def test_what_comes_into_sight_between_two_ticks_widens_and_never_narrows() -> None:
    widths = ColumnWidths()
    widths.tick([(PROCESS, 10)])
    for _ in range(3 * PATIENCE):
        assert not widths.grow([(PROCESS, 4)])
    assert widths.grow([(PROCESS, 12)])
    assert widths.needed["process"] == 12


def test_addresses_have_few_widths_so_that_columns_seldom_move() -> None:
    seen = set()
    for cells in range(60):
        widths = ColumnWidths()
        widths.tick([(LOCAL, cells)])
        assert widths.needed["local"] >= cells
        seen.add(widths.needed["local"])
    assert len(seen) <= 9


def test_what_was_in_sight_can_be_forgotten() -> None:
    widths = ColumnWidths()
    widths.tick([(PROCESS, 20)])
    widths.forget()
    widths.tick([(PROCESS, 5)])
    assert widths.needed["process"] == 5


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 100)), min_size=1, max_size=40))
def test_there_is_always_room_for_what_is_in_sight(steps: list[tuple[bool, int]]) -> None:
    widths = ColumnWidths()
    for is_tick, cells in steps:
        (widths.tick if is_tick else widths.grow)([(PROCESS, cells)])
        assert widths.needed["process"] >= cells
