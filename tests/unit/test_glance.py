"""The look at a flight: laws on canned bytes, and what hostile ones come to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlsprobe.tls.codec import uint, vector
from tlsprobe.tls.constants import ContentType, ExtensionType, HandshakeType, Version
from tlsprobe.tls.glance import MAX_NOTED, MAX_SERVER_HELLO, Glance, SeenMessage, glance
from tlsprobe.tls.messages import (
    HELLO_RETRY_REQUEST_RANDOM,
    ClientHello,
    Extension,
    ServerHello,
    handshake_message,
    key_share,
)
from tlsprobe.tls.record import Record, RecordReader
from tlsprobe.tls.stream import MAX_RECEIVED, MAX_RECORDS, PeerGone

HELLO = ClientHello(Version.TLS12, bytes(32), (0xC02F,))
ANSWER = ServerHello(Version.TLS12, b"\x01" * 32, b"", 0xC02F, extensions=(Extension(0xFF01, b"\x00"),))
SELECTED = Extension(ExtensionType.SUPPORTED_VERSIONS, uint(2, Version.TLS13))
KEY_EXCHANGE = b"\x03\x00\x17" + vector(1, b"\x04" * 65) + b"\x08\x04" + vector(2, bytes(256))


def record(payload: bytes, kind: int = ContentType.HANDSHAKE, version: int = Version.TLS12) -> bytes:
    return Record(kind, version, payload).serialise()


def message(kind: HandshakeType, body: bytes = b"") -> bytes:
    return handshake_message(kind, body)


MESSAGES = (
    message(HandshakeType.SERVER_HELLO, ANSWER.serialise()),
    message(HandshakeType.CERTIFICATE, vector(3, vector(3, bytes(900)))),
    message(HandshakeType.SERVER_KEY_EXCHANGE, KEY_EXCHANGE),
    message(HandshakeType.SERVER_HELLO_DONE),
)
SPLIT = b"".join(record(each) for each in MESSAGES)
JOINED = record(b"".join(MESSAGES))
ANSWER_13 = ServerHello(
    Version.TLS12, b"\x02" * 32, bytes(32), 0x1301, extensions=(SELECTED, key_share(29, bytes(32)))
)
HELLO_13 = message(HandshakeType.SERVER_HELLO, ANSWER_13.serialise())
RETRY = record(
    message(
        HandshakeType.SERVER_HELLO,
        replace(ANSWER_13, random=HELLO_RETRY_REQUEST_RANDOM, extensions=(SELECTED,)).serialise(),
    )
)
TLS13 = (
    record(HELLO_13)
    + record(b"\x01", ContentType.CHANGE_CIPHER_SPEC)
    + record(bytes(27), ContentType.APPLICATION_DATA)
)
REFUSED = record(b"\x02\x28", ContentType.ALERT, 0x0301)
WHOLE = {"split": SPLIT, "joined": JOINED, "tls13": TLS13, "retry": RETRY, "refused": REFUSED}


def look(pieces: Iterable[bytes], gone: PeerGone | None = None) -> Glance:
    """Play the pieces, then a close, or what is thrown in."""
    conversation = glance(HELLO, record_version=0x0301)
    sent = next(conversation)
    reader = RecordReader()
    reader.feed(sent)
    hello = reader.next_record()
    assert hello is not None
    assert (hello.version, hello.fragment[4:]) == (0x0301, HELLO.serialise())
    try:
        for piece in pieces:
            assert conversation.send(piece) == b""
        if gone is None:
            conversation.send(b"")
        else:
            conversation.throw(gone)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    raise AssertionError("the conversation goes on after the peer is gone")


# --- laws


@pytest.mark.parametrize("flight", WHOLE.values(), ids=WHOLE)
def test_any_chunking_gives_the_same(flight: bytes) -> None:
    whole = look([flight])
    assert whole.end in ("answered", "alert")
    for size in (1, 2, 3, 7, 100, 1000):
        assert look(flight[at : at + size] for at in range(0, len(flight), size)) == whole


@pytest.mark.parametrize("flight", WHOLE.values(), ids=WHOLE)
def test_any_cut_is_a_value_that_says_how_it_ended(flight: bytes) -> None:
    for size in range(1, len(flight)):
        for gone, end in ((None, "closed"), (PeerGone("reset"), "reset"), (PeerGone("silent"), "silent")):
            assert look([flight[:size]], gone).end == end


@given(st.binary(min_size=1, max_size=200))
def test_whatever_comes_is_a_value(received: bytes) -> None:
    assert look([received]).end in ("closed", "alert", "not-tls", "malformed", "answered")


@given(st.integers(0, len(SPLIT) - 1), st.integers(0, 255))
def test_a_changed_byte_is_a_value(at: int, byte: int) -> None:
    found = look([SPLIT[:at] + bytes([byte]) + SPLIT[at + 1 :]])
    if found.server_hello:
        ServerHello.parse(found.server_hello)


# --- cases


def test_the_shape_of_a_flight_is_kept() -> None:
    found = look([SPLIT])
    assert [(each.kind, each.size) for each in found.messages] == [
        (2, len(ANSWER.serialise())),
        (11, 906),
        (12, len(KEY_EXCHANGE)),
        (14, 0),
    ]
    assert [each.size for each in found.records] == [len(each) for each in MESSAGES]
    assert ServerHello.parse(found.server_hello) == ANSWER
    assert found.key_exchange == KEY_EXCHANGE
    assert len(look([JOINED]).records) == 1
    assert look([JOINED]).messages == found.messages


def test_tls13_goes_as_far_as_the_first_encrypted_record() -> None:
    found = look([TLS13])
    assert [(each.kind, each.size) for each in found.records[1:]] == [(20, 1), (23, 27)]
    assert look([RETRY]).end == "answered"


def test_an_alert_keeps_its_level_its_record_and_what_came_before() -> None:
    found = look([record(MESSAGES[0]) + REFUSED])
    assert (found.end, found.alert) == ("alert", (2, 40))
    assert found.messages == (SeenMessage(2, len(ANSWER.serialise())),)
    assert [each.version for each in found.records] == [0x0303, 0x0301]
    assert look([record(b"\x01\x00", ContentType.ALERT)]).alert == (1, 0)


def test_warnings_are_noted_and_do_not_end_it() -> None:
    found = look([record(b"\x01\x70", ContentType.ALERT) + SPLIT])
    assert (found.end, found.warnings) == ("answered", (112,))


# --- hostile


def test_what_is_just_within_a_limit_is_read() -> None:
    """One byte, or one record, more is in the list below."""
    large = replace(ANSWER, extensions=(Extension(0xFFFE, b""),))
    missing = MAX_SERVER_HELLO - len(large.serialise())
    large = replace(large, extensions=(Extension(0xFFFE, bytes(missing)),))
    assert len(large.serialise()) == MAX_SERVER_HELLO
    assert look([record(message(HandshakeType.SERVER_HELLO, large.serialise())) + SPLIT]).end == "answered"

    empty = record(b"") * (MAX_RECORDS - len(MESSAGES))
    assert look([empty + SPLIT]).end == "answered"
    assert look([empty + record(b"") + SPLIT]).detail == f"more than {MAX_RECORDS} records"

    # A record that isn't whole, so nothing of it is read; the limit is on what was received.
    begun = b"\x16\x03\x03\x40\x00" + bytes(16383)
    whole = record(bytes(16384)) * (MAX_RECEIVED // 16389)
    assert look([whole + begun[: MAX_RECEIVED - len(whole)]]).end == "closed"
    over = look([whole + begun[: MAX_RECEIVED - len(whole)], b"\x00"])
    assert (over.end, over.detail) == ("malformed", f"more than {MAX_RECEIVED} bytes received")


@pytest.mark.parametrize("kind", [20, 23, 24])
def test_a_record_that_has_no_place_in_a_flight_is_named(kind: int) -> None:
    assert look([record(b"\x01", kind)]).detail == f"record of type {kind} in a flight"


@pytest.mark.parametrize(
    ("flight", "end"),
    [
        (record(b"\x01\x70" * 17, ContentType.ALERT), "malformed"),
        (record(b"", ContentType.HANDSHAKE) * (MAX_RECORDS + 1), "malformed"),
        (record(b"\x01", ContentType.CHANGE_CIPHER_SPEC), "malformed"),
        (record(b"x", ContentType.APPLICATION_DATA), "malformed"),
        (record(b"\x0b\xff\xff\xff"), "malformed"),
        (record(message(HandshakeType.SERVER_HELLO, b"short")), "malformed"),
        (record(message(HandshakeType.SERVER_HELLO, bytes(MAX_SERVER_HELLO + 1))), "malformed"),
        (record(bytes(16384)) * 40, "malformed"),
        (b"HTTP/1.1 400 Bad Request", "not-tls"),
        (b"\x15\x00\x00\x00\x02\x02\x46", "not-tls"),
    ],
)
def test_hostile_flights_end(flight: bytes, end: str) -> None:
    found = look([flight])
    assert found.end == end
    assert len(found.records) <= MAX_NOTED
    assert len(found.messages) <= MAX_NOTED
    assert found.server_hello == b""
