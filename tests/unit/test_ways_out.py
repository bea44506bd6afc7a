"""A filter chooses the same sockets in every way out: printed, awaited, watched, compared, replayed, on screen."""

from __future__ import annotations

import argparse
import json
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import pytest

from netwatch_tui import cli
from netwatch_tui.collect.collector import Collector
from netwatch_tui.fields.event_fields import EVENT_FIELDS
from netwatch_tui.fields.flow_fields import FLOW_FIELDS
from netwatch_tui.fields.format import local_text, peer_text
from netwatch_tui.kernel.sock_diag import Bound
from netwatch_tui.modes.common import row_choice
from netwatch_tui.modes.diff import diff
from netwatch_tui.modes.once import once
from netwatch_tui.modes.stream import wait_for, watch
from netwatch_tui.play.session import Session
from netwatch_tui.query.language.keys import KEY_OF, KEYS
from netwatch_tui.sockets.needs import EVERY_NEED, Needs
from netwatch_tui.sockets.ownership import Owner, Process, ProcessDetails
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.view.spec import ViewSpec
from tests.support.build import NETNS, process
from tests.support.fake import FakeSource
from tests.support.query_sockets import SOCKETS
from tests.support.recordings import save

Row = tuple[str, str, str]
"""Netid and both ends."""

MACHINE = [socket for socket in SOCKETS.values() if socket.netns == NETNS and " " not in socket.local.text]
FRESH = [SOCKETS[name] for name in ("visit", "fetch", "local", "query")]
"""Those that open while somebody watches, where that matters."""


class Machine(FakeSource):
    """Tells no more about processes than it was said to need, as a real source does."""

    def __init__(self, needs: Needs, *, begins_with: list[Socket] | None = None) -> None:
        super().__init__()
        if begins_with is not None:  # that is what the first tick sees
            self.put(*begins_with)
            first = {name: list(lines) for name, lines in self.tables.items()}
            self.put(*MACHINE)
            self.torn.update({name: deque([first.get(name, [])]) for name in self.tables})
        else:
            self.put(*MACHINE)
        self._needs = needs
        for socket in MACHINE:
            if socket.interface and socket.netid == "udp":
                self.more_of_bound[socket.inode] = Bound(0, 0, socket.interface)
            for owner in socket.owners or ((Owner(999, socket.inode, process(999)),) if socket.inode else ()):
                self.processes[owner.pid] = owner.process
                self.details[owner.pid] = ProcessDetails("/usr/bin/python3", None, ((1, "init"),))
                held = self.held.setdefault(owner.pid, {})
                assert isinstance(held, dict)
                assert owner.fd is not None
                held[socket.inode if owner.fd in held else owner.fd] = socket.inode

    def process(self, pid: int) -> Process | None:
        whole = super().process(pid)
        if whole is None or self._needs.of_processes:
            return whole
        return Process(pid, whole.name, (), "", 0.0)


def parsed(*words: str) -> argparse.Namespace:
    options: argparse.Namespace = cli._parser().parse_intermixed_args(["-A", "all", *words])
    return options


def row(socket: Socket) -> Row:
    return socket.netid, local_text(socket), peer_text(socket)


FRESH_ROWS = {row(socket) for socket in FRESH}


