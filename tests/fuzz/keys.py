"""A cat at the keyboard of the real program: keys, pastes, mouse, rubbish and resizes, while sockets churn."""

from __future__ import annotations

import random
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.fuzz.runner import Counts, Fault
from tests.support.terminal import Terminal

PROGRAM = str(Path(sys.executable).with_name("netwatch-tui"))

LETTERS = "abcdefghijklmnoprstuxyzABCDEFGHIJKLMNOPRSTUVWXYZ0123456789/<>,.+-= ?:[](){}|&!\"'\\*~#@%^$;"
"""All but q, which ends the program."""

KEYS = (
    "\r", "\r", "\t", "\x1b", "\x1b", "\x7f", "\x01", "\x02", "\x05", "\x06", "\x0b", "\x10", "\x15", "\x17", "\x1a",
    "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F", "\x1bOP", "\x1b[Z", "\x1b[3~",
    "\x1b[1;2A", "\x1b[1;5B", "\x1b[1;2C", "\x1b[97;5u", "\x1b[27u", "\x1b[99999999999u", "\x1b[55296u", "\x1b[I",
    "\x1b[O", "\x1b[?2026;2$y", "\x1b[?2048;1$y", "\x1b[48;9999;9999;0;0t", "\x1b[12;40R", "\x1b[200~", "\x1b[201~",
)  # fmt: skip

FILTERS = (
    "port:443", "process:python", "not is:new", "dport = :22 or sport = :22", "age:<10s", "/((((/", "((((((",
    "a or " * 50, "not " * 260 + "x", "(" * 260 + "x" + ")" * 260, "user:",
    "\u202e\u200b", "addr:10.0.0.0/8", "state", "x" * 5_000,
)  # fmt: skip

SESSION = 20.0
"""Seconds after which the program is started anew."""

_ESCAPES = re.compile(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\]52;c;[A-Za-z0-9+/=]*\x07|\x1b\]22;[a-z-]*\x07|\x07")
"""All that the program itself has to say to a terminal."""

_LEFT = b"\x1b[?1049l\x1b[?25h\x1b[?1004l"
"""The last that it says, at the end and when it is stopped."""

_STOPPED = re.compile(re.escape(_LEFT) + rb".*?(?=\x1b\[\?1049h)", re.DOTALL)
"""After Ctrl+Z the terminal has its own modes for a moment, in which the kernel echoes what is typed as it comes."""


def run(seed: int, seconds: float) -> Counts:
    """Type for so long, in sessions; one with a fault ends with it."""
    chance, end, faults = random.Random(seed), time.monotonic() + seconds, list[Fault]()
    inputs = outlived = 0
    while time.monotonic() < end:
        with tempfile.TemporaryDirectory(prefix="netwatch-keys-") as folder:
            typed: list[bytes] = []
            try:
                left = min(max(end - time.monotonic(), 0.0), SESSION)
                outlived += _one_session(chance, typed, left, Path(folder))
            except (AssertionError, subprocess.TimeoutExpired) as error:
                faults.append(Fault(f"{seed}/{inputs}", repr(b"".join(typed)), f"{error}\n{_logged(Path(folder))}"))
            inputs += len(typed)
    return Counts(inputs, outlived, tuple(faults))


def _one_session(chance: random.Random, typed: list[bytes], seconds: float, folder: Path) -> int:
    """One start of the program, and so many seconds from when it stands; how many faults of Textual's it outlived.

    Raises:
        AssertionError: The program ended, hung, failed inside, or sent the terminal what it must not.
    """
    environment = {"HOME": str(folder), "XDG_STATE_HOME": str(folder), "PYTHONWARNINGS": "default::RuntimeWarning"}
    # Nothing that runs on the machine may be ended by chance; what acts is fuzzed on recordings, with a fake actor.
    command = ["env", "-C", str(folder), PROGRAM, "--read-only", "--debug", "--interval", "0.1", "-A", "all"]
    with Terminal(command, columns=100, lines=30, environment=environment) as terminal:
        terminal.wait_for(lambda rows: "socket" in rows[0] and "reading" not in rows[0], "the counts")
        sockets: list[socket.socket] = []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            _do_something(chance, typed, terminal, sockets)
            terminal.read(chance.choice((0.0, 0.0, 0.001, 0.02)))
            assert terminal.process.poll() is None, f"ended with {terminal.process.poll()}:\n" + _text(terminal)
        for each in sockets:
            each.close()
        _leave(terminal)
        return _judge(terminal, folder)


