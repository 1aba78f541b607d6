"""Handshake messages as dataclasses, reading and writing side by side (RFC 5246 §7.4).

What a server sent is kept as it came: the leading zeros of a Diffie-Hellman number are the evidence
that this project is about, and most libraries throw them away.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tlsprobe.tls.codec import DecodeError, OverLimit, Reader, read_all, uint, uint16_list, vector
from tlsprobe.tls.constants import (
    SIGNATURE_SCHEMES,
    ExtensionType,
    HandshakeType,
    Version,
)
from tlsprobe.tls.suites import KeyExchange, Suite

# SHA-256 of "HelloRetryRequest": a ServerHello with this random is one (RFC 8446 §4.1.3).
HELLO_RETRY_REQUEST_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
# Bytes in p, g or dh_Ys: 16,384 bits. OpenSSL computes with 10,000 at most, so what is larger is nobody's.
MAX_NUMBER = 2048
# OpenSSL verifies a chain of 100 at most, unless told otherwise (SSL_CTX_set_verify_depth).
MAX_CERTIFICATES = 100


def handshake_message(kind: HandshakeType, body: bytes) -> bytes:
    """Frame a handshake body with its type and 24-bit length."""
    return uint(1, kind) + vector(3, body)


@dataclass(frozen=True, slots=True)
class Extension:
    """One hello extension, its contents not interpreted."""

    kind: int
    body: bytes = b""

    @classmethod
    def parse(cls, reader: Reader) -> Extension:
        """Read type and body."""
        return cls(kind=reader.uint(2), body=reader.vector(2))

    def serialise(self) -> bytes:
        """Write type and body."""
        return uint(2, self.kind) + vector(2, self.body)


def server_name(host: str) -> Extension:
    """SNI with one host name (RFC 6066 §3); `host` must be ASCII (an A-label)."""
    entry = uint(1, 0) + vector(2, host.encode("ascii"))
    return Extension(ExtensionType.SERVER_NAME, vector(2, entry))


def supported_groups(*groups: int) -> Extension:
    """Curves and FFDHE groups the client would use, in its order (RFC 8422 §5.1.1, RFC 7919)."""
    return Extension(ExtensionType.SUPPORTED_GROUPS, vector(2, uint16_list(groups)))


def ec_point_formats() -> Extension:
    """Uncompressed points only (RFC 8422 §5.1.2)."""
    return Extension(ExtensionType.EC_POINT_FORMATS, vector(1, b"\x00"))


def signature_algorithms(*schemes: int) -> Extension:
    """Signatures the client would check (RFC 5246 §7.4.1.4.1); TLS 1.2 and later only."""
    return Extension(
        ExtensionType.SIGNATURE_ALGORITHMS,
        vector(2, uint16_list(schemes or SIGNATURE_SCHEMES)),
    )


def extended_master_secret() -> Extension:
    """Ask for the session hash in the master secret (RFC 7627)."""
    return Extension(ExtensionType.EXTENDED_MASTER_SECRET)


def renegotiation_info() -> Extension:
    """Secure renegotiation on an initial handshake (RFC 5746 §3.4)."""
    return Extension(ExtensionType.RENEGOTIATION_INFO, vector(1, b""))


def supported_versions(*versions: int) -> Extension:
    """Versions offered, best first, as TLS 1.3 asks for them (RFC 8446 §4.2.1)."""
    return Extension(ExtensionType.SUPPORTED_VERSIONS, vector(1, uint16_list(versions)))


def key_share(group: int, key_exchange: bytes) -> Extension:
    """One TLS 1.3 key share (RFC 8446 §4.2.8)."""
    entry = uint(2, group) + vector(2, key_exchange)
    return Extension(ExtensionType.KEY_SHARE, vector(2, entry))


@dataclass(frozen=True, slots=True)
class ClientHello:
    """ClientHello (RFC 5246 §7.4.1.2). `extensions` None leaves the whole block out."""

    version: int
    random: bytes
    cipher_suites: tuple[int, ...]
    extensions: tuple[Extension, ...] | None = ()
    session_id: bytes = b""
    compression_methods: bytes = b"\x00"

    @classmethod
    def parse(cls, body: bytes) -> ClientHello:
        """Read the body of a client_hello message."""
        reader = Reader(body)
        version, random, session_id = reader.uint(2), reader.take(32), reader.vector(1)
        suites = read_all(reader.vector(2), lambda each: each.uint(2))
        compression = reader.vector(1)
        extensions = None
        if reader.remaining:
            extensions = read_all(reader.vector(2), Extension.parse)
        reader.end()
        return cls(version, random, suites, extensions, session_id, compression)

    @property
    def offered_versions(self) -> tuple[int, ...]:
        """The contents of supported_versions; empty where the hello has none."""
        for each in self.extensions or ():
            if each.kind == ExtensionType.SUPPORTED_VERSIONS:
                return read_all(Reader(each.body).vector(1), lambda item: item.uint(2))
        return ()

    def serialise(self) -> bytes:
        """Write the body; padded past 511 bytes where it would fall between 256 and 511 (RFC 7685).

        Some middleboxes hang on hellos of those sizes. The size that counts is said differently in
        different places, with or without the 4 + 5 bytes of headers, so all readings are avoided.
        """
        body = self._serialise(self.extensions)
        if self.extensions is None or not 256 - 9 <= len(body) < 512:
            return body
        missing = max(0, 512 - len(body) - 4)
        padding = Extension(ExtensionType.PADDING, bytes(missing))
        return self._serialise((*self.extensions, padding))

    def _serialise(self, extensions: tuple[Extension, ...] | None) -> bytes:
        body = uint(2, self.version) + self.random + vector(1, self.session_id)
        body += vector(2, uint16_list(self.cipher_suites)) + vector(1, self.compression_methods)
        if extensions is not None:
            body += vector(2, b"".join(each.serialise() for each in extensions))
        return body


@dataclass(frozen=True, slots=True)
class ServerHello:
    """ServerHello (RFC 5246 §7.4.1.3), of TLS 1.3 too (RFC 8446 §4.1.3)."""

    legacy_version: int
    random: bytes
    session_id: bytes
    cipher_suite: int
    compression_method: int = 0
    extensions: tuple[Extension, ...] = field(default=())

    @classmethod
    def parse(cls, body: bytes) -> ServerHello:
        """Read the body of a server_hello message; the extension block may be missing."""
        reader = Reader(body)
        version, random, session_id = reader.uint(2), reader.take(32), reader.vector(1)
        suite, compression = reader.uint(2), reader.uint(1)
        extensions: tuple[Extension, ...] = ()
        if reader.remaining:
            extensions = read_all(reader.vector(2), Extension.parse)
        reader.end()
        return cls(version, random, session_id, suite, compression, extensions)

    def serialise(self) -> bytes:
        """Write the body; no extensions means no extension block."""
        body = uint(2, self.legacy_version) + self.random + vector(1, self.session_id)
        body += uint(2, self.cipher_suite) + uint(1, self.compression_method)
        if self.extensions:
            body += vector(2, b"".join(each.serialise() for each in self.extensions))
        return body

    def extension(self, kind: ExtensionType) -> bytes | None:
        """Return the body of an extension, or None where the server did not send it."""
        return next((each.body for each in self.extensions if each.kind == kind), None)

    @property
    def version(self) -> int:
        """The version negotiated: supported_versions says it for TLS 1.3."""
        selected = self.extension(ExtensionType.SUPPORTED_VERSIONS)
        if selected is None or len(selected) != 2:
            return self.legacy_version
        return int.from_bytes(selected, "big")

    @property
    def is_hello_retry_request(self) -> bool:
        """Whether this asks for another ClientHello (RFC 8446 §4.1.4)."""
        return self.random == HELLO_RETRY_REQUEST_RANDOM

    @property
    def group(self) -> int | None:
        """The TLS 1.3 group, from key_share of a ServerHello or HelloRetryRequest."""
        share = self.extension(ExtensionType.KEY_SHARE)
        return None if share is None or len(share) < 2 else int.from_bytes(share[:2], "big")

    @property
    def has_extended_master_secret(self) -> bool:
        """Whether the session hash goes into the master secret (RFC 7627)."""
        return self.extension(ExtensionType.EXTENDED_MASTER_SECRET) is not None


@dataclass(frozen=True, slots=True)
class Certificate:
    """Certificate (RFC 5246 §7.4.2): DER, the leaf first. An empty list is a client's "none"."""

    certificate_list: tuple[bytes, ...] = ()

    @classmethod
    def parse(cls, body: bytes) -> Certificate:
        """Read the body of a certificate message; the DER is not looked into."""
        reader = Reader(body)
        chain = read_all(reader.vector(3), lambda each: each.vector(3))
        if len(chain) > MAX_CERTIFICATES:
            raise OverLimit(f"chain of {len(chain)} certificates")
        reader.end()
        return cls(chain)

    def serialise(self) -> bytes:
        """Write the body."""
        return vector(3, b"".join(vector(3, each) for each in self.certificate_list))


