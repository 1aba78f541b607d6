"""The whole client: against OpenSSL by way of Python's ssl module, in memory; and re-cut, and spoilt."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from itertools import permutations
from pathlib import Path
from typing import Literal

import pytest

from tlsprobe.demo.credentials import Credentials, make_credentials
from tlsprobe.probes.hello import HelloForm, any_hello, dhe_hello
from tlsprobe.tls.codec import read_all, vector
from tlsprobe.tls.constants import ContentType, ExtensionType, HandshakeType, Version
from tlsprobe.tls.groups import ShareForm, pick_share
from tlsprobe.tls.handshake import Broken, Completed, Handshake, Rejected, Step, Untestable, handshake
from tlsprobe.tls.identity import Identity
from tlsprobe.tls.messages import (
    HELLO_RETRY_REQUEST_RANDOM,
    ClientHello,
    Extension,
    ServerHello,
    handshake_message,
)
from tlsprobe.tls.record import Record, RecordReader
from tlsprobe.tls.stream import (
    MAX_EMPTY_RECORDS,
    MAX_IGNORED_MESSAGES,
    MAX_MESSAGE,
    Conversation,
    Parting,
    PeerGone,
)

pytestmark = pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")

VERSIONS = {
    Version.TLS10: ssl.TLSVersion.TLSv1,
    Version.TLS11: ssl.TLSVersion.TLSv1_1,
    Version.TLS12: ssl.TLSVersion.TLSv1_2,
}


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    return make_credentials(tmp_path_factory.mktemp("credentials"))


class Server:
    """OpenSSL's server end of a connection, in memory; counts what it is given in chunks."""

    def __init__(self, credentials: Credentials, *, verify: ssl.VerifyMode = ssl.CERT_NONE) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(credentials.rsa.certificate, credentials.rsa.key)
        context.load_dh_params(str(credentials.dh_files["rfc3526-2048"]))
        context.verify_mode = verify
        context.load_verify_locations(credentials.rsa.certificate)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._connection = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def answer(self, data: bytes) -> bytes:
        self._incoming.write(data)
        try:
            self._connection.do_handshake()
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            self._incoming.write_eof()
        return self._outgoing.read()


def converse(conversation: Conversation[Handshake], server: Server, *, chunk: int = 65536) -> Handshake:
    """Drive the conversation, the server's bytes cut into chunks."""
    waiting = b""
    try:
        outgoing = next(conversation)
        while True:
            if outgoing:
                waiting += server.answer(outgoing)
            if isinstance(outgoing, Parting):
                outgoing = conversation.send(b"")
                continue
            piece, waiting = waiting[:chunk], waiting[chunk:]
            outgoing = conversation.send(piece)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


def attempt(
    server: Server,
    *,
    version: Version = Version.TLS12,
    suite: int = 0x009E,
    form: HelloForm = HelloForm.CURVES_EMS,
    share: ShareForm = ShareForm.CONTROL,
    identity: Identity | None = None,
    chunk: int = 65536,
) -> Handshake:
    hello = dhe_hello(version=version, form=form, suites=(suite,), server_name="a.example")
    conversation = handshake(hello, pick_share=partial(pick_share, form=share), identity=identity)
    return converse(conversation, server, chunk=chunk)


# GCM, CCM, CCM_8, ChaCha20, CBC with each MAC, Camellia, and anonymous ones.
SUITES = (
    0x009E, 0x009F, 0xC09E, 0xC09F, 0xC0A2, 0xC0A3, 0xCCAA, 0x0033, 0x0039, 0x0067, 0x006B,
    0x0045, 0x0088, 0x00BE, 0x00C4, 0x0034, 0x003A, 0x006C, 0x00A6, 0x00A7,
)  # fmt: skip


