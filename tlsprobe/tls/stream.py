"""Records in, handshake messages out: the one place that knows where records begin and end.

`send` queues, `next_message` flushes what is queued and waits. A conversation yields the bytes to send and
is sent the bytes that came; empty bytes mean that the peer closed. Whoever drives it throws PeerGone in
for a reset or a silence.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal, TypeVar

from tlsprobe.tls.codec import DecodeError, OverLimit, Reader, uint
from tlsprobe.tls.constants import (
    ALERT_CLOSE_NOTIFY,
    AlertLevel,
    ContentType,
    HandshakeType,
    Version,
    alert_name,
)
from tlsprobe.tls.messages import handshake_message, parse_empty
from tlsprobe.tls.record import MAX_PLAINTEXT, Protection, Record, RecordReader

R = TypeVar("R")
Conversation = Generator[bytes, bytes, R]

# A flight of 512 KiB holds a certificate chain of a hundred; more is somebody playing.
MAX_RECEIVED = 512 * 1024
MAX_MESSAGE = 256 * 1024
# A flight of 64 KiB in records of 512 bytes, as max_fragment_length allows, has 128.
MAX_RECORDS = 4096
# Empty records are legal (OpenSSL sent one before each CBC record once), an endless row of them is not.
MAX_EMPTY_RECORDS = 16
MAX_IGNORED_MESSAGES = 16  # warnings and HelloRequests


class Parting(bytes):
    """Bytes to send after which nothing is waited for; the conversation goes on at once."""


class Concluding(Parting):
    """The last bytes of a handshake, possibly none: TLS stands, and needs nobody to carry it from here on."""


class PeerGone(Exception):
    """The peer ended the connection or says nothing more."""

    def __init__(self, how: Literal["closed", "reset", "silent"]) -> None:
        super().__init__(how)
        self.how = how


class AlertReceived(Exception):
    """A fatal alert, or a close_notify."""

    def __init__(self, description: int) -> None:
        super().__init__(alert_name(description))
        self.description = description


@dataclass(frozen=True, slots=True)
class Message:
    """A handshake message: its type, its body, and the whole of it as the transcript wants it."""

    kind: int
    body: bytes

    @property
    def framed(self) -> bytes:
        """Header and body."""
        return uint(1, self.kind) + uint(3, len(self.body)) + self.body


class Stream:
    """The client's end of one connection."""

    def __init__(self, record_version: int = Version.TLS10) -> None:
        self.transcript = b""
        self.warnings: list[int] = []
        self.layout: list[tuple[int, int]] = []  # content type and size of each record received
        self._record_version = record_version
        self._records = RecordReader()
        self._outgoing = b""
        self._handshake = bytearray()
        self._alert = bytearray()
        self._held: Record | None = None
        self._received = 0
        self._empty = 0
        self._ignored = 0
        self._sealing: Protection | None = None
        self._opening: Protection | None = None
        self._pending_opening: Protection | None = None

    def use_version(self, version: int) -> None:
        """Set the version that records carry from now on."""
        self._record_version = version

    def send(self, kind: HandshakeType, body: bytes) -> None:
        """Queue a handshake message and add it to the transcript."""
        framed = handshake_message(kind, body)
        self.transcript += framed
        self._send_record(ContentType.HANDSHAKE, framed)

    def send_change_cipher_spec(self, sealing: Protection, opening: Protection) -> None:
        """Queue ChangeCipherSpec; what follows is sealed, what follows the server's is opened."""
        self._send_record(ContentType.CHANGE_CIPHER_SPEC, b"\x01")
        self._sealing = sealing
        self._pending_opening = opening

    def send_close(self) -> Conversation[None]:
        """Send close_notify without waiting for the server's."""
        self._send_record(ContentType.ALERT, bytes([AlertLevel.WARNING, ALERT_CLOSE_NOTIFY]))
        outgoing, self._outgoing = self._outgoing, b""
        yield Parting(outgoing)

    def next_message(self) -> Conversation[Message]:
        """Flush, and wait for the next handshake message; it is added to the transcript.

        Raises AlertReceived, PeerGone and DecodeError. HelloRequest is skipped (RFC 5246 §7.4.1.1).
        """
        while True:
            message = self._cut_message()
            if message is None:
                yield from self._next_fragment(ContentType.HANDSHAKE)
            elif message.kind == HandshakeType.HELLO_REQUEST:
                parse_empty(message.body)
                self._ignore_one("HelloRequests")
            else:
                self.transcript += message.framed
                return message

    def next_kind(self) -> Conversation[int]:
        """Flush, and wait for the content type of the next record, which stays to be read."""
        if self._handshake:
            return ContentType.HANDSHAKE
        while True:
            record = yield from self._next_record()
            if record.kind != ContentType.ALERT:
                self._held = record
                return record.kind
            self._take_alert(record.fragment)

    def expect_change_cipher_spec(self) -> Conversation[None]:
        """Wait for the server's ChangeCipherSpec; open records from there on."""
        if self._handshake:
            raise DecodeError("handshake bytes before ChangeCipherSpec")
        yield from self._next_fragment(ContentType.CHANGE_CIPHER_SPEC)
        self._opening = self._pending_opening

    @property
    def has_partial_message(self) -> bool:
        """Whether handshake bytes are left over that no message was made of."""
        return bool(self._handshake)

    def _send_record(self, kind: ContentType, payload: bytes) -> None:
        for start in range(0, len(payload), MAX_PLAINTEXT):
            piece = payload[start : start + MAX_PLAINTEXT]
            fragment = self._sealing.seal(kind, piece) if self._sealing else piece
            self._outgoing += Record(kind, self._record_version, fragment).serialise()

    def _cut_message(self) -> Message | None:
        if len(self._handshake) < 4:
            return None
        header = Reader(bytes(self._handshake[:4]))
        kind, size = header.uint(1), header.uint(3)
        if size > MAX_MESSAGE:
            raise OverLimit(f"handshake message of {size} bytes")
        if len(self._handshake) < 4 + size:
            return None
        body = bytes(self._handshake[4 : 4 + size])
        del self._handshake[: 4 + size]
        return Message(kind, body)

    def _next_fragment(self, wanted: ContentType) -> Conversation[None]:
        """Take in one record of the wanted kind; alerts end it or are noted."""
        while True:
            record = yield from self._next_record()
            if record.kind == ContentType.ALERT:
                self._take_alert(record.fragment)
            elif record.kind == wanted == ContentType.HANDSHAKE:
                self._handshake += record.fragment
                return
            elif record.kind == wanted == ContentType.CHANGE_CIPHER_SPEC:
                if record.fragment != b"\x01":
                    raise DecodeError("ChangeCipherSpec is not the byte 1")
                return
            else:
                raise DecodeError(f"record of type {record.kind} where {wanted.name} is due")

    def _next_record(self) -> Conversation[Record]:
        """Wait for the next record that is not empty, opened."""
        if self._held is not None:
            held, self._held = self._held, None
            return held
        while True:
            record = self._records.next_record()
            if record is None:
                outgoing, self._outgoing = self._outgoing, b""
                data = yield outgoing
                if not data:
                    raise PeerGone("closed")
                self._received += len(data)
                if self._received > MAX_RECEIVED:
                    raise OverLimit(f"more than {MAX_RECEIVED} bytes received")
                self._records.feed(data)
                continue
            self.layout.append((record.kind, len(record.fragment)))
            if len(self.layout) > MAX_RECORDS:
                raise OverLimit(f"more than {MAX_RECORDS} records")
            if self._opening:
                plaintext = self._opening.open(record.kind, record.fragment)
                record = Record(record.kind, record.version, plaintext)
            if record.fragment:
                self._empty = 0
                return record
            self._empty += 1
            if self._empty > MAX_EMPTY_RECORDS:
                raise OverLimit("an endless row of empty records")

    def _take_alert(self, fragment: bytes) -> None:
        self._alert += fragment
        while len(self._alert) >= 2:  # several may share a record, and one may span two (RFC 5246 §6.2.1)
            level, description = self._alert[:2]
            del self._alert[:2]
            if level != AlertLevel.WARNING or description == ALERT_CLOSE_NOTIFY:
                raise AlertReceived(description)
            self.warnings.append(description)
            self._ignore_one("warnings")

    def _ignore_one(self, what: str) -> None:
        self._ignored += 1
        if self._ignored > MAX_IGNORED_MESSAGES:
            raise OverLimit(f"an endless row of {what}")
