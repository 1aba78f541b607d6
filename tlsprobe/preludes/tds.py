"""SQL Server: TDS 7, where PRELOGIN packets carry the TLS handshake, and TDS 8, where TLS comes first.

A server set to strict encryption speaks TDS 8 only. Others of 2022 and later speak both; they are asked by
TDS 7, which is what older clients use.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tlsprobe.preludes.reading import Reading, broken, not_offered, refused
from tlsprobe.tls.codec import DecodeError, Reader, uint, vector
from tlsprobe.tls.messages import ClientHello, Extension
from tlsprobe.tls.stream import Conversation

TDS_8 = "tds/8.0"  # its name by ALPN
HEADER_SIZE = 8
MAX_PACKET = 4096  # until a login has negotiated another (§2.2.3.1.3)
MAX_PAYLOAD = MAX_PACKET - HEADER_SIZE
MAX_LENGTH = 32767  # of any packet, negotiated or not
MAX_EMPTY_PACKETS = 16

_TABULAR_RESULT, PRELOGIN = 0x04, 0x12
_END_OF_MESSAGE = 0x01
_ERROR_TOKEN = 0xAA
_TLS_RECORDS = range(20, 24)  # content types: no TDS packet has such a type
_VERSION, _ENCRYPTION, _INSTANCE, _THREAD, _MARS, _TERMINATOR = 0, 1, 2, 3, 4, 0xFF
# ENCRYPT_OFF encrypts the login alone, by the same handshake. STRICT is TDS 8's.
_OFF, _ON, _NOT_SUPPORTED, _REQUIRED, _STRICT = 0, 1, 2, 3, 8
_ALPN = 16


def mssql() -> Conversation[None]:
    """Ask for encryption by PRELOGIN ([MS-TDS] §2.2.6.5, §3.2.5.2)."""
    reading = Reading()
    encryption = (yield from prelogin(reading)).encryption
    if encryption == _NOT_SUPPORTED:
        raise not_offered("the server answers ENCRYPT_NOT_SUP")
    if encryption == _STRICT:
        raise refused("the server wants TLS first, as in TDS 8")
    if encryption not in (_OFF, _ON, _REQUIRED):
        raise broken(f"an encryption of {encryption:#04x}")
    reading.end()


def mssql_strict(hello: ClientHello) -> ClientHello:
    """Offer tds/8.0 by ALPN, and nothing else ([MS-TDS] §2.1); a hello without extensions stays one."""
    if hello.extensions is None:
        return hello
    others = tuple(each for each in hello.extensions if each.kind != _ALPN)
    return replace(hello, extensions=(*others, Extension(_ALPN, vector(2, vector(1, TDS_8.encode())))))


@dataclass(frozen=True, slots=True)
class PreLogin:
    """What is kept of the answer to a PRELOGIN; `version` is SQL Server's, `11.0.3000`, or empty."""

    encryption: int
    version: str

    @classmethod
    def parse(cls, content: bytes) -> PreLogin:
        """Read the options; DecodeError where there is none about encryption."""
        options = _options(content)
        if _ENCRYPTION not in options:
            raise DecodeError("nothing about encryption")
        version = ""
        if _VERSION in options:
            reader = Reader(options[_VERSION])
            version = f"{reader.uint(1)}.{reader.uint(1)}.{reader.uint(2)}"
        return cls(Reader(options[_ENCRYPTION]).uint(1), version)


def prelogin(reading: Reading, *, strict: bool = False) -> Conversation[PreLogin]:
    """Send PRELOGIN and read the answer. An ERROR token in its place refuses (§2.2.7.10).

    `strict` is for TDS 8, where it goes inside TLS. Raises PreludeFailed and PeerGone.
    """
    answer = yield from message(reading, packets(PRELOGIN, prelogin_request(_STRICT if strict else _ON)))
    try:
        if answer[:1] == bytes([_ERROR_TOKEN]):
            raise refused(_error_text(Reader(answer[1:])))
        return PreLogin.parse(answer)
    except DecodeError as error:
        raise broken(f"no PRELOGIN: {error}") from None


