"""Records: any chunking gives the same; what one side seals the other opens, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlsprobe.tls.codec import DecodeError
from tlsprobe.tls.constants import Version
from tlsprobe.tls.keys import Secrets
from tlsprobe.tls.record import (
    MAX_CIPHERTEXT,
    NotTls,
    Protection,
    Record,
    RecordReader,
    UnsupportedCipher,
    can_protect,
    protections,
)
from tlsprobe.tls.suites import DHE_SUITE_NAMES, suite, suites_for

SEALED = [
    (version, code)
    for version in (Version.TLS12, Version.TLS11, Version.TLS10)
    for code in suites_for(version, tuple(DHE_SUITE_NAMES))
    if can_protect(suite(code))
]
records = st.builds(Record, st.integers(20, 23), st.sampled_from([0x0301, 0x0303]), st.binary(max_size=80))


def sides(keys: Secrets) -> tuple[Protection, Protection]:
    return protections(keys, client_random=bytes(range(32)), server_random=bytes(range(32, 64)))


def read_all(chunks: list[bytes]) -> list[Record]:
    reader, read = RecordReader(), []
    for chunk in chunks:
        reader.feed(chunk)
        while (record := reader.next_record()) is not None:
            read.append(record)
    return read


@given(st.lists(records, max_size=6), st.data())
def test_any_chunking_gives_the_same_records(sent: list[Record], data: st.DataObject) -> None:
    stream = b"".join(record.serialise() for record in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert read_all(chunks) == sent
    assert read_all([bytes([byte]) for byte in stream]) == sent


@pytest.mark.parametrize("start", [b"HTTP/1.1", b"SSH-2.0", b"\x00", b"\x16\x02"])
def test_what_is_no_tls_is_said_at_once(start: bytes) -> None:
    reader = RecordReader()
    reader.feed(start)
    with pytest.raises(NotTls) as error:
        reader.next_record()
    assert error.value.received == start


def test_a_record_too_large_is_refused_by_its_header() -> None:
    reader = RecordReader()
    reader.feed(b"\x16\x03\x03" + (MAX_CIPHERTEXT + 1).to_bytes(2, "big"))
    with pytest.raises(DecodeError):
        reader.next_record()


@pytest.mark.parametrize(("version", "code"), SEALED, ids=lambda value: f"{value:04x}")
@settings(max_examples=5)
@given(texts=st.lists(st.binary(max_size=50), min_size=1, max_size=3), flipped=st.integers(0, 10_000))
def test_one_side_opens_what_the_other_seals(
    version: int, code: int, texts: list[bytes], flipped: int
) -> None:
    keys = Secrets(version, suite(code), b"\x07" * 48)
    client, _ = sides(keys)
    opener, _ = sides(keys)
    for text in texts:
        assert opener.open(22, client.seal(22, text)) == text
    fragment = bytearray(client.seal(22, b"what follows"))
    # A flipped bit in the IV of CBC spoils the first block; in the rest it spoils the padding or the MAC.
    fragment[flipped % len(fragment)] ^= 1
    with pytest.raises(DecodeError):
        opener.open(22, bytes(fragment))


@pytest.mark.parametrize(("version", "code"), SEALED, ids=lambda value: f"{value:04x}")
def test_a_record_cut_short_is_an_error(version: int, code: int) -> None:
    keys = Secrets(version, suite(code), b"\x07" * 48)
    fragment = sides(keys)[0].seal(22, b"text")
    for size in range(len(fragment)):
        with pytest.raises(DecodeError):
            sides(keys)[0].open(22, fragment[:size])


def test_the_two_directions_differ() -> None:
    client, server = sides(Secrets(0x0303, suite(0x009E), bytes(48)))
    with pytest.raises(DecodeError):
        server.open(22, client.seal(22, b"text"))


@pytest.mark.parametrize("code", [0x0014, 0x0017, 0x0018, 0xC052, 0xC07C, 0x002D])
def test_what_the_library_cannot_do_is_said(code: int) -> None:
    assert not can_protect(suite(code))
    with pytest.raises(UnsupportedCipher):
        sides(Secrets(0x0303, suite(code), bytes(48)))


def test_padding_is_checked_where_the_mac_does_not_cover_it() -> None:
    """The last block of this record is padding alone: spoilt, one time in 256 its last byte is right."""
    keys = Secrets(0x0303, suite(0x0033), b"\x07" * 48)
    for _ in range(2000):
        fragment = bytearray(sides(keys)[0].seal(22, bytes(12)))  # 12 + 20 of MAC: two whole blocks
        fragment[-1] ^= 1
        with pytest.raises(DecodeError):
            sides(keys)[0].open(22, bytes(fragment))
