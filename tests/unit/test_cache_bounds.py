"""Every cache has a bound, and none keeps more alive than it says."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from typing import Any

import netwatch_tui
from netwatch_tui.kernel.proc_line import ADDRESSES

OF_FEW = {"_shades", "_hue", "luminance", "_has_own_numbers", "_libc", "_malloc_trim", "_unseen", "_mistakable"}
"""Without a bound of their own: there are only so many colours in all themes, and one `/proc`, library or pattern."""


def cached() -> Iterator[_lru_cache_wrapper[Any]]:
    """Every cached function and method of the program."""
    names = [name for _, name, _ in pkgutil.walk_packages(netwatch_tui.__path__, "netwatch_tui.")]
    for module in (importlib.import_module(name) for name in names if not name.endswith("__main__")):
        holders = [module, *(each for each in vars(module).values() if inspect.isclass(each))]
        for holder in holders:
            for each in vars(holder).values():
                if isinstance(each, _lru_cache_wrapper) and each.__module__.startswith("netwatch_tui."):
                    yield each


def test_every_cached_function_has_a_bound() -> None:
    unbounded = {each.__name__ for each in cached() if each.cache_info().maxsize is None}
    assert unbounded == OF_FEW


def test_no_cache_has_objects_in_its_keys_that_live_longer_by_it() -> None:
    assert not {each.__qualname__ for each in cached() if "self" in inspect.signature(each).parameters}


def test_addresses_are_forgotten_when_they_are_too_many() -> None:
    before = dict(ADDRESSES)
    try:
        for number in range(ADDRESSES.limit + 10):
            assert ADDRESSES[b"%08X" % number]
        assert len(ADDRESSES) <= ADDRESSES.limit
    finally:
        ADDRESSES.clear()
        ADDRESSES.update(before)
