"""Tests of the two ends of a socket: ports and addresses."""

from __future__ import annotations

from collections.abc import Callable

from netwatch_tui.fields.format import peer_text, printable, searched_local
from netwatch_tui.query.addresses import within
from netwatch_tui.query.language.syntax import (
    Blank,
    Compare,
    Host,
    HostTest,
    Pattern,
    PortTest,
    Range,
    Side,
    Term,
    Text,
    Value,
)
from netwatch_tui.query.match.numbers import COMPARED, number_test
from netwatch_tui.query.regex import compile_pattern, glob_pattern
from netwatch_tui.sockets.address_classes import is_loopback, is_public
from netwatch_tui.sockets.mapped_addresses import MAPPED, is_unspecified, plain
from netwatch_tui.sockets.selection import LISTENING
from netwatch_tui.sockets.socket import NOWHERE, PORT_NETIDS, Address, Family, Socket

Test = Callable[[Socket], bool]
"""Whether a socket meets a condition."""

MAX_NESTED = 8
"""Conditions in a row that are functions within functions, which is several times faster than going through a list."""

_SIDE_OF_KEY: dict[str, Side] = {
    "port": "any", "local_port": "local", "peer_port": "peer",
    "addr": "any", "local": "local", "peer": "peer",
}  # fmt: skip
_NAMED_FAMILY = {"unix": Family.UNIX, "link": Family.PACKET, "netlink": Family.NETLINK}


def one_of(tests: list[Test]) -> Test:
    """That one of some tests is met."""
    if len(tests) == 1:
        return tests[0]
    if len(tests) <= MAX_NESTED:
        first, others = tests[0], one_of(tests[1:])
        return lambda socket: first(socket) or others(socket)
    return lambda socket: any(test(socket) for test in tests)


def _at(side: Side, local: Test, peer: Test) -> Test:
    return {"local": local, "peer": peer}.get(side) or one_of([local, peer])


def port_term(term: Term) -> Test:
    """`port:`, `local_port:` and `peer_port:`, for the protocols that have ports; `-` is an end without one."""
    side = _SIDE_OF_KEY[term.key]
    match term.values:
        case (Range(low, high),) if low == high and side == "any":
            # Two comparisons take two thirds of the time of a look into a tuple.
            return lambda s: (s.local_port == low or s.peer_port == low) and s.netid in PORT_NETIDS  # noqa: PLR1714
        case _:
            number = number_test([_real_ports(value) for value in term.values])
    return _at(
        side,
        lambda s: s.netid in PORT_NETIDS and number(s.local_port),
        lambda s: s.netid in PORT_NETIDS and number(s.peer_port),
    )


def _real_ports(value: Value) -> Value:
    """The same without 0, which stands for an end without a port and is less than nothing."""
    match value:
        case Blank():
            return Range(0, 0)
        case Range(low, high) if low != high:
            return Range(max(low, 1), high)
        case Compare("<", number):
            return Range(1, number - 1)
        case Compare("<=", number):
            return Range(1, number)
        case Compare(">=", number):
            return Range(max(number, 1), 0xFFFF)
        case _:
            return value


def port_test(test: PortTest) -> Test:
    """`sport` and `dport`. As in ss, everything but unix sockets has ports; netlink sockets have none at the peer."""
    compare, port = COMPARED[test.operator], test.port
    if test.port_of == "local":
        return lambda s: compare(s.local_port, port) and s.family is not Family.UNIX
    return lambda s: compare(s.peer_port, port) and s.family not in (Family.UNIX, Family.NETLINK)


def host_test(test: HostTest) -> Test:
    """`src`, `dst` and lsof's `@`."""
    return _at(test.host_of, _local(test.host), _peer(test.host))


def address_term(term: Term) -> Test:
    """`addr:`, `local:` and `peer:`."""
    side = _SIDE_OF_KEY[term.key]
    local = one_of([_address_value(value, _local, searched_local) for value in term.values])
    peer = one_of([_address_value(value, _peer, _peer_shown) for value in term.values])
    return _at(side, local, peer)


