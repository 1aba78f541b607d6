"""An SQL Server up to its login, an emulation: its packets are read and written by python-tds.

`python -m tests.peers.tds_server ADDRESS PORT CERTIFICATE KEY DHPARAM PACKET_SIZE` speaks TDS 7. What it
answers to PRELOGIN is what an SQL Server 2012 was recorded to answer; TLS is Python's, NTLM is pyspnego's.
With `strict` in the packet size's place it wants TDS 8: whatever does not begin with a TLS record is cut off.
With `tls13` or `tls13-bare` TLS may be 1.3, whose tickets come packed, or bare. With `garbled` a login is
answered by what is neither a packet nor TLS.

It prints each ALPN name, the version of TLS, each login as it came, and who was let in.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import sys
import tempfile
import threading

import spnego
from pytds.tds_base import ClosedConnectionError, PacketType
from pytds.tds_reader import _TdsReader
from pytds.tds_writer import _TdsWriter
from spnego.exceptions import SpnegoError

from tests.unit.prelude_scripts import TDS_ON, login_sspi

USERS = "EXAMPLE:nobody:nothing\n"
SSPI_TOKEN = 0xED


class Transport:
    """A socket as python-tds wants one."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def recv_into(self, buffer: memoryview, size: int = 0) -> int:
        return self._connection.recv_into(buffer, size)

    def sendall(self, data: bytes) -> None:
        self._connection.sendall(data)


class BareTls:
    """What comes out of TLS once its records go bare."""

    def __init__(
        self, connection: socket.socket, tls: ssl.SSLObject, incoming: ssl.MemoryBIO, outgoing: ssl.MemoryBIO
    ) -> None:
        self._connection, self._tls = connection, tls
        self._incoming, self._outgoing = incoming, outgoing

    def recv_into(self, buffer: memoryview, size: int = 0) -> int:
        while True:
            try:
                data = self._tls.read(size or len(buffer))
            except ssl.SSLWantReadError:
                received = self._connection.recv(4096)
                if not received:
                    return 0
                self._incoming.write(received)
            except ssl.SSLZeroReturnError:
                return 0
            else:
                buffer[: len(data)] = data
                return len(data)

    def sendall(self, data: bytes) -> None:
        self._tls.write(data)
        self._connection.sendall(self._outgoing.read())


class Packets:
    """Whole messages, each way."""

    def __init__(self, transport: Transport | BareTls, packet_size: int) -> None:
        self._reader = _TdsReader(None, transport, bufsize=4096)
        self._writer = _TdsWriter(transport, packet_size, None)

    def receive(self) -> tuple[int, bytes]:
        """python-tds reads packet by packet up to the last."""
        kind = self._reader.begin_response().type
        message = b""
        while not self._reader.stream_finished():
            message += bytes(self._reader.recv(4096))
        return kind, message

    def send(self, kind: int, message: bytes) -> None:
        if message:
            self._writer.begin_packet(kind)
            self._writer.write(message)
            self._writer.flush()


def log_in(packets: Packets) -> None:
    """Take a login by Windows; who answers the challenge as pyspnego wants it is let in, and put out."""
    kind, message = packets.receive()
    if kind == PacketType.PRELOGIN:  # of TDS 8
        packets.send(PacketType.REPLY, TDS_ON[8:])
        kind, message = packets.receive()
    if kind != PacketType.LOGIN:
        raise ConnectionError(f"a packet of type {kind}")
    print("login", message.hex(), flush=True)
    context = spnego.server(protocol="ntlm", hostname="host", service="MSSQLSvc")
    challenge = context.step(login_sspi(message)) or b""
    packets.send(PacketType.REPLY, bytes([SSPI_TOKEN]) + len(challenge).to_bytes(2, "little") + challenge)
    kind, message = packets.receive()
    if kind in (PacketType.AUTH, PacketType.LOGIN):  # python-tds calls both a login
        context.step(message)
        print("in", context.client_principal, flush=True)


class Tds7:
    """The server's end of one connection."""

    def __init__(
        self, connection: socket.socket, context: ssl.SSLContext, packet_size: int, *, mode: str
    ) -> None:
        self._connection = connection
        self._packet_size = packet_size
        self._mode = mode
        self._packets = Packets(Transport(connection), packet_size)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def talk(self) -> None:
        self._receive()
        self._connection.sendall(TDS_ON)
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._send()
                self._incoming.write(self._receive())
            except ssl.SSLError:
                self._send()  # the alert
                return
            else:
                break
        if self._mode == "tls13-bare":
            self._connection.sendall(self._outgoing.read())
        else:
            self._send()
        # From here on TLS goes bare; a client that only asks says good-bye.
        print("tls", self._tls.version(), flush=True)
        if self._mode == "garbled":
            self._connection.recv(4096)
            self._connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            return
        bare = BareTls(self._connection, self._tls, self._incoming, self._outgoing)
        log_in(Packets(bare, self._packet_size))

    def _receive(self) -> bytes:
        kind, message = self._packets.receive()
        if kind != PacketType.PRELOGIN:
            raise ConnectionError(f"a packet of type {kind}")
        return message

    def _send(self) -> None:
        self._packets.send(PacketType.PRELOGIN, self._outgoing.read())


def talk_tds8(connection: socket.socket, context: ssl.SSLContext) -> None:
    if connection.recv(1, socket.MSG_PEEK) != b"\x16":
        return
    with context.wrap_socket(connection, server_side=True) as tls:
        print("alpn", tls.selected_alpn_protocol(), flush=True)
        log_in(Packets(Transport(tls), 4096))


def main() -> None:
    address, port, certificate, key, dh_file, mode = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if not mode.startswith("tls13"):
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    context.load_dh_params(dh_file)
    context.set_ciphers("DHE+AESGCM:ECDHE+AESGCM")
    if mode == "strict":
        context.set_alpn_protocols(["tds/8.0"])

    def one(connection: socket.socket) -> None:
        # Whatever a client does wrong ends its connection, and shows in what is not printed.
        with connection, contextlib.suppress(OSError, IndexError, ClosedConnectionError, SpnegoError):
            connection.settimeout(30)
            if mode == "strict":
                talk_tds8(connection, context)
            else:
                size = int(mode) if mode.isdecimal() else 4096
                Tds7(connection, context, size, mode=mode).talk()

    listener = socket.create_server((address, int(port)), backlog=128)
    with listener, tempfile.NamedTemporaryFile("w") as users:
        users.write(USERS)
        users.flush()
        os.environ["NTLM_USER_FILE"] = users.name
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=one, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