def prelogin_request(encryption: int = _ON) -> bytes:
    """PRELOGIN as in the example of [MS-TDS] §4.1, but for the encryption."""
    options = (
        (_VERSION, bytes.fromhex("090000000000")),
        (_ENCRYPTION, bytes([encryption])),
        (_INSTANCE, b"\x00"),
        (_THREAD, bytes.fromhex("b80d0000")),
        (_MARS, b"\x01"),
    )
    offset = 5 * len(options) + 1
    head = b""
    for token, value in options:
        head += uint(1, token) + uint(2, offset) + uint(2, len(value))
        offset += len(value)
    return head + uint(1, _TERMINATOR) + b"".join(value for _, value in options)


def packets(kind: int, content: bytes) -> bytes:
    """Write a message as packets (§2.2.3.1): none larger than a server takes before the login."""
    pieces = [content[at : at + MAX_PAYLOAD] for at in range(0, len(content), MAX_PAYLOAD)]
    written = b""
    for number, piece in enumerate(pieces, start=1):
        status = _END_OF_MESSAGE if number == len(pieces) else 0
        head = uint(1, kind) + uint(1, status) + uint(2, HEADER_SIZE + len(piece))
        written += head + uint(2, 0) + uint(1, number % 256) + uint(1, 0) + piece
    return written


class TdsFraming:
    """TLS records inside packets of type PRELOGIN, each way (§2.2.6.5).

    A server cuts as it likes: several records to a packet, several packets to a record. Once a record stands
    where a packet is due, the packing is over.
    """

    def __init__(self) -> None:
        self._header = b""
        self._left = 0  # of the packet that is being read
        self._empty = 0
        self._bare = False
        self._broken: DecodeError | None = None

    def wrap(self, data: bytes) -> bytes:
        """Pack one flight as one message."""
        return data if self._bare else packets(PRELOGIN, data)

    def unwrap(self, data: bytes) -> bytes:
        """Return what the packets carry, as far as they are there.

        What came in front of a packet that is none is returned, however the network cut it; the next call
        raises the DecodeError.
        """
        if self._broken:
            raise self._broken
        carried = b""
        while data and not self._bare:
            if self._left:
                piece, data = data[: self._left], data[self._left :]
                self._left -= len(piece)
                carried += piece
            elif not self._header and data[0] in _TLS_RECORDS:
                self._bare = True
            else:
                try:
                    data = self._read_header(data)
                except DecodeError as error:
                    self._broken = error
                    if carried:
                        return carried
                    raise
        return carried + data

    def _read_header(self, data: bytes) -> bytes:
        missing = HEADER_SIZE - len(self._header)
        self._header += data[:missing]
        if len(self._header) == HEADER_SIZE:
            self._left = _payload_size(self._header)
            self._header = b""
            self._empty = 0 if self._left else self._empty + 1
            if self._empty > MAX_EMPTY_PACKETS:
                raise DecodeError("an endless row of empty TDS packets")
        return data[missing:]


def _payload_size(header: bytes) -> int:
    reader = Reader(header)
    kind, _, length = reader.uint(1), reader.uint(1), reader.uint(2)
    if kind not in (_TABULAR_RESULT, PRELOGIN):
        raise DecodeError(f"a TDS packet of type {kind:#04x}")
    if not HEADER_SIZE <= length <= MAX_LENGTH:
        raise DecodeError(f"a TDS packet of {length} bytes")
    return length - HEADER_SIZE


def message(reading: Reading, request: bytes) -> Conversation[bytes]:
    """Send, and read packets up to the last of a message; PreludeFailed where there are none."""
    content, status = b"", 0
    while not status & _END_OF_MESSAGE:
        header = yield from reading.take(HEADER_SIZE, send=request)
        request = b""
        try:
            size = _payload_size(header)
        except DecodeError as error:
            raise broken(str(error)) from None
        status = header[1]
        content += yield from reading.take(size)
    return content


def _options(content: bytes) -> dict[int, bytes]:
    reader, options = Reader(content), dict[int, bytes]()
    while (token := reader.uint(1)) != _TERMINATOR:
        offset, size = reader.uint(2), reader.uint(2)
        options.setdefault(token, content[offset : offset + size])
    return options


def _error_text(reader: Reader) -> str:
    reader.take(2 + 4 + 1 + 1)  # length, number, state, class
    size = int.from_bytes(reader.take(2), "little")
    return reader.take(2 * size).decode("utf-16-le", "backslashreplace")
