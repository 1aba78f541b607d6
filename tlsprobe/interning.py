"""Interning: of parts that are equal, one is kept. The servers of an estate have most of theirs in common."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar, cast

Part = TypeVar("Part", bound=Hashable)


class Interner:
    """Holds each distinct part that was met, for as long as it lives itself."""

    def __init__(self) -> None:
        self._parts: dict[Hashable, Hashable] = {}

    def one(self, part: Part) -> Part:
        """Return the first part that was met and is equal to this, in its type too: 1 equals 1.0 and True."""
        return cast(Part, self._parts.setdefault((type(part), part), part))
