"""The names that sockets have at this moment, for completion."""

from __future__ import annotations

from collections.abc import Iterable

from netwatch_tui.fields.format import printable
from netwatch_tui.query.language.completion import Known
from netwatch_tui.query.language.names import MachineNames
from netwatch_tui.sockets.hosts import names_hosts
from netwatch_tui.sockets.ownership import processes_of
from netwatch_tui.sockets.snapshot import Snapshot


def known_in(snapshot: Snapshot, names: MachineNames) -> Known:
    """What could be asked for among these sockets."""
    processes = processes_of(owner for each in snapshot.sockets for owner in each.owners)
    ends = {end for each in snapshot.sockets for end in (each.local, each.peer) if end.version}
    return Known(
        users=_sorted(each.user for each in snapshot.sockets),
        processes=_sorted(process.name for process in processes),
        services=_sorted(service for ports in names.services.values() for service in ports),
        units=_sorted(process.unit for process in processes),
        containers=_sorted(process.container for process in processes),
        namespaces=_sorted(snapshot.namespaces.names.values()),
        devices=_sorted(names.devices.values()),
        addresses=_sorted(end.text for end in ends),
        hosts=_sorted(host.name for host in snapshot.hosts.values()) if names_hosts(snapshot.hosts) else (),
    )


def _sorted(texts: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted({printable(text) for text in texts if text}))
