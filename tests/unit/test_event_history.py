from __future__ import annotations

from netwatch_tui.query import parse
from netwatch_tui.sockets.marks import Marks
from netwatch_tui.ui.widgets.parts import Part, differences
from netwatch_tui.ui.widgets.status_parts import Tabs, first_line
from netwatch_tui.view.event_history import EVENT_TICKS, EventHistory
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import EventCounts, View, arrange
from tests.support.build import snapshot, tcp

PACE = Part("● live 1s")
WIDE = 120


def view(at: float, opened: int = 0, closed: int = 0, *, pace: float | None = 1.0, text: str = "") -> View:
    spec = ViewSpec(query=parse(text))
    made = arrange(snapshot(tcp("10.0.0.1:80", inode=1))._replace(taken_at=at), Marks(), spec, at)
    return made._replace(pace=pace, events=EventCounts(opened, closed))


def history(*views: View) -> EventHistory:
    made = EventHistory()
    for each in views:
        made.note(each)
    return made


def test_each_tick_is_a_bar_and_so_many_are_kept() -> None:
    noted = history(view(0.0, pace=None), *(view(float(at), opened=at % 2, closed=7 * (at == 3)) for at in range(1, 5)))
    assert noted.graph == "▂▁█▁".rjust(EVENT_TICKS)
    many = history(*(view(float(at), opened=1) for at in range(EVENT_TICKS * 3)))
    assert many.graph == "█" * EVENT_TICKS


def test_the_same_tick_is_no_second_bar_and_missed_ticks_are_blank() -> None:
    assert history(view(0.0), view(1.0, 1), view(1.0, 1)).graph == "█".rjust(EVENT_TICKS)
    assert history(view(0.0), view(1.0, 1), view(4.0, 1)).graph == "█  █".rjust(EVENT_TICKS)
    assert history(view(0.0), view(1.0, 1), view(1e9, 1)).graph == "█".rjust(EVENT_TICKS)


def test_other_rows_and_a_step_back_start_anew() -> None:
    assert history(view(0.0), view(1.0, 1)).graph
    assert history(view(0.0), view(1.0, 1), view(2.0, 1, text="port:80")).graph == ""
    assert history(view(0.0), view(2.0, 1), view(1.0, 1)).graph == ""


def line(shown: View, graph: str = "", width: int = WIDE) -> str:
    return "".join(part.text for part in first_line(Tabs(("All",), 0), shown, PACE, graph, width))


def test_opened_and_closed_are_told_a_second() -> None:
    assert "+4 -0.5/s" in line(view(2.0, 8, 1, pace=2.0))
    assert "+1,000 -0/s" in line(view(2.0, 1_000, 0))
    assert "+0 -0/s" in line(view(2.0, pace=None))


def test_the_graph_goes_first_where_there_is_no_room() -> None:
    graph = "▁" * EVENT_TICKS
    assert line(view(1.0), graph).endswith(graph)
    narrow = line(view(1.0), graph, 60)
    assert graph not in narrow
    assert "+0 -0/s" in narrow


def test_only_the_bars_that_differ_are_painted_again() -> None:
    before, after = (
        first_line(Tabs(("All",), 0), view(1.0), PACE, graph.rjust(EVENT_TICKS), WIDE) for graph in ("▁▁█▁▁", "▁█▁▁▁")
    )
    assert differences(before, before, WIDE) == []
    assert [cells for _, cells in differences(before, after, WIDE)] == [1, 1]
