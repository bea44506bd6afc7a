"""What a network namespace counts and allows as a whole, from `/proc`."""

from __future__ import annotations

from typing import NamedTuple


def parse_counters(text: str) -> dict[str, int]:
    """The counters in `/proc/net/netstat` or `/proc/net/snmp` by name: each line of names is followed by its values.

    What is no such pair of lines is left out. See the kernel's Documentation/networking/snmp_counter.rst.
    """
    lines = text.splitlines()
    found: dict[str, int] = {}
    for names, values in zip(lines[::2], lines[1::2], strict=False):
        head, *words = names.split()
        same, *numbers = values.split()
        if head == same and len(words) == len(numbers):
            found |= {name: int(number) for name, number in zip(words, numbers, strict=True) if number.isdecimal()}
    return found


class DeviceBytes(NamedTuple):
    """What a network device has counted since it is there."""

    into: int
    """Bytes received."""
    out: int
    """Bytes sent."""


def parse_devices(text: str) -> dict[str, DeviceBytes]:
    """The counters in `/proc/net/dev` by device, see proc(5).

    After the name there are sixteen numbers: of the first eight the first is bytes received, of the others bytes sent.
    What is no such line is left out.
    """
    found: dict[str, DeviceBytes] = {}
    for line in text.splitlines()[2:]:
        name, colon, rest = line.rpartition(":")
        numbers = rest.split()
        if colon and len(numbers) >= 16 and all(number.isdecimal() for number in numbers):
            found[name.strip()] = DeviceBytes(int(numbers[0]), int(numbers[8]))
    return found
