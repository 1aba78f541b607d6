"""LDAP: the StartTLS extended operation, a few bytes of BER."""

from __future__ import annotations

from tlsprobe.preludes.reading import MAX_REPLY, Reading, broken, not_offered, refused
from tlsprobe.tls.codec import DecodeError, Reader
from tlsprobe.tls.stream import Conversation

START_TLS = b"1.3.6.1.4.1.1466.20037"  # RFC 4511 §4.14.1
_SEQUENCE, _INTEGER, _OCTET_STRING, _ENUMERATED = 0x30, 0x02, 0x04, 0x0A
_EXTENDED_REQUEST, _EXTENDED_RESPONSE, _REQUEST_NAME = 0x77, 0x78, 0x80
_MESSAGE_ID = b"\x01"
_SUCCESS, _PROTOCOL_ERROR = 0, 2


def ldap() -> Conversation[None]:
    """LDAP StartTLS (RFC 4511 §4.14): one request, one response."""
    reading = Reading()
    operation = _ber(_EXTENDED_REQUEST, _ber(_REQUEST_NAME, START_TLS))
    request = _ber(_SEQUENCE, _ber(_INTEGER, _MESSAGE_ID) + operation)
    message = yield from ber_message(reading, request)
    try:
        code, said = _response(message)
    except DecodeError as error:
        raise broken(f"no response to StartTLS: {error}") from None
    if code == _PROTOCOL_ERROR:  # RFC 4511 §4.14.2: it does not know the operation
        raise not_offered(f"result code {code} {said}")
    if code != _SUCCESS:
        raise refused(f"result code {code} {said}")
    reading.end()


def ber_message(reading: Reading, request: bytes) -> Conversation[bytes]:
    """Send, and read one SEQUENCE, as LDAP and CredSSP write their messages; return what is inside."""
    tag, first = yield from reading.take(2, send=request)
    if tag != _SEQUENCE:
        raise broken(f"answers {tag:02x}{first:02x}, which is no message in BER")
    size = first
    if first >= 0x80:
        more = yield from reading.take(_length_bytes(first))
        size = int.from_bytes(more, "big")
    if size > MAX_REPLY:
        raise broken(f"a message of {size} bytes")
    return (yield from reading.take(size))


def _length_bytes(first: int) -> int:
    """How many bytes of length follow; the indefinite form is not LDAP's (RFC 4511 §5.1)."""
    number = first & 0x7F
    if not 1 <= number <= 4:
        raise broken(f"a length that starts with {first:02x}")
    return number


def _response(message: bytes) -> tuple[int, str]:
    """Return result code and diagnostic message of an ExtendedResponse.

    One with the message id 0 is the server's notice that it is leaving (RFC 4511 §4.4.1).
    """
    reader = Reader(message)
    number = _value(reader, _INTEGER)
    if number not in (_MESSAGE_ID, b"\x00"):
        raise DecodeError(f"message id {number[:8].hex()}")
    result = Reader(_value(reader, _EXTENDED_RESPONSE))
    code = int.from_bytes(_value(result, _ENUMERATED)[:4], "big")
    _value(result, _OCTET_STRING)  # matchedDN
    said = _value(result, _OCTET_STRING).decode("utf-8", "backslashreplace")
    if number == b"\x00" and code == _SUCCESS:
        raise DecodeError("a notice that nobody asked for")
    return code, said


def _value(reader: Reader, wanted: int) -> bytes:
    tag, size = reader.uint(1), reader.uint(1)
    if tag != wanted:
        raise DecodeError(f"tag {tag:02x} where {wanted:02x} is due")
    return reader.take(size if size < 0x80 else reader.uint(size & 0x7F))


def _ber(tag: int, value: bytes) -> bytes:
    return bytes([tag, len(value)]) + value
