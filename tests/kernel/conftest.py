from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.capturing import why_no_events
from tests.support.kernel import Netns, new_netns, why_no_namespaces


@pytest.fixture(scope="session")
def may_make_namespaces() -> None:
    """Skips a test where the machine or the user does not allow network namespaces."""
    if reason := why_no_namespaces():
        pytest.skip(reason)


@pytest.fixture(scope="module")
def here(may_make_namespaces: None) -> Iterator[Netns]:
    """A network namespace in which to look."""
    with new_netns("here") as netns:
        yield netns


@pytest.fixture(scope="module")
def there(may_make_namespaces: None) -> Iterator[Netns]:
    """Another network namespace."""
    with new_netns("there") as netns:
        yield netns


@pytest.fixture(scope="module")
def anyones_folder() -> Iterator[Path]:
    """A folder with a short name in which everybody may make files."""
    with tempfile.TemporaryDirectory(prefix="nw") as folder:
        path = Path(folder)
        path.chmod(0o777)
        yield path


@pytest.fixture(scope="session")
def may_capture(may_make_namespaces: None) -> None:
    """Skips a test where the machine or the user does not allow the kernel's events."""
    if reason := why_no_events():
        pytest.skip(reason)


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ends wait for their totals however busy the machine is."""
    monkeypatch.setattr("netwatch_tui.kernel.capture.tcp_lives.TOTALS_WITHIN", 10_000_000_000)
