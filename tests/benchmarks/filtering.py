"""How long filters take over 100,000 sockets.

The sockets are made up, held by 50 processes, one of which is called nginx, with 100,000 different peers. Each filter
is compiled and applied anew in every round; what is told is the median in milliseconds of processor time, so that a
busy machine counts less.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from statistics import median

from netwatch_tui.fields.moment import Moment
from netwatch_tui.query import parse
from netwatch_tui.sockets.ownership import Owner
from netwatch_tui.sockets.socket import Address, Socket, State
from tests.benchmarks.report import Table, duration, so_many
from tests.benchmarks.results import Part, Results, Settings
from tests.support.build import process, tcp

SOCKETS = 100_000
BAR = 60.0
"""Milliseconds for the first filter."""
FILTERS = (
    "port:443 or process:nginx",
    "port:443",
    "process:nginx",
    "sport = :443 or dport = :443",
    "not state established src 10.0.0.1",
    "peer:10.1.0.0/16",
    "443",
    "nginx",
    "10.1.2.",
    "cmd:/--port=4\\d+/",
    "is:public",
    "-state:time-wait user:www recvq:>0",
)


def made_up(count: int) -> list[Socket]:
    """That many sockets, all different."""
    processes = [process(1000 + number, "nginx" if number == 7 else f"worker{number}") for number in range(50)]
    template = tcp("10.0.0.1:80", "10.1.0.0:5", owner_reason=None, user="www-data", uid=33)
    sockets = []
    for number in range(count):
        packed = bytes([10, 1 + (number >> 16), number >> 8 & 255, number & 255])
        holder = processes[number % 50]
        sockets.append(
            template._replace(
                id=number,
                inode=number,
                local_port=(443, 80, 8080, 22)[number % 4] if number % 25 == 0 else 30_000 + number % 20_000,
                peer=Address(4, packed, ".".join(map(str, packed))),
                peer_port=1024 + number % 60_000,
                owners=(Owner(holder.pid, 3 + number // 50, holder),),
                state=State.TIME_WAIT if number % 10 == 0 else State.ESTAB,
            )
        )
    return sockets


def measured(text: str, sockets: Sequence[Socket], rounds: int) -> tuple[list[float], int]:
    """Seconds of each round of one filter, and how many sockets it chooses."""
    moment, spent, chosen = Moment(0.0, {}), [], 0
    for _ in range(rounds):
        start = time.process_time()
        matches = parse(text).compile(moment)
        chosen = len([socket for socket in sockets if matches(socket)])
        spent.append(time.process_time() - start)
    return spent, chosen


def _measure(settings: Settings, results: Results) -> None:
    sockets, table = made_up(SOCKETS), Table(f"{so_many(SOCKETS)}, medians of {settings.rounds} rounds")
    for text in FILTERS:
        spent, chosen = measured(text, sockets, settings.rounds)
        results.keep(text, spent)
        table.put(f"`{text}`", "processor", duration(median(spent)))
        table.put(f"`{text}`", "chosen", f"{chosen:,}")
        if text == FILTERS[0]:
            results.judge(f"the filter `{text}`, {so_many(SOCKETS)}", median(spent) * 1000, " ms", BAR)
    results.tell(table)


FILTERING = Part("filtering", "choosing among many sockets by filters", _measure)
