"""The whole client: against OpenSSL by way of Python's ssl module, in memory; and re-cut, and spoilt."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import pytest

from tlsprobe.demo.credentials import Credentials, make_credentials
from tlsprobe.probes.hello import HelloForm, any_hello, dhe_hello
from tlsprobe.tls.constants import ContentType, Version
from tlsprobe.tls.groups import ShareForm, pick_share
from tlsprobe.tls.handshake import Broken, Completed, Handshake, Rejected, Step, Untestable, handshake
from tlsprobe.tls.identity import Identity
from tlsprobe.tls.messages import ClientHello
from tlsprobe.tls.record import Record, RecordReader
from tlsprobe.tls.stream import Conversation, Parting

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
        "malformed", Step.CLIENT_HELLO, "an endless row of warnings"
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
        (framed([b"\x02\xff\xff\xff"]), "malformed"),
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
