"""The whole snapshot against ss, line for line, in two namespaces full of sockets, as root and as an ordinary user.

Both namespaces are made by the test, so that nothing else comes and goes in them. Loads hold the sockets, a looker runs
the collector in the first one, and ss runs in each before and after it: where its two runs agree, nothing moved.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from netwatch_tui.collect.collector import LOOK_ROUND_EVERY
from netwatch_tui.sockets.kinds import ALL_NETIDS
from tests.support.kernel import NOBODY, ROOT, Child, Netns, ss

TRIES = 20
"""How often ss and the program look before a test gives up waiting for sockets that hold still."""
UNIX = ("u_str", "u_dgr", "u_seq")


class Line(NamedTuple):
    """What ss prints of a socket. None is what it does not tell, or what can't be compared."""

    netid: str
    state: str
    recv_q: int | None
    send_q: int | None
    local: str
    peer: str | None
    inode: int | None = None
    uid: int | None = None
    owners: tuple[tuple[int, int], ...] | None = None


# --- ss's lines, and its quirks ---

_LINE = re.compile(
    r"(\S+) +(\S+) +(\d+|-) +(\d+|-) +(.*?) +(\S+(?: \d+)?)(?: +((?:users:|\(|timer:|uid:|ino:|<|-|sk).*))? *"
)
_UNIX_LINE = re.compile(r"(\S+) +(\S+) +(\d+|-) +(\d+|-) +(.*? \d+) +(\* \d+) *(.*)")
_ETHERTYPES = {2048: "ip", 2054: "arp", 34525: "ipv6"}


def parse(printed: str) -> Line:
    """A line of ss, or of the program, which prints the same."""
    matched = (_UNIX_LINE if printed.startswith("u_") else _LINE).fullmatch(printed)
    assert matched, printed
    netid, state, recv_q, send_q, local, peer, rest = matched.groups(default="")
    owners = tuple(sorted((int(pid), int(fd)) for pid, fd in re.findall(r",pid=(\d+),fd=(\d+)\)", rest)))
    number = re.search(r"\bino:(\d+) sk:", rest)
    uid = re.search(r"\buid:(\d+) ", rest)
    return Line(
        netid,
        state,
        None if recv_q == "-" else int(recv_q),
        None if send_q == "-" else int(send_q),
        _plain(netid, local),
        _plain(netid, peer),
        int(local.rpartition(" ")[2]) if netid in UNIX else int(number[1]) if number else None,
        # ss leaves uid 0 out, and never prints that of a unix or netlink socket; TIME-WAIT has none.
        int(uid[1]) if uid else 0 if number and "timer:(timewait" not in rest else None,
        owners,
    )


def _plain(netid: str, end: str) -> str:
    """An end in one spelling."""
    if netid in UNIX:
        name, _, number = end.rpartition(" ")  # ss prints blanks in a name as they are; here such a name has quotes
        return f'"{name}" {number}' if " " in name and not name.startswith('"') else end
    if netid.startswith("p_"):
        # With -n ss prints a link-layer protocol by its number, which it sets in brackets; here it has its name.
        return re.sub(r"^\[(\d+)\]", lambda found: _ETHERTYPES.get(int(found[1]), found[0]), end)
    if netid == "nl":
        # ss prints a netlink port as a signed number; the kernel's are unsigned.
        return re.sub(r":(-\d+)$", lambda found: f":{int(found[1]) % 2**32}", end)
    # ss prints * for [::] where a socket takes IPv4 as well, or where it does not know: there sock_diag tells nothing.
    return end if netid in ("tcp", "udp") else _v6_only(end)


def _v6_only(end: str) -> str:
    return re.sub(r"^\*(?=[:%])", "[::]", end)