@dataclass(frozen=True, slots=True)
class ServerDHParams:
    """ServerDHParams (RFC 5246 §7.4.3): the three numbers as bytes, zeros and all, as sent."""

    dh_p: bytes
    dh_g: bytes
    dh_Ys: bytes

    @classmethod
    def parse(cls, reader: Reader) -> ServerDHParams:
        """Read p, g and the server's share."""
        numbers = [reader.vector(2) for _ in range(3)]
        if (size := max(map(len, numbers))) > MAX_NUMBER:
            raise OverLimit(f"DH number of {size} bytes")
        return cls(*numbers)

    def serialise(self) -> bytes:
        """Write p, g and the server's share."""
        return vector(2, self.dh_p) + vector(2, self.dh_g) + vector(2, self.dh_Ys)


@dataclass(frozen=True, slots=True)
class ServerKeyExchange:
    """ServerKeyExchange of a finite-field DHE suite (RFC 5246 §7.4.3, RFC 4279 §3 for PSK).

    `signature` is what follows the parameters, with its algorithm where the version has one. It is
    not verified: the probe asks how a server treats numbers, not who the server is.
    """

    params: ServerDHParams
    signature: bytes = b""
    psk_identity_hint: bytes | None = None

    @classmethod
    def parse(cls, body: bytes, *, suite: Suite, version: int) -> ServerKeyExchange:
        """Read the body of a server_key_exchange message for a suite with DH parameters."""
        reader = Reader(body)
        hint = reader.vector(2) if suite.key_exchange is KeyExchange.DHE_PSK else None
        params = ServerDHParams.parse(reader)
        signature = b""
        if suite.key_exchange in (KeyExchange.DHE_RSA, KeyExchange.DHE_DSS):
            algorithm = reader.take(2) if version >= Version.TLS12 else b""
            signature = algorithm + vector(2, reader.vector(2))
        reader.end()
        return cls(params, signature, hint)

    def serialise(self) -> bytes:
        """Write the body."""
        hint = b"" if self.psk_identity_hint is None else vector(2, self.psk_identity_hint)
        return hint + self.params.serialise() + self.signature


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """CertificateRequest (RFC 5246 §7.4.4); before TLS 1.2 it has no signature algorithms."""

    certificate_types: bytes
    signature_algorithms: tuple[int, ...] = ()
    certificate_authorities: tuple[bytes, ...] = ()

    @classmethod
    def parse(cls, body: bytes, *, version: int) -> CertificateRequest:
        """Read the body of a certificate_request message."""
        reader = Reader(body)
        types = reader.vector(1)
        schemes: tuple[int, ...] = ()
        if version >= Version.TLS12:
            schemes = read_all(reader.vector(2), lambda each: each.uint(2))
        authorities = read_all(reader.vector(2), lambda each: each.vector(2))
        reader.end()
        return cls(types, schemes, authorities)

    def serialise(self, *, version: int) -> bytes:
        """Write the body."""
        body = vector(1, self.certificate_types)
        if version >= Version.TLS12:
            body += vector(2, uint16_list(self.signature_algorithms))
        names = b"".join(vector(2, each) for each in self.certificate_authorities)
        return body + vector(2, names)


@dataclass(frozen=True, slots=True)
class ClientDiffieHellmanPublic:
    """ClientKeyExchange of a DHE suite (RFC 5246 §7.4.7.2): dh_Yc exactly as it shall be sent."""

    dh_Yc: bytes

    @classmethod
    def parse(cls, body: bytes) -> ClientDiffieHellmanPublic:
        """Read the body of a client_key_exchange message."""
        reader = Reader(body)
        share = reader.vector(2)
        reader.end()
        return cls(share)

    def serialise(self) -> bytes:
        """Write the body."""
        return vector(2, self.dh_Yc)


def parse_empty(body: bytes) -> None:
    """Check a message that has no body: ServerHelloDone, HelloRequest."""
    if body:
        raise DecodeError(f"{len(body)} bytes in a message that has none")
