"""`--close` and `--kill`: what the screen's dialog does, for scripts."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from signal import SIGTERM
from typing import NamedTuple

from netwatch_tui.actions.act import Act, ActKind, signal_name, signal_named
from netwatch_tui.actions.aim import Aim, HeldProcess, Hit, NotHeldError, TakesAim, Target
from netwatch_tui.actions.subject import subject_of_all
from netwatch_tui.collect.collector import Collector
from netwatch_tui.fields.iso_time import iso
from netwatch_tui.modes.common import (
    MakeSource,
    choose_rows,
    complain,
    is_elsewhere,
    namespace_of,
    print_lines,
    row_choice,
    tell_if_in_vain,
)
from netwatch_tui.modes.configuration import read_configuration
from netwatch_tui.modes.once import tables_of
from netwatch_tui.output.head import Head
from netwatch_tui.output.objects import dump, socket_objects
from netwatch_tui.sockets.hosts import host_number
from netwatch_tui.sockets.needs import EVERY_NEED
from netwatch_tui.sockets.selection import LISTENING
from netwatch_tui.sockets.snapshot import Snapshot
from netwatch_tui.sockets.socket import Socket, State
from netwatch_tui.view.row_choice import RowChoice

NOT_CONFIRMED = 3
"""Exit status where nothing was done because nobody said --yes."""


def close_or_kill(options: argparse.Namespace, make_source: MakeSource) -> int:
    """Do it, or list what would be hit; returns the exit status."""
    number = _signal(options)
    if not options.filter:
        return _refuse(f"{_flag(options)} needs a filter that says what is hit")
    settings, wrong = read_configuration(options.config)
    for line in wrong:
        complain(line)
    if options.read_only or settings.read_only:
        return _refuse(f"{_flag(options)} is refused: this is read-only")
    choice = row_choice(options)
    with _seen(options, choice, make_source) as seen:
        for problem in seen.snapshot.problems:
            complain(problem.text)
        rows = choose_rows(choice, seen.snapshot)
        if number is None:
            rows = _without_listeners(rows, choice)
        if not rows:
            tell_if_in_vain(choice, rows, seen.snapshot.namespaces.others)
            return 1
        return _perform(rows, _acts(number), seen, is_sure=options.yes)


class _ToActOn(NamedTuple):
    """What is there, and who acts on it."""

    snapshot: Snapshot
    actor: TakesAim
    status: int = 0
    """The exit status if nothing else is wrong."""


@contextmanager
def _seen(options: argparse.Namespace, choice: RowChoice, make_source: MakeSource) -> Iterator[_ToActOn]:
    """Look once, at this machine or at those that are named."""
    if is_elsewhere(options):
        from netwatch_tui.hosts.fleet_actor import FleetActor
        from netwatch_tui.modes.other_machines import looking

        with looking(options, EVERY_NEED) as (fleet, snapshot, status):
            yield _ToActOn(snapshot, FleetActor(fleet), status)
        return
    from netwatch_tui.actions.actor import Actor

    source = make_source(EVERY_NEED)
    options.net = namespace_of(source, options.net)
    collector = Collector(source, tables_of(choice.selection), namespaces=options.net, needs=EVERY_NEED)
    yield _ToActOn(collector.collect(time.time()), Actor())


def _signal(options: argparse.Namespace) -> int | None:
    """The signal that is asked for; None where sockets are to be closed. A first word that is none is the filter's."""
    if options.close:
        return None
    word: str = options.kill
    if not word:
        return int(SIGTERM)
    if word.isdecimal():
        complain(f"--kill {word}: say port:{word} or pid:{word}, or a signal by its name, such as TERM (see --help)")
        raise SystemExit(2)
    number = signal_named(word)
    if number is None:
        options.filter.insert(0, word)
        return int(SIGTERM)
    return number


def _flag(options: argparse.Namespace) -> str:
    return "--close" if options.close else "--kill"


