"""Sockets as files have them, and back: every field of `Socket` by its name, what goes without saying left out.

Some have a form of their own:

- `local`, `peer`: the address as text; `[version, bytes in hex, text]` where the text does not tell the rest.
- `owners`, `evidence`: `[process, fd]` for each, where `process` is the number of a process that the file has
  described; `[process, fd, pid]` should the pid differ from that process's.
- `timer`: `[name, seconds left]`. `diag`: what is known, by name.

What is read comes from a file that anybody may have written: each value is checked against the type that `Socket`
declares for it, by the functions of `shapes`, one for each field.
"""

from __future__ import annotations

import socket as net
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from netwatch_tui.recording.shapes import (
    MOMENT,
    NAME,
    PORTION,
    Shape,
    ShapeError,
    list_of,
    listed,
    named,
    or_null,
    shapes_of,
    shown,
    tuple_of,
    word_of,
)
from netwatch_tui.sockets.kinds import ALL_NETIDS
from netwatch_tui.sockets.networks import AddressNetworks, Network
from netwatch_tui.sockets.ownership import Owner, OwnerReason, Process, ProcessDetails
from netwatch_tui.sockets.socket import INET, Address, DiagFacts, Socket

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

_FORMER_REASONS = {"exited": OwnerReason.NOT_FOUND}
"""What earlier versions wrote."""


def encode(socket: Socket, number: Number) -> dict[str, Any]:
    """All about a socket."""
    return {
        name: _encode_field(name, value, number)
        for (name, default), value in zip(_WRITTEN, socket, strict=True)
        if value != default
    }


def encode_change(before: Socket, after: Socket, number: Number) -> dict[str, Any]:
    """What is different about a socket, and its id."""
    fields = zip(Socket._fields, before, after, strict=True)
    changed = {name: _encode_field(name, new, number) for name, old, new in fields if old is not new and old != new}
    return {"id": after.id, **changed}


def decode(data: Any, processes: Mapping[int, Process]) -> Socket:
    """The socket that `encode` wrote. Fields that are not known are left aside.

    Raises:
        ShapeError: It is none.
    """
    values = list(_UNWRITTEN)
    _decode_into(values, named(data), processes)
    if _NEEDED in values:
        raise ShapeError(f"{Socket._fields[values.index(_NEEDED)]} is missing")
    return _consistent(Socket._make(values))


def decode_change(before: Socket, data: Mapping[str, Any], processes: Mapping[int, Process]) -> Socket:
    """The socket after what `encode_change` wrote.

    Raises:
        ShapeError: It is no change of a socket.
    """
    values = list(before)
    _decode_into(values, data, processes)
    return _consistent(Socket._make(values))


def _consistent(socket: Socket) -> Socket:
    """The same, if both ends are what its family has: addresses, or names.

    Raises:
        ShapeError: They are not.
    """
    is_ip = socket.family in INET
    if bool(socket.local.version) is not is_ip or bool(socket.peer.version) is not is_ip:
        raise ShapeError(f"an end is no end of the family {socket.family}")
    return socket


def _decode_into(values: list[Any], data: Mapping[str, Any], processes: Mapping[int, Process]) -> None:
    """Put what is told into the places of the fields; an id that changes is taken as any other field."""
    for name, told in data.items():
        field = _FIELDS.get(name)
        if field is not None:
            place, shape = field
            try:
                values[place] = shape(told) if shape else _owners(told, processes)
            except ShapeError as error:
                raise error.within(name) from error


def encode_address(address: Address) -> Any:
    """An address: its text, or all of it where the text does not tell the rest."""
    if _is_plain(address):
        return address.text
    return [address.version, address.packed.hex(), address.text]


def decode_address(told: Any) -> Address:
    """What `encode_address` was given.

    Raises:
        ShapeError: It is something else.
    """
    return _address(told)


def encode_process(process: Process) -> dict[str, Any]:
    """All that is known of a process."""
    return process._asdict()


def encode_networks(networks: AddressNetworks) -> dict[str, Any]:
    """The networks of one namespace, by the bytes of each address in hex."""
    return {address.hex(): found for address, found in networks.items()}


