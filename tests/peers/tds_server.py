"""An SQL Server up to its login, an emulation: its packets are read and written by python-tds.

`python -m tests.peers.tds_server ADDRESS PORT CERTIFICATE KEY DHPARAM PACKET_SIZE` speaks TDS 7. What it
answers to PRELOGIN is what an SQL Server 2012 was recorded to answer; TLS is Python's. With `strict` in the
packet size's place it wants TDS 8: whatever does not begin with a TLS record is cut off.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import sys
import threading

from pytds.tds_base import PacketType
from pytds.tds_reader import _TdsReader
from pytds.tds_writer import _TdsWriter

from tests.unit.prelude_scripts import TDS_ON


class Transport:
    """A socket as python-tds wants one."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def recv_into(self, buffer: memoryview, size: int = 0) -> int:
        return self._connection.recv_into(buffer, size)

    def sendall(self, data: bytes) -> None:
        self._connection.sendall(data)


class Tds7:
    """The server's end of one connection."""

    def __init__(self, connection: socket.socket, context: ssl.SSLContext, packet_size: int) -> None:
        self._connection = connection
        self._reader = _TdsReader(None, Transport(connection), bufsize=4096)
        self._writer = _TdsWriter(Transport(connection), packet_size, None)
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
                self._send()
                break
        # From here on TLS goes bare; a client that only asks says good-bye.
        while data := self._connection.recv(4096):
            self._incoming.write(data)
            with contextlib.suppress(ssl.SSLWantReadError):
                if not self._tls.read():
                    return

    def _receive(self) -> bytes:
        """One whole message; python-tds reads packet by packet up to the last."""
        kind = self._reader.begin_response().type
        if kind != PacketType.PRELOGIN:
            raise ConnectionError(f"a packet of type {kind}")
        message = b""
        while not self._reader.stream_finished():
            message += bytes(self._reader.recv(4096))
        return message

    def _send(self) -> None:
        if data := self._outgoing.read():
            self._writer.begin_packet(PacketType.PRELOGIN)
            self._writer.write(data)
            self._writer.flush()


def talk_tds8(connection: socket.socket, context: ssl.SSLContext) -> None:
    if connection.recv(1, socket.MSG_PEEK) != b"\x16":
        return
    with context.wrap_socket(connection, server_side=True) as tls:
        print(tls.selected_alpn_protocol(), flush=True)
        tls.recv(4096)


def main() -> None:
    address, port, certificate, key, dh_file, packet_size = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    context.load_dh_params(dh_file)
    context.set_ciphers("DHE+AESGCM:ECDHE+AESGCM")
    if packet_size == "strict":
        context.set_alpn_protocols(["tds/8.0"])

    def one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, IndexError):
            connection.settimeout(30)
            if packet_size == "strict":
                talk_tds8(connection, context)
            else:
                Tds7(connection, context, int(packet_size)).talk()

    with socket.create_server((address, int(port)), backlog=128) as listener:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=one, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