@pytest.mark.parametrize("form", [HelloForm.CURVES_EMS, HelloForm.NO_GROUPS, HelloForm.BARE])
@pytest.mark.parametrize("suite", SUITES, ids=lambda code: f"{code:04x}")
def test_every_cipher_completes(credentials: Credentials, suite: int, form: HelloForm) -> None:
    done = attempt(Server(credentials), suite=suite, form=form)
    assert done.end == Completed(Step.SERVER_FINISHED)
    assert done.server_hello is not None
    assert done.server_hello.has_extended_master_secret is (form is HelloForm.CURVES_EMS)


@pytest.mark.parametrize("version", [Version.TLS10, Version.TLS11], ids=lambda version: version.label)
@pytest.mark.parametrize("suite", [0x0033, 0x0039, 0x0045, 0x0088, 0x0034])
def test_older_versions_complete(credentials: Credentials, version: Version, suite: int) -> None:
    done = attempt(Server(credentials), version=version, suite=suite)
    assert done.end == Completed(Step.SERVER_FINISHED)
    assert done.server_hello is not None
    assert done.server_hello.version == version


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.label)
@pytest.mark.parametrize("share", ShareForm)
def test_openssl_strips_and_takes_both_shares(
    credentials: Credentials, version: Version, share: ShareForm
) -> None:
    done = attempt(Server(credentials), version=version, suite=0x0039, share=share)
    if share is ShareForm.Z_KEPT:
        assert done.end == Rejected(20, Step.CLIENT_FINISHED)
    else:
        assert done.end == Completed(Step.SERVER_FINISHED)


@pytest.mark.parametrize("chunk", [1, 2, 7, 100])
def test_any_chunking_of_the_network_completes(credentials: Credentials, chunk: int) -> None:
    assert attempt(Server(credentials), chunk=chunk).end == Completed(Step.SERVER_FINISHED)


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.label)
def test_a_certificate_is_shown_where_it_is_asked_for(credentials: Credentials, version: Version) -> None:
    pair = credentials.rsa
    identity = Identity.load(Path(pair.certificate).read_bytes(), Path(pair.key).read_bytes())
    asked = partial(attempt, version=version, suite=0x0039)
    done = asked(Server(credentials, verify=ssl.CERT_REQUIRED), identity=identity)
    assert done.end == Completed(Step.SERVER_FINISHED)
    assert done.certificate_requested
    assert asked(Server(credentials, verify=ssl.CERT_OPTIONAL)).end == Completed(Step.SERVER_FINISHED)
    refused = asked(Server(credentials, verify=ssl.CERT_REQUIRED))
    assert isinstance(refused.end, Rejected)
    assert refused.end.after is Step.CLIENT_FINISHED


def test_a_suite_that_cannot_be_finished_is_accepted_and_said(credentials: Credentials) -> None:
    done = attempt(Server(credentials), suite=0xC052)
    assert done.end == Untestable("cipher", Step.SERVER_HELLO_DONE)
    assert done.params is not None


def test_without_a_share_it_stops_after_server_hello_done(credentials: Credentials) -> None:
    hello = dhe_hello(version=Version.TLS12, form=HelloForm.CURVES, suites=(0x009E,), server_name=None)
    done = converse(handshake(hello), Server(credentials))
    assert done.end == Completed(Step.SERVER_HELLO_DONE)
    assert done.params is not None
    assert len(done.params.dh_p) == len(done.params.dh_Ys) == 256


def test_a_server_without_dhe_ends_after_its_hello(credentials: Credentials) -> None:
    done = converse(handshake(any_hello(server_name=None)), Server(credentials))
    assert done.end == Completed(Step.SERVER_HELLO)
    assert done.params is None


# ---- the same flight, cut and spoilt --------------------------------------------------------------


@pytest.fixture(scope="module")
def flight(credentials: Credentials) -> bytes:
    """What a server sends up to ServerHelloDone, as it came."""
    return Server(credentials).answer(_first_hello())


def _first_hello() -> bytes:
    conversation = handshake(_fixed_hello())
    return next(conversation)


def _fixed_hello() -> ClientHello:
    return dhe_hello(
        version=Version.TLS12,
        form=HelloForm.CURVES,
        suites=(0x009E,),
        server_name=None,
        entropy=bytes,
    )


