from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.fields.catalogue import COLUMNS
from netwatch_tui.fields.field import Field
from netwatch_tui.view.layout import GAP, LUXURY, Layout, endpoint_step, lay_out, scrolled

ANY_IPV4 = len("255.255.255.255:65535")
ANY_IPV6 = len("[2001:1db8:1111:1111:1111:1111:1111:1111]:65535")

widths = st.integers(1, 300)
endpoint_widths = st.integers(0, 60).map(endpoint_step)


def ids(layout: Layout) -> list[str]:
    return [place.column.id for place in layout.placed]


def need(columns: list[Field], endpoint_width: int) -> int:
    """Cells that these columns take at their narrowest."""
    cells = sum(endpoint_width if column.is_endpoint else column.width for column in columns)
    return cells + GAP * (len(columns) - 1)


def most(columns: list[Field], endpoint_width: int) -> int:
    """Cells that these columns can use."""
    cells = sum(endpoint_width if column.is_endpoint else column.most for column in columns)
    return cells + GAP * (len(columns) - 1)


def unhideable() -> list[Field]:
    return [column for column in COLUMNS if column.rank == 0]


@given(widths, endpoint_widths)
def test_columns_stand_in_order_and_never_overlap(width: int, endpoint_width: int) -> None:
    layout = lay_out(COLUMNS, width, endpoint_width)
    assert layout.placed[0].x == 0
    assert all(left.x + left.width + GAP == right.x for left, right in pairwise(layout.placed))
    assert all(place.width >= 1 for place in layout.placed)
    order = [column.id for column in COLUMNS]
    assert ids(layout) == sorted(ids(layout), key=order.index)


@given(widths, endpoint_widths)
def test_every_column_is_either_shown_or_hidden(width: int, endpoint_width: int) -> None:
    layout = lay_out(COLUMNS, width, endpoint_width)
    hidden = [column.id for column in layout.hidden]
    assert sorted([*ids(layout), *hidden]) == sorted(column.id for column in COLUMNS)


@given(widths, endpoint_widths)
def test_the_line_is_never_exceeded_while_one_cell_a_column_is_left(width: int, endpoint_width: int) -> None:
    layout = lay_out(COLUMNS, width, endpoint_width)
    last = layout.placed[-1]
    assert last.x + last.width <= max(width, 2 * len(unhideable()) - 1)


@given(widths, endpoint_widths)
def test_with_room_for_what_is_never_hidden_nothing_is_narrower_than_it_needs(width: int, endpoint_width: int) -> None:
    least = need(unhideable(), endpoint_width)
    layout = lay_out(COLUMNS, max(width, least), endpoint_width)
    last = layout.placed[-1]
    assert last.x + last.width <= max(width, least)
    for column, _, cells in layout.placed:
        assert (endpoint_width if column.is_endpoint else column.width) <= cells <= max(column.most, endpoint_width)


@given(widths, endpoint_widths)
def test_no_column_is_shown_while_a_more_important_one_is_hidden(width: int, endpoint_width: int) -> None:
    layout = lay_out(COLUMNS, width, endpoint_width)
    lowest = max(place.column.rank for place in layout.placed)
    assert all(column.rank >= lowest and column.rank > 0 for column in layout.hidden)


@given(widths, endpoint_widths)
def test_a_wider_line_never_hides_a_column_that_a_narrower_one_shows(width: int, endpoint_width: int) -> None:
    narrow, wide = (lay_out(COLUMNS, cells, endpoint_width) for cells in (width, width + 1))
    assert set(ids(narrow)) <= set(ids(wide))


@given(widths, endpoint_widths)
def test_no_column_is_hidden_that_would_have_fitted(width: int, endpoint_width: int) -> None:
    layout = lay_out(COLUMNS, width, endpoint_width)
    if layout.hidden:
        back = min(layout.hidden, key=lambda column: column.rank)
        cells = most if back.rank >= LUXURY else need
        assert cells([*(place.column for place in layout.placed), back], endpoint_width) > width


@given(widths, endpoint_widths)
def test_a_luxury_takes_no_room_that_another_column_can_use(width: int, endpoint_width: int) -> None:
    layout = lay_out(COLUMNS, width, endpoint_width)
    if any(place.column.rank >= LUXURY for place in layout.placed):
        plain = [place for place in layout.placed if place.column.rank < LUXURY and not place.column.is_endpoint]
        assert all(place.width == place.column.most for place in plain)


