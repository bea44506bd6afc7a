"""`-r` without the screen: the names of what is printed, for which it waits some seconds and no longer."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import partial
from queue import Empty, SimpleQueue

from netwatch_tui.collect.host_name_cache import HostNameCache
from netwatch_tui.kernel.hosts_file import HostsFile
from netwatch_tui.kernel.reverse_lookup import LookUp, look_up, look_up_behind
from netwatch_tui.modes.common import complain
from netwatch_tui.sockets.host_names import HostNames, NameAnswer, nameable_ends
from netwatch_tui.sockets.socket import Socket

LOOK_UPS_LAST = 5.0
"""Seconds for all of them together: who waits longer for one table thinks that the program hangs."""


def names_of_rows(rows: Iterable[Socket], find: LookUp = look_up, lasts: float = LOOK_UPS_LAST) -> HostNames:
    """What the addresses of these sockets are called, and a word of how many got no answer.

    Args:
        rows: What is printed.
        find: Finds a name; called in threads.
        lasts: Seconds after which nothing more is waited for.
    """
    wanted = nameable_ends(rows)
    answers: SimpleQueue[NameAnswer] = SimpleQueue()
    names = HostNameCache(HostsFile(), partial(look_up_behind, tell=answers.put, find=find), len(wanted))
    end = time.monotonic() + lasts
    names.look(wanted, time.monotonic())
    while names.is_looking:
        try:
            answer = answers.get(timeout=max(end - time.monotonic(), 0.0))
        except Empty:
            break
        names.take(answer, time.monotonic())
    if unanswered := names.unanswered(wanted):
        complain(f"-r: no answer for {unanswered:,} of {len(wanted):,} addresses in {lasts:g} s: they are numbers")
    return names.names
