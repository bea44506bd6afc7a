"""How long filters take over 100,000 sockets. Run as `python -m tests.benchmarks.filtering [FILTER ...]`.

The sockets are made up, held by 50 processes, one of which is called nginx, with 100,000 different peers. Each filter
is compiled and applied anew in every round; what is printed is the median in milliseconds of processor time, so that a
busy machine counts less. The bar of the project is 60 ms for the first.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence

from netwatch_tui.fields.moment import Moment
from netwatch_tui.query import parse
from netwatch_tui.sockets.ownership import Owner
from netwatch_tui.sockets.socket import Address, Socket, State
from tests.support.build import process, tcp

SOCKETS = 100_000
ROUNDS = 9
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


def measured(text: str, sockets: Sequence[Socket]) -> tuple[float, int]:
    """Median milliseconds of one filter, and how many sockets it chooses."""
    moment, spent, chosen = Moment(0.0, {}), [], 0
    for _ in range(ROUNDS):
        start = time.process_time()
        matches = parse(text).compile(moment)
        chosen = len([socket for socket in sockets if matches(socket)])
        spent.append(time.process_time() - start)
    return statistics.median(spent) * 1000, chosen


def main(arguments: Sequence[str]) -> None:
    """Print one line a filter."""
    sockets = made_up(SOCKETS)
    sys.stdout.write(f"{len(sockets):,} sockets, median of {ROUNDS} rounds\n")
    for text in arguments or FILTERS:
        milliseconds, chosen = measured(text, sockets)
        sys.stdout.write(f"{milliseconds:8.1f} ms {chosen:8,} chosen  {text}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
