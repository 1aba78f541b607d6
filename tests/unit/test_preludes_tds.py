"""TLS in TDS packets: cut anywhere, packed anyhow, and packed wrongly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.playing import play
from tests.unit.prelude_scripts import HOST, TDS_ON, TDS_REQUEST, tds_packet
from tlsprobe.inventory import StartTls
from tlsprobe.preludes import prelude_for
from tlsprobe.preludes.framing import framed
from tlsprobe.preludes.tds import PRELOGIN, TdsFraming, mssql_strict, packets, prelogin_request
from tlsprobe.probes.hello import HelloForm, any_hello, dhe_hello, oldest_hello
from tlsprobe.tls.codec import DecodeError
from tlsprobe.tls.constants import ContentType, HandshakeType, Version
from tlsprobe.tls.handshake import Broken, Step, handshake
from tlsprobe.tls.messages import ClientHello, Extension, ServerHello, handshake_message
from tlsprobe.tls.record import Record
from tlsprobe.tls.stream import Concluding, Conversation, Parting, PeerGone

HELLO = b"\x16\x03\x03\x00\x04helo"
ALERT = b"\x15\x03\x03\x00\x02\x02\x28"


def packet(payload: bytes, *, kind: int = PRELOGIN, status: int = 1) -> bytes:
    return tds_packet(payload, kind=kind, status=status)


def asks(*words: bytes) -> Conversation[list[bytes | str]]:
    """Say each of the words and return what came to each, or why nothing did."""
    heard: list[bytes | str] = []
    for word in words:
        try:
            heard.append((yield word))
        except PeerGone as gone:
            heard.append(gone.how)
        except DecodeError as error:
            heard.append(str(error))
    return heard


def answered(conversation: Conversation[list[bytes | str]], *pieces: bytes) -> list[bytes | str]:
    """Have a conversation in which these pieces come in, one to each wait; then the peer closes."""
    waiting = list(pieces)
    try:
        next(conversation)
        while True:
            conversation.send(waiting.pop(0) if waiting else b"")
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def heard(*pieces: bytes) -> list[bytes | str]:
    return answered(framed(asks(HELLO), TdsFraming()), *pieces)


def test_the_request_is_the_example_of_the_standard() -> None:
    assert packets(PRELOGIN, prelogin_request()) == TDS_REQUEST


def test_what_goes_out_is_packed_as_one_message() -> None:
    conversation = framed(asks(HELLO, b""), TdsFraming())
    assert next(conversation) == b"\x12\x01\x00\x11\x00\x00\x01\x00" + HELLO
    assert conversation.send(packet(b"x")) == b""  # nothing to say is no packet


@pytest.mark.parametrize("size", [0, 1, 4087, 4088, 4089, 8176, 8177, 300_000])
def test_no_packet_is_larger_than_4096_bytes_and_the_last_says_so(size: int) -> None:
    payload, rest, statuses = b"", packets(PRELOGIN, bytes(size)), []
    while rest:
        length = int.from_bytes(rest[2:4], "big")
        assert 8 < length <= 4096
        statuses.append(rest[1])
        payload, rest = payload + rest[8:length], rest[length:]
    assert payload == bytes(size)
    assert statuses == ([0] * (len(statuses) - 1) + [1] if size else [])


@given(
    st.lists(st.binary(max_size=40), min_size=1, max_size=12),
    st.sampled_from([0x04, PRELOGIN]),
    st.integers(1, 60),
)
def test_packets_however_cut_carry_what_was_put_in(payloads: list[bytes], kind: int, chunk: int) -> None:
    framing, carried = TdsFraming(), b""
    sent = b"".join(packet(each, kind=kind, status=number % 2) for number, each in enumerate(payloads))
    for at in range(0, len(sent), chunk):
        carried += framing.unwrap(sent[at : at + chunk])
    assert carried == b"".join(payloads)


def test_a_record_may_span_packets_and_a_packet_hold_records() -> None:
    assert heard(packet(HELLO[:3], status=0) + packet(HELLO[3:] + ALERT)) == [HELLO + ALERT]


def test_headers_alone_are_not_handed_on() -> None:
    """A conversation that is sent nothing thinks that the peer closed."""
    assert heard(*(bytes([each]) for each in packet(b"")), packet(b"")[:7], b"\0", packet(HELLO)) == [HELLO]


def test_what_comes_bare_is_taken_bare_and_answered_so() -> None:
    conversation = framed(asks(HELLO, HELLO), TdsFraming())
    next(conversation)
    assert conversation.send(packet(b"x") + ALERT + packet(b"y")) == HELLO


@pytest.mark.parametrize(
    ("sent", "why"),
    [
        (b"\x12\x01\x00\x00\x00\x00\x01\x00", "a TDS packet of 0 bytes"),
        (b"\x12\x01\x00\x07\x00\x00\x01\x00", "a TDS packet of 7 bytes"),
        (b"\x12\x01\x80\x00\x00\x00\x01\x00", "a TDS packet of 32768 bytes"),
        (b"\x10\x01\x00\x09\x00\x00\x01\x00x", "a TDS packet of type 0x10"),
        (b"HTTP/1.1 400 Bad Request", "a TDS packet of type 0x48"),
        (packet(b"") * 17, "an endless row of empty TDS packets"),
        (packet(b"x") + packet(b"y", kind=0x11), "a TDS packet of type 0x11"),
    ],
)
@pytest.mark.parametrize("chunk", [1, 1000])
def test_wrong_packing_breaks_the_rules(sent: bytes, why: str, chunk: int) -> None:
    said = answered(
        framed(asks(HELLO, HELLO), TdsFraming()),
        *(sent[at : at + chunk] for at in range(0, len(sent), chunk)),
    )
    assert why in said


@pytest.mark.parametrize("chunk", [1, 7, 4096])
def test_what_comes_in_front_of_a_broken_packet_counts(chunk: int) -> None:
    """However the network cuts it: the server did choose a suite, and broke the packing after that."""
    hello = dhe_hello(version=Version.TLS12, form=HelloForm.CURVES, suites=(0x009E,), server_name=None)
    answer = ServerHello(Version.TLS12, bytes(32), b"", 0x009E)
    message = handshake_message(HandshakeType.SERVER_HELLO, answer.serialise())
    said = packets(PRELOGIN, Record(ContentType.HANDSHAKE, Version.TLS12, message).serialise()) + b"no packet"
    done = play(framed(handshake(hello), TdsFraming()), said, chunk=chunk)
    assert done.end == Broken("malformed", Step.SERVER_HELLO, "a TDS packet of type 0x6e")
    assert done.server_hello == answer


def test_empty_packets_between_full_ones_are_no_endless_row() -> None:
    assert heard((packet(b"") * 16 + packet(b"x")) * 3) == [b"xxx"]


def test_the_end_of_a_connection_is_told_as_it_is() -> None:
    assert heard() == [b""]
    assert heard(packet(HELLO)[:9], b"") == [HELLO[:1]]
    assert heard(packet(HELLO)[:8], b"") == [b""]
    conversation = framed(asks(HELLO), TdsFraming())
    next(conversation)
    with pytest.raises(StopIteration) as end:
        conversation.throw(PeerGone("reset"))
    assert end.value.value == ["reset"]


def test_what_is_said_at_parting_goes_bare() -> None:
    conversation = framed(asks(Parting(ALERT)), TdsFraming())
    said = next(conversation)
    assert said == ALERT
    assert isinstance(said, Parting)


def test_once_the_handshake_is_over_all_goes_bare_and_what_comes_packed_is_taken_so() -> None:
    """The last of a TLS 1.3 handshake is packed and not waited for; its tickets may be packed as well."""
    conversation = framed(asks(HELLO, Concluding(HELLO), ALERT, ALERT), TdsFraming())
    assert next(conversation) == packets(PRELOGIN, HELLO)
    last = conversation.send(packet(b"x"))
    assert last == packets(PRELOGIN, HELLO)
    assert isinstance(last, Parting)
    assert conversation.send(b"") == ALERT
    assert conversation.send(packet(HELLO) + ALERT) == ALERT
    with pytest.raises(StopIteration) as end:
        conversation.send(ALERT)
    assert end.value.value == [b"x", b"", HELLO + ALERT, ALERT]


def test_a_handshake_may_end_with_nothing_to_say() -> None:
    conversation = framed(asks(Concluding(b""), ALERT), TdsFraming())
    assert next(conversation) == b""
    assert conversation.send(b"") == ALERT


def test_each_connection_is_framed_from_its_beginning() -> None:
    prelude = prelude_for(StartTls.MSSQL, 1, HOST)
    assert prelude is not None
    assert answered(prelude.carry(asks(HELLO)), ALERT) == [ALERT]
    assert answered(prelude.carry(asks(HELLO)), packet(HELLO)) == [HELLO]


def alpn(hello: ClientHello) -> list[bytes]:
    return [each.body for each in hello.extensions or () if each.kind == 16]


def test_tds_8_is_offered_by_name_and_alone() -> None:
    prelude = prelude_for(StartTls.MSSQL, 1, HOST)
    assert prelude is not None
    assert prelude.instead is not None
    plain = any_hello(server_name=HOST)
    web = ClientHello(plain.version, plain.random, plain.cipher_suites, (Extension(16, b"\0\3\2h2"),))
    assert prelude.adapt(plain) == plain
    for hello in (plain, web):
        adapted = prelude.instead.adapt(hello)
        assert alpn(adapted) == [b"\x00\x08\x07tds/8.0"]
        assert ClientHello.parse(adapted.serialise()).random == hello.random
    assert mssql_strict(oldest_hello()).extensions is None
    with pytest.raises(StopIteration):
        next(prelude.instead.converse())
    assert answered(prelude.instead.carry(asks(HELLO)), HELLO) == [HELLO]


def test_the_recorded_answer_is_of_sql_server_2012() -> None:
    """So that nobody takes the vector for one of our own making: 11.0.3000, and ENCRYPT_ON."""
    assert TDS_ON[34:38] == b"\x0b\x00\x0b\xb8"
    assert TDS_ON[8 + 0x20] == 1