def replay(chunks: Iterable[bytes]) -> Handshake:
    """Play received bytes into a new conversation, and close behind them."""
    conversation = handshake(_fixed_hello())
    next(conversation)
    try:
        for chunk in chunks:
            conversation.send(chunk)
        conversation.send(b"")
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    raise AssertionError("the conversation goes on after the end")


def handshake_bytes(flight: bytes) -> bytes:
    reader, payload = RecordReader(), b""
    reader.feed(flight)
    while (record := reader.next_record()) is not None:
        payload += record.fragment
    return payload


def framed(pieces: Iterable[bytes]) -> bytes:
    return b"".join(Record(ContentType.HANDSHAKE, 0x0303, piece).serialise() for piece in pieces)


def test_every_way_to_cut_records_gives_the_same(flight: bytes) -> None:
    whole = replay([flight])
    assert whole.end == Completed(Step.SERVER_HELLO_DONE)
    payload = handshake_bytes(flight)
    for pieces in (
        [payload],
        [payload[i : i + 1] for i in range(len(payload))],
        [payload[:50], payload[50:]],
        [payload[:3], b"", payload[3:90], payload[90:]],
    ):
        again = replay([framed(pieces)])
        assert (again.end, again.params, again.certificates) == (whole.end, whole.params, whole.certificates)
    assert replay([bytes([byte]) for byte in flight]).end == whole.end


def test_cut_at_each_offset_it_is_broken_and_never_an_exception(flight: bytes) -> None:
    for size in range(len(flight)):
        end = replay([flight[:size]] if size else []).end
        assert isinstance(end, Broken)
        assert end.how == "closed"


def test_warnings_and_hello_requests_are_passed_over(flight: bytes) -> None:
    warning = Record(ContentType.ALERT, 0x0303, b"\x01\x70").serialise()
    request = framed([b"\x00\x00\x00\x00"])
    done = replay([warning + request + flight])
    assert done.end == Completed(Step.SERVER_HELLO_DONE)
    assert done.warnings == (0x70,)
    assert replay([warning * 100 + flight]).end == Broken(
        "over-limit", Step.CLIENT_HELLO, "an endless row of warnings"
    )


def test_a_flipped_byte_is_never_an_exception(flight: bytes) -> None:
    for place in range(0, len(flight), 3):
        spoilt = bytearray(flight)
        spoilt[place] ^= 0xFF
        assert isinstance(replay([bytes(spoilt)]).end, Broken | Completed | Rejected)


@pytest.mark.parametrize(
    ("sent", "how"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "not-tls"),
        (framed([b"\x02\xff\xff\xff"]), "over-limit"),
        (framed([b"\x0b\x00\x00\x00"]), "malformed"),
        (Record(23, 0x0303, b"data").serialise(), "malformed"),
        (Record(20, 0x0303, b"\x01").serialise(), "malformed"),
    ],
)
def test_what_does_not_belong_there_is_broken(sent: bytes, how: str) -> None:
    end = replay([sent]).end
    assert isinstance(end, Broken)
    assert end.how == how
    assert end.after is Step.CLIENT_HELLO


# ---- hostile hellos, orders and rows without an end -----------------------------------------------

HELLO = ServerHello(0x0303, bytes(range(32)), b"", 0x009E)
VERSION_13 = Extension(ExtensionType.SUPPORTED_VERSIONS, b"\x03\x04")


def says(kind: HandshakeType, body: bytes) -> bytes:
    return framed([handshake_message(kind, body)])


def alert(*pairs: bytes) -> bytes:
    return Record(ContentType.ALERT, 0x0303, b"".join(pairs)).serialise()


def handshake_messages(flight: bytes) -> tuple[bytes, ...]:
    """The messages of a flight, each with its header."""
    return read_all(handshake_bytes(flight), lambda each: each.take(1) + vector(3, each.vector(3)))


