"""Rows that are made from lines: those that the usual way makes, of any tables."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from netwatch_tui.collect.collector import Collector
from netwatch_tui.kernel.descriptor_scan import DescriptorScan
from netwatch_tui.kernel.prefetched_descriptors import PrefetchedSource
from netwatch_tui.kernel.proc_net import TABLES
from netwatch_tui.kernel.process_names import ProcessNames
from netwatch_tui.kernel.sock_diag import SockDiag, SockDiagError
from netwatch_tui.kernel.table_scan import TableScan
from netwatch_tui.output.direct_rows import DirectRows
from netwatch_tui.output.ss_table import Cells, cells_of
from netwatch_tui.sockets.socket import Socket, State
from tests.support.build import NETNS, file_of, line, tcp
from tests.support.strategies import ipv4, ipv6

_INODE = 4_200_000_000
_TCP = [table for table in TABLES if table.kind == "tcp"]
_NAMES = {"tcp": 4, "tcp6": 6}

ports = st.sampled_from([0, 1, 443, 50_000, 65_535])
inodes = st.sampled_from([0, *range(_INODE, _INODE + 6)])
queues = st.sampled_from([0, 1, 70_000])


@st.composite
def connections(draw: st.DrawFn) -> Socket:
    """One of a few that have much in common, so that ends and inodes are often the same."""
    addresses = draw(st.sampled_from([ipv4, ipv6]))
    first = draw(addresses)
    peer = draw(st.sampled_from([first, draw(addresses)]))
    state = draw(st.sampled_from([State.ESTAB, State.ESTAB, State.CLOSE_WAIT, State.LISTEN, State.SYN_SENT]))
    made = tcp(f"{'[::1]' if first.version == 6 else '127.0.0.1'}:1", inode=draw(inodes), state=state)
    return made._replace(
        local=first,
        local_port=draw(ports),
        peer=peer,
        peer_port=draw(ports),
        recv_q=draw(queues),
        send_q=None if state is State.LISTEN else draw(queues),
    )


@contextmanager
def machine(lines: dict[str, list[bytes]], held: Sequence[int]) -> Iterator[Path]:
    """A `/proc` with these tables, in which this process holds these sockets."""
    with TemporaryDirectory() as name:
        proc = Path(name)
        folder = proc / str(os.getpid())
        (folder / "net").mkdir(parents=True)
        (folder / "ns").mkdir()
        (folder / "fd").mkdir()
        (folder / "ns" / "net").symlink_to(f"net:[{NETNS}]")
        (folder / "comm").write_text("holder\n")
        for table in _TCP:
            (folder / "net" / table.name).write_bytes(file_of(lines.get(table.name, [])))
        for fd, inode in enumerate(held, 3):
            (folder / "fd" / str(fd)).symlink_to(f"socket:[{inode}]")
        (proc / "self").symlink_to(str(os.getpid()))
        yield proc


def source(proc: Path) -> PrefetchedSource:
    tables = TableScan([table.name for table in _TCP], str(proc))
    return PrefetchedSource(DescriptorScan(str(proc)), str(proc), ProcessNames(str(proc)), named="", tables=tables)


def usual(proc: Path) -> list[Cells]:
    plain = source(proc)
    sockets = Collector(plain, _TCP).collect(1.0).sockets
    plain.close()
    return sorted(map(cells_of, sockets))


def direct(proc: Path) -> tuple[list[Cells], int]:
    """The rows, and how many went past the collector."""
    machine = source(proc)
    rows = DirectRows(machine.scanned() or set())
    machine.sieve = rows.sieve
    collector = Collector(machine, _TCP)
    sockets = collector.collect(1.0).sockets
    assert rows.are_explained(collector.owners_of)
    past = [cells for part in rows.by_state(collector.owners_of).values() for cells in part]
    machine.close()
    return sorted([*map(cells_of, sockets), *past]), len(past)


def _silent(*_: object) -> None:
    raise SockDiagError("not asked in this test")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processors, and no sock_diag, which would tell of the real machine."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(SockDiag, "_send", _silent)


def tables(sockets: Sequence[Socket], damaged: Sequence[bytes] = ()) -> dict[str, list[bytes]]:
    return {
        name: [line(socket) for socket in sockets if socket.local.version == version == socket.peer.version]
        + list(damaged)
        for name, version in _NAMES.items()
    }


WEB = tcp("10.0.0.5:443", "10.0.0.9:50001", inode=_INODE)


@settings(max_examples=60)
@given(st.lists(connections(), max_size=12), st.lists(inodes, max_size=6), st.lists(st.binary(max_size=80), max_size=2))
@example([WEB, WEB._replace(inode=_INODE + 1)], [_INODE, _INODE + 1], [])
@example([WEB, WEB._replace(inode=0, state=State.CLOSE_WAIT)], [_INODE], [])
@example([WEB, WEB._replace(peer_port=1)], [_INODE], [])
def test_both_ways_make_the_same_rows(sockets: list[Socket], held: list[int], damaged: list[bytes]) -> None:
    harmless = [text.replace(b"\n", b" ") for text in damaged]
    with machine(tables(sockets, harmless), held) as proc:
        assert direct(proc)[0] == usual(proc)


def test_only_what_is_held_and_stands_there_once_goes_past_the_collector() -> None:
    listener = tcp("10.0.0.5:443", inode=_INODE + 1)
    hidden = tcp("10.0.0.5:443", "10.0.0.9:50002", inode=_INODE + 2)
    shared = [tcp("10.0.0.5:443", f"10.0.0.9:{port}", inode=_INODE + 3) for port in (7, 8)]
    over = tcp("10.0.0.5:443", "10.0.0.9:9", inode=0, state=State.TIME_WAIT)
    sockets = [WEB, listener, hidden, *shared, over]
    with machine(tables(sockets), [_INODE, _INODE + 1, _INODE + 3]) as proc:
        rows, past = direct(proc)
    assert past == 1
    assert len(rows) == len(sockets)
    assert ("tcp", "ESTAB", "0", "0", "10.0.0.5:443", "10.0.0.9:50001") in [row[:6] for row in rows]


def test_one_whose_holder_went_meanwhile_goes_the_usual_way_in_the_next_look() -> None:
    with machine(tables([WEB]), [_INODE]) as proc:
        plain = source(proc)
        rows = DirectRows(plain.scanned() or set())
        plain.sieve = rows.sieve
        collector = Collector(plain, _TCP)
        with patch.object(PrefetchedSource, "pids", lambda _: []):
            assert collector.collect(1.0).sockets == ()
            assert not rows.are_explained(collector.owners_of)
            (socket,) = collector.collect(2.0).sockets
        assert socket.inode == _INODE
        assert rows.are_explained(collector.owners_of)
        assert rows.by_state(collector.owners_of) == {}
        plain.close()
