"""Reading and writing the presentation language of RFC 5246 §4: integers and length-prefixed vectors."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


class DecodeError(Exception):
    """The peer's bytes do not follow the RFC; the text says where."""


class OverLimit(DecodeError):
    """Nothing is wrong with the peer's bytes but that there is no end to them; the text says which limit."""


class NotOffered(DecodeError):
    """The peer chose what it was not offered; the text says what."""


class Reader:
    """Reads a byte string from front to back and can never run past its end."""

    __slots__ = ("_data", "_offset")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._offset = 0

    @property
    def remaining(self) -> int:
        """Bytes not read yet."""
        return len(self._data) - self._offset

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes; raise DecodeError if fewer are left."""
        end = self._offset + size
        if end > len(self._data):
            raise DecodeError(f"{size} bytes expected, {self.remaining} left")
        piece = self._data[self._offset : end]
        self._offset = end
        return piece

    def uint(self, size: int) -> int:
        """Return the next `size` bytes as a big-endian integer."""
        return int.from_bytes(self.take(size), "big")

    def vector(self, length_size: int) -> bytes:
        """Return a vector whose length stands in front of it in `length_size` bytes."""
        return self.take(self.uint(length_size))

    def rest(self) -> bytes:
        """Return all that is left."""
        return self.take(self.remaining)

    def end(self) -> None:
        """Raise DecodeError if anything is left."""
        if self.remaining:
            raise DecodeError(f"{self.remaining} bytes too many")


def uint(size: int, value: int) -> bytes:
    """Write `value` in `size` big-endian bytes; a value that does not fit is a bug: OverflowError."""
    return value.to_bytes(size, "big")


def vector(length_size: int, body: bytes) -> bytes:
    """Write `body` with its length in front, in `length_size` bytes."""
    return uint(length_size, len(body)) + body


def uint16_list(values: Sequence[int]) -> bytes:
    """Write 16-bit integers one after another, without a length."""
    return struct.pack(f">{len(values)}H", *values)


def read_all(data: bytes, read_one: Callable[[Reader], T]) -> tuple[T, ...]:
    """Read the whole of `data` as one `T` after another."""
    reader = Reader(data)
    items = []
    while reader.remaining:
        items.append(read_one(reader))
    return tuple(items)
