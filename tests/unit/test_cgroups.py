from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netwatch_tui.kernel.cgroups import Origin, parse_cgroup

ID = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
SHORT = ID[:12]
POD = "pod3f0b1c52-7a5d-4a38-a9b5-8c2f1e0d9a77"
SLICE = "kubepods-burstable-pod3f0b1c52_7a5d_4a38_a9b5_8c2f1e0d9a77.slice"


def v1(path: str) -> str:
    """What a process has to say where each controller has a hierarchy of its own."""
    controllers = ["12:pids", "11:cpu,cpuacct", "10:memory", "2:net_cls,net_prio", "1:name=systemd"]
    return "".join(f"{controller}:{path}\n" for controller in controllers)


def v2(path: str) -> str:
    """What it has to say where there is one hierarchy."""
    return f"0::{path}\n"


CONTAINERS = {
    "docker, v1": (v1(f"/docker/{ID}"), f"docker:{SHORT}"),
    "docker, v1 with systemd": (v1(f"/system.slice/docker-{ID}.scope"), f"docker:{SHORT}"),
    "docker, v2": (v2(f"/system.slice/docker-{ID}.scope"), f"docker:{SHORT}"),
    "docker, v2 without systemd": (v2(f"/docker/{ID}"), f"docker:{SHORT}"),
    "docker, own cgroup inside": (v2(f"/system.slice/docker-{ID}.scope/init.scope"), f"docker:{SHORT}"),
    "docker without root": (
        v2(f"/user.slice/user-1000.slice/user@1000.service/user.slice/docker-{ID}.scope"),
        f"docker:{SHORT}",
    ),
    "podman": (v2(f"/machine.slice/libpod-{ID}.scope/container"), f"podman:{SHORT}"),
    "podman, v1": (v1(f"/libpod_parent/libpod-{ID}"), f"podman:{SHORT}"),
    "podman without root": (
        v2(f"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-{ID}.scope/container"),
        f"podman:{SHORT}",
    ),
    "kubernetes with containerd": (
        v2(f"/kubepods.slice/kubepods-burstable.slice/{SLICE}/cri-containerd-{ID}.scope"),
        f"containerd:{SHORT}",
    ),
    "kubernetes without systemd": (v1(f"/kubepods/burstable/{POD}/{ID}"), f"kubernetes:{SHORT}"),
    "kubernetes, guaranteed": (v2(f"/kubepods/{POD}/{ID}"), f"kubernetes:{SHORT}"),
    "kubernetes with docker": (
        v1(f"/kubepods.slice/kubepods-burstable.slice/{SLICE}/docker-{ID}.scope"),
        f"docker:{SHORT}",
    ),
    "cri-o": (v2(f"/kubepods.slice/kubepods-burstable.slice/{SLICE}/crio-{ID}.scope"), f"cri-o:{SHORT}"),
    "cri-o, own cgroup inside": (
        v2(f"/kubepods.slice/kubepods-burstable.slice/{SLICE}/crio-{ID}.scope/container"),
        f"cri-o:{SHORT}",
    ),
    "lxc 1 to 3": (v1("/lxc/web"), "lxc:web"),
    "lxc 4": (v2("/lxc.payload.web/system.slice/nginx.service"), "lxc:web"),
    "lxc 4, v1": (v1("/lxc.payload/web"), "lxc:web"),
    "lxc with dots": (v2("/lxc.payload.web.example.org/init.scope"), "lxc:web.example.org"),
    "nspawn": (v2("/machine.slice/systemd-nspawn@web.service/payload/init.scope"), "nspawn:web"),
    "nspawn, a name that a unit can't have": (
        v2(r"/machine.slice/systemd-nspawn@my\x2dbox.service/payload"),
        "nspawn:my-box",
    ),
    "nspawn, registered": (v2("/machine.slice/machine-web.scope/payload"), "nspawn:web"),
}


@pytest.mark.parametrize(("text", "container"), CONTAINERS.values(), ids=CONTAINERS)
def test_a_container_is_known_by_the_path(text: str, container: str) -> None:
    assert parse_cgroup(text).container == container


