"""Traced calls in words, much as strace(1) has them: `connect(5, 192.0.2.9:80) = -EINPROGRESS <61 us>`."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping

from netwatch_tui.fields.format import BLANK, clip, endpoint, name_text, printable
from netwatch_tui.sockets.traced_call import CallEnd, TracedCall

UNKNOWN = "?"
"""What stands where it can't be known."""

_FAMILIES = {1: "UNIX", 2: "INET", 10: "INET6", 16: "NETLINK", 17: "PACKET", 38: "ALG", 40: "VSOCK", 44: "XDP"}
_TYPES = {1: "STREAM", 2: "DGRAM", 3: "RAW", 4: "RDM", 5: "SEQPACKET"}
_TYPE_FLAGS = {0o2000000: "SOCK_CLOEXEC", 0o4000: "SOCK_NONBLOCK"}
_TYPE = 0xF
_INET = {2, 10}
_PROTOCOLS = {1: "ICMP", 6: "TCP", 17: "UDP", 58: "ICMPV6", 132: "SCTP", 136: "UDPLITE", 255: "RAW", 262: "MPTCP"}
_HOW = {0: "SHUT_RD", 1: "SHUT_WR", 2: "SHUT_RDWR"}
_MESSAGE_FLAGS = {
    0x1: "MSG_OOB", 0x2: "MSG_PEEK", 0x4: "MSG_DONTROUTE", 0x20: "MSG_TRUNC", 0x40: "MSG_DONTWAIT", 0x80: "MSG_EOR",
    0x100: "MSG_WAITALL", 0x800: "MSG_CONFIRM", 0x2000: "MSG_ERRQUEUE", 0x4000: "MSG_NOSIGNAL", 0x8000: "MSG_MORE",
    0x10000: "MSG_WAITFORONE", 0x4000000: "MSG_ZEROCOPY", 0x20000000: "MSG_FASTOPEN", 0x40000000: "MSG_CMSG_CLOEXEC",
}  # fmt: skip
_RESTARTS = {512: "ERESTARTSYS", 513: "ERESTARTNOINTR", 514: "ERESTARTNOHAND", 516: "ERESTART_RESTARTBLOCK"}
"""Errors that stay in the kernel, include/linux/errno.h: a signal came first, and the call is made again or fails."""
_LATER = {errno.EAGAIN, errno.EINPROGRESS, errno.EALREADY, errno.EINTR, *_RESTARTS}
"""Errors that mean no more than that it is not done yet."""


def call_line(call: TracedCall, time_of_day: Callable[[float], str], width: int | None = None) -> str:
    """A call with when it was made and who made it; in so many cells, of which what came of it is the last to go."""
    before, after = _both_sides(call)
    before = f"{time_of_day(call.at)} {caller_text(call)} {before}"
    return before + after if width is None else clip(before, max(width - len(after), 0)) + clip(after, width)


def call_text(call: TracedCall) -> str:
    """A call with its arguments, its result and the time that it took."""
    return "".join(_both_sides(call))


def _both_sides(call: TracedCall) -> tuple[str, str]:
    """The call, and what came of it."""
    inside = ", ".join(_arguments(call))
    took = f" <{_span(call.duration)}>" if call.duration is not None else ""
    return f"{call.name}({inside}", f") = {result_text(call.result)}{took}"


def caller_text(call: TracedCall) -> str:
    """Who made it: `curl[6056]`, with the thread if it is not the first one: `curl[6056/6061]`."""
    thread = "" if call.tid == call.pid else f"/{call.tid}"
    return f"{BLANK if call.process is None else printable(call.process)}[{call.pid}{thread}]"


def result_text(result: int | None) -> str:
    """What a call returned: a number, or the name of an error after a minus."""
    if result is None:
        return UNKNOWN
    return str(result) if result >= 0 else f"-{error_name(result)}"


