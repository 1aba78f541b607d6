"""The handshake as a conversation: it reads like RFC 5246 §7.3, Figure 1, from the client's side."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from tlsprobe.tls.codec import DecodeError, NotOffered, OverLimit
from tlsprobe.tls.constants import TLS_EMPTY_RENEGOTIATION_INFO_SCSV, ContentType, HandshakeType, Version
from tlsprobe.tls.groups import ClientShare, UnusableGroup
from tlsprobe.tls.identity import Identity, UnusableIdentity
from tlsprobe.tls.keys import Secrets, transcript_hash
from tlsprobe.tls.messages import (
    Certificate,
    CertificateRequest,
    ClientDiffieHellmanPublic,
    ClientHello,
    ServerDHParams,
    ServerHello,
    ServerKeyExchange,
    parse_empty,
)
from tlsprobe.tls.record import Entropy, NotTls, UnsupportedCipher, protections
from tlsprobe.tls.stream import AlertReceived, Conversation, Message, PeerGone, Stream
from tlsprobe.tls.suites import KeyExchange, Suite, suite

PickShare = Callable[[ServerDHParams], ClientShare]


class Step(StrEnum):
    """How far a handshake came: the last thing that went well."""

    CLIENT_HELLO = "client-hello"
    SERVER_HELLO = "server-hello"
    SERVER_KEY_EXCHANGE = "server-key-exchange"
    SERVER_HELLO_DONE = "server-hello-done"
    CLIENT_FINISHED = "client-finished"
    SERVER_FINISHED = "server-finished"


@dataclass(frozen=True, slots=True)
class Completed:
    """It came as far as it was meant to; `after` says how far that is."""

    after: Step
    kind: Literal["completed"] = "completed"


@dataclass(frozen=True, slots=True)
class Rejected:
    """The server sent a fatal alert, or a close_notify."""

    alert: int
    after: Step
    kind: Literal["rejected"] = "rejected"


@dataclass(frozen=True, slots=True)
class Broken:
    """It ended otherwise: closed, reset, silent, not-tls, over-limit, not-offered or malformed.

    `detail` is what was wrong.
    """

    how: str
    after: Step
    detail: str = ""
    kind: Literal["broken"] = "broken"


@dataclass(frozen=True, slots=True)
class Untestable:
    """It could not be asked: a cipher, a group or a certificate that cannot be used here."""

    why: str
    after: Step
    kind: Literal["untestable"] = "untestable"


End = Completed | Rejected | Broken | Untestable


@dataclass(slots=True)
class Flight:
    """What the server has shown so far; filled message by message, whatever happens next."""

    server_hello: ServerHello | None = None
    certificates: tuple[bytes, ...] = ()
    params: ServerDHParams | None = None
    certificate_request: CertificateRequest | None = None
    after: Step = Step.CLIENT_HELLO


@dataclass(frozen=True, slots=True)
class Handshake:
    """A handshake that is over: how it ended, what the server showed, what the client answered."""

    hello: ClientHello
    end: End
    server_hello: ServerHello | None = None
    params: ServerDHParams | None = None
    certificates: tuple[bytes, ...] = ()
    certificate_requested: bool = False
    share: ClientShare | None = None
    warnings: tuple[int, ...] = ()
    layout: tuple[tuple[int, int], ...] = field(default=())


def handshake(
    hello: ClientHello,
    *,
    pick_share: PickShare | None = None,
    identity: Identity | None = None,
    entropy: Entropy = secrets.token_bytes,
) -> Conversation[Handshake]:
    """Offer `hello`; without `pick_share` stop after ServerHelloDone, else complete the handshake.

    A suite without ServerDHParams, TLS 1.3 included, ends it after the ServerHello. All that the peer
    can do comes back as a value; only a bug of ours is an exception.
    """
    stream = Stream(min(hello.version, Version.TLS10))
    flight = Flight()
    shares: list[ClientShare] = []

    def chosen(params: ServerDHParams) -> ClientShare:
        assert pick_share is not None  # noqa: S101
        shares.append(pick_share(params))
        return shares[-1]

    try:
        yield from _server_flight(stream, hello, flight)
        if pick_share is not None and flight.after is Step.SERVER_HELLO_DONE:
            yield from _client_flight(stream, hello, flight, chosen, identity, entropy)
            yield from stream.send_close()
        end: End = Completed(flight.after)
    except AlertReceived as alert:
        end = Rejected(alert.description, flight.after)
    except PeerGone as gone:
        end = Broken(gone.how, flight.after)
    except NotTls as other:
        end = Broken("not-tls", flight.after, other.received.hex())
    except OverLimit as error:
        end = Broken("over-limit", flight.after, str(error))
    except NotOffered as error:
        end = Broken("not-offered", flight.after, str(error))
    except DecodeError as error:
        end = Broken("malformed", flight.after, str(error))
    except UnusableGroup as group:
        end = Untestable(group.reason, flight.after)
    except UnsupportedCipher:
        end = Untestable("cipher", flight.after)
    except UnusableIdentity as unusable:
        end = Untestable(unusable.reason, flight.after)
    return Handshake(
        hello=hello,
        end=end,
        server_hello=flight.server_hello,
        params=flight.params,
        certificates=flight.certificates,
        certificate_requested=flight.certificate_request is not None,
        share=shares[-1] if shares else None,
        warnings=tuple(stream.warnings),
        layout=tuple(stream.layout),
    )


def _server_flight(stream: Stream, hello: ClientHello, flight: Flight) -> Conversation[None]:
    """ClientHello, then ServerHello … ServerHelloDone."""
    stream.send(HandshakeType.CLIENT_HELLO, hello.serialise())
    message = yield from stream.next_message()
    _require(message, HandshakeType.SERVER_HELLO)
    server_hello = ServerHello.parse(message.body)
    _check_answer(hello, server_hello)
    flight.server_hello, flight.after = server_hello, Step.SERVER_HELLO
    chosen = suite(server_hello.cipher_suite)
    if server_hello.version >= Version.TLS13 or not chosen.has_dh_params:
        return
    stream.use_version(server_hello.version)

    message = yield from stream.next_message()
    if chosen.key_exchange in (KeyExchange.DHE_RSA, KeyExchange.DHE_DSS):
        _require(message, HandshakeType.CERTIFICATE)
        flight.certificates = Certificate.parse(message.body).certificate_list
        message = yield from stream.next_message()
    if message.kind == HandshakeType.CERTIFICATE_STATUS:
        message = yield from stream.next_message()
    _require(message, HandshakeType.SERVER_KEY_EXCHANGE)
    version = server_hello.version
    flight.params = ServerKeyExchange.parse(message.body, suite=chosen, version=version).params
    flight.after = Step.SERVER_KEY_EXCHANGE

    message = yield from stream.next_message()
    if message.kind == HandshakeType.CERTIFICATE_REQUEST:
        flight.certificate_request = CertificateRequest.parse(message.body, version=version)
        message = yield from stream.next_message()
    _require(message, HandshakeType.SERVER_HELLO_DONE)
    parse_empty(message.body)
    if stream.has_partial_message:
        raise DecodeError("bytes after ServerHelloDone")
    flight.after = Step.SERVER_HELLO_DONE


def _client_flight(
    stream: Stream,
    hello: ClientHello,
    flight: Flight,
    pick_share: PickShare,
    identity: Identity | None,
    entropy: Entropy,
) -> Conversation[None]:
    """[Certificate], ClientKeyExchange, [CertificateVerify], CCS, Finished; then the server's."""
    server_hello, params = flight.server_hello, flight.params
    assert server_hello is not None and params is not None  # noqa: S101, PT018
    version, chosen = server_hello.version, suite(server_hello.cipher_suite)
    if version < Version.TLS10:  # SSL 3.0 has key derivation and MACs of its own (RFC 6101)
        raise UnsupportedCipher("SSL 3.0")
    if chosen.key_exchange is KeyExchange.DHE_PSK:
        raise UnusableGroup("psk")
    share = pick_share(params)
    request = flight.certificate_request
    if request is not None:
        chain = identity.chain if identity else ()
        stream.send(HandshakeType.CERTIFICATE, Certificate(chain).serialise())
    key_exchange = ClientDiffieHellmanPublic(share.dh_Yc)
    stream.send(HandshakeType.CLIENT_KEY_EXCHANGE, key_exchange.serialise())

    keys = _derive(hello, server_hello, chosen, share, stream.transcript)
    if request is not None and identity is not None:
        signed = identity.sign(stream.transcript, request=request, version=version)
        stream.send(HandshakeType.CERTIFICATE_VERIFY, signed)
    sealing, opening = protections(
        keys, client_random=hello.random, server_random=server_hello.random, entropy=entropy
    )
    stream.send_change_cipher_spec(sealing, opening)
    stream.send(HandshakeType.FINISHED, keys.client_verify_data(stream.transcript))
    flight.after = Step.CLIENT_FINISHED
    yield from _server_finished(stream, keys)
    flight.after = Step.SERVER_FINISHED


