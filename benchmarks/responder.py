"""A cheap server on every loopback address: it answers each ClientHello with a flight recorded before.

    python -m benchmarks.responder [PORT]

The flights are those of a real OpenSSL, recorded at the start, so what a scan sees of each address is a real
TLS 1.2 server that prefers ECDHE and takes three DHE suites. It has no keys: where a handshake is to be
finished, it answers with an alert.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tlsprobe.demo.credentials import make_credentials
from tlsprobe.demo.servers import Options, stack
from tlsprobe.demo.stack import Running
from tlsprobe.probes.hello import HelloForm, dhe_hello
from tlsprobe.tls.constants import ContentType, HandshakeType, Version
from tlsprobe.tls.glance import glance
from tlsprobe.tls.record import Record

SUITES = (0xC030, 0xC02F, 0x009F, 0x009E, 0x0033)  # as the server prefers them
OPENSSL_NAMES = "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256:" + ":".join(
    ("DHE-RSA-AES256-GCM-SHA384", "DHE-RSA-AES128-GCM-SHA256", "DHE-RSA-AES128-SHA")
)
RANDOM_AT, SESSION_ID_AT = 11, 43  # in a record that holds a ClientHello
BACKLOG = 4096


def _alert(description: int) -> bytes:
    return Record(ContentType.ALERT, Version.TLS12, bytes([2, description])).serialise()


HANDSHAKE_FAILURE, DECRYPT_ERROR, PROTOCOL_VERSION = _alert(40), _alert(51), _alert(70)


def record_flights() -> dict[bytes, bytes]:
    """Ask a real OpenSSL for each suite, and return what it sent up to ServerHelloDone, by suite."""
    with tempfile.TemporaryDirectory() as made:
        credentials, options = make_credentials(Path(made)), Options(ciphers=OPENSSL_NAMES)
        with stack("openssl").start("127.0.0.1", Path(made) / "openssl", credentials, options) as server:
            return {code.to_bytes(2, "big"): _record(server, code) for code in SUITES}


def _record(server: Running, code: int) -> bytes:
    hello = dhe_hello(version=Version.TLS12, form=HelloForm.CURVES_EMS, suites=(code,), server_name=None)
    conversation, flight = glance(hello, record_version=Version.TLS10), b""
    with socket.create_connection((server.address, server.port)) as connection:
        outgoing = next(conversation)
        while True:
            connection.sendall(outgoing)
            received = connection.recv(65536)
            flight += received
            try:
                outgoing = conversation.send(received)
            except StopIteration as end:
                came = end.value
                break
    if came.end != "answered":
        raise RuntimeError(f"OpenSSL answers {code:04x} with {came}")
    return flight


def answer(received: bytes, flights: dict[bytes, bytes]) -> bytes:
    """Return what the server says to a ClientHello; to all else that it can't go on."""
    if received[0] != ContentType.HANDSHAKE or received[5] != HandshakeType.CLIENT_HELLO:
        return DECRYPT_ERROR
    if received[RANDOM_AT - 2 : RANDOM_AT] < b"\x03\x03":
        return PROTOCOL_VERSION
    at = SESSION_ID_AT + 1 + received[SESSION_ID_AT]
    size = int.from_bytes(received[at : at + 2], "big")
    offered = {received[i : i + 2] for i in range(at + 2, at + 2 + size, 2)}
    return next((flight for code, flight in flights.items() if code in offered), HANDSHAKE_FAILURE)


def serve(listener: socket.socket, flights: dict[bytes, bytes]) -> None:
    """Answer until who started this is gone. The client closes first and gets a reset: nobody has to wait."""
    listener.setblocking(False)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # handed on by accept
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    connections: dict[int, socket.socket] = {}
    parent = os.getppid()
    while os.getppid() == parent:
        for number, _ in poll.poll(1.0):
            if number == listener.fileno():
                for connection in _waiting(listener):
                    connections[connection.fileno()] = connection
                    poll.register(connection, select.EPOLLIN)
                continue
            connection, received = connections[number], b""
            with contextlib.suppress(OSError):
                if received := connection.recv(65536):
                    connection.send(answer(received, flights))
            if not received:
                del connections[number]
                connection.close()


def _waiting(listener: socket.socket) -> Iterator[socket.socket]:
    with contextlib.suppress(BlockingIOError):
        while True:
            yield listener.accept()[0]


@contextlib.contextmanager
def responding() -> Iterator[int]:
    """Run the responder in a process of its own until the block ends; yield its port."""
    command = [sys.executable, "-m", "benchmarks.responder"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def main() -> None:
    """Serve on a free port, or the one given, and print which."""
    parser = argparse.ArgumentParser(description="a cheap server on every loopback address")
    parser.add_argument("port", nargs="?", type=int, default=0, help="a free one where it is left out")
    wanted = parser.parse_args()
    flights = record_flights()
    with socket.create_server(("0.0.0.0", wanted.port), backlog=BACKLOG) as listener:
        print(listener.getsockname()[1], flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            serve(listener, flights)


if __name__ == "__main__":
    main()
