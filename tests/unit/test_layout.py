from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from netwatch_tui.fields.catalogue import COLUMNS, FIELD_BY_ID
from netwatch_tui.fields.field import Field
from netwatch_tui.view.layout import GAP, LUXURY, Layout, lay_out, scrolled

ALWAYS = {"mark", "state", "local", "peer", "process"}
ANY_IPV6 = len("[2001:1db8:1111:1111:1111:1111:1111:1111]:65535")

Needed = dict[str, int]
widths = st.integers(1, 400)
needs = st.dictionaries(st.sampled_from([column.id for column in COLUMNS]), st.integers(0, 120))
chosen_widths = st.dictionaries(st.sampled_from([column.id for column in COLUMNS]), st.integers(2, 60), max_size=4)
sorts = st.sampled_from([column.id for column in COLUMNS])

QUIET: Needed = {
    "state": 10, "local": 14, "peer": 18, "pid": 6, "process": 9, "user": 8, "recv_q": 1, "send_q": 3, "age": 3,
    "cmdline": 90,
}  # fmt: skip
"""What the rows of an idle server take."""


def ids(layout: Layout) -> list[str]:
    return [place.column.id for place in layout.placed]


def cells(layout: Layout) -> dict[str, int]:
    return {place.column.id: place.width for place in layout.placed}


def end(layout: Layout) -> int:
    last = layout.placed[-1]
    return last.x + last.width


def is_cut(column: Field, width: int, needed: Needed) -> bool:
    return width < needed.get(column.id, 0)


@given(widths, needs, sorts)
def test_columns_stand_in_order_and_never_overlap(width: int, needed: Needed, sort: str) -> None:
    layout = lay_out(COLUMNS, width, needed, sort)
    assert layout.placed[0].x == 0
    assert all(left.x + left.width + GAP == right.x for left, right in pairwise(layout.placed))
    assert all(place.width >= 1 for place in layout.placed)
    order = [column.id for column in COLUMNS]
    assert ids(layout) == sorted(ids(layout), key=order.index)
    assert sorted([*ids(layout), *(column.id for column in layout.hidden)]) == sorted(order)


@given(widths, needs, sorts)
def test_the_line_is_never_exceeded_while_one_cell_a_column_is_left(width: int, needed: Needed, sort: str) -> None:
    layout = lay_out(COLUMNS, width, needed, sort)
    assert end(layout) <= max(width, 2 * len(ALWAYS | {sort}) - 1)


@given(widths, needs, sorts)
def test_state_process_both_ends_and_the_sorting_column_are_always_there(width: int, needed: Needed, sort: str) -> None:
    assert ALWAYS | {sort} <= set(ids(lay_out(COLUMNS, width, needed, sort)))


@given(widths, needs, sorts)
@example(200, {"cmdline": 120}, "state")
@example(80, {"process": 24, "local": 47, "peer": 47}, "recv_q")
def test_no_cell_is_cut_while_there_are_free_blanks(width: int, needed: Needed, sort: str) -> None:
    layout = lay_out(COLUMNS, width, needed, sort)
    if any(is_cut(FIELD_BY_ID[place.column.id], place.width, needed) for place in layout.placed):
        assert end(layout) >= width


@given(widths, needs, sorts)
def test_an_address_loses_its_middle_before_another_column_is_cut_in_its_stead(
    width: int, needed: Needed, sort: str
) -> None:
    layout = lay_out(COLUMNS, width, needed, sort)
    cut = [
        p
        for p in layout.placed
        if not p.column.is_endpoint and p.width < min(needed.get(p.column.id, 0), p.column.most)
    ]
    if cut and not any(place.column.rank >= LUXURY for place in layout.placed):
        assert all(place.width <= place.column.enough for place in layout.placed if place.column.is_endpoint)


@given(widths, needs, sorts)
def test_no_column_is_shown_while_a_more_important_one_is_hidden(width: int, needed: Needed, sort: str) -> None:
    layout = lay_out(COLUMNS, width, needed, sort)
    lowest = max(place.column.rank for place in layout.placed if place.column.id != sort)
    assert all(column.rank >= lowest and column.rank > 0 for column in layout.hidden)


@given(widths, needs, sorts)
def test_a_wider_line_never_hides_a_column_that_a_narrower_one_shows(width: int, needed: Needed, sort: str) -> None:
    narrow, wide = (lay_out(COLUMNS, cells, needed, sort) for cells in (width, width + 1))
    assert set(ids(narrow)) <= set(ids(wide))
    if ids(narrow) == ids(wide):
        assert all(cells(narrow)[id] <= cells(wide)[id] for id in ids(narrow))


