"""The table of what is reachable fits, and keeps what matters most."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.fields.format import cell_width
from netwatch_tui.fields.moment import Moment
from netwatch_tui.fields.probe_fields import PROBE_FIELDS, Place, told_in
from netwatch_tui.sockets.probe_results import TIMED_OUT, Outcome, PlannedListener, PortState, ProbeEnd, rows_of
from netwatch_tui.view.probe_table import fitted
from tests.support.build import NETNS, address, owner, tcp, udp

MOMENT = Moment(0.0, {})
OPEN = Outcome(PortState.OPEN, "syn-ack", 0.0001)
ENDS = tuple(
    ProbeEnd(origin, NETNS, address(text).packed, 8443, device)
    for text, device in (("127.0.0.1", ""), ("10.0.0.5", ""), ("fe80::2ca3:eaff:fe7f:7b0a", "eth0"))
    for origin in (NETNS, NETNS + 1)
)
WEB = tcp("0.0.0.0:8443", owners=(owner(17179, name="a-server-with-a-very-long-name"),))
ROWS = rows_of(
    [PlannedListener(WEB, ENDS), PlannedListener(udp("0.0.0.0:53"), (), "not TCP")],
    {end: OPEN if end.address[0] == 127 else TIMED_OUT._replace(seconds=1.0) for end in ENDS},
    {},
)


@given(st.integers(1, 250))
def test_it_fits_into_any_room_and_all_cells_of_a_column_are_as_wide(room: int) -> None:
    table = fitted(ROWS, MOMENT, room)
    widths = [cell_width(title) for title in table.heading]
    assert all([cell_width(cell) for cell in cells] == widths for cells in table.rows)
    assert sum(widths) + len(widths) - 1 <= room or len(widths) == 1
    assert len(table.rows) == len(ROWS)
    ranks = [field.rank for field in table.fields]
    left_out = [field.rank for field in told_in(Place.TABLE) if field not in table.fields]
    assert not left_out or max(ranks) <= min(left_out), "the less important ones go first"


def test_with_room_for_all_nothing_is_cut() -> None:
    table = fitted(ROWS, MOMENT, 300)
    assert [field.id for field in table.fields] == [field.id for field in told_in(Place.TABLE)]
    assert [cell.strip() for cell in table.rows[1]] == [
        "8443/tcp", "filtered", "-", "timed out", "1.0s", "10.0.0.5,fe80::2ca3:eaff:fe7f:7b0a%eth0", "both",
        "loopback only", "17179", "a-server-with-a-very-long-name", "everyone",
    ]  # fmt: skip


def test_how_many_addresses_more_there_are_is_told_where_they_have_no_room() -> None:
    table = fitted(ROWS, MOMENT, 70)
    at = [field.id for field in table.fields].index("addresses")
    assert table.rows[1][at].strip() == "10.0.0.5+1"


def test_each_column_is_somewhere_and_has_one_name() -> None:
    assert len({field.id for field in PROBE_FIELDS}) == len(PROBE_FIELDS)
    assert all(field.told for field in PROBE_FIELDS)
