"""Remote Desktop: the security protocol is negotiated in X.224's connection request ([MS-RDPBCGR])."""

from __future__ import annotations

from tlsprobe.preludes.reading import Reading, broken, not_offered, refused
from tlsprobe.tls.codec import DecodeError, Reader
from tlsprobe.tls.stream import Conversation

_TPKT_VERSION = 3
_CONNECTION_REQUEST, _CONNECTION_CONFIRM = 0xE0, 0xD0
_NEG_REQUEST, _NEG_RESPONSE, _NEG_FAILURE = 1, 2, 3
_PROTOCOL_SSL, _PROTOCOL_HYBRID = 1, 2  # TLS, and CredSSP, which begins with the same TLS
_MAX_CONFIRM = 1024  # it has 11 or 19 bytes

# RDP_NEG_FAILURE (§2.2.1.2.2).
_FAILURES = {
    1: "SSL_REQUIRED_BY_SERVER",
    2: "SSL_NOT_ALLOWED_BY_SERVER",
    3: "SSL_CERT_NOT_ON_SERVER",
    4: "INCONSISTENT_FLAGS",
    5: "HYBRID_REQUIRED_BY_SERVER",
    6: "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER",
}
_HAS_NO_TLS = (2, 3)


def rdp() -> Conversation[None]:
    """RDP with enhanced security (§5.4.2.1): connection request and confirm, then TLS."""
    reading = Reading()
    version, _, high, low = yield from reading.take(4, send=_request())
    size = high << 8 | low
    if version != _TPKT_VERSION or not 4 < size <= _MAX_CONFIRM:
        raise broken(f"answers {version:02x} with a length of {size}, which is no TPKT")
    confirm = yield from reading.take(size - 4)
    try:
        _check(confirm)
    except DecodeError as error:
        raise broken(f"no connection confirm: {error}") from None
    reading.end()


def _request() -> bytes:
    """X.224 Connection Request PDU (§2.2.1.1) that asks for TLS or CredSSP."""
    asked = _PROTOCOL_SSL | _PROTOCOL_HYBRID
    negotiation = bytes([_NEG_REQUEST, 0]) + (8).to_bytes(2, "little") + asked.to_bytes(4, "little")
    x224 = bytes([_CONNECTION_REQUEST, 0, 0, 0, 0, 0]) + negotiation  # references and class 0
    body = bytes([len(x224)]) + x224
    return bytes([_TPKT_VERSION, 0]) + (4 + len(body)).to_bytes(2, "big") + body


def _check(confirm: bytes) -> None:
    """Read an X.224 Connection Confirm PDU (§2.2.1.2); return if TLS is what was chosen."""
    x224 = Reader(Reader(confirm).vector(1))
    kind = x224.uint(1)
    if kind != _CONNECTION_CONFIRM:
        raise DecodeError(f"X.224 PDU {kind:02x}")
    x224.take(5)
    if not x224.remaining:
        raise not_offered("standard RDP security only: the answer negotiates nothing")
    kind, _, _, value = x224.uint(1), x224.uint(1), x224.uint(2), int.from_bytes(x224.take(4), "little")
    if kind == _NEG_FAILURE:
        said = _FAILURES.get(value, f"failure code {value}")
        raise not_offered(said) if value in _HAS_NO_TLS else refused(said)
    if kind != _NEG_RESPONSE:
        raise DecodeError(f"negotiation of type {kind}")
    if value == 0:
        raise not_offered("standard RDP security only: the server chose PROTOCOL_RDP")
    if value not in (_PROTOCOL_SSL, _PROTOCOL_HYBRID):
        raise DecodeError(f"protocol {value:#x}, which was not offered")
