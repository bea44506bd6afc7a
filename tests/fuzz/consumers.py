"""All that the program does with what it has read, without a screen: whatever was let in must be shown and written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random

from netwatch_tui.fields.catalogue import COLUMNS, FIELDS
from netwatch_tui.fields.moment import Moment
from netwatch_tui.output.head import Head
from netwatch_tui.output.registry import FORMATS, write_lines
from netwatch_tui.play.session import Session
from netwatch_tui.query import EVERYTHING, parse
from netwatch_tui.sockets.delta import Delta
from netwatch_tui.sockets.needs import NOTHING_MORE
from netwatch_tui.sockets.snapshot import Counts, Snapshot
from netwatch_tui.sockets.socket import Socket
from netwatch_tui.ui.wall_clock import date_and_time
from netwatch_tui.view.copies import copies
from netwatch_tui.view.details import describe
from netwatch_tui.view.groupings import GROUPINGS
from netwatch_tui.view.similar_conditions import similar_conditions
from netwatch_tui.view.socket_details import SocketDetails
from netwatch_tui.view.spec import ViewSpec
from tests.fuzz.runner import Wrong
from tests.support.recordings import record, replayed

QUERIES = [EVERYTHING, *map(parse, ("port:443", "nginx", "age:<10s", "is:public or user:-", "local:10.0.0.0/8"))]


@contextmanager
def file_of(data: bytes) -> Iterator[str]:
    """The path of a regular file in memory."""
    fd = os.memfd_create("fuzz")
    try:
        os.write(fd, data)
        yield f"/proc/self/fd/{fd}"
    finally:
        os.close(fd)


class Given:
    """Gives a session the snapshot that it was given last."""

    namespaces = ""
    needs = NOTHING_MORE

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        self.snapshot = snapshot

    def collect(self, _: float) -> Snapshot:
        assert self.snapshot is not None
        return self.snapshot


def consume(random: Random, snapshots: Sequence[Snapshot]) -> None:
    """Show, write and record snapshots.

    Raises:
        Exception: Whatever goes wrong.
    """
    given = Given()
    session = Session(given, ViewSpec(columns=tuple(field.id for field in FIELDS)), lambda _: None)
    for snapshot in snapshots:
        _check_counts(snapshot)
        given.snapshot = snapshot
        subject = random.choice(snapshot.sockets).id if snapshot.sockets else None
        session.show(
            session.spec._replace(
                query=random.choice(QUERIES),
                sort=random.choice(FIELDS).id,
                grouping=random.choice(("", *GROUPINGS)),
                descending=random.random() < 0.5,
                subject=subject,
            ),
            snapshot.taken_at,
        )
        view = session.tick(snapshot.taken_at)
        assert view is not None
        date_and_time(snapshot.taken_at)
        for problem in snapshot.problems:
            f"{problem.text} {problem.times:,}"
        for socket in snapshot.sockets:
            _show(socket, view.moment, snapshot)
        head = Head(snapshot.taken_at, "host", (), snapshot.namespaces.names, flows=snapshot.flows)
        for format in FORMATS:
            for line in write_lines(format, snapshot.sockets, head):
                line.encode(errors="backslashreplace")
    again, recording = replayed(record(snapshots))
    if recording.is_broken or [(each.sockets, each.flows) for each in again] != [
        (each.sockets, each.flows) for each in snapshots
    ]:
        raise Wrong(f"what was read is not written as it was: {recording.ended}")


def _show(socket: Socket, moment: Moment, snapshot: Snapshot) -> None:
    for field in FIELDS:
        field.value(socket, moment)
        field.key(socket, moment)
        check_plain(field.clip(field.text(socket, moment), 12))
    for section in describe(SocketDetails(socket, flow=snapshot.flows.get(socket.id)), moment, date_and_time):
        for text in (section.title, *(fact.value for fact in section.facts)):
            check_plain(text)
    similar_conditions(socket, moment)
    copies(socket, COLUMNS, moment, snapshot.namespaces.own)


def check_plain(text: str) -> None:
    """What is shown can neither move the cursor nor break the line."""
    if not text.isprintable():
        raise Wrong(f"harmful: {text[:300]!r}")


def _check_counts(snapshot: Snapshot) -> None:
    every = Counts().after(Delta(opened=snapshot.sockets))
    if every != snapshot.counts:
        raise Wrong(f"{dict(snapshot.counts.by_state)} of {dict(every.by_state)}")
    if len({socket.id for socket in snapshot.sockets}) < len(snapshot.sockets):
        raise Wrong("two sockets have one id")
