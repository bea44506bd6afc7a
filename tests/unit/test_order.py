"""What is sorted slice by slice is sorted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.view import order
from netwatch_tui.view.order import sorted_in_slices


@given(st.lists(st.tuples(st.integers(0, 9), st.integers()), max_size=60), st.integers(1, 9))
def test_sorting_in_slices_is_sorting(entries: list[tuple[int, int]], size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order, "SORTED_AT_ONCE", size)
        assert sorted_in_slices(list(entries)) == sorted(entries)