def ask_ss(netns: Netns, uid: int, told: set[str]) -> list[Line]:
    """All sockets of a namespace that ss knows.

    Args:
        netns: Where it runs.
        uid: As whom.
        told: Netids of which ss prints the inode are added to it.
    """
    pid, printed = ss(netns, "-Aall", "-anpeHO", uid=uid)
    lines: list[Line] = []
    for line in map(parse, printed):
        if line.inode is not None:
            told.add(line.netid)
        match line.netid:
            case "tcp" if line.state != "LISTEN":
                # The device of a connection is known to sock_diag alone, and the program asks it only about listeners.
                lines.append(line._replace(local=_without_device(line.local)))
            case "nl":
                # ss does not know who holds a netlink socket; the kernel's end of sock_diag has ss's question queued.
                plain = line._replace(owners=None, recv_q=None if line.local == "4:0" else line.recv_q)
                # The kernel begins its list of netlink sockets anew where its hash table grows meanwhile: lines double.
                # (It also loses one socket where a part of the answer is full: the loads hold so few that one will do.)
                if line.local != f"4:{pid}" and plain not in lines:  # nor the socket through which ss itself asks
                    lines.append(plain)
            case netid if netid in ALL_NETIDS:
                lines.append(line)
            case _:
                pass  # ss also knows vsock, tipc, xdp and dccp
    return lines


def _without_device(end: str) -> str:
    return re.sub(r"%[^\]:]+", "", end)


# --- the program's sockets, as ss would print them ---


def as_ss_prints(sockets: Iterable[dict[str, Any]], told: set[str]) -> list[Line]:
    """The sockets that ss lists, without what ss does not tell of them."""
    lines: list[Line] = []
    for socket in sockets:
        netid, state = socket["netid"], socket["state"]
        if netid in ("udpl", "icmp", "bound"):
            continue  # ss knows neither UDP-Lite nor ping sockets, and older ones not what is only bound
        if netid in UNIX and not socket["inode"]:
            continue  # nor unix connections that nobody has accepted yet
        local = socket["local"]
        lines.append(
            Line(
                netid,
                state,
                None if local == "4:0" and netid == "nl" else socket["recv_q"],
                socket["send_q"],
                _plain(netid, local),
                _plain(netid, socket["peer"]),
                # Without the kernel's raw_diag ss reads /proc/net/raw, and then prints neither inode nor uid.
                socket["inode"] if netid in told else None,
                socket["uid"] if netid in told and netid not in UNIX else None,
                None if netid == "nl" else tuple(sorted(map(tuple, socket["owners"]))),
            )
        )
    return lines


def as_seen_from_afar(lines: Iterable[Line]) -> list[Line]:
    """What is known of another namespace to one who may not enter it: what `/proc` tells, and no sock_diag."""
    far: list[Line] = []
    for line in map(_without_families, lines):
        match line.netid:
            case "u_str" | "u_dgr" | "u_seq":
                far.append(line._replace(recv_q=None, send_q=None, peer=None))
            case "tcp" if line.state == "LISTEN":
                far.append(line._replace(send_q=None, local=_without_device(line.local)))
            case "udp":
                far.append(line._replace(local=_without_device(line.local)))
            case "p_raw" | "p_dgr":
                far.append(line._replace(local=line.local.partition(":")[0]))
            case _:
                far.append(line)
    return far


def _without_families(line: Line) -> Line:
    """Whether `::` takes IPv4 as well is told by sock_diag alone."""
    if line.netid not in ("tcp", "udp"):
        return line
    return line._replace(local=_v6_only(line.local), peer=line.peer and _v6_only(line.peer))


def without_what_is_not_known(lines: Iterable[Line]) -> list[Line]:
    """Without the text that stands for a peer or a device that is not known."""
    return [
        line._replace(peer=None)
        if line.netid in UNIX
        else line._replace(local=line.local.partition(":")[0])
        if line.netid in ("p_raw", "p_dgr")
        else line
        for line in lines
    ]


def differences(theirs: Iterable[Line], ours: Iterable[Line]) -> list[str]:
    """The lines that only one of both has; a line that one has twice counts twice."""
    left, right = Counter(theirs), Counter(ours)
    return sorted([f"only ss: {line}" for line in left - right] + [f"only ours: {line}" for line in right - left])


