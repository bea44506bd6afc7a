"""What is different between two mappings: few entries, which lead from either to the other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, NamedTuple, TypeVar

from netwatch_tui.sockets.slices import giving_way

_ValueT = TypeVar("_ValueT")


class MappingChange(NamedTuple, Generic[_ValueT]):
    """The entries that are not the same at both sides; a key that is at one side only was not there at the other."""

    before: Mapping[int, _ValueT] = {}
    after: Mapping[int, _ValueT] = {}

    @property
    def inverse(self) -> MappingChange[_ValueT]:
        """What leads back."""
        return MappingChange(self.after, self.before)

    def apply(self, mapping: dict[int, _ValueT]) -> None:
        """Turn the mapping before into the mapping after."""
        for key in self.before.keys() - self.after.keys():
            del mapping[key]
        mapping.update(self.after)


def change_between(before: Mapping[int, _ValueT], after: Mapping[int, _ValueT]) -> MappingChange[_ValueT]:
    """Compare two mappings; costs nothing where they are one object. Values are the same if they are one object."""
    if before is after:
        return MappingChange()
    now = {key: value for key, value in giving_way(after.items()) if before.get(key) is not value}
    was = {key: before[key] for key in now.keys() & before.keys()}
    was.update((key, before[key]) for key in before.keys() - after.keys())
    return MappingChange(was, now)
