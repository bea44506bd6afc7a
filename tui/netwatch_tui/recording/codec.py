"""Sockets as files have them, and back: every field of `Socket` by its name, what goes without saying left out.

Some have a form of their own:

- `local`, `peer`: the address as text; `[version, bytes in hex, text]` where the text does not tell the rest.
- `owners`, `evidence`: `[process, fd]` for each, where `process` is the number of a process that the file has
  described; `[process, fd, pid]` should the pid differ from that process's.
- `timer`: `[name, seconds left]`. `diag`: what is known, by name.

What is read comes from a file that anybody may have written: each value is checked against the type that `Socket`
declares for it.
"""

from __future__ import annotations

import math
import socket as net
import types
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache, partial
from typing import Any, get_args, get_type_hints

from netwatch_tui.sockets.ownership import Owner, OwnerReason, Process
from netwatch_tui.sockets.socket import Address, DiagFacts, Socket

Number = Callable[[Process], int]
"""Gives the number under which a process is described."""

Reader = Callable[[Any], Any]
"""From what JSON has to what Python has.

Raises:
    LookupError, TypeError, ValueError: It is not of that type.
"""

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

_FORMER_WORDS = {"exited": OwnerReason.NOT_FOUND}
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


def decode(data: Mapping[str, Any], processes: Mapping[int, Process]) -> Socket:
    """The socket that `encode` wrote. Fields that are not known are left aside.

    Raises:
        LookupError, TypeError, ValueError: It is none.
    """
    values = []
    for name, default in _WRITTEN:
        told = data.get(name, default)
        if told is _NEEDED:
            raise KeyError(name)
        values.append(told if told is default else _decode_field(name, told, processes))
    return Socket._make(values)


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
    process: Process = _PROCESS(data)
    return process


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
        case "diag" if value is not None:
            facts: DiagFacts = value
            return {name: fact for name, fact in facts._asdict().items() if fact is not None}
        case _:
            return value


def _decode_field(name: str, value: Any, processes: Mapping[int, Process]) -> Any:
    if name in ("owners", "evidence"):
        return tuple([_owner(owner, processes) for owner in _sequence(value)])
    return _READERS[name](value)


def _owner(data: Any, processes: Mapping[int, Process]) -> Owner:
    process = processes[data[0]]
    return Owner(_integer(data[2]) if len(data) > 2 else process.pid, _integer(data[1]), process)


@lru_cache(65_536)
def _is_plain(address: Address) -> bool:
    try:
        return plain_address(address.text) == address
    except UnicodeEncodeError:  # a surrogate that no broken UTF-8 gave
        return False


# --- readers, by the type that is declared ---


def _integer(value: Any) -> int:
    if type(value) is not int:
        raise TypeError(f"{value!r} is no whole number")
    return value


def _number(value: Any) -> float:
    if type(value) not in (int, float):
        raise TypeError(f"{value!r} is no number")
    try:
        number = float(value)
    except OverflowError as error:
        raise ValueError("a number is too great") from error
    if not math.isfinite(number):
        raise ValueError(f"{number} is no number of anything")
    return number


def _instance(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value


def _sequence(value: Any) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise TypeError(f"{value!r} is no list")
    return value


def _word(kind: type[StrEnum], value: Any) -> StrEnum:
    return kind(_FORMER_WORDS.get(value, value))


def _address(value: Any) -> Address:
    if isinstance(value, str):
        return plain_address(value)
    version, packed, text = _sequence(value)
    return Address(_integer(version), bytes.fromhex(packed), _instance(str, text))


def _record(make: Callable[..., Any], readers: Mapping[str, Reader], value: Any) -> Any:
    """A named tuple, from its members by name or in their order; those that are not known are left aside."""
    members = value if isinstance(value, Mapping) else dict(zip(readers, _sequence(value), strict=False))
    return make(**{name: read(members[name]) for name, read in readers.items() if name in members})


def _or_none(read: Reader, value: Any) -> Any:
    return None if value is None else read(value)


def _each(read: Reader, value: Any) -> tuple[Any, ...]:
    return tuple(map(read, _sequence(value)))


def _reader(kind: Any) -> Reader:
    """How a value of a declared type is read."""
    if kind is Address:
        return _address
    if isinstance(kind, types.UnionType):
        (member,) = (each for each in get_args(kind) if each is not types.NoneType)
        return partial(_or_none, _reader(member))
    if isinstance(kind, types.GenericAlias):
        return partial(_each, _reader(get_args(kind)[0]))
    if issubclass(kind, StrEnum):
        return partial(_word, kind)
    if issubclass(kind, tuple):
        return partial(_record, kind, _readers_of(kind))
    return {int: _integer, float: _number}.get(kind) or partial(_instance, kind)


def _readers_of(kind: Any) -> dict[str, Reader]:
    return {name: _reader(declared) for name, declared in get_type_hints(kind).items()}


_WRITTEN = [(name, _DEFAULTS.get(name, _NEEDED)) for name in Socket._fields]
_READERS = _readers_of(Socket)
_PROCESS = partial(_record, Process, _readers_of(Process))
