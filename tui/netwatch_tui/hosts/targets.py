"""The machines that a person names: `[USER@]NAME` for ssh, with ranges in brackets, and containers by their runtime."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import product
from math import prod
from typing import NamedTuple

from netwatch_tui.fields.format import clip, printable
from netwatch_tui.files.bounded_reader import read_bounded

MOST_TARGETS = 1_000
"""Hosts that one screen shows; each takes a process and a thread here."""
MOST_TARGET_TEXT = 1_024
"""Letters of one target: a user, and the name of a host, which has at most 255 (RFC 1035)."""
MOST_HOSTS_FILE = 1 << 20
"""Bytes of a file with hosts."""

_SHOWN = 60
"""Letters of a target that a complaint repeats."""


class TargetError(ValueError):
    """What was named can't be reached by that name; the text is one line that says why."""


class Transport(StrEnum):
    """By which command a target is reached; the value is what stands before the colon."""

    SSH = "ssh"
    DOCKER = "docker"
    PODMAN = "podman"
    KUBECTL = "kubectl"


class Target(NamedTuple):
    """One machine, container or pod."""

    text: str
    """As the person wrote it, a range resolved."""
    transport: Transport
    name: str
    """What the command calls it: `[USER@]NAME`, a container, a pod."""
    namespace: str = ""
    """Of a pod."""


_CONTAINERS = {f"{each}:": each for each in (Transport.DOCKER, Transport.PODMAN)}
_POD = f"{Transport.KUBECTL}:"

_UNFIT = re.compile(r"[^!-~]|[\"'`$\\;&<>|(){}*?!#]")
"""What no name has: blanks, control characters, and what a shell would read, to which ssh's own configuration may
hand names (ProxyCommand, Match exec); newer versions of ssh refuse it, too."""

_RANGES = re.compile(r"\[([^\[\]]*)\]")
_ITEM = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")


def parse_targets(texts: Sequence[str]) -> tuple[Target, ...]:
    """The machines that are named, each once, in their order.

    Args:
        texts: As a person writes them: `web[01-20]` stands for twenty hosts, `db[1,3,7-9]` for five.

    Raises:
        TargetError: One is none, or there are too many.
    """
    found: dict[Target, None] = {}
    for text in texts:
        _refuse_unfit(text)
        for each in _resolved(text):
            found.setdefault(_target(each))
            if len(found) > MOST_TARGETS:
                raise TargetError(f"more than {MOST_TARGETS:,} hosts: {_shown(text)} is too much")
    return tuple(found)


def read_hosts_file(path: str) -> list[str]:
    """What a file names: one a line; what follows `#` is a comment.

    Raises:
        TargetError: It can't be read, or a line of it names no host.
    """
    try:
        data = read_bounded(path, MOST_HOSTS_FILE)
    except OSError as error:
        raise TargetError(f"can't read {printable(path)}: {error.strerror}") from error
    texts = []
    for number, line in enumerate(data.decode("utf-8", "surrogateescape").split("\n"), 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        try:
            parse_targets((text,))
        except TargetError as error:
            raise TargetError(f"{printable(path)}, line {number}: {error}") from error
        texts.append(text)
    return texts


def _refuse_unfit(text: str) -> None:
    if not text:
        raise TargetError("a host without a name")
    if len(text) > MOST_TARGET_TEXT:
        raise TargetError(f"{_shown(text)} is longer than {MOST_TARGET_TEXT:,} letters")
    if unfit := _UNFIT.search(text):
        raise TargetError(f"{_shown(text)} names no host: '{printable(unfit[0])}' can't be part of a name")


def _resolved(text: str) -> Iterator[str]:
    """The names that a text with ranges in brackets stands for."""
    if text.count("[") != text.count("]") or "[" in (rest := _RANGES.sub("", text)) or "]" in rest:
        raise TargetError(f"{_shown(text)}: its brackets do not match")
    if "[" not in text:
        yield text
        return
    parts = _RANGES.split(text)  # what stands between brackets, and in them, by turns
    choices = [_numbers(part, text) if number % 2 else (part,) for number, part in enumerate(parts)]
    if prod(map(len, choices)) > MOST_TARGETS:
        raise TargetError(f"more than {MOST_TARGETS:,} hosts: {_shown(text)} is too much")
    yield from map("".join, product(*choices))


def _numbers(items: str, text: str) -> list[str]:
    """What a pair of brackets holds: `01-20`, `1,3,7-9`. The digits of the beginning stay, with their zeroes."""
    found: list[str] = []
    for item in items.split(","):
        match = _ITEM.fullmatch(item)
        if not match:
            raise TargetError(f"{_shown(text)}: [{_shown(items)}] is no list of numbers and ranges such as [01-20]")
        first, last = int(match[1]), int(match[2] or match[1])
        if last < first:
            raise TargetError(f"{_shown(text)}: the range {item} runs backwards")
        if len(found) + last - first >= MOST_TARGETS:
            raise TargetError(f"more than {MOST_TARGETS:,} hosts: {_shown(text)} is too much")
        found += (str(number).zfill(len(match[1])) for number in range(first, last + 1))
    return found


def _target(text: str) -> Target:
    if text.startswith(_POD):
        namespace, slash, name = text.removeprefix(_POD).partition("/")
        if not (slash and "/" not in name):
            raise TargetError(f"{_shown(text)} names no pod: kubectl:NAMESPACE/POD does")
        return Target(text, Transport.KUBECTL, _part(name, text), _part(namespace, text))
    for prefix, transport in _CONTAINERS.items():
        if text.startswith(prefix):
            return Target(text, transport, _part(text.removeprefix(prefix), text))
    user, at, name = text.rpartition("@")
    if at:
        _part(user, text)
    _part(name, text)
    return Target(text, Transport.SSH, text)


def _part(name: str, text: str) -> str:
    """A part of a target, which no command may take for an option of its own."""
    if not name:
        raise TargetError(f"{_shown(text)} lacks a name")
    if name.startswith("-"):
        raise TargetError(f"{_shown(text)} names no host: a name can't begin with '-'")
    return name


def _shown(text: str) -> str:
    return clip(printable(text), _SHOWN)