# --- the sockets ---


class Machine:
    """Two namespaces with sockets of root and of an ordinary user in each."""

    def __init__(self, here: Netns, there: Netns, loads: dict[Netns, list[Child]]) -> None:
        self.here = here
        self.there = there
        self._loads = loads
        self.answers: dict[Netns, list[Any]] = {}
        self.ask("hold")

    def ask(self, request: str) -> None:
        self.answers = {netns: [load.ask(request) for load in loads] for netns, loads in self._loads.items()}

    def holders(self, netns: Netns) -> dict[int, tuple[str, int, frozenset[tuple[int, int]]]]:
        """Netid, user and holders of every socket that is held, by inode."""
        held: dict[int, tuple[str, int, frozenset[tuple[int, int]]]] = {}
        for answer in self.answers[netns]:
            for netid, uid, inode, pid, fd in answer["held"]:
                _, _, others = held.get(inode, (netid, uid, frozenset()))
                held[inode] = (netid, uid, others | {(pid, fd)})
        return held

    def embryos(self, netns: Netns) -> int:
        return sum(answer["embryos"] for answer in self.answers[netns])


@pytest.fixture(scope="module")
def machine(here: Netns, there: Netns, anyones_folder: Path) -> Iterator[Machine]:
    with ExitStack() as stack:
        loads = {
            netns: [
                stack.enter_context(Child("tests.support.kernel_load", str(anyones_folder), uid, netns=netns))
                for uid in ("0", str(NOBODY))
            ]
            for netns in (here, there)
        }
        yield Machine(here, there, loads)


class Looker:
    """The collector in the first namespace, and the time that it is told."""

    def __init__(self, child: Child, machine: Machine, uid: int) -> None:
        self._child = child
        self._machine = machine
        self._now = 0.0
        self.uid = uid
        self.look(0.0)  # opens the connection to sock_diag, which is a socket, too

    def look(self, after: float) -> Any:
        self._now += after
        return self._child.ask({"now": self._now, "of": [self._machine.here.inode, self._machine.there.inode]})

    def run(self, *arguments: str) -> str:
        printed = self._child.ask({"run": arguments})
        assert isinstance(printed, str)
        return printed

    def agree(self, after: float) -> Any:
        """Look while nothing moves, and compare everything with ss. Returns the snapshot."""
        places = (self._machine.here, self._machine.there)
        told: set[str] = set()
        for _ in range(TRIES):
            before = {netns: ask_ss(netns, self.uid, told) for netns in places}
            seen = self.look(after)
            if before == {netns: ask_ss(netns, self.uid, told) for netns in places}:
                break
        else:
            pytest.fail("the sockets never held still")
        ours = {
            netns: as_ss_prints((each for each in seen["sockets"] if each["netns"] == netns.inode), told)
            for netns in places
        }
        assert differences(before[places[0]], ours[places[0]]) == []
        theirs, others = before[places[1]], ours[places[1]]
        if self.uid:
            theirs, others = as_seen_from_afar(theirs), without_what_is_not_known(others)
        assert differences(theirs, others) == []
        return seen


@pytest.fixture(params=[0, NOBODY], ids=["root", "nobody"])
def looker(request: pytest.FixtureRequest, machine: Machine) -> Iterator[Looker]:
    with Child("tests.support.kernel_look", "*", str(request.param), netns=machine.here) as child:
        yield Looker(child, machine, request.param)


def test_every_socket_is_listed_as_ss_lists_it(machine: Machine, looker: Looker) -> None:
    seen = looker.agree(after=LOOK_ROUND_EVERY)
    assert sum(len(machine.holders(netns)) for netns in (machine.here, machine.there)) >= 2000
    assert {socket["netid"] for socket in seen["sockets"]} >= ALL_NETIDS - {"sctp", "mptcp", "bound"}
    assert seen["names"].items() >= {str(netns.inode): netns.name for netns in (machine.here, machine.there)}.items()


