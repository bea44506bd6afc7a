"""What is told of things by their numbers, by each host of its own, as one mapping of all hosts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

_ToldT = TypeVar("_ToldT")


class MergedParts(Generic[_ToldT]):
    """One such mapping. A tick costs what is told otherwise than before, and one copy of the whole."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self._whole: Mapping[int, _ToldT] = {}
        self._draft: dict[int, _ToldT] | None = None
        """The whole as it is becoming; None while it is as it was given last."""
        self._told: dict[int, Mapping[int, _ToldT]] = {}
        """As each host told it last, by its number."""
        self._keys: dict[int, dict[int, int]] = {}
        """By the host's number, and its number of a thing, the number that this has here."""

    @property
    def whole(self) -> Mapping[int, _ToldT]:
        """What is told of all; the same object while nothing about it changes. It is not changed afterwards."""
        if self._draft is not None:
            self._whole, self._draft = self._draft, None
        return self._whole

    def forget(self, host: int) -> None:
        """Nothing is told of the things of a host any more, whose numbers are others from now on."""
        if keys := self._keys.pop(host, None):
            draft = self._drafted()
            for known in keys.values():
                draft.pop(known, None)
        self._told.pop(host, None)

    def put(
        self,
        host: int,
        told: Mapping[int, _ToldT],
        key: Callable[[int], int | None],
        value: Callable[[_ToldT], _ToldT] = lambda told: told,
    ) -> None:
        """What a host tells now.

        Args:
            host: The number of the host.
            told: All that it tells.
            key: From the host's number of a thing to the one that it has here, until the host is forgotten; None of
                what is left out.
            value: From what the host tells of a thing to what is told of it here.
        """
        before = self._told.get(host, {})
        if told is before:
            return
        self._told[host] = told
        changed = [number for number, each in told.items() if before.get(number) is not each]
        gone = before.keys() - told.keys()
        if not (changed or gone):
            return
        keys, draft = self._keys.setdefault(host, {}), self._drafted()
        for number in gone:
            if (known := keys.pop(number, None)) is not None:
                draft.pop(known, None)
        for number in changed:
            known = keys.get(number) or key(number)
            if known is not None:
                keys[number] = known
                draft[known] = value(told[number])

    def _drafted(self) -> dict[int, _ToldT]:
        if self._draft is None:
            self._draft = dict(self._whole)
        return self._draft
