"""PostgreSQL, and MySQL with MariaDB. SQL Server has a file of its own: tds.py."""

from __future__ import annotations

from tlsprobe.preludes.reading import MAX_REPLY, Reading, broken, not_offered, plain_text_behind, refused
from tlsprobe.tls.codec import DecodeError, Reader
from tlsprobe.tls.stream import Conversation, Parting, PeerGone

_CLIENT_PROTOCOL_41, _CLIENT_SSL, _CLIENT_SECURE_CONNECTION = 0x0200, 0x0800, 0x8000
_UTF8 = 33  # utf8_general_ci: every version knows it


def postgres() -> Conversation[None]:
    """PostgreSQL SSLRequest: eight bytes out, one back (PostgreSQL manual, Message Formats)."""
    answer = yield (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")
    if not answer:
        raise PeerGone("closed")
    if answer[:1] == b"N":
        raise not_offered("the server answers N: built or configured without TLS")
    if answer[:1] != b"S":
        raise broken(repr(answer[:64]))
    if answer[1:]:
        raise plain_text_behind()


def mysql() -> Conversation[None]:
    """MySQL and MariaDB: the server greets, the client answers SSLRequest (MySQL manual, Connection Phase).

    The server says nothing to an SSLRequest: TLS follows at once.
    """
    reading = Reading()
    size = int.from_bytes((yield from reading.take(3)), "little")
    if not 1 <= size <= MAX_REPLY:
        raise broken(f"a greeting of {size} bytes")
    yield from reading.take(1)  # its number in the sequence
    greeting = yield from reading.take(size)
    if greeting[0] == 0xFF:  # ERR_Packet: too many connections, this host is blocked
        raise refused(greeting[3:].decode("utf-8", "backslashreplace"))
    try:
        capabilities = _capabilities(greeting)
    except DecodeError as error:
        raise broken(f"no greeting of MySQL: {error}") from None
    if not capabilities & _CLIENT_SSL:
        raise not_offered("the greeting does not say CLIENT_SSL: built or configured without TLS")
    reading.end()
    yield from _ssl_request()


def _capabilities(greeting: bytes) -> int:
    """Return the lower 16 of the capability flags in a Handshake V10 packet."""
    reader = Reader(greeting)
    protocol = reader.uint(1)
    if protocol != 10:
        raise DecodeError(f"protocol version {protocol}")
    version, end, _ = reader.rest().partition(b"\x00")
    if not end:
        raise DecodeError("a version without an end")
    reader = Reader(greeting[1 + len(version) + 1 :])
    reader.take(4 + 8 + 1)  # connection id, first part of the challenge, filler
    return int.from_bytes(reader.take(2), "little")


def _ssl_request() -> Conversation[None]:
    flags = _CLIENT_PROTOCOL_41 | _CLIENT_SSL | _CLIENT_SECURE_CONNECTION
    body = flags.to_bytes(4, "little") + (1 << 24).to_bytes(4, "little") + bytes([_UTF8]) + bytes(23)
    yield Parting(len(body).to_bytes(3, "little") + b"\x01" + body)
