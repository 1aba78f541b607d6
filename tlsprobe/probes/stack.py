"""Who terminates TLS? Six hellos that every library answers in its own way.

Each is well-formed, and each odd in one respect, so that what comes back shows the library and not its
configuration: the order of extensions, how a flight is cut into records, which alert is chosen. Which
hellos these are was measured: of eighteen tried on fifteen libraries, these six tell most of them apart.
What the answers mean is for tlsprobe.stacks; `Question` names the hello, and a changed hello gets a new name.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tlsprobe.facts import Glance
from tlsprobe.probes.interview import Interview
from tlsprobe.tls import messages
from tlsprobe.tls.codec import uint, vector
from tlsprobe.tls.constants import (
    FFDHE_GROUPS,
    SECP256R1,
    SECP384R1,
    SECP521R1,
    TLS_EMPTY_RENEGOTIATION_INFO_SCSV,
    X25519,
    ExtensionType,
    Version,
)
from tlsprobe.tls.messages import ClientHello, Extension, ServerHello
from tlsprobe.tls.record import Entropy

GLANCES = 6
_MOST_SILENCES = 2  # each costs a whole timeout
TLS_FALLBACK_SCSV = 0x5600  # RFC 7507
ALERT_NO_APPLICATION_PROTOCOL = 120  # RFC 7301
GREASE = 0x3A3A  # RFC 8701: nobody's

_TLS13_SUITES = (0x1302, 0x1301, 0x1303)
_AEAD_SUITES = (
    0xC02F, 0xC030, 0xCCA8, 0xC02B, 0xC02C, 0xCCA9,  # ECDHE_RSA, ECDHE_ECDSA
    0x009E, 0x009F, 0xCCAA, 0x009C, 0x009D,  # DHE_RSA, RSA
    0xC09C, 0xC09D, 0xC09E, 0xC09F,  # the same with CCM
)  # fmt: skip
_CBC_SUITES = (
    0xC014, 0xC013, 0xC028, 0xC027, 0xC00A, 0xC009,
    0x0039, 0x0033, 0x006B, 0x0067, 0x0038, 0x0032, 0x0035, 0x002F, 0x003D, 0x003C, 0x0016, 0x000A, 0xC012,
)  # fmt: skip
# RSA and ECDSA with the longest hash first, where most servers would rather have the shortest.
_SCHEMES = (
    0x0601, 0x0501, 0x0401, 0x0806, 0x0805, 0x0804, 0x0603, 0x0503, 0x0403,
    0x0301, 0x0303, 0x0201, 0x0203, 0x0202, 0x0402,
)  # fmt: skip
_UNKNOWN_SCHEMES = (0x0A0A, 0xFE01)
_HALF_KIB, _FOUR_KIB = b"\x01", b"\x04"  # max_fragment_length, RFC 6066 §4


class Question(StrEnum):
    """The hellos, by what is odd in them."""

    RICH = "rich"  # every extension, suites with AEAD first
    REVERSED = "reversed"  # the same from the last to the first, suites with CBC
    RETRY = "retry"  # TLS 1.3 alone, without a key share
    SSL3 = "ssl3"  # SSL 3.0 at most
    UNSIGNED = "unsigned"  # no signature algorithm that anybody knows
    TLS13 = "tls13"  # every extension, TLS 1.3; where the server has it
    FALLBACK = "fallback"  # TLS 1.1 by a client that says it fell back; where the server has no TLS 1.3


async def glances(interview: Interview, *, entropy: Entropy = secrets.token_bytes) -> tuple[Glance, ...]:
    """Send the six hellos, one after another, and return what came; at most GLANCES connections."""
    questions = [Question.RETRY, Question.RICH, Question.REVERSED, Question.SSL3, Question.UNSIGNED]
    silences, protocols = 0, interview.prelude is None
    while questions and silences < _MOST_SILENCES:
        question = questions.pop(0)
        hello = hello_for(
            question, server_name=interview.target.server_name, protocols=protocols, entropy=entropy
        )
        seen = await interview.look(question, hello, record_version=min(hello.version, Version.TLS10))
        silences += seen.end == "silent"
        protocols &= seen.alert is None or seen.alert[1] != ALERT_NO_APPLICATION_PROTOCOL
        if question is Question.RETRY:
            questions.append(Question.TLS13 if _asks_again(seen) else Question.FALLBACK)
    return tuple(interview.glances)


def _asks_again(glance: Glance) -> bool:
    return bool(glance.server_hello) and ServerHello.parse(glance.server_hello).is_hello_retry_request


def hello_for(
    question: Question,
    *,
    server_name: str | None,
    protocols: bool = True,
    entropy: Entropy = secrets.token_bytes,
) -> ClientHello:
    """Build the hello of a question. Without `protocols` it asks for no HTTP, which Exim would refuse."""
    named = [messages.server_name(server_name)] if server_name else []
    of_tls13 = question in (Question.RETRY, Question.TLS13)
    version, suites, extensions = _HELLOS[question](named)
    if extensions is not None and not protocols:
        extensions = tuple(each for each in extensions if each.kind != ExtensionType.ALPN)
    return ClientHello(
        version=version,
        random=entropy(32),
        cipher_suites=suites,
        extensions=extensions,
        session_id=entropy(32) if of_tls13 else b"",  # of compatibility with middleboxes, RFC 8446 §D.4
    )


_Content = tuple[Version, tuple[int, ...], tuple[Extension, ...] | None]


def _rich(named: list[Extension]) -> _Content:
    groups = (SECP521R1, SECP384R1, SECP256R1, X25519, *FFDHE_GROUPS[:3])
    extensions = _every_extension(named, _SCHEMES, groups, _HALF_KIB)
    return Version.TLS12, (*_AEAD_SUITES, *_CBC_SUITES), tuple(extensions)


def _reversed(named: list[Extension]) -> _Content:
    groups = (*FFDHE_GROUPS[:2], X25519, SECP256R1, SECP384R1, SECP521R1)
    extensions = _every_extension(named, _SCHEMES[::-1], groups, _FOUR_KIB)
    return Version.TLS12, _CBC_SUITES[::-1], tuple(extensions[::-1])


def _retry(named: list[Extension]) -> _Content:
    groups = messages.supported_groups(X25519, SECP256R1, SECP384R1, SECP521R1)
    signed = messages.signature_algorithms(*_SCHEMES)
    no_share = Extension(ExtensionType.KEY_SHARE, vector(2, b""))
    extensions = (*named, groups, signed, *_tls13(Version.TLS13), no_share)
    return Version.TLS12, (*_TLS13_SUITES, *_AEAD_SUITES, *_CBC_SUITES), extensions


def _ssl3(_: list[Extension]) -> _Content:
    return Version.SSL30, (*_CBC_SUITES, TLS_EMPTY_RENEGOTIATION_INFO_SCSV), None


def _unsigned(named: list[Extension]) -> _Content:
    groups = messages.supported_groups(SECP256R1, SECP384R1)
    unknown = messages.signature_algorithms(*_UNKNOWN_SCHEMES)
    return Version.TLS12, (*_AEAD_SUITES, *_CBC_SUITES), (*named, groups, unknown)


def _tls13_hello(named: list[Extension]) -> _Content:
    groups = (X25519, SECP256R1, SECP384R1, SECP521R1)
    rich = _every_extension(named, _SCHEMES, groups, None)
    extensions = (Extension(GREASE), *rich, *_tls13(GREASE, Version.TLS13, Version.TLS12), _two_shares())
    return Version.TLS12, (*_TLS13_SUITES, *_AEAD_SUITES, *_CBC_SUITES), extensions


def _fallback(named: list[Extension]) -> _Content:
    groups = messages.supported_groups(SECP256R1, SECP384R1)
    extensions = (*named, groups, messages.renegotiation_info())
    return Version.TLS11, (*_CBC_SUITES, TLS_FALLBACK_SCSV), extensions


_HELLOS: Mapping[Question, Callable[[list[Extension]], _Content]] = {
    Question.RICH: _rich,
    Question.REVERSED: _reversed,
    Question.RETRY: _retry,
    Question.SSL3: _ssl3,
    Question.UNSIGNED: _unsigned,
    Question.TLS13: _tls13_hello,
    Question.FALLBACK: _fallback,
}


def _every_extension(
    named: list[Extension], schemes: tuple[int, ...], groups: tuple[int, ...], fragment: bytes | None
) -> list[Extension]:
    """All that a server of TLS 1.2 may have something to say to; no two stacks answer in the same order."""
    protocols = vector(1, b"h2") + vector(1, b"http/1.1")
    shortened = [] if fragment is None else [Extension(ExtensionType.MAX_FRAGMENT_LENGTH, fragment)]
    return [
        *named,
        *shortened,
        Extension(ExtensionType.STATUS_REQUEST, b"\x01\x00\x00\x00\x00"),
        messages.supported_groups(*groups),
        Extension(ExtensionType.EC_POINT_FORMATS, vector(1, b"\x00\x01\x02")),
        messages.signature_algorithms(*schemes),
        Extension(ExtensionType.HEARTBEAT, b"\x01"),
        Extension(ExtensionType.ALPN, vector(2, protocols)),
        Extension(ExtensionType.SIGNED_CERTIFICATE_TIMESTAMP),
        Extension(ExtensionType.ENCRYPT_THEN_MAC),
        messages.extended_master_secret(),
        Extension(ExtensionType.RECORD_SIZE_LIMIT, uint(2, 0x4001)),
        Extension(ExtensionType.SESSION_TICKET),
        messages.renegotiation_info(),
    ]


def _tls13(*versions: int) -> list[Extension]:
    psk_with_dhe = Extension(ExtensionType.PSK_KEY_EXCHANGE_MODES, vector(1, b"\x01"))
    return [messages.supported_versions(*versions), psk_with_dhe]


def _two_shares() -> Extension:
    x25519 = X25519PrivateKey.generate().public_key().public_bytes_raw()
    p256 = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = p256.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shares = [uint(2, group) + vector(2, share) for group, share in ((X25519, x25519), (SECP256R1, point))]
    return Extension(ExtensionType.KEY_SHARE, vector(2, b"".join(shares)))