@given(widths, needs, sorts)
def test_a_luxury_takes_no_room_that_another_column_needs(width: int, needed: Needed, sort: str) -> None:
    layout = lay_out(COLUMNS, width, needed, sort)
    luxuries = [place for place in layout.placed if place.column.rank >= LUXURY and place.column.id != sort]
    if luxuries:
        least = max(place.column.rank for place in luxuries)
        plain = [place for place in layout.placed if place.column.rank < least]
        assert all(place.width >= min(needed.get(place.column.id, 0), place.column.most) for place in plain)


@given(widths, needs, sorts, chosen_widths)
def test_a_column_is_as_wide_as_it_was_made_where_there_is_room_and_nothing_else_is_broken_for_it(
    width: int, needed: Needed, sort: str, chosen: Needed
) -> None:
    layout = lay_out(COLUMNS, width, needed, sort, chosen)
    assert ALWAYS | {sort} <= set(ids(layout))
    assert end(layout) <= max(width, 2 * len(ALWAYS | {sort}) - 1)
    assert all(left.x + left.width + GAP == right.x for left, right in pairwise(layout.placed))
    shown = {id: wide for id, wide in cells(layout).items() if id in chosen}
    assert all(wide <= chosen[id] for id, wide in shown.items())
    if end(layout) < width:
        assert shown == {id: chosen[id] for id in shown}


@given(widths, needs, sorts)
def test_the_same_rows_have_the_same_layout(width: int, needed: Needed, sort: str) -> None:
    assert lay_out(COLUMNS, width, needed, sort) == lay_out(COLUMNS, width, dict(reversed(needed.items())), sort)


def test_columns_leave_one_by_one_in_the_order_of_their_rank() -> None:
    gone: list[str] = []
    for width in range(400, 0, -1):
        hidden = {column.id for column in lay_out(COLUMNS, width, QUIET).hidden}
        gone += sorted(hidden - set(gone))
    assert gone == [
        "cmdline", "fd", "timer", "drops", "unit", "recv_q", "send_q", "age", "user", "netns", "netid", "pid",
    ]  # fmt: skip


def test_at_80_columns_the_longest_address_hides_neither_state_nor_process_nor_pid() -> None:
    layout = lay_out(COLUMNS, 78, QUIET | {"local": ANY_IPV6, "peer": ANY_IPV6})
    assert ids(layout) == ["mark", "state", "local", "peer", "pid", "process"]
    assert cells(layout)["process"] >= QUIET["process"]
    assert min(cells(layout)["local"], cells(layout)["peer"]) >= 21


def test_at_40_columns_ports_states_and_names_are_readable() -> None:
    layout = lay_out(COLUMNS, 40, QUIET | {"local": ANY_IPV6, "peer": ANY_IPV6})
    assert ids(layout) == ["mark", "state", "local", "peer", "process"]
    assert all(place.width >= place.column.width for place in layout.placed)


def test_what_is_left_over_on_a_wide_line_goes_to_the_command_line() -> None:
    layout = lay_out(COLUMNS, 220, QUIET)
    assert layout.hidden == ()
    assert ids(layout)[-1] == "cmdline"
    assert cells(layout)["cmdline"] > 60
    assert end(layout) == 220


@given(st.integers(45, 300), needs)
def test_every_cell_of_the_line_belongs_to_the_column_at_its_left(width: int, needed: Needed) -> None:
    layout = lay_out(COLUMNS, width, needed)
    for column, x, cells in layout.placed:
        assert layout.column_at(x) is column
        assert layout.column_at(x + cells) is column
    assert layout.column_at(end(layout) + GAP) is None


def test_scrolled_sideways_the_pinned_columns_stay_and_the_others_follow_in_their_order() -> None:
    first = scrolled(COLUMNS, 60, QUIET, 0)
    assert ids(first) == ["mark", "netid", "state", "recv_q", "send_q", "local"]
    later = scrolled(COLUMNS, 60, QUIET, 6)
    assert ids(later) == ["mark", "local", "process", "fd", "user", "age", "netns"]
    assert {column.id for column in later.hidden} == {column.id for column in COLUMNS} - set(ids(later))


@given(st.integers(1, 200), needs, st.integers(0, len(COLUMNS)))
def test_what_is_scrolled_fits_and_overlaps_nowhere(width: int, needed: Needed, first: int) -> None:
    placed = scrolled(COLUMNS, width, needed, first).placed
    for left, right in pairwise(placed):
        assert left.x + left.width + GAP == right.x
    if width > 2 * len(placed):
        assert placed[-1].x + placed[-1].width <= width
