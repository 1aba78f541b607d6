"""A client's hello as a template: everything but what is new in each hello, and the name of the server.

It is written down in words (`supported_groups 0017 0018`) or taken from a recorded ClientHello.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric import ec, x25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tlsprobe.tls import messages
from tlsprobe.tls.codec import DecodeError, Reader, read_all, uint, uint16_list, vector
from tlsprobe.tls.constants import (
    SECP256R1,
    SECP384R1,
    SECP521R1,
    X25519,
    ContentType,
    ExtensionType,
    HandshakeType,
    Version,
)
from tlsprobe.tls.messages import ClientHello, Extension
from tlsprobe.tls.record import Entropy
from tlsprobe.tls.suites import DHE_SUITE_NAMES, suite_name

_ALPN = 16
_PRE_SHARED_KEY = 41
_SHA1 = 2  # the first byte of a signature's number (RFC 5246 §7.4.1.4.1)
_NAMES = {
    "server_name": ExtensionType.SERVER_NAME,
    "max_fragment_length": 1,
    "status_request": 5,
    "supported_groups": ExtensionType.SUPPORTED_GROUPS,
    "ec_point_formats": ExtensionType.EC_POINT_FORMATS,
    "signature_algorithms": ExtensionType.SIGNATURE_ALGORITHMS,
    "alpn": _ALPN,
    "status_request_v2": 17,
    "signed_certificate_timestamp": 18,
    "encrypt_then_mac": 22,
    "extended_master_secret": ExtensionType.EXTENDED_MASTER_SECRET,
    "compress_certificate": 27,
    "record_size_limit": 28,
    "delegated_credential": 34,
    "session_ticket": ExtensionType.SESSION_TICKET,
    "supported_versions": ExtensionType.SUPPORTED_VERSIONS,
    "psk_key_exchange_modes": 45,
    "post_handshake_auth": 49,
    "signature_algorithms_cert": 50,
    "key_share": ExtensionType.KEY_SHARE,
    "renegotiation_info": ExtensionType.RENEGOTIATION_INFO,
}
_SIGNED = ("TLS_DHE_RSA_", "TLS_DHE_DSS_", "TLS_ECDHE_RSA_", "TLS_ECDHE_ECDSA_")
# Bodies that a list of 16-bit numbers stands for, by the size of the length in front.
_NUMBER_LISTS = {
    ExtensionType.SUPPORTED_GROUPS: 2,
    ExtensionType.SIGNATURE_ALGORITHMS: 2,
    ExtensionType.SUPPORTED_VERSIONS: 1,
    27: 1,
    34: 2,
    50: 2,
}
_BYTE_LISTS = (ExtensionType.EC_POINT_FORMATS, 45)
# What these say in a first hello never changes.
_FIXED = {
    5: bytes.fromhex("0100000000"),  # OCSP, no responders, no extensions
    17: bytes.fromhex("0007020004000000 00".replace(" ", "")),
    ExtensionType.RENEGOTIATION_INFO: b"\x00",
}


@dataclass(frozen=True)  # no slots: what follows from a template is worked out once, and thousands are asked
class HelloTemplate:
    """One hello of a client. Equal templates get equal answers, so each is sent once.

    `extensions` None leaves the block out; `server_name` and `key_share` among them only mark the place:
    the name is that of the server asked, the keys are new, for the groups that stand there.
    Raises ValueError where it can't be read what versions, signatures and keys it offers.
    """

    version: int
    suites: tuple[int, ...]
    extensions: tuple[Extension, ...] | None = None

    def __post_init__(self) -> None:
        try:
            _ = self.versions, self._signatures
            for each in self.extensions or ():
                if each.kind == ExtensionType.KEY_SHARE:
                    _key_shares(each)
        except DecodeError as error:
            raise ValueError(f"an extension can't be read: {error}") from None

    @cached_property
    def without_dhe(self) -> HelloTemplate:
        """The same hello without its finite-field DHE suites."""
        return replace(self, suites=tuple(code for code in self.suites if code not in DHE_SUITE_NAMES))

    @property
    def offers_dhe(self) -> bool:
        """Whether any finite-field DHE suite is in it."""
        return any(code in DHE_SUITE_NAMES for code in self.suites)

    @cached_property
    def versions(self) -> tuple[int, ...]:
        """The contents of supported_versions; empty where the hello has none."""
        return ClientHello(self.version, b"", (), self.extensions).offered_versions

    @property
    def offers_tls13(self) -> bool:
        """Whether supported_versions lists TLS 1.3."""
        return Version.TLS13 in self.versions

    def goes_on_with(self, version: int, suite: int) -> bool:
        """Whether the client takes these, once a server has chosen them.

        Before TLS 1.2 a key exchange is signed over MD5 and SHA-1. OpenSSL 3 offers these versions but
        refuses the signature (its CHANGES to 3.0); then its list of signatures has none over SHA-1.
        """
        if self.versions and version not in self.versions:
            return False
        if version >= Version.TLS12 or not _is_signed(suite) or self._signatures is None:
            return True
        return any(each >> 8 == _SHA1 for each in self._signatures)

    @cached_property
    def _signatures(self) -> tuple[int, ...] | None:
        for each in self.extensions or ():
            if each.kind == ExtensionType.SIGNATURE_ALGORITHMS:
                return read_all(Reader(each.body).vector(2), lambda item: item.uint(2))
        return None

    def hello(self, *, server_name: str | None, entropy: Entropy = secrets.token_bytes) -> ClientHello:
        """Return a ClientHello to send, its random and its keys new."""
        extensions = self.extensions
        if extensions is not None:
            filled = (_filled(each, server_name) for each in extensions)
            extensions = tuple(each for each in filled if each is not None)
        session_id = entropy(32) if self.offers_tls13 else b""  # RFC 8446 §4.1.2, for middleboxes
        return ClientHello(self.version, entropy(32), self.suites, extensions, session_id)


def parse_suites(text: str) -> tuple[int, ...]:
    """Read `c028 c027 009f`. Raises ValueError."""
    return tuple(_uint16(word) for word in text.split())


def parse_extension(text: str) -> Extension:
    """Read `supported_groups 0017 0018`, `alpn h2 http/1.1`, `0x3374` or `0x7550 00`. Raises ValueError."""
    word, *values = text.split() or ("",)
    if word.startswith("0x"):
        return Extension(_uint16(word.removeprefix("0x")), bytes.fromhex("".join(values)))
    if word not in _NAMES:
        raise ValueError(f"{word} is no extension known here; write its number: 0x000a, and its body in hex")
    kind = int(_NAMES[word])
    return Extension(kind, _body(kind, values))


def _body(kind: int, values: list[str]) -> bytes:
    if kind == ExtensionType.KEY_SHARE:
        return vector(2, b"".join(uint(2, _uint16(each)) + vector(2, b"\x00") for each in values))
    if kind == _ALPN:
        return vector(2, b"".join(vector(1, each.encode("ascii")) for each in values))
    if kind in _NUMBER_LISTS:
        return vector(_NUMBER_LISTS[kind], uint16_list([_uint16(each) for each in values]))
    if kind in _BYTE_LISTS:
        return vector(1, bytes.fromhex("".join(values) or "00"))
    return bytes.fromhex("".join(values)) if values else _FIXED.get(kind, b"")


def recorded(data: bytes) -> HelloTemplate:
    """Take the template from a recorded ClientHello: a TLS record, a handshake message, or its body.

    Raises ValueError where it is none of these, or not whole.
    """
    try:
        hello = ClientHello.parse(_hello_body(data))
        extensions = hello.extensions
        if extensions is not None:
            # Padding follows from the size; what a session left behind belongs to another server.
            left_out = (ExtensionType.PADDING, _PRE_SHARED_KEY)
            extensions = tuple(_generic(each) for each in extensions if each.kind not in left_out)
    except DecodeError as error:
        raise ValueError(f"no ClientHello: {error}") from None
    return HelloTemplate(hello.version, hello.cipher_suites, extensions)


def _hello_body(data: bytes) -> bytes:
    reader = Reader(data)
    if data[:1] == bytes([ContentType.HANDSHAKE]):
        handshake = b""
        while reader.remaining:  # a large hello may span records
            if reader.uint(1) != ContentType.HANDSHAKE:
                raise DecodeError("another record than a handshake")
            reader.take(2)
            handshake += reader.vector(2)
        reader = Reader(handshake)
    elif data[:1] != bytes([HandshakeType.CLIENT_HELLO]):
        return data
    if reader.uint(1) != HandshakeType.CLIENT_HELLO:
        raise DecodeError("another message than a ClientHello")
    body = reader.vector(3)
    reader.end()
    return body


def _generic(extension: Extension) -> Extension:
    """Take out of an extension what belongs to one connection."""
    if extension.kind in (ExtensionType.SERVER_NAME, ExtensionType.SESSION_TICKET):
        return Extension(extension.kind)
    if extension.kind == ExtensionType.KEY_SHARE:
        entries = (uint(2, group) + vector(2, b"\x00") for group, _ in _key_shares(extension))
        return Extension(extension.kind, vector(2, b"".join(entries)))
    return extension


def _filled(extension: Extension, server_name: str | None) -> Extension | None:
    if extension.kind == ExtensionType.SERVER_NAME:
        return messages.server_name(server_name) if server_name else None
    if extension.kind == ExtensionType.KEY_SHARE:
        entries = []
        for group, _ in _key_shares(extension):
            if is_grease(group):
                entries.append(uint(2, group) + vector(2, b"\x00"))
            elif (
                group in _KEY_PAIRS
            ):  # a group that can't be made here is left out: the server may ask for it
                entries.append(uint(2, group) + vector(2, _KEY_PAIRS[group]()))
        return Extension(extension.kind, vector(2, b"".join(entries)))
    return extension


def _key_shares(extension: Extension) -> Sequence[tuple[int, bytes]]:
    return read_all(Reader(extension.body).vector(2), lambda each: (each.uint(2), each.vector(2)))


def _is_signed(suite: int) -> bool:
    """Whether the server signs its key exchange."""
    return suite_name(suite).startswith(_SIGNED)


def is_grease(number: int) -> bool:
    """Whether a 16-bit number is one of those that mean nothing (RFC 8701)."""
    return number & 0x0F0F == 0x0A0A and number >> 8 == number & 0xFF


def _uint16(word: str) -> int:
    if not re.fullmatch(r"[0-9A-Fa-f]{4}", word):
        raise ValueError(f"{word!r} is not a number of four hex digits")
    return int(word, 16)


def _x25519() -> bytes:
    return x25519.X25519PrivateKey.generate().public_key().public_bytes_raw()


def _point(curve: ec.EllipticCurve) -> Callable[[], bytes]:
    def public() -> bytes:
        key = ec.generate_private_key(curve).public_key()
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    return public


_KEY_PAIRS: dict[int, Callable[[], bytes]] = {
    X25519: _x25519,
    SECP256R1: _point(ec.SECP256R1()),
    SECP384R1: _point(ec.SECP384R1()),
    SECP521R1: _point(ec.SECP521R1()),
}
