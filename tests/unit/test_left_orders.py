"""An order that was left is kept for who comes back, and nothing that is gone is kept with it for long."""

from __future__ import annotations

from itertools import pairwise

from netwatch_tui.play.left_orders import KEPT_FOR, MOST_GONE, LeftOrders
from netwatch_tui.query import parse
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.marks import Marks
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View, arrange
from tests.support.build import snapshot, tcp

ROWS = tuple(tcp(f"10.0.0.{number % 5}:{80 + number % 2}", id=number, inode=number) for number in range(1, 41))
EVERY, FEW, NONE = (ViewSpec(query=parse(text)) for text in ("", "port:81", "port:99"))


def shown(spec: ViewSpec) -> View:
    """All rows that there are, seen so."""
    return arrange(snapshot(*ROWS), Marks(), spec, 0.0)


def sizes(left: LeftOrders) -> dict[str, int]:
    """How many rows of each column are kept."""
    return {order.sort: order.size for order in left.known}


def test_the_widest_of_a_column_is_kept_while_a_filter_is_typed() -> None:
    left = LeftOrders()
    for before, after in ((None, EVERY), (EVERY, EVERY._replace(descending=True)), (EVERY, FEW), (FEW, NONE)):
        left.see(before and shown(before), shown(after), 0.0)
    assert sizes(left) == {EVERY.sort: 40}


def test_the_columns_that_were_left_last_are_kept() -> None:
    left, columns = LeftOrders(), ("local", "peer", "process", "state")
    for before, after in pairwise(columns):
        left.see(shown(EVERY._replace(sort=before)), shown(EVERY._replace(sort=after)), 0.0)
    assert sizes(left) == {"peer": 40, "process": 40}


def test_it_is_forgotten_after_a_while() -> None:
    left = LeftOrders()
    left.see(shown(EVERY), shown(FEW), 0.0)
    left.tick(Delta(), KEPT_FOR - 1)
    assert left.known
    left.tick(Delta(), KEPT_FOR)
    assert not left.known


def test_what_is_gone_is_let_go_of_when_it_is_some() -> None:
    left = LeftOrders()
    left.see(shown(EVERY), shown(FEW), 0.0)
    few = len(ROWS) // MOST_GONE
    left.tick(Delta(closed=ROWS[:few]), 1.0)
    assert sizes(left) == {EVERY.sort: 40}
    left.tick(Delta(closed=ROWS[few : few + 1]), 2.0)
    assert sizes(left) == {EVERY.sort: 40 - few - 1}
    kept: list[Socket] = [entry[-1] for order in left.known for entry in order.order.entries]
    assert not {socket.id for socket in kept} & {socket.id for socket in ROWS[: few + 1]}


def test_rows_of_the_history_are_others() -> None:
    left = LeftOrders()
    left.see(shown(EVERY), shown(FEW), 0.0)
    left.see(shown(FEW), shown(FEW._replace(history=True)), 1.0)
    assert not left.known
