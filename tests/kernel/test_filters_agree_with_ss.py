"""The same expression given to ss and to the filter language chooses the same sockets, in a namespace of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.kernel import NOBODY, ROOT, Child, Netns, ss

ADDRESSES = ["10.0.0.1/24", "10.0.0.2/24", "10.0.0.3/24", "10.1.0.1/24"]
ADDRESSES6 = ["2001:db8::1/64", "2001:db8::2/64", "2001:db8:0:5::2/64"]

INET = """
sport = :22
sport = 22
sport 22
sport :22
sport == :22
sport eq 22
dport = :22
dport 22
dport = :ssh
sport = ftp
sport = :domain
sport = :https or dport = :https
sport != :22
sport ne 22
sport neq 22
sport < :1024
sport lt 1024
sport <= :1024
sport le 443
sport leq 443
sport > 50000
sport gt :50020
sport >= 50020
sport ge 50020
sport geq :50020
sport = 99999
dport = 0
dport = :*
sport = 89
src :22
src :ssh
src 10.0.0.1
src = 10.0.0.1
src == 10.0.0.1:22
src 10.0.0.1:22
src 10.0.0.1:*
src 10.0.0.1:ssh
src 10.0.0.0/24
src 10.0.0.0/24:22
src 10.0/16
src 10/8
src 10.0.0
src *
src *:22
src 0.0.0.0
src 0.0.0.0/0
src 0/0
src [2001:db8::1]
src [2001:db8::1]:21
src 2001:db8::/32
src 2001:db8:0:5::/64
src [::ffff:10.0.0.1]
src [::ffff:10.0.0.1]:443
src ::ffff:10.0.0.0/120
src ::ffff:0:0/96
src inet:10.0.0.1
src inet6:[2001:db8::1]
src inet:*:22
src inet6:*
src inet6:*:443
dst 10.0.0.2
dst 10.0.0.2:50020
dst 10.0.0.1:https
dst 0.0.0.0
dst [2001:db8::1]:443
dst *:*
src *:5353
not sport = :22 or sport = :8080
sport = :22 or not src 10.0.0.1 dst 10.0.0.2
sport = :22 src 10.0.0.1 or dport = :22
sport = :22 or dport = :22 or src 10.0.0.1 and dst 10.0.0.2
sport = :22 and src 10.0.0.1 or dport = :22 and dst 10.0.0.2
sport = :22 or ( src 10.0.0.1 dst 10.0.0.2 )
sport = :22 or not ( src 10.0.0.1 dst 10.0.0.2 ) dst 10.0.0.3
not sport = :22 and dport = :22 or src 10.0.0.1
not sport = :22 or not dport = :22 and not src 10.0.0.1
sport = :22 or dport = :22 and src 10.0.0.1
sport = :22 or dport = :22 src 10.0.0.1
dport = :22 src 10.0.0.1 or sport = :8080
sport = :8080 or dport = :22 dst 10.0.0.1 not src 10.0.0.2
not sport = :22 sport = :8080
! sport = :22 sport = :8080
not not sport = :22
! ( sport = :22 or dport = :22 )
( dport = :ssh or sport = :ssh )
( sport = :22 or sport = :8080 ) and not ( dst 10.0.0.3 or dst 10.1/16 )
sport = :22 & src 10.0.0.1
sport = :22 && src 10.0.0.1
sport = :22 | sport = :21
sport = :22 || sport = :21
state established
state ESTABLISHED
state connected
state synchronized
state bucket
state big
state all
state listening
state closed
state close
state unconnected
state time-wait
state TIME-WAIT
state fin-wait-2
state close-wait
state syn-recv
exclude established
excl listening
exclude connected
exclude time-wait exclude listening
state connected exclude time-wait
state connected exclude established
exclude time-wait state connected
exclude time-wait state time-wait
state established state listening
state established sport = :22
state established ( sport = :22 or dport = :22 )
state listening sport = :22 or sport = :8080
state established sport = :22 or sport = :8080 dst 10.0.0.2
state connected not dst 10.0.0.1
dev lo
dev = lo
dev == lo
state listening dev != lo
dev 1
state listening dev 0
dev lo or sport = :22
state established dev lo
state connected dev != lo
dev 0
fwmark = 0x12
fwmark 18
fwmark = 022
fwmark = 0x10/0xf0
state established fwmark != 0x12/0xff
fwmark = 0x10/0xf0 or sport = :443
state connected not fwmark = 0x11
"""

UNIX = """
src *.sock
src /tmp/*
src */a.sock
src *A.SOCK
src @netwatch*
src @NETWATCH-filter
src unix:*a.sock
src = *a.sock
src *B?SOCK
src *[ab].sock
autobound
not autobound
state listening
state connected
state established
state big
state bucket
state listening src *a.sock
not src *a.sock or autobound
sport = 22
dport = 0
not dport = 0
"""


@pytest.fixture(scope="module")
def load(here: Netns, anyones_folder: Path) -> Iterator[Child]:
    for address in ADDRESSES:
        subprocess.run(["ip", "-n", here.name, "addr", "add", address, "dev", "lo"], check=True)
    for address in ADDRESSES6:
        subprocess.run(["ip", "-n", here.name, "addr", "add", address, "dev", "lo", "nodad"], check=True)
    with Child("tests.support.kernel_filter", str(anyones_folder), netns=here) as child:
        child.ask(["t", ""])
        yield child


def listed(netns: Netns, letters: str, expression: str) -> list[list[str]]:
    """What ss prints, as `kernel_filter.shown` has it."""
    _, printed = ss(netns, f"-{letters}anHO", *expression.split())
    rows = []
    for line in printed:
        words = line.split()
        if letters == "x":
            rows.append([words[0], words[-3]])
        else:
            rows.append([words[0] if len(letters) > 1 else "tcp", *map(_comparable, words[-2:])])
    return sorted(rows)


def _comparable(end: str) -> str:
    """An end as both can print it.

    ss has a star for `[::]` also where it does not know of IPV6_V6ONLY, and always asks to which device a connection
    is bound, which here is known only if something needs it.
    """
    return re.sub(r"^\*(?=:)", "[::]", end).replace("%lo:", ":")


def ours_of(load: Child, letters: str, expression: str) -> list[list[str]]:
    """What the program chooses, in the same form."""
    return sorted([netid, *map(_comparable, ends)] for netid, *ends in load.ask([letters, expression]))


def agree(netns: Netns, load: Child, letters: str, expression: str) -> list[list[str]]:
    for _ in range(3):  # a socket may leave TIME-WAIT between two looks
        theirs = listed(netns, letters, expression)
        ours = ours_of(load, letters, expression)
        if ours == theirs:
            break
    assert ours == theirs
    return theirs


@pytest.mark.parametrize("expression", INET.strip().splitlines())
def test_an_expression_of_ss_chooses_the_same_internet_sockets(here: Netns, load: Child, expression: str) -> None:
    agree(here, load, "tuw", expression)


@pytest.mark.parametrize("expression", UNIX.strip().splitlines())
def test_an_expression_of_ss_chooses_the_same_unix_sockets(here: Netns, load: Child, expression: str) -> None:
    agree(here, load, "x", expression)


def test_the_sockets_are_of_many_kinds(here: Netns, load: Child) -> None:
    every = agree(here, load, "tuw", "src *")
    assert len(every) >= 25
    for state in ("listening", "established", "closed", "close-wait"):
        assert agree(here, load, "tuw", f"state {state}")


@pytest.mark.parametrize("expression", ["src [::]", "src ::/0"])
def test_an_ipv6_network_has_no_ipv4_sockets(here: Netns, load: Child, expression: str) -> None:
    """ss compares the bytes of raw sockets, which the kernel does not filter for it, without regard to the family."""
    theirs = [row for row in listed(here, "tuw", expression) if row[0] != "raw"]
    assert ours_of(load, "tuw", expression) == theirs


@pytest.mark.parametrize("expression", ["autobound", "not autobound"])
def test_who_lets_the_kernel_choose_a_port_is_autobound(here: Netns, load: Child, expression: str) -> None:
    """Of what the kernel says, ss leaves out the ports that are not where the range of ports lets it expect them."""
    ours = ours_of(load, "tu", expression)
    theirs = listed(here, "tu", expression)
    assert theirs
    assert [row for row in theirs if row not in ours] == []


def test_who_asked_for_a_high_port_is_not_autobound(here: Netns, load: Child) -> None:
    asked_for = ["tcp", "10.0.0.1:50001", "10.0.0.1:22"]
    assert asked_for in load.ask(["t", "not autobound"])
    assert asked_for not in load.ask(["t", "autobound"])


@pytest.fixture
def cgroup() -> Iterator[Path]:
    """A cgroup of our own."""
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    mount = next((line.split()[4] for line in mounts if " - cgroup2 " in line), None)
    if mount is None:
        pytest.skip("cgroup2 is not mounted")
    made = Path(mount, f"netwatch-test-{os.getpid()}")
    try:
        made.mkdir()
    except OSError as error:
        pytest.skip(f"no cgroup can be made: {error.strerror}")
    yield made
    made.rmdir()


def test_sockets_are_chosen_by_the_cgroup_in_which_they_were_made(there: Netns, cgroup: Path) -> None:
    inside = ["nsenter", f"--net=/run/netns/{there.name}"]  # `ip netns exec` would hide the cgroups

    def ports(*command: str) -> list[str]:
        done = subprocess.run([*inside, *command], cwd=ROOT, capture_output=True, text=True, check=True)
        return sorted(word for word in done.stdout.split() if word.startswith("127.0.0.1:"))

    ours, theirs = (sys.executable, "-m", "netwatch_tui", "--once", "-H", "-u"), ("ss", "-uanH")
    with Child("tests.support.kernel_holder", before=inside) as holder:
        holder.ask(["udp"])
        (outside,) = ports(*theirs)
        (cgroup / "cgroup.procs").write_text(str(holder.pid))
        holder.ask(["udp"])
        for path in (str(cgroup), f"/{cgroup.name}"):
            (found,) = ports(*ours, f"cgroup = {path}")
            assert found != outside
            assert ports(*ours, f"cgroup != {path}") == [outside]
        assert ports(*theirs, f"cgroup = {cgroup}") == [found]
        assert ports(*theirs, f"cgroup != {cgroup}") == [outside]


def test_who_may_not_know_marks_is_told_so(here: Netns, load: Child) -> None:
    with Child("tests.support.kernel_look", "", str(NOBODY), netns=here) as looker:
        printed, said = looker.ask({"told": ["--once", "-tanH", "fwmark = 0x12"]})
    assert printed == ""
    assert "netwatch-tui: fwmark is not known: the kernel tells it to CAP_NET_ADMIN only" in said.splitlines()


@pytest.mark.parametrize(
    "expression",
    [
        "dport = :22 or sport = :22",
        "fwmark = 0x12",
        "dev lo",
        "state listening sport = :ssh",
        "src 10.0.0.1",
    ],
)
def test_the_command_line_lists_the_same_lines(here: Netns, load: Child, expression: str) -> None:
    command = here.command(sys.executable, "-m", "netwatch_tui", "--once", "-tanH", expression)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    ours = [line.split() for line in done.stdout.splitlines()]
    assert sorted([row[0], *map(_comparable, row[4:6])] for row in ours) == listed(here, "t", expression)