@pytest.mark.parametrize(
    "hello",
    [
        replace(HELLO, cipher_suite=0x009F),
        replace(HELLO, cipher_suite=0x00FF),  # the renegotiation signal is no suite to choose
        replace(HELLO, compression_method=1),
        replace(HELLO, legacy_version=0x0304),
        replace(HELLO, legacy_version=0x02FF),
        replace(HELLO, extensions=(VERSION_13,)),  # offered by another hello, not by this one
        replace(HELLO, extensions=(replace(VERSION_13, body=b"\x7f\x1c"),)),
    ],
    ids=lambda hello: f"{hello.legacy_version:04x}-{hello.cipher_suite:04x}-{len(hello.extensions)}",
)
def test_a_choice_that_was_not_offered_is_called_so(hello: ServerHello) -> None:
    done = replay([says(HandshakeType.SERVER_HELLO, hello.serialise())])
    assert isinstance(done.end, Broken)
    assert (done.end.how, done.end.after) == ("not-offered", Step.CLIENT_HELLO)
    assert "was not offered" in done.end.detail
    assert done.server_hello is None


@pytest.mark.parametrize(
    ("random", "share", "retry"),
    [
        (bytes(32), b"\x00\x1d" + vector(2, bytes(32)), False),
        (HELLO_RETRY_REQUEST_RANDOM, b"\x00\x1d", True),
    ],
    ids=["server-hello", "hello-retry-request"],
)
def test_a_hello_of_tls_13_is_read_and_ends_it(random: bytes, share: bytes, retry: bool) -> None:
    hello = ServerHello(
        0x0303, random, b"", 0x1301, 0, (VERSION_13, Extension(ExtensionType.KEY_SHARE, share))
    )
    conversation = handshake(
        any_hello(server_name=None), pick_share=partial(pick_share, form=ShareForm.CONTROL)
    )
    next(conversation)
    with pytest.raises(StopIteration) as over:
        conversation.send(says(HandshakeType.SERVER_HELLO, hello.serialise()))
    done: Handshake = over.value.value
    assert done.end == Completed(Step.SERVER_HELLO)
    assert done.server_hello == hello
    assert (done.server_hello.version, done.server_hello.group) == (Version.TLS13, 29)
    assert done.server_hello.is_hello_retry_request is retry


def test_ssl_30_is_read_and_never_finished() -> None:
    """Its key derivation is another one: a handshake that fails would say nothing of the zeros."""
    plain = ServerHello(0x0300, bytes(32), b"", 0x0039)
    params = vector(2, b"\xff" * 127 + b"\x01") + vector(2, b"\x02") + vector(2, b"\x07" * 128)
    flight = [
        says(HandshakeType.SERVER_HELLO, plain.serialise()),
        says(HandshakeType.CERTIFICATE, vector(3, b"")),
        says(HandshakeType.SERVER_KEY_EXCHANGE, params + vector(2, b"")),
        says(HandshakeType.SERVER_HELLO_DONE, b""),
    ]
    hello = dhe_hello(version=Version.TLS10, form=HelloForm.BARE, suites=(0x0039,), server_name=None)
    conversation = handshake(hello, pick_share=partial(pick_share, form=ShareForm.CONTROL))
    next(conversation)
    with pytest.raises(StopIteration) as over:
        conversation.send(b"".join(flight))
    assert over.value.value.end == Untestable("cipher", Step.SERVER_HELLO_DONE)


def test_every_other_order_of_the_messages_is_malformed(flight: bytes) -> None:
    right = handshake_messages(flight)
    assert len(right) == 4
    for order in permutations(right):
        end = replay([framed(order)]).end
        if order == right:
            assert end == Completed(Step.SERVER_HELLO_DONE)
        else:
            assert isinstance(end, Broken)
            assert end.how == "malformed"


def test_a_message_twice_or_left_out_is_malformed(flight: bytes) -> None:
    right = handshake_messages(flight)
    for place in range(len(right) - 1):
        for wrong in (
            (*right[:place], *right[place + 1 :]),
            (*right[: place + 1], *right[place:]),
        ):
            end = replay([framed(wrong)]).end
            assert isinstance(end, Broken)
            assert end.how == "malformed"


