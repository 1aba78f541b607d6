"""What a server may send once the keys stand: the right Finished completes, all else says what was wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.fuzz.playing import WHOLE, play
from tests.fuzz.sealed import Server, read, servers
from tlsprobe.tls.constants import ContentType
from tlsprobe.tls.handshake import Broken, Completed, End, Rejected, Step
from tlsprobe.tls.record import Record

CHANGE = (20, b"\x01")
HELLO_REQUEST, TICKET = (22, b"\x00\x00\x00\x00"), (22, b"\x04\x00\x00\x06" + bytes(6))
NO_CIPHER_BLOCKS = "record is no whole number of cipher blocks"
AEAD, CBC = servers()[0], servers()[3]


def finished(server: Server) -> tuple[int, bytes]:
    """The Finished that it sent, in plain text."""
    return list(read(server.seed()))[-1]


def ended(server: Server, last: bytes) -> End:
    done = play(server.conversation(), last, chunk=WHOLE, ahead=server.flight)
    return done.end


def broken(detail: str) -> Broken:
    return Broken("malformed", Step.CLIENT_FINISHED, detail)


@pytest.fixture(
    params=servers(), ids=[f"{each.keys.version:04x}-{each.keys.suite.cipher}" for each in servers()]
)
def server(request: pytest.FixtureRequest) -> Server:
    return request.param  # type: ignore[no-any-return]


def test_the_right_finished_completes_also_in_pieces_and_after_warnings(server: Server) -> None:
    kind, text = finished(server)
    whole = [CHANGE, (kind, text)]
    cut = [CHANGE, (kind, text[:3]), (21, b"\x01\x70"), (22, b""), (kind, text[3:])]
    for plain in (whole, cut):
        assert ended(server, server.sealed(plain)) == Completed(Step.SERVER_FINISHED)


def test_another_finished_does_not_verify(server: Server) -> None:
    kind, text = finished(server)
    changed = text[:-1] + bytes([text[-1] ^ 1])
    assert ended(server, server.sealed([CHANGE, (kind, changed)])) == broken(
        "the server's Finished does not verify"
    )


@pytest.mark.parametrize(
    ("plain", "detail"),
    [
        ([(22, b"\x14\x00\x00\x00")], "handshake message 20 where NEW_SESSION_TICKET is due"),
        ([(22, TICKET[1] + b"\x04"), CHANGE], "handshake bytes before ChangeCipherSpec"),
        ([(20, b"\x02")], "ChangeCipherSpec is not the byte 1"),
        ([(23, b"data")], "record of type 23 where CHANGE_CIPHER_SPEC is due"),
        ([CHANGE, (23, b"data")], "record of type 23 where HANDSHAKE is due"),
        ([CHANGE, TICKET], "handshake message 4 where FINISHED is due"),
    ],
)
def test_what_is_not_due_is_named(plain: list[tuple[int, bytes]], detail: str) -> None:
    assert ended(AEAD, AEAD.sealed(plain)) == broken(detail)


def test_a_ticket_may_come_before() -> None:
    """It is part of what the Finished is over, so the recorded one no longer fits."""
    late = AEAD.sealed([TICKET, CHANGE, finished(AEAD)])
    assert ended(AEAD, late) == broken("the server's Finished does not verify")


@pytest.mark.parametrize("change", [lambda each: each, lambda each: each[:-1] + bytes([each[-1] ^ 1])])
def test_an_alert_behind_the_keys_is_read_only_where_it_verifies(change: Callable[[bytes], bytes]) -> None:
    said = AEAD.sealed([CHANGE, (21, b"\x02\x14")])
    expected = {said: Rejected(20, Step.CLIENT_FINISHED)}
    assert ended(AEAD, change(said)) == expected.get(change(said), broken("a record does not verify"))


@pytest.mark.parametrize(
    ("server", "fragment", "detail"),
    [
        (AEAD, bytes(7), "8 bytes expected, 7 left"),
        (AEAD, bytes(23), "record shorter than its authentication tag"),
        (AEAD, bytes(24), "a record does not verify"),
        (CBC, bytes(16), NO_CIPHER_BLOCKS),
        (CBC, bytes(33), NO_CIPHER_BLOCKS),
        (CBC, bytes(32), "a record is not padded as it should be"),
    ],
)
def test_a_record_that_nobody_sealed_says_how_it_can_be_told(
    server: Server, fragment: bytes, detail: str
) -> None:
    last = server.sealed([CHANGE]) + Record(ContentType.HANDSHAKE, server.keys.version, fragment).serialise()
    assert ended(server, last) == broken(detail)
