"""The command that a person copies prints, run by a shell, the socket that it was made for and no other."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator

import pytest

from tests.support.kernel import Child, Netns
from tests.support.kernel_show import NAMES

pytestmark = pytest.mark.skipif(shutil.which("ss") is None, reason="iproute2 is not installed")


@pytest.fixture(scope="module")
def holder(here: Netns) -> Iterator[Child]:
    with Child("tests.support.kernel_show", netns=here) as child:
        yield child


@pytest.mark.parametrize("name", NAMES)
def test_it_prints_exactly_that_socket(here: Netns, holder: Child, name: str) -> None:
    command, sign, *_ = holder.ask(name)
    done = subprocess.run(here.command("sh", "-c", command), capture_output=True, text=True, check=False, timeout=20)
    heading = done.stdout.startswith(("State", "Netid"))
    lines = done.stdout.splitlines()[heading:]
    assert (done.returncode, len(lines)) == (0, 1), (command, done)
    assert sign in lines[0]


def test_a_socket_of_another_namespace_is_shown_from_outside(here: Netns, holder: Child) -> None:
    command, sign, *_ = holder.ask("tcp listener that shares its port")
    entered = f"nsenter -t {holder.pid} -n {command}"
    done = subprocess.run(["sh", "-c", entered], capture_output=True, text=True, check=True, timeout=20)
    assert sign in done.stdout


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith(("tcp listener", "udp"))][:5])
def test_this_end_is_spelled_as_ss_spells_it(here: Netns, holder: Child, name: str) -> None:
    command, _, local, _ = holder.ask(name)
    done = subprocess.run(here.command("sh", "-c", command), capture_output=True, text=True, check=True, timeout=20)
    assert f" {local} " in done.stdout