def test_bytes_behind_server_hello_done_are_malformed(flight: bytes) -> None:
    payload = handshake_bytes(flight)
    expected = Broken("malformed", Step.SERVER_KEY_EXCHANGE, "bytes after ServerHelloDone")
    assert replay([framed([payload + b"\x14"])]).end == expected
    end = replay([framed([payload[:-1] + b"\x01x"])]).end  # a ServerHelloDone with a body
    assert isinstance(end, Broken)
    assert end.how == "malformed"


def test_warnings_between_any_two_records_change_nothing(flight: bytes) -> None:
    right, warning, request = handshake_messages(flight), b"\x01\x70", framed([bytes(4)])
    whole = replay([flight])
    for between in (alert(warning), alert(warning, warning), request, framed([b""] * MAX_EMPTY_RECORDS)):
        again = replay([b"".join(between + framed([each]) for each in right)])
        assert (again.end, again.params) == (whole.end, whole.params)


@pytest.mark.parametrize(
    ("row", "allowed", "said"),
    [
        (framed([b""]), MAX_EMPTY_RECORDS, "an endless row of empty records"),
        (framed([bytes(4)]), MAX_IGNORED_MESSAGES, "an endless row of HelloRequests"),
        (alert(b"\x01\x70"), MAX_IGNORED_MESSAGES, "an endless row of warnings"),
    ],
    ids=["empty", "hello-requests", "warnings"],
)
def test_a_row_without_an_end_is_cut_off(flight: bytes, row: bytes, allowed: int, said: str) -> None:
    assert replay([row * allowed + flight]).end == Completed(Step.SERVER_HELLO_DONE)
    too_many = row * (allowed + 1)
    for chunks in ([too_many], [too_many[i : i + 1] for i in range(len(too_many))]):
        assert replay(chunks).end == Broken("over-limit", Step.CLIENT_HELLO, said)


def test_a_message_that_is_too_large_is_refused_by_its_header() -> None:
    end = replay([framed([b"\x02" + (MAX_MESSAGE + 1).to_bytes(3, "big")])]).end
    assert isinstance(end, Broken)
    assert end.how == "over-limit"
    filler = framed([b"\x02" + MAX_MESSAGE.to_bytes(3, "big")]) + framed([bytes(1000)]) * 100
    assert replay([filler]).end == Broken("closed", Step.CLIENT_HELLO)


@pytest.mark.parametrize(
    ("sent", "end", "warnings"),
    [
        (alert(b"\x02\x28"), Rejected(40, Step.CLIENT_HELLO), ()),
        (alert(b"\x01\x00"), Rejected(0, Step.CLIENT_HELLO), ()),
        (alert(b"\x01\x70") + alert(b"\x02\x28"), Rejected(40, Step.CLIENT_HELLO), (0x70,)),
        (alert(b"\x01\x70", b"\x02\x28"), Rejected(40, Step.CLIENT_HELLO), (0x70,)),
        (alert(b"\x02"), Broken("closed", Step.CLIENT_HELLO), ()),  # the other half never came
    ],
    ids=["fatal", "close-notify", "warning-then-fatal", "both-in-one-record", "half"],
)
def test_alerts(sent: bytes, end: Rejected | Broken, warnings: tuple[int, ...]) -> None:
    done = replay([sent])
    assert (done.end, done.warnings) == (end, warnings)
    assert replay([sent[i : i + 1] for i in range(len(sent))]).end == end


@pytest.mark.parametrize("how", ["reset", "silent"])
def test_a_peer_gone_is_broken_wherever_it_is_waited_for(
    flight: bytes, how: Literal["reset", "silent"]
) -> None:
    for size in (0, 3, 100, len(flight) - 1):
        conversation = handshake(_fixed_hello())
        next(conversation)
        if size:
            conversation.send(flight[:size])
        with pytest.raises(StopIteration) as over:
            conversation.throw(PeerGone(how))
        assert isinstance(over.value.value.end, Broken)
        assert over.value.value.end.how == how


