"""Sockets as a recording writes them: every field of `Socket` by its name, what goes without saying left out.

Three kinds of fields have a form of their own:

- `local`, `peer`: the address as text; `[version, bytes in hex, text]` where the text does not tell the rest.
- `owners`: `[process, fd]` for each, where `process` is the number of a process that the recording has described;
  `[process, fd, pid]` should the pid differ from that process's.
- `timer`: `[name, seconds left]`.
"""

from __future__ import annotations

import socket as net
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from netwatch_tui.sockets.ownership import Owner, OwnerReason, Process
from netwatch_tui.sockets.socket import Address, Family, Socket, State, Timer

Number = Callable[[Process], int]
"""Gives the number under which a process is described."""

_NEEDED = object()

_DEFAULTS: dict[str, Any] = {
    **Socket._field_defaults,
    "was_there": False,
    "owners": (),
    "owner_reason": None,
    "evidence": (),
    "recv_q": 0,
    "send_q": 0,
}
"""Values that are not written."""

_FIELDS = [(name, _DEFAULTS.get(name, _NEEDED)) for name in Socket._fields]


def encode(socket: Socket, number: Number) -> dict[str, Any]:
    """All about a socket."""
    return {
        name: _encode_field(name, value, number)
        for (name, default), value in zip(_FIELDS, socket, strict=True)
        if value != default
    }


def encode_change(before: Socket, after: Socket, number: Number) -> dict[str, Any]:
    """What is different about a socket, and its id."""
    fields = zip(Socket._fields, before, after, strict=True)
    changed = {name: _encode_field(name, new, number) for name, old, new in fields if old is not new and old != new}
    return {"id": after.id, **changed}


def decode(data: Mapping[str, Any], processes: Mapping[int, Process]) -> Socket:
    """The socket that `encode` wrote. Fields that are not known are left aside.

    Raises:
        LookupError, TypeError, ValueError: It is none.
    """
    return Socket._make(
        default if name not in data and default is not _NEEDED else _decode_field(name, data[name], processes)
        for name, default in _FIELDS
    )


def decode_change(before: Socket, data: Mapping[str, Any], processes: Mapping[int, Process]) -> Socket:
    """The socket after what `encode_change` wrote.

    Raises:
        LookupError, TypeError, ValueError: It is no change of a socket.
    """
    known = data.keys() & before._fields
    return before._replace(**{name: _decode_field(name, data[name], processes) for name in known})


def encode_process(process: Process) -> dict[str, Any]:
    """All that is known of a process."""
    return process._asdict()


def decode_process(data: Mapping[str, Any]) -> Process:
    """The process that `encode_process` wrote.

    Raises:
        LookupError, TypeError, ValueError: It is none.
    """
    fields = {name: data[name] for name in Process._fields if name in data}
    return Process(**{**fields, "cmdline": tuple(data["cmdline"])})


@lru_cache(65_536)
def plain_address(text: str) -> Address:
    """What a text means where nothing else is said: an IP address if it is one, else a name."""
    try:
        return Address(
            *((6, net.inet_pton(net.AF_INET6, text)) if ":" in text else (4, net.inet_pton(net.AF_INET, text))), text
        )
    except (OSError, ValueError):
        return Address(0, text.encode("utf-8", "surrogateescape"), text)


def _encode_field(name: str, value: Any, number: Number) -> Any:
    match name:
        case "local" | "peer":
            address: Address = value
            if _is_plain(address):
                return address.text
            return [address.version, address.packed.hex(), address.text]
        case "owners" | "evidence":
            return [
                [number(process), fd] if pid == process.pid else [number(process), fd, pid]
                for pid, fd, process in value
            ]
        case _:
            return value


def _decode_field(name: str, value: Any, processes: Mapping[int, Process]) -> Any:
    match name:
        case "local" | "peer":
            if isinstance(value, str):
                return plain_address(value)
            version, packed, text = value
            return Address(version, bytes.fromhex(packed), text)
        case "owners" | "evidence":
            return tuple(_owner(owner, processes) for owner in value)
        case "timer":
            return None if value is None else Timer._make(value)
        case "state":
            return State(value)
        case "family":
            return Family(value)
        case "owner_reason":
            return None if value is None else OwnerReason(value)
        case _:
            return value


def _owner(data: Sequence[int], processes: Mapping[int, Process]) -> Owner:
    process = processes[data[0]]
    return Owner(data[2] if len(data) > 2 else process.pid, data[1], process)


@lru_cache(65_536)
def _is_plain(address: Address) -> bool:
    try:
        return plain_address(address.text) == address
    except UnicodeEncodeError:  # a surrogate that no broken UTF-8 gave
        return False
