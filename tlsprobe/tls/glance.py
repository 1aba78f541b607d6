"""A look at how a server answers one hello: the shape of its flight, with hardly a body interpreted.

Which records it cuts, which alert it chooses, what its ServerHello echoes in which order: that differs
from one TLS library to the next, and says who terminates TLS. Nothing is completed, nothing verified.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from tlsprobe.tls.codec import DecodeError, Reader
from tlsprobe.tls.constants import ALERT_CLOSE_NOTIFY, AlertLevel, ContentType, HandshakeType, Version
from tlsprobe.tls.messages import ClientHello, ServerHello, handshake_message
from tlsprobe.tls.record import NotTls, Record, RecordReader
from tlsprobe.tls.stream import MAX_MESSAGE, MAX_RECEIVED, MAX_RECORDS, Conversation, PeerGone

MAX_NOTED = 64  # records, and messages, of a flight that are written down
MAX_WARNINGS = 16
MAX_SERVER_HELLO = 4096
KEPT_BYTES = 1024  # of a ServerKeyExchange

End = Literal["answered", "alert", "closed", "reset", "silent", "not-tls", "malformed"]


@dataclass(frozen=True, slots=True)
class SeenRecord:
    """A record as it came: its content type, the version in its header, the bytes in its fragment."""

    kind: int
    version: int
    size: int


@dataclass(frozen=True, slots=True)
class SeenMessage:
    """A handshake message: its type, and the bytes in its body."""

    kind: int
    size: int


@dataclass(frozen=True, slots=True)
class Glance:
    """What came back. `server_hello` and `key_exchange` are bodies as sent, the second cut after KEPT_BYTES.

    A `server_hello` that is there can be parsed. `alert` is level and description of what ended it;
    `detail` is what was malformed.
    """

    end: End
    records: tuple[SeenRecord, ...] = ()
    messages: tuple[SeenMessage, ...] = ()
    server_hello: bytes = b""
    key_exchange: bytes = b""
    alert: tuple[int, int] | None = None
    warnings: tuple[int, ...] = ()
    detail: str = ""


def glance(hello: ClientHello, *, record_version: int) -> Conversation[Glance]:
    """Send `hello` and take in the server's flight, up to ServerHelloDone.

    Of TLS 1.3 up to its first encrypted record, or a HelloRetryRequest. All that the peer can do comes
    back as a value.
    """
    flight = _Flight()
    outgoing = Record(
        ContentType.HANDSHAKE,
        record_version,
        handshake_message(HandshakeType.CLIENT_HELLO, hello.serialise()),
    ).serialise()
    try:
        while not flight.over:
            data = yield outgoing
            outgoing = b""
            if not data:
                raise PeerGone("closed")
            flight.feed(data)
        end: End = "alert" if flight.alert else "answered"
        return flight.as_glance(end)
    except PeerGone as gone:
        return flight.as_glance(gone.how)
    except NotTls as other:
        return flight.as_glance("not-tls", other.received.hex())
    except DecodeError as error:
        return flight.as_glance("malformed", str(error))


@dataclass(slots=True)
class _Flight:
    """What came so far."""

    over: bool = False
    alert: tuple[int, int] | None = None
    warnings: list[int] = field(default_factory=list)
    records: list[SeenRecord] = field(default_factory=list)
    messages: list[SeenMessage] = field(default_factory=list)
    server_hello: bytes = b""
    key_exchange: bytes = b""
    tls13: bool = False
    _reader: RecordReader = field(default_factory=RecordReader)
    _received: int = 0
    _count: int = 0  # of records
    _pending: bytearray = field(default_factory=bytearray)
    _alert_bytes: bytearray = field(default_factory=bytearray)

    def as_glance(self, end: End, detail: str = "") -> Glance:
        return Glance(
            end=end,
            records=tuple(self.records),
            messages=tuple(self.messages),
            server_hello=self.server_hello,
            key_exchange=self.key_exchange[:KEPT_BYTES],
            alert=self.alert,
            warnings=tuple(self.warnings),
            detail=detail,
        )

    def feed(self, data: bytes) -> None:
        """Take bytes as they came, cut anywhere. Raises NotTls and DecodeError."""
        self._received += len(data)
        if self._received > MAX_RECEIVED:
            raise DecodeError(f"more than {MAX_RECEIVED} bytes received")
        self._reader.feed(data)
        while not self.over and (record := self._reader.next_record()) is not None:
            self._take(record)

    def _take(self, record: Record) -> None:
        self._count += 1
        if self._count > MAX_RECORDS:
            raise DecodeError(f"more than {MAX_RECORDS} records")
        if len(self.records) < MAX_NOTED:
            self.records.append(SeenRecord(record.kind, record.version, len(record.fragment)))
        match record.kind:
            case ContentType.ALERT:
                self._take_alerts(record.fragment)
            case ContentType.HANDSHAKE:
                self._pending += record.fragment
                self._cut_messages()
            case ContentType.CHANGE_CIPHER_SPEC if self.tls13:  # for middleboxes (RFC 8446 §D.4)
                pass
            case ContentType.APPLICATION_DATA if self.tls13:
                self.over = True
            case _:
                raise DecodeError(f"record of type {record.kind} in a flight")

    def _take_alerts(self, fragment: bytes) -> None:
        self._alert_bytes += fragment
        while len(self._alert_bytes) >= 2 and not self.over:
            level, description = self._alert_bytes[:2]
            del self._alert_bytes[:2]
            if level != AlertLevel.WARNING or description == ALERT_CLOSE_NOTIFY:
                self.alert, self.over = (level, description), True
            elif len(self.warnings) == MAX_WARNINGS:
                raise DecodeError("an endless row of warnings")
            else:
                self.warnings.append(description)

    def _cut_messages(self) -> None:
        while len(self._pending) >= 4 and not self.over:
            header = Reader(bytes(self._pending[:4]))
            kind, size = header.uint(1), header.uint(3)
            if size > MAX_MESSAGE:
                raise DecodeError(f"handshake message of {size} bytes")
            if len(self._pending) < 4 + size:
                return
            body = bytes(self._pending[4 : 4 + size])
            del self._pending[: 4 + size]
            self._note(kind, body)

    def _note(self, kind: int, body: bytes) -> None:
        if len(self.messages) < MAX_NOTED:
            self.messages.append(SeenMessage(kind, len(body)))
        if kind == HandshakeType.SERVER_HELLO and not self.server_hello:
            if len(body) > MAX_SERVER_HELLO:
                raise DecodeError(f"ServerHello of {len(body)} bytes")
            parsed = ServerHello.parse(body)
            self.server_hello = body
            self.tls13 = parsed.version >= Version.TLS13
            self.over = parsed.is_hello_retry_request
        elif kind == HandshakeType.SERVER_KEY_EXCHANGE and not self.key_exchange:
            self.key_exchange = body
        elif kind == HandshakeType.SERVER_HELLO_DONE:
            self.over = True
