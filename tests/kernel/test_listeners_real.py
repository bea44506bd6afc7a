"""The listener that is named for a connection is the one to which the kernel gave it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.kernel import Child, Netns


@pytest.fixture(scope="module")
def process(here: Netns) -> Iterator[Child]:
    with Child("tests.support.kernel_listeners", netns=here) as child:
        yield child


@pytest.mark.parametrize(
    ("listeners", "host"),
    [
        ([["0.0.0.0", ""], ["127.0.0.1", ""]], "127.0.0.1"),
        ([["0.0.0.0", ""], ["127.0.0.1", ""]], "127.0.0.2"),
        ([["127.0.0.2", ""], ["127.0.0.1", ""]], "127.0.0.1"),
        ([["::", "", "v6only"], ["0.0.0.0", ""]], "127.0.0.1"),
        ([["::", "", "v6only"], ["0.0.0.0", ""]], "::1"),
        ([["::", ""]], "127.0.0.1"),
        ([["::", ""], ["127.0.0.1", ""]], "127.0.0.1"),
        ([["::", ""], ["127.0.0.1", ""]], "127.0.0.2"),
        ([["::", ""], ["127.0.0.1", ""]], "::1"),
        ([["::", ""], ["::1", ""]], "::1"),
        ([["::ffff:127.0.0.1", ""], ["127.0.0.2", ""]], "127.0.0.1"),
        ([["::ffff:0.0.0.0", ""], ["::1", ""]], "127.0.0.3"),
        ([["0.0.0.0", "lo"], ["127.0.0.1", ""]], "127.0.0.1"),
        ([["::", ""], ["0.0.0.0", ""]], "127.0.0.1"),
        ([["::", ""], ["0.0.0.0", ""]], "::1"),
    ],
)
def test_of_listeners_at_one_port_the_most_specific_one_has_the_connection(
    process: Child, listeners: list[list[str]], host: str
) -> None:
    accepted, while_waiting, afterwards = process.ask([listeners, host])
    assert (while_waiting, afterwards) == ([accepted], [accepted])


@pytest.mark.parametrize(
    ("listeners", "host"),
    [
        ([["127.0.0.1", ""], ["127.0.0.1", ""], ["0.0.0.0", ""]], "127.0.0.1"),
        ([["0.0.0.0", ""], ["0.0.0.0", "lo"]], "127.0.0.1"),
    ],
)
def test_of_listeners_that_nothing_tells_apart_the_right_one_is_among_those_named(
    process: Child, listeners: list[list[str]], host: str
) -> None:
    """They are equal, or only the device of the connection tells, for which the kernel need not have been asked."""
    accepted, while_waiting, afterwards = process.ask([listeners, host])
    assert accepted in while_waiting
    assert while_waiting == afterwards
    assert set(while_waiting) <= {0, 1}
