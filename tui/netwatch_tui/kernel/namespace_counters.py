"""What a network namespace counts and allows as a whole, from `/proc`."""

from __future__ import annotations


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


def parse_port_range(text: str) -> int:
    """How many ports `ip_local_port_range` allows, both ends included; see ip(7). 0 for what is no range."""
    words = text.split()
    if len(words) != 2 or not all(word.isdecimal() for word in words):
        return 0
    return max(int(words[1]) - int(words[0]) + 1, 0)