# ---- the server's last flight, spoilt -------------------------------------------------------------


class SpoilingServer(Server):
    """Hands on its first flight, and its second one changed."""

    def __init__(self, credentials: Credentials, spoil: Callable[[bytes], bytes]) -> None:
        super().__init__(credentials)
        self._spoil, self._flights = spoil, 0

    def answer(self, data: bytes) -> bytes:
        answered = super().answer(data)
        self._flights += bool(answered)
        return self._spoil(answered) if self._flights == 2 else answered


def flip_last_bit(answered: bytes) -> bytes:
    return answered[:-1] + bytes([answered[-1] ^ 1])


@pytest.mark.parametrize(
    ("spoil", "how"),
    [
        (flip_last_bit, "malformed"),
        (lambda answered: answered[:-1], "closed"),
        # No ChangeCipherSpec: a sealed record is read as a message, of whatever size its bytes say.
        (lambda answered: answered[6:], "malformed or closed or over-limit"),
        (lambda answered: answered[:5] + b"\x02" + answered[6:], "malformed"),  # nor with another byte
        (lambda answered: answered[:6] + framed([b"\x14\x00\x00\x0c" + bytes(12)]), "malformed"),
        (lambda _: Record(23, 0x0303, b"data").serialise(), "malformed"),
        (lambda _: b"", "closed"),
    ],
    ids=["flipped", "cut", "no-ccs", "other-ccs", "in-plain-text", "data", "closed"],
)
@pytest.mark.parametrize("suite", [0x009E, 0x0039, 0xCCAA])
def test_nothing_but_a_right_finished_completes(
    credentials: Credentials, spoil: Callable[[bytes], bytes], how: str, suite: int
) -> None:
    end = attempt(SpoilingServer(credentials, spoil), suite=suite).end
    assert isinstance(end, Broken)
    assert end.how in how.split(" or ")
    assert end.after is Step.CLIENT_FINISHED


@pytest.mark.parametrize("chunk", [1, 65536])
@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.label)
def test_a_session_ticket_is_taken_and_put_into_the_transcript(
    credentials: Credentials, version: Version, chunk: int
) -> None:
    hello = dhe_hello(version=version, form=HelloForm.CURVES_EMS, suites=(0x0039,), server_name=None)
    assert hello.extensions is not None
    asking = replace(hello, extensions=(*hello.extensions, Extension(ExtensionType.SESSION_TICKET)))
    conversation = handshake(asking, pick_share=partial(pick_share, form=ShareForm.CONTROL))
    done = converse(conversation, Server(credentials), chunk=chunk)
    assert done.end == Completed(Step.SERVER_FINISHED)
    kinds = [kind for kind, _ in done.layout]
    # NewSessionTicket stands between ServerHelloDone and ChangeCipherSpec.
    assert kinds[kinds.index(ContentType.CHANGE_CIPHER_SPEC) - 1 :][:3] == [22, 20, 22]
    assert len(kinds) == len(attempt(Server(credentials), version=version, suite=0x0039).layout) + 1


def test_an_alert_cut_over_two_records_is_an_alert() -> None:
    pieces = [Record(ContentType.ALERT, 0x0303, bytes([byte])).serialise() for byte in (2, 40)]
    assert replay(pieces).end == Rejected(40, Step.CLIENT_HELLO)


def test_the_signal_of_renegotiation_is_no_suite_to_choose() -> None:
    hello = dhe_hello(version=Version.TLS12, form=HelloForm.BARE, suites=(0x009E,), server_name=None)
    answer = ServerHello(0x0303, bytes(32), b"", 0x00FF).serialise()
    talk = handshake(hello)
    next(talk)
    with pytest.raises(StopIteration) as over:
        talk.send(framed([b"\x02" + len(answer).to_bytes(3, "big") + answer]))
    assert over.value.value.end == Broken("not-offered", Step.CLIENT_HELLO, "suite 0x00ff was not offered")