def test_columns_leave_one_by_one_in_the_order_of_their_rank() -> None:
    gone: list[str] = []
    for width in range(300, 0, -1):
        hidden = {column.id for column in lay_out(COLUMNS, width, ANY_IPV4).hidden}
        gone += sorted(hidden - set(gone))
    ranks = {column.id: column.rank for column in COLUMNS}
    assert gone[:10] == ["timer", "drops", "unit", "fd", "recv_q", "send_q", "age", "user", "netns", "pid"]
    assert [ranks[id] for id in gone] == sorted((ranks[id] for id in gone), reverse=True)
    assert set(gone) == {column.id for column in COLUMNS} - {"mark", "local", "peer"}


def test_at_79_cells_any_ipv4_address_is_whole_and_its_process_named() -> None:
    layout = lay_out(COLUMNS, 79, endpoint_step(ANY_IPV4))
    cells = {place.column.id: place.width for place in layout.placed}
    assert ids(layout) == ["mark", "netid", "state", "local", "peer", "pid", "process"]
    assert (cells["local"], cells["peer"]) == (ANY_IPV4, ANY_IPV4)


@pytest.mark.parametrize("longest", [22, 24, 27, 30])
def test_at_79_cells_longer_addresses_hide_columns_and_stay_whole(longest: int) -> None:
    layout = lay_out(COLUMNS, 79, endpoint_step(longest))
    cells = {place.column.id: place.width for place in layout.placed}
    assert min(cells["local"], cells["peer"]) >= longest


@given(st.integers(0, ANY_IPV6))
def test_an_endpoint_step_holds_the_address(longest: int) -> None:
    assert endpoint_step(longest) >= longest


def test_steps_are_few_so_that_columns_seldom_move() -> None:
    assert len({endpoint_step(longest) for longest in range(60)}) <= 7


def test_a_wide_line_shows_all_columns_and_gives_the_rest_to_those_that_can_use_it() -> None:
    layout = lay_out(COLUMNS, 300, ANY_IPV4)
    assert layout.hidden == ()
    widest = {column.id: ANY_IPV4 if column.is_endpoint else column.most for column in COLUMNS}
    assert {place.column.id: place.width for place in layout.placed} == widest


def test_spare_room_goes_to_the_more_important_column_first() -> None:
    def cells(width: int) -> dict[str, int]:
        return {place.column.id: place.width for place in lay_out(COLUMNS, width, ANY_IPV4).placed}

    full = need([column for column in COLUMNS if column.rank < LUXURY], ANY_IPV4)
    first = {id: wide - cells(full)[id] for id, wide in cells(full + 1).items()}
    assert {id: grown for id, grown in first.items() if grown} == {"process": 1}


@given(st.integers(45, 300), endpoint_widths)
def test_every_cell_of_the_line_belongs_to_the_column_at_its_left(width: int, endpoint_width: int) -> None:
    layout = lay_out(COLUMNS, width, endpoint_width)
    for column, x, cells in layout.placed:
        assert layout.column_at(x) is column
        assert layout.column_at(x + cells) is column
    last = layout.placed[-1]
    assert layout.column_at(last.x + last.width + GAP) is None


def test_scrolled_sideways_the_pinned_columns_stay_and_the_others_follow_in_their_order() -> None:
    first = scrolled(COLUMNS, 60, 21, 0)
    assert [place.column.id for place in first.placed] == ["mark", "netid", "state", "recv_q", "send_q", "local"]
    later = scrolled(COLUMNS, 60, 21, 6)
    assert [place.column.id for place in later.placed] == ["mark", "local", "process", "fd", "user", "age"]
    assert {column.id for column in later.hidden} == {c.id for c in COLUMNS} - {p.column.id for p in later.placed}


@given(st.integers(1, 200), st.sampled_from([21, 28, 47]), st.integers(0, len(COLUMNS)))
def test_what_is_scrolled_fits_and_overlaps_nowhere(width: int, endpoint_width: int, first: int) -> None:
    placed = scrolled(COLUMNS, width, endpoint_width, first).placed
    for left, right in pairwise(placed):
        assert left.x + left.width + GAP == right.x
    if width > 2 * len(placed):
        assert placed[-1].x + placed[-1].width <= width
