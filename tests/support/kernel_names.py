"""A name server on 127.0.0.1:53 and a visitor with a name, in namespaces of their own; answers what the program prints.

Run as `python -m tests.support.kernel_names FOLDER`, in a network and a mount namespace of its own: files of the folder
take the places of `/etc/resolv.conf`, `/etc/hosts` and `/etc/nsswitch.conf` in it. A request is the arguments of the
program; the answer is its status, what it printed, and the names that the server was asked for meanwhile. To no
arguments the answer is the names that it was asked for since.
"""

from __future__ import annotations

import os
import socket as net
import struct
import subprocess
import sys
import threading
from pathlib import Path

from tests.support.kernel import answer, requests

FILES = {
    "resolv.conf": "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n",
    "hosts": "10.77.0.1 server.hosts.example alias\n",
    "nsswitch.conf": "hosts: files dns\n",
}
PTR, IN = 12, 1
NAMES = {
    "2.0.77.10.in-addr.arpa": "visitor.dns.example",
    "4.0.77.10.in-addr.arpa": "10.77.0.9",
    "7.7.0.0." + "0." * 20 + "8.b.d.0.1.0.0.2.ip6.arpa": "six.dns.example",
}
"""Of what the server knows; it does not answer for `SILENT`, and of others it says that there are none."""
SILENT = "5.0.77.10.in-addr.arpa"
ADDRESSES = ("10.77.0.1", "10.77.0.2", "10.77.0.3", "10.77.0.4", "10.77.0.5", "2001:db8::77")


def _name(message: bytes, at: int) -> tuple[str, int]:
    """The name in a question, and where it ends (RFC 1035, 3.1)."""
    labels = []
    while length := message[at]:
        labels.append(message[at + 1 : at + 1 + length].decode())
        at += 1 + length
    return ".".join(labels), at + 1


def _labels(name: str) -> bytes:
    return b"".join(bytes((len(label),)) + label.encode() for label in name.split(".")) + b"\0"


def _serve(server: net.socket, asked: list[str]) -> None:
    while True:
        message, client = server.recvfrom(512)
        name, end = _name(message, 12)
        asked.append(name)
        if name == SILENT:
            continue
        question, known = message[12 : end + 4], NAMES.get(name.lower())
        flags, records = (0x8180, b"") if known else (0x8183, b"")  # NXDOMAIN
        if known:
            data = _labels(known)
            records = b"\xc0\x0c" + struct.pack(">HHIH", PTR, IN, 60, len(data)) + data
        server.sendto(message[:2] + struct.pack(">5H", flags, 1, bool(known), 0, 0) + question + records, client)


def main(folder: Path) -> None:
    """Answer until nobody asks any more."""
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    for name, text in FILES.items():
        (folder / name).write_text(text)
        subprocess.run(["mount", "--bind", folder / name, Path("/etc", name)], check=True)
    for address in ADDRESSES:
        prefix = "128 nodad" if ":" in address else "32"
        subprocess.run(["ip", "addr", "add", *f"{address}/{prefix}".split(), "dev", "lo"], check=True)
    asked: list[str] = []
    server = net.socket(net.AF_INET, net.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    threading.Thread(target=_serve, args=(server, asked), daemon=True).start()
    listeners = [net.create_server((ADDRESSES[0], 8080)), net.create_server((ADDRESSES[-1], 8080), family=net.AF_INET6)]
    visitors = [net.create_connection((ADDRESSES[0], 8080), source_address=(each, 0)) for each in ADDRESSES[1:5]]
    for arguments in requests():
        if not arguments:
            answer(sorted(asked))
            continue
        asked.clear()
        done = subprocess.run(
            [sys.executable, "-m", "netwatch_tui", *arguments], capture_output=True, text=True, check=False
        )
        answer([done.returncode, done.stdout, done.stderr, sorted(asked)])
    for each in (*listeners, *visitors):
        each.close()


if __name__ == "__main__":
    main(Path(os.fspath(sys.argv[1])))
