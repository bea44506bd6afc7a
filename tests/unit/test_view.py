from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.fields.catalogue import COLUMNS, FIELD_BY_ID
from netwatch_tui.fields.moment import Moment
from netwatch_tui.query import parse
from netwatch_tui.query.regex import compile_pattern
from netwatch_tui.sockets.delta import Change, Delta
from netwatch_tui.sockets.marks import Marks
from netwatch_tui.sockets.ownership import Owner
from netwatch_tui.sockets.selection import ESTABLISHED, EVERY_KIND, LISTENING, Selection
from netwatch_tui.sockets.socket import Family, Socket, State, Timer
from netwatch_tui.view.order import in_order
from netwatch_tui.view.spec import ViewSpec
from netwatch_tui.view.view import View, arrange
from tests.support.build import datagram, netlink, owner, packet, process, snapshot, tcp, udp, unix


def numbered(*sockets: Socket) -> tuple[Socket, ...]:
    return tuple(socket._replace(id=id) for id, socket in enumerate(sockets, 1))


def view(
    *sockets: Socket,
    sort: str = "state",
    descending: bool = False,
    query: str = "",
    selection: Selection | None = None,
    marks: Marks | None = None,
) -> View:
    spec = ViewSpec(parse(query), sort, descending, selection or Selection())
    return arrange(snapshot(*numbered(*sockets), taken_at=100.0), marks or Marks(), spec, 100.0)


def rows(view: View) -> list[Socket]:
    """The rows of a view without groups."""
    return [row for row in view.rows if isinstance(row, Socket)]


def shown(view: View, column: str) -> list[str]:
    return [FIELD_BY_ID[column].text(socket, view.moment) for socket in rows(view)]


def both_ways(column: str, *sockets: Socket) -> tuple[list[str], list[str]]:
    """The cells of a column sorted by it, upwards and downwards."""
    up, down = (view(*sockets, sort=column, descending=descending) for descending in (False, True))
    return shown(up, column), shown(down, column)


def test_addresses_sort_as_numbers_and_ipv6_after_ipv4() -> None:
    hosts = ["10.0.0.1:443", "9.0.0.1:80", "9.0.0.1:443", "10.0.0.1:80", "100.0.0.1:1", "[::1]:22", "[2001:db8::1]:22"]
    expected = [
        "9.0.0.1:80",
        "9.0.0.1:443",
        "10.0.0.1:80",
        "10.0.0.1:443",
        "100.0.0.1:1",
        "[::1]:22",
        "[2001:db8::1]:22",
    ]
    assert both_ways("local", *map(tcp, hosts)) == (expected, expected[::-1])


@pytest.mark.parametrize("column", ["recv_q", "send_q"])
def test_queues_sort_as_numbers(column: str) -> None:
    sockets = [tcp("127.0.0.1:1", "127.0.0.1:2", **{column: size}) for size in (9, 100, 20)]
    assert both_ways(column, *sockets) == (["9", "20", "100"], ["100", "20", "9"])


@pytest.mark.parametrize("column", ["pid", "fd"])
def test_pids_and_descriptors_sort_as_numbers(column: str) -> None:
    sockets = [tcp(owners=(owner(number, number),)) for number in (9, 1000, 20)]
    assert both_ways(column, *sockets) == (["9", "20", "1000"], ["1000", "20", "9"])


def test_names_sort_without_regard_to_case() -> None:
    sockets = [tcp(owners=(owner(1, 3, name),)) for name in ("nginx", "Bee", "ant")]
    assert both_ways("process", *sockets)[0] == ["ant", "Bee", "nginx"]


def test_states_sort_from_listening_to_closing() -> None:
    sockets = [tcp("127.0.0.1:1", "127.0.0.1:2", state=state) for state in reversed(State)]
    assert both_ways("state", *sockets)[0] == [state.value for state in State]


def test_the_youngest_comes_first_and_what_was_there_before_last() -> None:
    sockets = [
        tcp(seen_at=30.0, was_there=True),
        tcp(seen_at=10.0),
        tcp(seen_at=70.0),
        tcp(seen_at=5.0, was_there=True),
    ]
    assert both_ways("age", *sockets)[0] == ["30s", "1m", "≥1m", "≥1m"]


def test_marked_rows_come_first() -> None:
    plain, new, closing = numbered(tcp("127.0.0.1:1"), tcp("127.0.0.1:2"), tcp("127.0.0.1:3"))
    delta = Delta(opened=(new,), changed=(Change(closing, closing),))
    assert shown(view(plain, new, closing, sort="mark", marks=Marks().advance(delta, 200.0)), "mark") == ["+", "~", " "]