def test_it_still_agrees_when_some_sockets_were_closed_and_others_opened(machine: Machine, looker: Looker) -> None:
    looker.agree(after=LOOK_ROUND_EVERY)
    before = machine.holders(machine.here).keys() | machine.holders(machine.there).keys()
    machine.ask("stir")
    after = machine.holders(machine.here).keys() | machine.holders(machine.there).keys()
    assert len(after - before) > 200
    seen = looker.agree(after=1.0)
    assert {socket["inode"] for socket in seen["sockets"]} >= after
    looker.agree(after=1.0)


@pytest.mark.parametrize("place", ["here", "there"])
def test_every_socket_has_exactly_the_holders_that_hold_it(machine: Machine, looker: Looker, place: str) -> None:
    """Also of the kinds of which ss does not tell it: netlink, UDP-Lite, ping sockets."""
    netns: Netns = getattr(machine, place)
    held = machine.holders(netns)
    found = [each for each in looker.look(1.0)["sockets"] if each["netns"] == netns.inode]
    rows = {each["inode"]: each for each in found if each["inode"] in held}
    assert rows.keys() == held.keys()
    assert sum(each["inode"] in held for each in found) == len(held), "one is listed twice"
    for inode, (netid, uid, holders) in held.items():
        row = rows[inode]
        visible = looker.uid in (uid, 0)
        assert row["netid"] == netid
        assert {tuple(each) for each in row["owners"]} == (holders if visible else set()), row
        assert row["reason"] == (None if visible else "permission"), row
        unknown = netid == "nl" or (netid in UNIX and netns == machine.there and looker.uid != 0)
        assert row["uid"] == (None if unknown else uid), row
    assert any(len({pid for pid, _ in holders}) == 3 for _, _, holders in held.values())
    assert any(len(holders) == 4 for _, _, holders in held.values())


@pytest.mark.parametrize("place", ["here", "there"])
def test_what_ss_leaves_out_is_listed_with_a_reason(machine: Machine, looker: Looker, place: str) -> None:
    netns: Netns = getattr(machine, place)
    found = [each for each in looker.look(1.0)["sockets"] if each["netns"] == netns.inode]
    embryos = [each for each in found if each["netid"] in UNIX and not each["inode"]]
    assert len(embryos) == machine.embryos(netns)
    assert {each["state"] for each in embryos} == {"SYN-SENT"}
    assert {each["reason"] for each in embryos} == {"accept-queue"}
    without_inode = [each for each in found if not each["inode"] and each["netid"] not in UNIX]
    assert {each["reason"] for each in without_inode if each["state"] == "ESTAB"} == {"accept-queue"}
    assert {each["reason"] for each in without_inode if each["state"] != "ESTAB"} <= {"kernel"}  # they end by and by
    kernels = [each for each in found if each["netid"] == "nl" and not each["local_port"]]
    assert kernels
    assert {each["reason"] for each in kernels} == {"kernel"}


def test_only_what_cannot_be_known_is_unknown(machine: Machine, looker: Looker) -> None:
    for each in looker.look(1.0)["sockets"]:
        far = each["netns"] == machine.there.inode and looker.uid != 0
        unix = each["netid"] in UNIX
        unasked = (unix and far) or (unix and not each["inode"])
        assert (each["recv_q"] is None) == unasked, each
        backlog = each["state"] == "LISTEN" and each["netid"] == "tcp" and far
        assert (each["send_q"] is None) == (unasked or backlog), each


# --- through the program ---


def lines_of(printed: str) -> list[Line]:
    """What the program printed, without what `--once` does not tell."""
    return [parse(line) for line in printed.splitlines()]


def as_printed(lines: Iterable[Line]) -> list[Line]:
    return [
        line._replace(inode=line.inode if line.netid in UNIX else None, uid=None, owners=line.owners or ())
        for line in lines
    ]