def _do_something(chance: random.Random, typed: list[bytes], terminal: Terminal, sockets: list[socket.socket]) -> None:
    dice = chance.random()
    if dice < 0.02:
        terminal.resize(chance.choice((1, 2, 10, 40, 80, 132, 200)), chance.choice((1, 2, 5, 10, 24, 60)))
    elif dice < 0.05:
        sockets.append(socket.create_server(("127.0.0.1", 0)))
        while len(sockets) > chance.randrange(1, 20):
            sockets.pop(chance.randrange(len(sockets))).close()
    else:
        data = chance.choices(_KINDS, _WEIGHTS)[0](chance)
        typed.append(data)
        terminal.send_bytes(data)


def _letters(chance: random.Random) -> bytes:
    return "".join(chance.choices(LETTERS, k=chance.randrange(1, 6))).encode()


def _keys(chance: random.Random) -> bytes:
    return "".join(chance.choices(KEYS, k=chance.randrange(1, 4))).encode()


def _filter(chance: random.Random) -> bytes:
    return f"/{chance.choice(FILTERS)}{chance.choice(('', chr(13), chr(27)))}".encode()


def _paste(chance: random.Random) -> bytes:
    text = chance.choice((*FILTERS, "a\nb", "\x00", "é漢\u0301" * 100, "p" * 100_000))
    return b"\x1b[200~" + text.encode() + chance.choice((b"\x1b[201~", b"\x1b[201~", b"\x1b[20"))


def _mouse(chance: random.Random) -> bytes:
    x, y = chance.choice((1, 2, 20, 79, 200, 99_999, -5)), chance.choice((1, 2, 4, 12, 24, 99_999, 0))
    return f"\x1b[<{chance.choice((0, 1, 2, 3, 32, 35, 64, 65, 66, 67, 99))};{x};{y}{chance.choice('Mm')}".encode()


def _rubbish(chance: random.Random) -> bytes:
    return bytes(each for each in chance.randbytes(chance.randrange(1, 30)) if each not in b"\x03qQ\x11")


_KINDS: tuple[Callable[[random.Random], bytes], ...] = (_letters, _keys, _filter, _paste, _mouse, _rubbish)
_WEIGHTS = (40, 40, 8, 3, 10, 5)


def _leave(terminal: Terminal) -> None:
    """Ctrl+C ends it from wherever it is, and puts the terminal back."""
    terminal.send_bytes(b"\x1b[201~")  # should a paste be open
    terminal.read(0.05)
    terminal.send_bytes(b"\x03")
    status = terminal.wait_for_end()
    assert status == 0, f"ended with {status}:\n" + _text(terminal)
    assert terminal.settings == terminal.settings_before, "the terminal's modes are not what they were"
    assert terminal.written.endswith(_LEFT), f"the last words are {terminal.written[-200:]!r}"


def _judge(terminal: Terminal, folder: Path) -> int:
    """Nothing failed inside but Textual itself, and nothing but text and known codes was sent."""
    faults = _logged(folder).split("\nTraceback ")
    for fault in faults[1:]:
        assert "/textual/" in re.findall(r'File "(.*?)"', fault)[-1], fault
    text = _ESCAPES.sub(b"", _STOPPED.sub(b"", terminal.written)).decode(errors="replace")
    odd = sorted({char for char in text if not char.isprintable() and char not in "\r\n"})
    assert not odd, f"sent {odd}"
    for word in ("Traceback", "RuntimeWarning"):
        at = text.find(word)
        assert at < 0, text[max(at - 500, 0) : at + 500]
    return len(faults[1:])


def _logged(folder: Path) -> str:
    log = folder / "netwatch-tui" / "debug.log"
    return log.read_text() if log.exists() else ""


def _text(terminal: Terminal) -> str:
    return "\n".join(terminal.rows)