def _address_value(value: Value, host: Callable[[Host], Test], shown: Callable[[Socket], str]) -> Test:
    match value:
        case Host():
            return host(value)
        case Pattern(pattern):
            found_in = compile_pattern(pattern).found_in
            return lambda s: found_in(shown(s))
        case Text(text):
            part = text.casefold()
            return lambda s: part in shown(s).casefold()
        case _:
            return lambda s: shown(s) == ""


def _peer_shown(socket: Socket) -> str:
    """Empty where there is nobody."""
    return peer_text(socket) if socket.peer_port or not _is_nobody(socket.peer) else ""


def _is_nobody(address: Address) -> bool:
    return address == NOWHERE or (address.version != 0 and is_unspecified(address.packed))


def _local(host: Host) -> Test:
    port, device = host.port, host.device
    tests: list[Test] = [lambda s: s.family is not Family.UNIX and s.local_port == port] if port is not None else []
    if device is not None:
        tests.append(lambda s: s.interface == device)
    if address := _address(host):
        tests.append(lambda s: address(s.local))
    return _all_of(tests, _family(host.family))


def _peer(host: Host) -> Test:
    port = host.port
    tests: list[Test] = []
    if port is not None:
        tests.append(lambda s: s.family not in (Family.UNIX, Family.NETLINK) and s.peer_port == port)
    if host.device is not None:
        tests.append(lambda _: False)
    if address := _address(host):
        tests.append(lambda s: address(s.peer))
    return _all_of(tests, _family(host.family))


def _all_of(tests: list[Test], family: Test | None) -> Test:
    whole = [*tests, family] if family else tests
    match whole:
        case []:
            return lambda _: True
        case [test]:
            return test
        case [first, second]:
            return lambda socket: first(socket) and second(socket)
        case _:
            return lambda socket: all(test(socket) for test in whole)


def _family(name: str) -> Test | None:
    if not name:
        return None
    if name in _NAMED_FAMILY:
        family = _NAMED_FAMILY[name]
        return lambda s: s.family is family
    version = 4 if name == "inet" else 6
    return lambda s: s.local.version == version


def _address(host: Host) -> Callable[[Address], bool] | None:
    """The test of an address; each address is judged once."""
    if host.glob is not None:
        found_in = glob_pattern(host.glob).found_in
        return lambda address: found_in(printable(address.text))
    base, bits = host.address, host.bits
    if base is None:
        return None
    if bits % 8 == 0:
        return _begins_with(base[: bits // 8], len(base), with_mapped=host.family == "")
    short = len(base) == 4 and host.family == ""
    judged: dict[bytes, bool] = {}

    def test(address: Address) -> bool:
        packed = address.packed
        known = judged.get(packed)
        if known is None:
            known = judged[packed] = within(plain(packed) if short else packed, base, bits)
        return known and address.version != 0

    return test


def _begins_with(prefix: bytes, length: int, *, with_mapped: bool) -> Callable[[Address], bool]:
    """The test of whole bytes; of IPv4 also in IPv6's clothes."""
    if length == 16:
        return lambda address: address.version == 6 and address.packed.startswith(prefix)
    mapped = MAPPED + prefix
    return lambda address: (
        address.packed.startswith(prefix)
        if address.version == 4
        else with_mapped and address.version == 6 and address.packed.startswith(mapped)
    )


def is_loopback_socket(socket: Socket) -> bool:
    """One of its ends is a loopback address."""
    return any(end.version and is_loopback(end.packed) for end in (socket.local, socket.peer))


def public_test() -> Test:
    """That a socket is bound to or talks to an address that is neither loopback nor private.

    Who waits on all addresses of the machine waits on its public ones. Each address is judged once.
    """
    judged: dict[bytes, bool] = {}

    def judge(packed: bytes) -> bool:
        known = judged.get(packed)
        if known is None:
            known = judged[packed] = is_public(packed)
        return known

    def test(socket: Socket) -> bool:
        local, peer = socket.local, socket.peer
        if not local.version:
            return False
        if judge(local.packed) or judge(peer.packed):
            return True
        waits = socket.local_port != 0 and socket.state in LISTENING and _is_nobody(peer)
        return waits and is_unspecified(local.packed)

    return test