def decode_networks(told: Any) -> AddressNetworks:
    """What `encode_networks` wrote.

    Raises:
        ShapeError: It is something else.
    """
    found: dict[bytes, tuple[Network, ...]] = {}
    for name, networks in named(told).items():
        try:
            address = bytes.fromhex(name)
        except ValueError as error:
            raise ShapeError(f"{shown(name)} is no address") from error
        try:
            found[address] = _networks(networks)
        except ShapeError as error:
            raise error.within(name) from error
    return found


_MOST_ADDRESSES = 65_536
"""As many as a busy machine has at once: some 20 MB, of which only who records or replays needs any."""


@lru_cache(_MOST_ADDRESSES)
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
            return encode_address(value)
        case "owners" | "evidence":
            return [
                [number(process), fd] if pid == process.pid else [number(process), fd, pid]
                for pid, fd, process in value
            ]
        case "diag" if value is not None:
            facts: DiagFacts = value
            return {name: fact for name, fact in facts._asdict().items() if fact is not None}
        case _:
            return value


@lru_cache(_MOST_ADDRESSES)
def _is_plain(address: Address) -> bool:
    try:
        return plain_address(address.text) == address
    except UnicodeEncodeError:  # a surrogate that no broken UTF-8 gave
        return False


# --- the shapes of fields ---


def _owners(told: Any, processes: Mapping[int, Process]) -> tuple[Owner, ...]:
    owners: list[Owner] = []
    for each in listed(told):
        try:
            owners.append(_owner(listed(each), processes))
        except ShapeError as error:
            raise error.within(len(owners)) from error
    return tuple(owners)


def _owner(told: list[Any], processes: Mapping[int, Process]) -> Owner:
    if len(told) < 2:
        raise ShapeError(f"{shown(told)} is no process with a descriptor")
    process = processes.get(PORTION(told[0]))
    if process is None:
        raise ShapeError(f"{told[0]} is the number of no process")
    return Owner(PORTION(told[2]) if len(told) > 2 else process.pid, _descriptor(told[1]), process)


def _address(told: Any) -> Address:
    if type(told) is str:
        return plain_address(NAME(told))
    if len(listed(told)) != 3:
        raise ShapeError(f"{shown(told)} is no address")
    try:
        address = Address(PORTION(told[0]), bytes.fromhex(NAME(told[1])), NAME(told[2]))
    except ValueError as error:
        raise ShapeError(f"{shown(told)} is no address") from error
    # The text is shown and the bytes are compared: of a number they must say the same.
    if address.version and not (_is_plain(address) and address.version in (4, 6)):
        raise ShapeError(f"{shown(told)} says two things")
    return address


_descriptor = or_null(PORTION)

_SPECIAL: dict[Any, Shape] = {
    Address: _address,
    OwnerReason: word_of({**{reason.value: reason for reason in OwnerReason}, **_FORMER_REASONS}),
    "netid": word_of({netid: netid for netid in sorted(ALL_NETIDS)}),
    "seen_at": MOMENT,
    "create_time": MOMENT,
}
_OWNERS = ("owners", "evidence")
_WRITTEN = [(name, _DEFAULTS.get(name, _NEEDED)) for name in Socket._fields]
_UNWRITTEN = [default for _, default in _WRITTEN]
_SHAPES = shapes_of(Socket, _SPECIAL)
_FIELDS: dict[str, tuple[int, Shape | None]] = {
    name: (place, None if name in _OWNERS else _SHAPES[name]) for place, name in enumerate(Socket._fields)
}
"""The place of each field, and its shape; none where the processes must be known as well."""

decode_process: Shape = tuple_of(Process, shapes_of(Process, {**_SPECIAL, "name": NAME, "user": NAME}))
"""The process that `encode_process` wrote."""

_networks = list_of(tuple_of(Network, {"text": NAME, "device": NAME}))


def _parent(told: Any) -> tuple[int, str]:
    if len(listed(told)) != 2:
        raise ShapeError(f"{shown(told)} is no pid with a name")
    return PORTION(told[0]), NAME(told[1])


decode_process_details: Shape = tuple_of(ProcessDetails, shapes_of(ProcessDetails, {"parents": list_of(_parent)}))
"""The details of a process, which JSON has as a list."""