@pytest.mark.parametrize(
    ("column", "known", "blank"),
    [
        ("send_q", tcp("127.0.0.1:9", "127.0.0.1:1"), tcp("127.0.0.1:1")),
        ("peer", tcp("127.0.0.1:9", "127.0.0.1:1"), tcp("127.0.0.1:1")),
        ("pid", tcp("127.0.0.1:9", owners=(owner(1),)), tcp("127.0.0.1:1")),
        ("process", tcp("127.0.0.1:9", owners=(owner(1),)), tcp("127.0.0.1:1")),
        ("fd", tcp("127.0.0.1:9", owners=(owner(1),)), tcp("127.0.0.1:1")),
        ("user", tcp("127.0.0.1:9", user="root"), tcp("127.0.0.1:1")),
    ],
)
@pytest.mark.parametrize("descending", [False, True])
def test_blanks_come_last_in_both_directions(column: str, known: Socket, blank: Socket, descending: bool) -> None:
    made = view(blank, known, blank, sort=column, descending=descending)
    assert [socket.local_port for socket in rows(made)] == [9, 1, 1]


@pytest.mark.parametrize("column", [column.id for column in COLUMNS])
@pytest.mark.parametrize("descending", [False, True])
def test_equal_rows_keep_one_order_whatever_order_they_come_in(column: str, descending: bool) -> None:
    sockets = list(numbered(*(tcp(f"10.0.0.{host}:80", inode=host) for host in (3, 1, 2, 1, 3))))
    moment = Moment(100.0, {})
    orders = set()
    for seed in range(10):
        random.Random(seed).shuffle(sockets)
        made = in_order(sockets, FIELD_BY_ID[column], moment).rows(descending=descending)
        orders.add(tuple(socket.id for socket in made))
    assert len(orders) == 1


@pytest.mark.parametrize("descending", [False, True])
def test_equal_rows_stand_by_address_in_both_directions(descending: bool) -> None:
    sockets = [tcp(f"127.0.0.1:{port}") for port in (3, 1, 2)]
    assert shown(view(*sockets, descending=descending), "local") == ["127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"]


@given(st.permutations(range(1, 9)), st.sampled_from([column.id for column in COLUMNS]), st.booleans())
def test_sorting_neither_loses_nor_adds_a_row(ports: list[int], column: str, descending: bool) -> None:
    sockets = [tcp(f"127.0.0.1:{port}", owners=(owner(port),) if port % 2 else ()) for port in ports]
    made = view(*sockets, sort=column, descending=descending)
    assert sorted(socket.local_port for socket in rows(made)) == list(range(1, 9))
    assert made.position == {socket.id: index for index, socket in enumerate(made.rows)}


@pytest.mark.parametrize("column", [column.id for column in COLUMNS])
def test_a_mix_of_all_kinds_can_be_sorted_by_any_column(column: str) -> None:
    sockets = [
        tcp(owners=(owner(1),), user="root"),
        tcp("[::1]:80", "[::1]:9", timer=Timer("on", 1.0), netns=7),
        tcp("127.0.0.1:80", "127.0.0.1:9", state=State.TIME_WAIT),
        udp(drops=1),
        unix("/run/x", peer_port=5),
        unix(kind="u_dgr"),
        packet("ip", 2, interface="eth0"),
        netlink(4, 17),
    ]
    for descending in (False, True):
        made = view(*sockets, sort=column, descending=descending, selection=EVERY_KIND)
        assert len(made.rows) == len(sockets)


def test_only_what_matches_the_filter_is_shown_and_counted() -> None:
    made = view(tcp("127.0.0.1:80"), tcp("127.0.0.1:443"), udp("127.0.0.1:80"), query="port:80")
    assert (shown(made, "netid"), made.shown, len(made.snapshot.sockets)) == (["tcp", "udp"], 2, 3)


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), "t4 t6 u4 u6 estab"),
        (Selection(netids=frozenset({"tcp"})), "t4 t6 estab"),
        (Selection(netids=frozenset({"udp"})), "u4 u6"),
        (Selection(netids=frozenset({"tcp", "udp"})), "t4 t6 u4 u6 estab"),
        (Selection(families=frozenset({Family.INET})), "t4 u4 estab"),
        (Selection(families=frozenset({Family.INET6})), "t6 u6"),
        (Selection(states=LISTENING), "t4 t6 u4 u6"),
        (Selection(states=ESTABLISHED), "estab"),
        (Selection(frozenset({"tcp"}), frozenset({Family.INET}), LISTENING), "t4"),
        (EVERY_KIND, "t4 t6 u4 u6 estab unix seqpacket raw packet netlink"),
        (Selection(netids=frozenset({"u_str", "nl"})), "unix netlink"),
        (Selection(netids=frozenset()), ""),
    ],
)
def test_a_selection_admits_its_kinds(selection: Selection, expected: str) -> None:
    kinds = {
        "t4": tcp("127.0.0.1:80"),
        "t6": tcp("[::1]:80"),
        "u4": udp("127.0.0.1:53"),
        "u6": udp("[::1]:53"),
        "estab": tcp("127.0.0.1:80", "127.0.0.1:50000"),
        "unix": unix("/run/x", "u_str"),
        "seqpacket": unix("/run/x", "u_seq"),
        "raw": datagram("raw", "0.0.0.0:58"),
        "packet": packet(),
        "netlink": netlink(),
    }
    chosen = selection.choose(kinds.values())
    assert " ".join(name for name, socket in kinds.items() if socket in chosen) == expected


