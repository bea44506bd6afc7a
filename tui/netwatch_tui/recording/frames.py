"""Frames of a recording back to the snapshots that they were; `file_format` says what stands in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from netwatch_tui.recording.codec import decode, decode_change, decode_networks, decode_process, decode_process_details
from netwatch_tui.recording.event_codec import decode_event, known_sockets
from netwatch_tui.recording.shapes import (
    MOMENT,
    PORTION,
    SPAN,
    Shape,
    ShapeError,
    by_name,
    list_of,
    members,
    named,
    numbered,
    or_null,
    shape_of,
    shapes_of,
    shown,
    tuple_of,
)
from netwatch_tui.sockets.capture_status import CaptureStatus
from netwatch_tui.sockets.delta import Change, Delta, diff
from netwatch_tui.sockets.descriptor_use import NO_DESCRIPTOR_USES, DescriptorUse, DescriptorUses
from netwatch_tui.sockets.flow import Flow
from netwatch_tui.sockets.health import HealthWatch
from netwatch_tui.sockets.hosts import NO_HOSTS, HostStatus
from netwatch_tui.sockets.networks import NO_NETWORKS, Networks
from netwatch_tui.sockets.ownership import NO_PROCESS_DETAILS, Process
from netwatch_tui.sockets.snapshot import Counts, Problem, Seen, Snapshot
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.sockets.socket_events import SocketEvent
from netwatch_tui.sockets.traffic import Traffic
from netwatch_tui.sockets.unseen import Unseen

_TellsT = TypeVar("_TellsT")

_PARTS: dict[str, Shape] = {
    "t": MOMENT,
    "cost": SPAN,
    "processes": numbered(decode_process),
    "problems": list_of(shape_of(Problem, {})),
    "namespaces": shape_of(Seen, {}),
    "unseen": shape_of(Unseen, {}),
    "process_details": numbered(or_null(decode_process_details)),
    "networks": numbered(decode_networks),
    "flows": numbered(or_null(shape_of(Flow, {"read_at": MOMENT}))),
    "traffic": by_name(shape_of(Traffic, {})),
    "hosts": numbered(shape_of(HostStatus, {"as_of": or_null(MOMENT), "retry_at": or_null(MOMENT)})),
    "capture": or_null(shape_of(CaptureStatus, {})),
    "descriptors": numbered(tuple_of(DescriptorUse, shapes_of(DescriptorUse, {}))),
}
"""What a frame has besides sockets."""

_NEEDED = ("t", "cost")
ALL_SOCKETS = "sockets"
"""The member that a frame has from which it can be gone on without any before."""


class Frames:
    """Reads frames one after the other. After one that is refused, the next must have all sockets."""

    def __init__(self, thresholds: Mapping[str, float]) -> None:
        """Begin before the first frame, with these thresholds of problems, as in `HealthWatch`."""
        self._sockets: dict[int, Socket] = {}
        self._processes: dict[int, Process] = {}
        self._last: Snapshot | None = None
        self._networks: Networks = NO_NETWORKS
        self._details = NO_PROCESS_DETAILS
        self._descriptors: DescriptorUses = NO_DESCRIPTOR_USES
        self._flows: Mapping[int, Flow] = {}
        self._capture: CaptureStatus | None = None
        self.health = HealthWatch(thresholds)
        """What is wrong by now."""
        self._resumes = False

    def resume(self, health: HealthWatch) -> None:
        """Begin with a frame in the middle, which has all sockets, and after which it was known what is wrong."""
        self.health, self._resumes = health.copy(), True

    def next(self, frame: Mapping[str, Any], *, skipped: bool = False) -> Snapshot:
        """The snapshot of a frame.

        Args:
            frame: Any object.
            skipped: Frames before it could not be read, so that its own account of what happened means nothing: what
                is different from the last one that could be read is told instead.

        Raises:
            ShapeError: It is none, or none that follows from what was read.
        """
        is_whole = ALL_SOCKETS in frame
        if (self._last is None or skipped) and not is_whole:
            raise ShapeError("sockets is missing")
        if skipped:
            frame = {name: part for name, part in frame.items() if name != "events"}
        parts = members(_PARTS, frame, _NEEDED if self._last else (*_NEEDED, "namespaces"))
        processes = parts.get("processes", {})
        self._processes = processes if is_whole else {**self._processes, **processes} if processes else self._processes
        self._descriptors = parts.get("descriptors", NO_DESCRIPTOR_USES if is_whole else self._descriptors)
        self._details = _after(NO_PROCESS_DETAILS if is_whole else self._details, parts.get("process_details", {}))
        self._flows = _after({} if is_whole else self._flows, parts.get("flows", {}))
        self._capture = parts.get("capture", None if is_whole else self._capture)
        self._networks = parts.get("networks", NO_NETWORKS if is_whole else self._networks)
        return self._whole(frame, parts, skipped=skipped) if is_whole else self._following(frame, parts)

    def _whole(self, frame: Mapping[str, Any], parts: Mapping[str, Any], *, skipped: bool) -> Snapshot:
        every: tuple[Socket, ...] = _part(frame, ALL_SOCKETS, partial(decode, processes=self._processes))
        after = {socket.id: socket for socket in every}
        if len(after) < len(every):
            raise ShapeError("two sockets have the same id", ALL_SOCKETS)
        delta = diff(self._sockets, after) if skipped and self._last else Delta()
        if not (skipped or (self._resumes and self._last is None)):
            delta = self._delta(frame, after)
        return self._snapshot(frame, parts, after, tuple(after.values()), delta, Counts().after(Delta(opened=every)))

    def _following(self, frame: Mapping[str, Any], parts: Mapping[str, Any]) -> Snapshot:
        last = self._last
        if last is None:
            raise ShapeError("sockets is missing")
        delta = self._delta(frame, {})
        if delta.is_empty:
            return self._snapshot(frame, parts, self._sockets, last.sockets, delta, last.counts)
        after = dict(self._sockets)
        try:
            delta.apply(after)
        except KeyError as error:
            raise ShapeError(f"{error.args[0]} is the id of no socket here") from error
        every = tuple(after.values())
        counts = last.counts.after(delta) if self._is_exact(delta) else Counts().after(Delta(opened=every))
        return self._snapshot(frame, parts, after, every, delta, counts)

    def _snapshot(
        self,
        frame: Mapping[str, Any],
        parts: Mapping[str, Any],
        after: dict[int, Socket],
        every: tuple[Socket, ...],
        delta: Delta,
        counts: Counts,
    ) -> Snapshot:
        last = self._last
        happened = delta if last or self._resumes else Delta(opened=every)
        before, self._sockets = self._sockets, after
        self._last = Snapshot(
            taken_at=parts["t"],
            sockets=every,
            delta=delta,
            counts=counts,
            cost=parts["cost"],
            problems=parts.get("problems", ()),
            namespaces=parts["namespaces"] if "namespaces" in parts or last is None else last.namespaces,
            unseen=parts.get("unseen", last.unseen if last else Unseen()),
            findings=self.health.tick(happened, parts["t"], self._descriptors, after),
            descriptors=self._descriptors,
            networks=self._networks,
            process_details=self._details,
            flows=self._flows,
            traffic=parts.get("traffic", {}),
            events=self._events(frame, delta, before, after),
            capture=self._capture,
            hosts=parts.get("hosts", last.hosts if last else NO_HOSTS),
        )
        return self._last

    def _events(
        self, frame: Mapping[str, Any], delta: Delta, before: Mapping[int, Socket], after: Mapping[int, Socket]
    ) -> tuple[SocketEvent, ...] | None:
        """What happened, where the recording tells; None where it does not, or frames before could not be read."""
        if "events" not in frame:
            return None
        known = known_sockets({socket.id: socket for socket in delta.passed}, after, before)

        def find(told: Any) -> Socket:
            if type(told) is not int:
                return decode(told, self._processes)
            socket = known(PORTION(told))
            if socket is None:
                raise ShapeError(f"{told} is the id of no socket here")
            return socket

        return _part(frame, "events", partial(decode_event, find=find))

    def _is_exact(self, delta: Delta) -> bool:
        """Whether it says no more than happened, so that what is counted can be counted on from it."""
        before = self._sockets
        gone = (*delta.closed, *delta.dropped, *(change.before for change in (*delta.changed, *delta.updated)))
        come = {socket.id for socket in delta.opened}
        ids = {socket.id for socket in gone} | come
        return (
            len(ids) == len(gone) + len(delta.opened)
            and come.isdisjoint(before)
            and all(before.get(socket.id) is socket for socket in gone)
        )

    def _delta(self, frame: Mapping[str, Any], here: Mapping[int, Socket]) -> Delta:
        before = self._sockets
        change = partial(self._change, before=before, here=here)
        return Delta(
            opened=_part(frame, "opened", partial(self._socket, known=here)),
            changed=_part(frame, "changed", change),
            updated=_part(frame, "updated", change),
            closed=_part(frame, "closed", partial(self._socket, known=before)),
            dropped=_part(frame, "dropped", partial(self._socket, known=before)),
            passed=_part(frame, "passed", partial(decode, processes=self._processes)),
        )

    def _socket(self, told: Any, known: Mapping[int, Socket]) -> Socket:
        return _of_id(told, known) if type(told) is int else decode(told, self._processes)

    def _change(self, told: Any, before: Mapping[int, Socket], here: Mapping[int, Socket]) -> Change:
        if type(told) is int:
            return Change(_of_id(told, before), _of_id(told, here))
        if type(told) is list:
            if len(told) != 2:
                raise ShapeError(f"{shown(told)} is no pair of sockets")
            change = Change(decode(told[0], self._processes), decode(told[1], self._processes))
        else:
            old = _of_id(named(told).get("id"), before)
            change = Change(old, decode_change(old, told, self._processes))
        if change.before.id != change.after.id:
            raise ShapeError("two sockets with different ids")
        return change


def _after(before: Mapping[int, _TellsT], told: Mapping[int, _TellsT | None]) -> Mapping[int, _TellsT]:
    """What is told after some of it became different; the same object if nothing did."""
    if not told:
        return before
    return {number: each for number, each in {**before, **told}.items() if each is not None}


def _part(frame: Mapping[str, Any], name: str, shape: Callable[[Any], Any]) -> tuple[Any, ...]:
    """A list of a frame; empty where there is none."""
    if name not in frame:
        return ()
    try:
        found: tuple[Any, ...] = list_of(shape)(frame[name])
    except ShapeError as error:
        raise error.within(name) from error
    return found


def _of_id(told: Any, known: Mapping[int, Socket]) -> Socket:
    socket = known.get(PORTION(told))
    if socket is None:
        raise ShapeError(f"{told} is the id of no socket here")
    return socket
