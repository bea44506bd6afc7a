"""What is hit, what will happen and what came of it, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from netwatch_tui.actions.act import Act, ActKind, Way, signal_meaning, signal_name
from netwatch_tui.actions.aim import Aim, HeldProcess, HeldSocket, Hit, Target
from netwatch_tui.actions.subject import Holding
from netwatch_tui.fields.format import both_ends, clip, duration
from netwatch_tui.fields.holders import process_name
from netwatch_tui.sockets.ownership import Process
from netwatch_tui.sockets.socket import State

_MOST_NAMED = 3
"""Things that a sentence names one by one; of more it tells how many."""
_LONGEST_NAME = 60
"""Cells of a name in a sentence: a process chooses its own, of up to 255 bytes."""


def process_title(process: Process) -> str:
    """`nginx (17179)`."""
    return f"{_name(process)} ({process.own_pid})"


def _name(process: Process) -> str:
    return clip(process_name(process.name), _LONGEST_NAME)


def subject_lines(aim: Aim, label: str, now: float) -> list[str]:
    """What is aimed at, by identity: the processes with all that ends with them, the sockets, and what is not there.

    Args:
        aim: What is held.
        label: What a person calls it; empty for one socket.
        now: Seconds since the epoch.
    """
    lines = []
    held = _holding(aim.holding)
    if len(aim.processes) == 1:
        process = aim.processes[0].process
        started = f", started {duration(now - process.create_time)} ago" if process.create_time else ""
        user = f", as {clip(process.user, _LONGEST_NAME)}" if process.user else ""
        lines.append(f"{_name(process)}, pid {process.own_pid}{started}{user}: {held}")
    elif aim.processes:
        lines.append(f"{_count(len(aim.processes), 'process', 'processes')}: {_names(aim.processes)}: {held}")
    sockets = (*aim.listeners, *aim.connections)
    if len(sockets) == 1:
        (only,) = sockets
        lines.append(f"{both_ends(only.socket)}, {only.socket.state}")
    elif label:
        lines.append(f"{label[:1].upper()}{label[1:]}: {_socket_counts(aim)}")
    lines = [*lines, *(f"{sentence}." for sentence in _few(aim.missed))]
    return [f"On {aim.host}:", *lines] if aim.host else lines


def _holding(holding: Holding) -> str:
    counts = (
        (holding.listeners, "listener", "listeners"),
        (holding.connections, "connection", "connections"),
        (holding.others, "other socket", "other sockets"),
    )
    parts = [_count(*count) for count in counts if count[0]] or ["no sockets"]
    if holding.sharers:
        more = _count(holding.sharers, "more process shares", "more processes share")
        parts.append(f"{more} {'it' if sum(count[0] for count in counts) == 1 else 'them'}")
    return ", ".join(parts)


def _socket_counts(aim: Aim) -> str:
    connections = sum(bool(each.socket.peer_port) for each in aim.connections)
    return _holding(Holding(len(aim.listeners), connections, len(aim.connections) - connections, 0))


def _names(processes: Sequence[HeldProcess]) -> str:
    """`nginx 12, 13, 14; sshd 99`."""
    pids: dict[str, list[int]] = {}
    for each in processes:
        pids.setdefault(_name(each.process), []).append(each.process.own_pid)
    return "; ".join(_few([f"{name} {', '.join(_few(list(map(str, each))))}" for name, each in pids.items()]))


def _few(texts: Sequence[str]) -> list[str]:
    """The first ones, and how many more there are."""
    if len(texts) <= _MOST_NAMED:
        return list(texts)
    return [*texts[:_MOST_NAMED], f"and {len(texts) - _MOST_NAMED:,} more"]


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def act_title(act: Act) -> str:
    """The name of an act in a list."""
    match act.kind:
        case ActKind.SIGNAL:
            return signal_name(act.signal)
        case ActKind.CLOSE:
            return "Close"
        case ActKind.CLOSE_ACCEPTED:
            return "Close connections"
        case ActKind.STOP_LISTENING:
            return "Stop listening"


def act_question(act: Act, targets: Sequence[Target], host: str = "") -> str:
    """What is about to be done: `Send TERM to nginx (17179)?`, and on which machine if it is another one."""
    names = f"{_target_names(targets)}{_on(host)}"
    match act.kind:
        case ActKind.SIGNAL:
            return f"Send {signal_name(act.signal)} to {names}?"
        case ActKind.STOP_LISTENING:
            return f"Stop {names} from listening?"
        case _:
            return f"Close {names}?"


def _on(host: str) -> str:
    return f" on {host}" if host else ""


def act_effect(act: Act, targets: Sequence[Target]) -> str:
    """What it does, at both ends of what it hits."""
    if act.kind is ActKind.SIGNAL:
        return signal_meaning(act.signal)
    sockets = [each for each in targets if isinstance(each, HeldSocket)]
    effects = list(dict.fromkeys(_effect(each) for each in sockets))
    return "; ".join(effects)


def _effect(target: HeldSocket) -> str:
    socket = target.socket
    if target.way is Way.DESTROY:
        if socket.state is State.LISTEN:
            return "accept(2) fails with EINVAL; connections that it took stay; programs rarely listen again"
        if not socket.inode:
            return "the kernel forgets it; nobody holds it"
        peer = ", the peer gets RST" if socket.netid == "tcp" else ""
        return f"the kernel aborts it: who holds it gets ECONNABORTED{peer}"
    if socket.state is State.LISTEN:
        return "shutdown(2) in its holder: accept(2) fails for every process that shares it"
    peer = ", a TCP peer gets FIN" if socket.netid in ("tcp", "mptcp") else ""
    return f"shutdown(2) in its holder: every process that shares it reads end of file{peer}"


def way_note(targets: Sequence[Target]) -> str:
    """Why sockets are not closed by the kernel itself; empty where they are."""
    reasons = {each.why_not for each in targets if isinstance(each, HeldSocket) and each.way is Way.SHUTDOWN}
    return "; ".join(_few([f"not by SOCK_DESTROY: {reason}" for reason in sorted(filter(None, reasons))]))


def _target_names(targets: Sequence[Target]) -> str:
    if len(targets) == 1:
        return target_name(targets[0])
    first = targets[0]
    if isinstance(first, HeldProcess):
        return f"{len(targets):,} processes"
    return f"{len(targets):,} {'listeners' if first.socket.state is State.LISTEN else 'sockets'}"


def target_name(target: Target) -> str:
    """What a sentence calls one thing that is hit."""
    return process_title(target.process) if isinstance(target, HeldProcess) else both_ends(target.socket)


def guard_lines(targets: Sequence[Target]) -> list[str]:
    """A sentence for each thing that should not be hit by accident."""
    return _few([f"{target_name(each)} {each.guard}." for each in targets if each.guard])


def hits_sentence(hits: Sequence[Hit], host: str = "") -> str:
    """What came of it on a machine, the failures by their names."""
    done, failed = [hit for hit in hits if not hit.failure], [hit for hit in hits if hit.failure]
    parts = []
    if done:
        parts.append(f"{_done(done, host)}.")
    if failed and len(hits) > 1:
        reasons = Counter(hit.failure for hit in failed)
        why = "; ".join(_few([f"{times:,} {reason}" for reason, times in reasons.most_common()]))
        parts.append(f"{len(failed):,} failed{_on(host)}: {why}.")
    elif failed:
        parts.append(f"{target_name(failed[0].target)}{_on(host)}: {failed[0].failure}.")
    return " ".join(parts)


def _done(hits: Sequence[Hit], host: str) -> str:
    act, names = hits[0].act, f"{_target_names([hit.target for hit in hits])}{_on(host)}"
    match act.kind:
        case ActKind.SIGNAL:
            return f"Sent {signal_name(act.signal)} to {names}"
        case ActKind.STOP_LISTENING:
            return f"Stopped {names} from listening"
        case _:
            by = "" if hits[0].way is Way.DESTROY else ", by shutdown(2) in its holder"
            return f"Closed {names}{by}"


def nothing_can_be_done(sockets: Sequence[HeldSocket]) -> list[str]:
    """Why sockets can't be closed, a line a reason."""
    reasons = Counter(each.why_not for each in sockets if each.way is None)
    if len(sockets) == 1:
        return [f"It can't be closed: {why}." for why in reasons]
    told = reasons.most_common()
    return _few([f"{times:,} of {len(sockets):,} sockets can't be closed: {why}." for why, times in told])


def waiting_sentence(left: Sequence[HeldProcess], seconds: float) -> str:
    """While these have not ended yet."""
    return f"Waiting for {_target_names(left)} to end... {seconds:.0f} s"


def ended_sentence(awaited: Sequence[HeldProcess], left: Sequence[HeldProcess], seconds: float) -> str:
    """What became of those whose end was waited for, and of those that are left."""
    if not left:
        return f"{'It' if len(awaited) == 1 else 'All'} ended after {seconds:.1f} s."
    return f"{_names(left)} still {'runs' if len(left) == 1 else 'run'}."


def end_unknown_sentence(awaited: Sequence[HeldProcess], why: str) -> str:
    """Where it can't be known any more what became of them; why is the end of a sentence."""
    return f"Whether {'it has' if len(awaited) == 1 else 'they have'} ended is not known: {why}."