def test_what_opened_and_closed_is_counted_among_what_is_shown() -> None:
    web, mail, gone, other = numbered(*(tcp(f"127.0.0.1:{port}") for port in (80, 25, 80, 25)))
    there = web._replace(id=9, was_there=True)
    delta = Delta(opened=(web, mail, there), closed=(gone, other))
    taken = snapshot(web, mail, there, delta=delta)
    marks = Marks().advance(delta, 200.0)
    for text, expected in (("", (2, 2)), ("port:80", (1, 1)), ("is:new", (2, 0)), ("port:443", (0, 0))):
        spec = ViewSpec(parse(text))
        made = arrange(taken, marks, spec, 100.0)
        assert made.events == expected, text
        dark = arrange(taken, Marks(), spec, 300.0, before=made)
        assert dark.events == expected, "that the lights are out does not change what the tick brought"
    without_tcp = ViewSpec(selection=Selection(frozenset({"udp"})))
    assert arrange(taken, marks, without_tcp, 100.0).events == (0, 0)


def test_a_kind_is_toggled_off_when_any_of_it_is_shown_and_on_when_none_is() -> None:
    both = Selection()
    assert both.toggled("udp") == Selection(netids=frozenset({"tcp"}))
    assert both.toggled("udp").toggled("udp") == both
    assert both.toggled("unix") == Selection(netids=frozenset({"tcp", "udp", "u_str", "u_dgr", "u_seq"}))
    some = Selection(netids=frozenset({"tcp", "u_dgr"}))
    assert some.shows("unix")
    assert some.toggled("unix") == Selection(netids=frozenset({"tcp"}))
    assert not some.toggled("unix").shows("unix")


def test_several_kinds_of_one_key_are_toggled_together() -> None:
    with_raw = Selection(netids=frozenset({"tcp", "raw"}))
    assert with_raw.toggled("raw", "netlink") == Selection(netids=frozenset({"tcp"}))
    assert with_raw.toggled("packet", "netlink").netids == {"tcp", "raw", "p_raw", "p_dgr", "nl"}


def test_only_some_states_and_then_all_again() -> None:
    listening = Selection().only(LISTENING)
    assert listening == Selection(states=LISTENING)
    assert listening.only(ESTABLISHED).states == ESTABLISHED
    assert listening.only(LISTENING) == Selection()


def lingering(*sockets: Socket) -> Marks:
    return Marks().advance(Delta(closed=sockets), 200.0)


def test_a_socket_that_closed_a_moment_ago_is_a_row_but_is_not_counted() -> None:
    gone = tcp("127.0.0.1:81", id=99)
    made = view(tcp("127.0.0.1:82"), tcp("127.0.0.1:80"), sort="local", marks=lingering(gone))
    assert shown(made, "local") == ["127.0.0.1:80", "127.0.0.1:81", "127.0.0.1:82"]
    assert shown(made, "mark") == [" ", "-", " "]
    assert (made.shown, made.position[99]) == (2, 1)


def test_a_lingering_row_obeys_filter_and_selection() -> None:
    gone = (tcp("127.0.0.1:80", id=98), udp("127.0.0.1:80", id=99))
    assert view(query="port:443", marks=lingering(*gone)).rows == ()
    assert view(selection=Selection(netids=frozenset({"udp"})), marks=lingering(*gone)).rows == gone[1:]


def test_a_row_that_opened_or_changed_is_shown_once() -> None:
    (socket,) = numbered(tcp())
    marks = Marks().advance(Delta(opened=(socket,)), 200.0).advance(Delta(changed=(Change(socket, socket),)), 200.0)
    assert view(socket, marks=marks).rows == (socket,)


def test_a_mark_that_went_out_is_no_row_any_more() -> None:
    assert view(marks=lingering(tcp(id=99)).expire(200.0)).rows == ()


def test_a_filter_that_takes_too_long_is_told_and_goes_on_in_the_next_view() -> None:
    compile_pattern.cache_clear()
    every = []
    for number in range(600):
        holder = Owner(number, 3, process(number)._replace(cmdline=(f"{number}", "ab" * 2_000, f"z{number % 100:02}")))
        every.append(tcp(f"127.0.0.1:{number}", inode=number)._replace(owners=(holder,)))
    spec = ViewSpec(parse("cmdline:/z07/"))
    taken = snapshot(*numbered(*every), taken_at=100.0)
    views = [arrange(taken, Marks(), spec, 100.0)]
    assert views[0].note.endswith("texts not searched: the regular expression takes too long")
    assert 0 < views[0].shown < 6
    while views[-1].note:
        views.append(arrange(taken, Marks(), spec, 100.0, before=views[-1]))
        assert views[-1].shown > views[-2].shown
    assert sorted(row.local_port for row in rows(views[-1])) == [7, 107, 207, 307, 407, 507]