class Ways:
    """Every way out for one history: the ticks of a machine that had some sockets first."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str], begins_with: list[Socket] | None) -> None:
        self._capture = capture
        self._begins_with = begins_with
        collector = Collector(self._source(EVERY_NEED), needs=EVERY_NEED)
        ticks = 1 if begins_with is None else 2
        self.snapshots = [collector.collect(1_000.0 + tick) for tick in range(ticks)]
        self._recording = save(folder / "after.gz", self.snapshots)
        self._nothing = save(folder / "before.gz", [Snapshot(0.0, (), *self.snapshots[0][2:])._replace(sockets=())])

    def _source(self, needs: Needs) -> Machine:
        return Machine(needs, begins_with=self._begins_with)

    def _printed(self, run: Callable[[], int]) -> list[str]:
        status = run()
        assert status in (0, 1), status
        return self._capture.readouterr().out.splitlines()

    def table(self, text: str) -> set[Row]:
        return self._table_of(parsed("--once", "-H", text))

    def replayed_table(self, text: str) -> set[Row]:
        return self._table_of(parsed("--once", "-H", "--replay", str(self._recording), text))

    def _table_of(self, options: argparse.Namespace) -> set[Row]:
        rows = set()
        for words in map(str.split, self._printed(lambda: once(options, self._source))):
            is_unix = words[0].startswith("u_")
            rows.add((words[0], *((" ".join(words[4:6]), " ".join(words[6:8])) if is_unix else words[4:6])))
        return rows

    def csv(self, text: str) -> set[Row]:
        options = parsed("-f", "tsv", "-H", "--columns", "netid,local,peer", text)
        lines = self._printed(lambda: once(options, self._source))
        return {(netid, local, peer) for netid, local, peer in (line.split("\t") for line in lines)}

    def json(self, text: str) -> set[Row]:
        options = parsed("-f", "json", "--columns", "netid,local,peer,cmdline", text)
        document = json.loads("\n".join(self._printed(lambda: once(options, self._source))))
        return {(each["netid"], each["local"], each["peer"]) for each in document["sockets"]}

    def awaited(self, text: str) -> set[Row]:
        options = parsed("--wait-for", text, "--timeout", "0", "-f", "ndjson", "--columns", "netid,local,peer")
        return {tuple(json.loads(line).values()) for line in self._printed(lambda: wait_for(options, self._source))}

    def compared(self, text: str) -> set[Row]:
        options = parsed("--diff", str(self._nothing), str(self._recording), "-f", "table", text)
        told = [" ".join(line.split()[1:]) for line in self._printed(lambda: diff(options))]
        there = self.snapshots[-1].sockets
        known = {row(socket): " ".join([socket.netid, socket.state, *row(socket)[1:], ""]) for socket in there}
        return {each for each, start in known.items() if any(line.startswith(start) for line in told)}

    def watched(self, text: str) -> set[Row]:
        options = parsed("--watch", "--for", "0.05", "--interval", "0.05", "--columns", "netid,local,peer", text)
        events = map(json.loads, self._printed(lambda: watch(options, self._source)))
        return {tuple(event["socket"].values()) for event in events if event["event"] == "opened"}

    def shown(self, text: str) -> set[Row]:
        options = parsed(text)
        choice = row_choice(options)
        spec = ViewSpec(selection=choice.selection, query=choice.queries[0])
        session = Session(Collector(self._source(EVERY_NEED), needs=EVERY_NEED), spec, lambda _: None)
        for snapshot in self.snapshots:
            view = session.tick(snapshot.taken_at)
        assert view
        return {row(each) for each in view.rows if isinstance(each, Socket)}


FILTERS = (
    """
port:443
lport:22
pport:443,53
addr:10.0.0.1
host:10.0.0.1
addr:"0.0.0.0%"
local:127/8
local:eth0
peer:10.0.0.0/8
process:nginx
owner_reason:kernel
cmd:worker
cmd:/--port=\\d+/
pid:812
user:0
uid:33
state:estab
state:bucket
proto:udp
fd:6
inode:101-103
unit:nginx
unit:docker
container:docker
netns:4026531840
age:>=0s
recvq:>0
sendq:>0
drops:>0
timer:-
dev:eth0
scope:everyone
exe:python
cwd:-
parents:init
service:http
is:exposed
family:inet6
refs:>0
retransmits:0
timer_left:-
cookie:-
v6only:-
fwmark:-
problem:-
cgroup:-
cgroup_path:-
autobound:-
was_there:true
mark:-
problem:-
is:listening
is:public
is:loopback
not is:new
worker
example.org
sshd
443
10.0.0.9
time-wait
not worker
nginx or example.org
dport = :443 or sport = :22
state connected exclude time-wait
src unix:/run/*
dev = eth0
""".strip().splitlines()
    + [f"{field.id}:-" for field in (*FLOW_FIELDS, *EVENT_FIELDS) if field.filter]
)

KINDS_OF_WAY = ["csv", "json", "awaited", "compared", "replayed_table", "shown"]


@pytest.fixture
def machine(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ways:
    monkeypatch.setattr(time, "sleep", lambda _: None)  # between the two looks that rates take
    return Ways(tmp_path, capsys, None)


@pytest.mark.parametrize("text", FILTERS)
def test_every_way_out_has_the_same_rows(machine: Ways, text: str) -> None:
    printed = machine.table(text)
    assert printed, "a filter that chooses nothing shows nothing"
    assert {way: getattr(machine, way)(text) for way in KINDS_OF_WAY} == dict.fromkeys(KINDS_OF_WAY, printed)


@pytest.mark.parametrize(
    "text", ["is:new", "not is:new", "is:new port:443", "age:<10s", "worker", "cmd:curl", "443", "dev:lo"]
)
def test_what_happens_while_somebody_watches_is_chosen_alike(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    ways = Ways(tmp_path, capsys, [socket for socket in MACHINE if socket not in FRESH])
    shown = ways.shown(text)
    assert ways.replayed_table(text) == shown
    assert ways.compared(text) == shown
    assert ways.watched(text) == shown & FRESH_ROWS


def test_every_key_is_among_the_filters() -> None:
    asked = {text.removeprefix("not ").partition(":")[0] for text in FILTERS}
    assert set(KEYS) == {KEY_OF[spelling] for spelling in asked & KEY_OF.keys()}