def _refuse(text: str) -> int:
    complain(f"{text} (see --help)")
    return 2


def _without_listeners(rows: Sequence[Socket], choice: RowChoice) -> list[Socket]:
    """Listeners are closed only where they are asked for, as with `ss -K`: `port:80` alone means its connections."""
    asked = [query.asked.states for query in choice.queries]
    if choice.selection.states == LISTENING or any(states and State.LISTEN in states for states in asked):
        return list(rows)
    left = [socket for socket in rows if socket.state is not State.LISTEN]
    if len(left) < len(rows):
        complain(f"listeners left alone: {len(rows) - len(left):,}; -l or state:listen closes them")
    return left


def _acts(number: int | None) -> list[Act]:
    if number is None:
        return [Act(ActKind.CLOSE), Act(ActKind.STOP_LISTENING)]
    return [Act(ActKind.SIGNAL, number)]


def _perform(rows: Sequence[Socket], acts: Sequence[Act], seen: _ToActOn, *, is_sure: bool) -> int:
    """Do it on one machine after the other; gives the exit status."""
    hits: list[Hit] = []
    is_held = True
    for those in _by_machine(rows):
        try:
            aim = seen.actor.take_aim(subject_of_all(those, seen.snapshot.sockets, ""))
        except (NotHeldError, OSError) as error:
            complain(str(error))
            is_held = False
            continue
        with ExitStack() as held:
            held.callback(aim.release)
            done = [_hit(aim, act, each, is_sure=is_sure) for act in acts for each in aim.every_target(act.kind)]
            for sentence in aim.missed:
                complain(f"on {aim.host}: {sentence}" if aim.host else sentence)
            if status := print_lines(_lines(done, seen.snapshot, aim.host, is_done=is_sure)):
                return status
        hits += done
    if hits and not is_sure:
        possible = sum(not hit.failure for hit in hits)
        complain(f"nothing was done; --yes would hit {possible:,} of {len(hits):,}")
        return NOT_CONFIRMED
    return seen.status if hits and is_held and not any(hit.failure for hit in hits) else 1


def _by_machine(rows: Iterable[Socket]) -> Iterable[Sequence[Socket]]:
    """The rows of each machine, in the order in which the machines were named."""
    found: dict[int, list[Socket]] = {}
    for row in rows:
        found.setdefault(host_number(row.netns), []).append(row)
    return [found[host] for host in sorted(found)]


def _hit(aim: Aim, act: Act, target: Target, *, is_sure: bool) -> Hit:
    """What comes of one target; of what is guarded a script hits nothing."""
    if target.guard:
        return Hit(act, target, f"left alone: it {target.guard}")
    why_not = target.denied if isinstance(target, HeldProcess) else "" if target.way else target.why_not
    if why_not or not is_sure:
        return Hit(act, target, why_not, None if isinstance(target, HeldProcess) else target.way)
    (hit,) = aim.perform(act, (target,))
    return hit


def _lines(hits: Iterable[Hit], snapshot: Snapshot, host: str, *, is_done: bool) -> Iterator[str]:
    """An object a hit, on this machine or another one."""
    names, findings, networks = snapshot.namespaces.names, snapshot.findings, snapshot.networks
    head = Head(snapshot.taken_at, "", namespaces=names, findings=findings, networks=networks, hosts=snapshot.hosts)
    for hit in hits:
        about: dict[str, object] = {
            "action": hit.act.kind,
            "done": is_done and not hit.failure,
            "error": hit.failure or None,
        }
        if host:
            about["host"] = host
        if isinstance(hit.target, HeldProcess):
            process = hit.target.process
            about |= {
                "signal": signal_name(hit.act.signal),
                "pid": process.own_pid,
                "name": process.name,
                "user": process.user or None,
                "started": iso(process.create_time) if process.create_time else None,
            }
        else:
            (told,) = socket_objects((hit.target.socket,), head)
            about |= {"way": hit.way, "socket": told}
        yield dump(about)