def error_name(result: int) -> str:
    """The name of the error that a negative result stands for."""
    return errno.errorcode.get(-result) or _RESTARTS.get(-result) or str(-result)


def is_failure(call: TracedCall) -> bool:
    """Whether it failed, and not only has to be made again later, as calls that don't wait do all the time."""
    return call.result is not None and call.result < 0 and -call.result not in _LATER


def end_text(end: CallEnd) -> str:
    """An address with its port, or the name of a unix socket; `*` for one without."""
    if end.address.version:
        return endpoint(end.address, end.port)
    return name_text(end.address.text) if end.address.packed else end.address.text


def lost_text(lost: int) -> str:
    """What it means that records were lost."""
    records = "1 record was" if lost == 1 else f"{lost:,} records were"
    return f"{records} lost: calls are missing here, and some are told without their arguments"


def unknown_text(unknown: int) -> str:
    """What it means that calls are not told."""
    calls = "1 read, write or close is" if unknown == 1 else f"{unknown:,} reads, writes and closes are"
    return f"{calls} left out: nobody could see in time whether the descriptor was a socket"


def _arguments(call: TracedCall) -> Iterator[str]:
    given = call.arguments
    if given is None:
        yield UNKNOWN
        if call.end is not None:
            yield end_text(call.end)
        return
    if "fd" in given:
        yield str(given["fd"])
    match call.name:
        case "socket" | "socketpair":
            yield from _kind(given)
        case "sendto" | "write" | "sendfile":
            yield _counted(given, "len", "byte")
        case "recvfrom" | "read":
            yield _number(given, "len")
        case "sendmmsg" | "recvmmsg":
            yield _counted(given, "vlen", "message")
        case "readv" | "writev":
            yield _counted(given, "vlen", "part")
        case "listen":
            yield _number(given, "backlog")
        case "shutdown":
            yield _named(given, "how", _HOW)
    if call.name == "accept4":
        yield from _end(call)
        yield from _flags(given.get("flags", 0), _TYPE_FLAGS)
    else:
        if flags := given.get("flags"):
            yield from _flags(flags, _MESSAGE_FLAGS)
        yield from _end(call)


def _end(call: TracedCall) -> Iterator[str]:
    if call.has_end:
        yield UNKNOWN if call.end is None else end_text(call.end)


def _kind(given: Mapping[str, int]) -> Iterator[str]:
    yield _named(given, "family", _FAMILIES, "AF_")
    if "type" in given:
        type = given["type"]
        kind = _named({"type": type & _TYPE}, "type", _TYPES, "SOCK_")
        yield "|".join((kind, *_flags(type & ~_TYPE, _TYPE_FLAGS)))
    else:
        yield UNKNOWN
    yield _named(given, "protocol", _PROTOCOLS if given.get("family") in _INET else {}, "IPPROTO_")


def _flags(flags: int, names: Mapping[int, str]) -> Iterator[str]:
    """The names of flags, and the rest as a number; nothing where none is set."""
    flags &= 0xFFFF_FFFF
    found = [name for bit, name in names.items() if flags & bit]
    rest = flags & ~sum(names)
    if found or rest:
        yield "|".join((*found, *([f"0x{rest:x}"] if rest else [])))


def _number(given: Mapping[str, int], name: str) -> str:
    """An argument; what another machine tells may lack it."""
    return str(given[name]) if name in given else UNKNOWN


def _named(given: Mapping[str, int], name: str, names: Mapping[int, str], prefix: str = "") -> str:
    """An argument by what its value is called, or as a number."""
    called = names.get(given[name]) if name in given else None
    return f"{prefix}{called}" if called else _number(given, name)


def _counted(given: Mapping[str, int], name: str, what: str) -> str:
    number = _number(given, name)
    return f"{number} {what}" if number == "1" else f"{number} {what}s"


def _span(seconds: float) -> str:
    """A time with three digits or so: `61 us`, `12.4 ms`, `3.2 s`."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.0f} us"
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"
