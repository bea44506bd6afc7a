"""What the machine calls services and devices."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from netwatch_tui.kernel.machine_names import parse_services, read_names

FILE = b"""\
# services(5)
ftp\t\t21/tcp
ssh             22/tcp                          # SSH Remote Login Protocol
domain  53/tcp  # name server
domain  53/udp
http 80/tcp www \t web
http 8000/tcp
syslog 514/udp
odd-spaces\x0b123/tcp
"""


def test_a_service_is_known_by_its_name_and_its_aliases() -> None:
    found = parse_services(FILE.splitlines(keepends=True))
    assert found["tcp"] == {"ftp": 21, "ssh": 22, "domain": 53, "http": 80, "www": 80, "web": 80, "odd-spaces": 123}
    assert found["udp"] == {"domain": 53, "syslog": 514}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"#",
        b"x",
        b"x y",
        b"x 80",
        b"x /tcp",
        b"x 80/",
        b"x 70000/tcp",
        b"x -1/tcp",
        b"x 0x50/tcp",
        b"x \xff/tcp",
        b"# x 80/tcp",
        b"\x00\xff\xfe",
        "x ٣/tcp".encode(),
        b"x " + b"9" * 5_000 + b"/tcp",
    ],
)
def test_a_line_that_is_none_is_left_out(line: bytes) -> None:
    assert parse_services([line, b"http 80/tcp\n"]) == {"tcp": {"http": 80}}


def test_a_file_that_is_not_there_names_nothing(tmp_path: Path) -> None:
    names = read_names(str(tmp_path / "services"))
    assert names.services == {}
    assert names.ports("http") == ()


def test_names_are_read_from_the_machine(tmp_path: Path) -> None:
    (tmp_path / "services").write_bytes(FILE + b"domain 5353/mdns\n")
    names = read_names(str(tmp_path / "services"))
    assert names.ports("www") == (80,)
    assert names.ports("domain") == (53, 5353)
    assert names.me == os.geteuid()
    assert dict(names.devices) == dict(socket.if_nameindex())


def test_one_reading_tells_ports_of_names_and_names_of_ports(tmp_path: Path) -> None:
    file = tmp_path / "services"
    file.write_bytes(FILE)
    names = read_names(str(file))
    assert names.ports("www") == (80,)
    assert (names.port_names["tcp"][80], names.port_names["udp"][53]) == ("http", "domain")
    assert read_names(str(tmp_path / "missing")).port_names == {}
