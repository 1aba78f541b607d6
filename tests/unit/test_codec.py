"""Laws of the presentation language: a reader never runs past its end, and says what is left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsprobe.tls.codec import DecodeError, Reader, read_all, uint, uint16_list, vector

sizes = st.integers(1, 4)


@given(sizes, st.data())
def test_an_integer_is_read_as_it_was_written(size: int, data: st.DataObject) -> None:
    value = data.draw(st.integers(0, 256**size - 1))
    reader = Reader(uint(size, value))
    assert reader.uint(size) == value
    reader.end()


@given(st.integers(2, 4), st.binary(max_size=300), st.binary(max_size=5))
def test_a_vector_is_read_as_it_was_written_and_what_follows_stays(
    length_size: int, body: bytes, behind: bytes
) -> None:
    reader = Reader(vector(length_size, body) + behind)
    assert reader.vector(length_size) == body
    assert reader.remaining == len(behind)
    assert reader.rest() == behind
    reader.end()


@given(sizes, st.binary(max_size=200), st.data())
def test_a_vector_cut_anywhere_is_an_error(length_size: int, body: bytes, data: st.DataObject) -> None:
    written = vector(length_size, body)
    cut = data.draw(st.integers(0, len(written) - 1))
    with pytest.raises(DecodeError):
        Reader(written[:cut]).vector(length_size)


@given(st.binary(max_size=50), st.integers(1, 100))
def test_a_failed_read_takes_nothing(body: bytes, more: int) -> None:
    reader = Reader(body)
    with pytest.raises(DecodeError):
        reader.take(len(body) + more)
    assert reader.rest() == body


@given(st.binary(min_size=1, max_size=50))
def test_what_is_left_over_is_an_error(body: bytes) -> None:
    with pytest.raises(DecodeError, match=f"{len(body)} bytes too many"):
        Reader(body).end()


@given(st.lists(st.integers(0, 0xFFFF)))
def test_a_list_is_read_whole_and_half_an_item_is_an_error(values: list[int]) -> None:
    written = uint16_list(values)
    assert read_all(written, lambda each: each.uint(2)) == tuple(values)
    with pytest.raises(DecodeError):
        read_all(written + b"\x00", lambda each: each.uint(2))


@pytest.mark.parametrize(("size", "value"), [(1, 256), (2, 65536), (3, 1 << 24), (2, -1)])
def test_a_number_of_ours_that_does_not_fit_is_a_bug(size: int, value: int) -> None:
    with pytest.raises(OverflowError):
        uint(size, value)