NO_CONTAINERS = {
    "the root": v2("/"),
    "a service": v2("/system.slice/nginx.service"),
    "docker itself": v2("/system.slice/docker.service"),
    "podman's watcher": v2(f"/machine.slice/libpod-conmon-{ID}.scope"),
    "cri-o's watcher": v2(f"/kubepods.slice/{SLICE}/crio-conmon-{ID}.scope"),
    "lxc's file system": v2("/system.slice/lxcfs.service"),
    "lxc's network": v2("/system.slice/lxc-net.service"),
    "too short an id": v2("/docker/0123456789a"),
    "too long an id": v2(f"/docker/{ID}0"),
    "an id that is none": v2(f"/docker/{ID[:-1]}x"),
    "a pod": v2(f"/kubepods/burstable/{POD}"),
    "a folder named like it": v2(f"/my-docker/{ID}"),
    "a user's own": v2("/user.slice/user-1000.slice/user@1000.service/app.slice/app-lxc.scope"),
}


@pytest.mark.parametrize("text", NO_CONTAINERS.values(), ids=NO_CONTAINERS)
def test_a_process_outside_has_none(text: str) -> None:
    assert parse_cgroup(text).container is None


UNITS = {
    "a service": (v2("/system.slice/nginx.service"), "nginx.service"),
    "a service, v1": (v1("/system.slice/nginx.service"), "nginx.service"),
    "only systemd's hierarchy has it": (
        "12:pids:/\n11:memory:/\n1:name=systemd:/system.slice/nginx.service\n0::/\n",
        "nginx.service",
    ),
    "an instance": (v2("/system.slice/system-getty.slice/getty@tty1.service"), "getty@tty1.service"),
    "a cgroup inside": (v2("/system.slice/nginx.service/worker-1"), "nginx.service"),
    "a session": (v2("/user.slice/user-1000.slice/session-3.scope"), "session-3.scope"),
    "a user's manager": (v2("/user.slice/user-1000.slice/user@1000.service/init.scope"), "init.scope"),
    "a user's application": (
        v2("/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-firefox-4242.scope"),
        "app-gnome-firefox-4242.scope",
    ),
    "a user's service": (
        v2("/user.slice/user-1000.slice/user@1000.service/session.slice/pipewire.service"),
        "pipewire.service",
    ),
    "init": (v2("/init.scope"), "init.scope"),
    "a socket": (v2("/system.slice/ssh.socket"), "ssh.socket"),
    "escapes": (
        v2(r"/system.slice/system-serial\x2dgetty.slice/my\x2dgetty@dev-ttyS0.service"),
        r"my\x2dgetty@dev-ttyS0.service",
    ),
    "an escaped path": (v2(r"/system.slice/dev-disk-by\x2dlabel-swap.swap"), r"dev-disk-by\x2dlabel-swap.swap"),
    "a name that the kernel could take for its own": (v2("/system.slice/_cpu.service"), "cpu.service"),
    "a name that begins with what is put before such": (v2("/system.slice/__mine.service"), "_mine.service"),
    "a blank in a name": (v2("/system.slice/two words.service"), "two words.service"),
    "a colon in a name": (v2("/system.slice/a:b.service"), "a:b.service"),
    "a slice alone": (v2("/system.slice"), None),
    "the root": (v2("/"), None),
    "something that is no unit": (v2("/my.cgroup/x.servicex"), None),
    "a deleted one": (v2("/system.slice/nginx.service (deleted)"), None),
    "no unit of docker": (v1(f"/docker/{ID}"), None),
    "a container of systemd": (v2(f"/system.slice/docker-{ID}.scope"), f"docker-{ID}.scope"),
}


@pytest.mark.parametrize(("text", "unit"), UNITS.values(), ids=UNITS)
def test_a_unit_is_the_innermost_that_is_no_slice(text: str, unit: str | None) -> None:
    assert parse_cgroup(text).unit == unit


GARBAGE = ["", "\n", ":", "0:", "nonsense", "0::", "0:/docker/x", "\0\ufffd", "0:::", f"/docker/{ID}"]


@pytest.mark.parametrize("text", GARBAGE)
def test_garbage_says_nothing(text: str) -> None:
    assert parse_cgroup(text) == Origin(None, None)


@given(st.text(st.sampled_from("0:/\n.-@x\\x2dabcdef slicescopeservicedockerlxc")) | st.text())
def test_any_text_gives_an_origin(text: str) -> None:
    origin = parse_cgroup(text)
    assert origin.unit != ""
    assert origin.container != ""