def listed_by_ss(lines: Iterable[Line], looking: int | None = None) -> list[Line]:
    """The program's lines without those that ss has not, and without the own socket of the process that looked."""
    return [
        line._replace(
            owners=() if line.netid == "nl" else line.owners, recv_q=None if _is_kernels(line) else line.recv_q
        )
        for line in lines
        if line.netid not in ("udpl", "icmp", "bound")
        and not (line.netid in UNIX and not line.inode)
        and (line.netid, line.local) != ("nl", f"4:{looking}")
    ]


def _is_kernels(line: Line) -> bool:
    return line.netid == "nl" and line.local == "4:0"


def run(netns: Netns, *arguments: str) -> tuple[int, list[Line]]:
    command = netns.command(sys.executable, "-m", "netwatch_tui", "--once", "-A", "all", "-H", *arguments)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, cwd=ROOT, encoding="utf-8", errors="surrogateescape"
    ) as process:
        assert process.stdout
        printed = process.stdout.read()
    assert process.returncode == 0
    return process.pid, lines_of(printed)


def held_still(machine: Machine, look: Any) -> tuple[dict[Netns, list[Line]], Any]:
    """What ss lists in both namespaces, and what a look between two runs of it gave."""
    places = (machine.here, machine.there)
    for _ in range(TRIES):
        before = {netns: ask_ss(netns, 0, set()) for netns in places}
        seen = look()
        if before == {netns: ask_ss(netns, 0, set()) for netns in places}:
            return before, seen
    pytest.fail("the sockets never held still")


def test_the_printed_columns_are_those_of_ss(machine: Machine) -> None:
    expected, (pid, ours) = held_still(machine, lambda: run(machine.here))
    assert differences(as_printed(expected[machine.here]), listed_by_ss(ours, pid)) == []


@pytest.mark.parametrize("by", ["name", "number"])
def test_a_namespace_is_chosen_by_name_or_number(machine: Machine, by: str) -> None:
    chosen = machine.there.name if by == "name" else str(machine.there.inode)
    expected, (pid, ours) = held_still(machine, lambda: run(machine.here, "-N", chosen))
    assert differences(as_printed(expected[machine.there]), listed_by_ss(ours, pid)) == []


def test_all_namespaces_lists_each_socket_once(machine: Machine) -> None:
    holders = {
        netns: {pid for _, _, owners in machine.holders(netns).values() for pid, _ in owners}
        for netns in (machine.here, machine.there)
    }
    _, ((_, near), (_, far), (_, every)) = held_still(
        machine,
        lambda: (run(machine.here), run(machine.here, "-N", machine.there.name), run(machine.here, "--all-namespaces")),
    )
    for netns, alone in ((machine.here, near), (machine.there, far)):
        theirs = [line for line in alone if line.owners and line.owners[0][0] in holders[netns]]
        assert len(theirs) == len(machine.holders(netns))
        among = [line for line in every if line.owners and line.owners[0][0] in holders[netns]]
        assert differences(theirs, among) == []


def test_an_ordinary_user_gets_the_lines_that_ss_gives_him(machine: Machine) -> None:
    with Child("tests.support.kernel_look", "", str(NOBODY), netns=machine.here) as child:
        looker = Looker(child, machine, NOBODY)
        for _ in range(TRIES):
            before = ask_ss(machine.here, NOBODY, set())
            ours = lines_of(looker.run("--once", "-A", "all", "-H"))
            if before == ask_ss(machine.here, NOBODY, set()):
                break
        else:
            pytest.fail("the sockets never held still")
    # The looker's second connection to sock_diag, on a port of the kernel's choice, was gone when ss looked.
    ports = {line.local for line in before if line.netid == "nl"}
    known = [line for line in listed_by_ss(ours) if line.netid != "nl" or line.local in ports]
    assert len(listed_by_ss(ours)) - len(known) <= 1
    assert differences(as_printed(before), known) == []
    assert {line.owners for line in known} > {()}