def _server_finished(stream: Stream, keys: Secrets) -> Conversation[None]:
    """[NewSessionTicket], ChangeCipherSpec, Finished, whose contents must be right."""
    kind = yield from stream.next_kind()
    if kind == ContentType.HANDSHAKE:
        message = yield from stream.next_message()
        _require(message, HandshakeType.NEW_SESSION_TICKET)
    yield from stream.expect_change_cipher_spec()
    expected = keys.server_verify_data(stream.transcript)
    message = yield from stream.next_message()
    _require(message, HandshakeType.FINISHED)
    if not hmac.compare_digest(message.body, expected):
        raise DecodeError("the server's Finished does not verify")


def _derive(
    hello: ClientHello,
    server_hello: ServerHello,
    chosen: Suite,
    share: ClientShare,
    transcript: bytes,
) -> Secrets:
    version = server_hello.version
    session_hash = None
    if server_hello.has_extended_master_secret:
        session_hash = transcript_hash(version=version, suite=chosen, transcript=transcript)
    return Secrets.derive(
        version=version,
        suite=chosen,
        premaster_secret=share.premaster_secret,
        client_random=hello.random,
        server_random=server_hello.random,
        session_hash=session_hash,
    )


def _check_answer(hello: ClientHello, answer: ServerHello) -> None:
    """Refuse a ServerHello that chose what was not offered (RFC 5246 §7.4.1.3)."""
    offered = set(hello.cipher_suites) - {TLS_EMPTY_RENEGOTIATION_INFO_SCSV}  # a signal, no suite
    if answer.cipher_suite not in offered:
        raise NotOffered(f"suite 0x{answer.cipher_suite:04x} was not offered")
    newest = max((hello.version, *hello.offered_versions))
    if not Version.SSL30 <= answer.version <= newest:
        raise NotOffered(f"version 0x{answer.version:04x} was not offered")
    if answer.compression_method != 0:
        raise NotOffered("compression was not offered")


def _require(message: Message, kind: HandshakeType) -> None:
    if message.kind != kind:
        raise DecodeError(f"handshake message {message.kind} where {kind.name} is due")
