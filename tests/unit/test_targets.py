from __future__ import annotations

from pathlib import Path

import pytest

from netwatch_tui.hosts.open_hosts import open_hosts
from netwatch_tui.hosts.targets import MOST_TARGETS, Target, TargetError, Transport, parse_targets, read_hosts_file


def names(*texts: str) -> list[str]:
    return [target.name for target in parse_targets(texts)]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("web1", Target("web1", Transport.SSH, "web1")),
        ("root@web1.example.org", Target("root@web1.example.org", Transport.SSH, "root@web1.example.org")),
        ("ssh://me@web1:2222", Target("ssh://me@web1:2222", Transport.SSH, "ssh://me@web1:2222")),
        ("fe80::1%eth0", Target("fe80::1%eth0", Transport.SSH, "fe80::1%eth0")),
        ("docker:shop_db.1", Target("docker:shop_db.1", Transport.DOCKER, "shop_db.1")),
        ("podman:web", Target("podman:web", Transport.PODMAN, "web")),
        ("kubectl:shop/web-0", Target("kubectl:shop/web-0", Transport.KUBECTL, "web-0", "shop")),
    ],
)
def test_what_a_person_writes_is_a_machine_a_container_or_a_pod(text: str, target: Target) -> None:
    assert parse_targets([text]) == (target,)


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("web[1-3]", ["web1", "web2", "web3"]),
        ("web[08-11]", ["web08", "web09", "web10", "web11"]),
        ("web[8-11]", ["web8", "web9", "web10", "web11"]),
        ("db[1,3,7-9]", ["db1", "db3", "db7", "db8", "db9"]),
        ("r[1-2]n[01-02].lan", ["r1n01.lan", "r1n02.lan", "r2n01.lan", "r2n02.lan"]),
        ("docker:web[1-2]", ["web1", "web2"]),
        ("me@h[9]", ["me@h9"]),
    ],
)
def test_brackets_are_several_hosts(text: str, hosts: list[str]) -> None:
    assert names(text) == hosts


def test_each_is_one_host_however_often_it_is_named() -> None:
    assert names("web2", "web[1-3]", "web1", "docker:web1") == ["web2", "web1", "web3", "web1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a host without a name"),
        ("-oProxyCommand=id", "can't begin with '-'"),
        ("me@-oProxyCommand=id", "can't begin with '-'"),
        ("-l@web", "can't begin with '-'"),
        ("docker:--privileged", "can't begin with '-'"),
        ("docker:-web[1-2]", "can't begin with '-'"),
        ("kubectl:-A/web", "can't begin with '-'"),
        ("kubectl:shop/-web", "can't begin with '-'"),
        ("kubectl:web", "kubectl:NAMESPACE/POD"),
        ("kubectl:a/b/c", "kubectl:NAMESPACE/POD"),
        ("kubectl:/web", "lacks a name"),
        ("docker:", "lacks a name"),
        ("me@", "lacks a name"),
        ("@web", "lacks a name"),
        ("web 1", "' ' can't be part of a name"),
        ("web\n1", r"'\x0a' can't be part of a name"),
        ("web\x1b[2J", r"'\x1b' can't be part of a name"),
        ("wéb", "'é' can't be part of a name"),
        ("web;id", "';' can't be part of a name"),
        ("$(id)", "'$' can't be part of a name"),
        ("web[1-3", "brackets do not match"),
        ("web1]", "brackets do not match"),
        ("web[[1]]", "brackets do not match"),
        ("web]1[", "brackets do not match"),
        ("web[]", "is no list of numbers"),
        ("web[a-c]", "is no list of numbers"),
        ("web[1-]", "is no list of numbers"),
        ("web[3-1]", "the range 3-1 runs backwards"),
        ("web[1-1001]", "more than 1,000 hosts"),
        ("web[1-40][1-40]", "more than 1,000 hosts"),
        ("w" + "[1,1]" * 200, "more than 1,000 hosts"),
        ("w" * 2_000, "is longer than 1,024 letters"),
    ],
)
def test_what_names_no_host_is_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(TargetError) as refused:
        parse_targets([text])
    assert said in str(refused.value)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 200


def test_there_is_a_most_of_them_over_all_that_is_named() -> None:
    assert len(parse_targets([f"a[1-{MOST_TARGETS}]"])) == MOST_TARGETS
    with pytest.raises(TargetError, match="more than 1,000 hosts"):
        parse_targets([f"a[1-{MOST_TARGETS}]", "b"])


def test_a_file_names_one_a_line(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("# ours\nweb[1-2]  # front\n\n   me@db1\r\n#off\n")
    assert read_hosts_file(str(file)) == ["web[1-2]", "me@db1"]
    assert [host.name for host in open_hosts(["db2", "web2"], str(file))] == ["db2", "web2", "web1", "me@db1"]


def test_a_line_that_names_none_is_said_with_its_number(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("web1\n\n-oProxyCommand=id\n")
    with pytest.raises(TargetError, match="hosts, line 3: -oProxyCommand=id names no host"):
        read_hosts_file(str(file))
    file.write_bytes(b"web1\nw\xff\n")
    with pytest.raises(TargetError, match="line 2"):
        read_hosts_file(str(file))


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"can't read .*: No such file"):
        read_hosts_file(str(tmp_path / "none"))
    with pytest.raises(TargetError, match="it is a directory"):
        read_hosts_file(str(tmp_path))
    (tmp_path / "large").write_bytes(b"#" * (1 << 21))
    with pytest.raises(TargetError, match="it is larger than"):
        read_hosts_file(str(tmp_path / "large"))
