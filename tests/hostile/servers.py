"""Servers that misbehave, each a few lines: what is sent in answer to a ClientHello, and then."""

from __future__ import annotations

import contextlib
import secrets
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, repeat
from select import select

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tlsprobe.tls.codec import vector
from tlsprobe.tls.constants import ContentType, HandshakeType
from tlsprobe.tls.groups import known_groups
from tlsprobe.tls.messages import (
    Certificate,
    ClientHello,
    ServerDHParams,
    ServerHello,
    ServerKeyExchange,
    handshake_message,
)
from tlsprobe.tls.record import Record

Behaviour = Callable[[socket.socket], None]

GROUP_14 = next(group for group in known_groups().values() if "group 14" in group.name)
P, SHARE = GROUP_14.p.to_bytes(256, "big"), (GROUP_14.p // 3).to_bytes(256, "big")


def self_signed() -> bytes:
    """A certificate in DER; nobody checks the signature of a key exchange with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hostile.example")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


CERTIFICATE = self_signed()


message = handshake_message
DONE = message(HandshakeType.SERVER_HELLO_DONE, b"")


def record(kind: int, body: bytes) -> bytes:
    """One TLS 1.2 record."""
    return Record(kind, 0x0303, body).serialise()


def in_records(data: bytes) -> bytes:
    """Handshake messages in as many records as they need."""
    return b"".join(record(ContentType.HANDSHAKE, data[at : at + 16384]) for at in range(0, len(data), 16384))


REFUSAL = record(ContentType.ALERT, b"\x02\x28")


def hello_then(*messages: bytes, suite: int = 0x009E, version: int = 0x0303) -> bytes:
    """A ServerHello and more handshake messages, a record each."""
    hello = ServerHello(version, bytes(32), b"", suite).serialise()
    every = (handshake_message(HandshakeType.SERVER_HELLO, hello), *messages)
    return b"".join(record(ContentType.HANDSHAKE, each) for each in every)


def certificate(*chain: bytes) -> bytes:
    """A Certificate message."""
    return handshake_message(HandshakeType.CERTIFICATE, Certificate(chain or (CERTIFICATE,)).serialise())


def key_exchange(p: bytes = P, g: bytes = b"\x02", share: bytes = SHARE) -> bytes:
    """A ServerKeyExchange message with these parameters and a signature of rubbish."""
    exchange = ServerKeyExchange(ServerDHParams(p, g, share), b"\x04\x01" + vector(2, bytes(256)))
    return handshake_message(HandshakeType.SERVER_KEY_EXCHANGE, exchange.serialise())


def flight(p: bytes = P, g: bytes = b"\x02", share: bytes = SHARE) -> bytes:
    """A whole server flight."""
    return hello_then(certificate(), key_exchange(p, g, share), DONE)


def answers(data: bytes) -> Behaviour:
    """Wait for a hello, send `data`, and close."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(data)

    return behave


def waits(connection: socket.socket) -> None:
    """Wait two seconds for more, and close."""
    connection.settimeout(2)
    with contextlib.suppress(OSError):
        connection.recv(65536)


def answers_dhe(data: bytes, then: Behaviour = waits) -> Behaviour:
    """Send `data` to a hello that offers 009e, and `then` …; a handshake_failure to any other."""

    def behave(connection: socket.socket) -> None:
        hello = connection.recv(65536)
        if b"\x00\x9e" in hello[44:200]:
            connection.sendall(data)
            then(connection)
        else:
            connection.sendall(REFUSAL)
            waits(connection)

    return behave


def greets(data: bytes) -> Behaviour:
    """Send `data` at once, and close."""
    return lambda connection: connection.sendall(data)


def forever(data: bytes, *, pause_s: float = 0.0) -> Behaviour:
    """Send `data` again and again after a hello, until the client leaves."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        while True:
            connection.sendall(data)
            time.sleep(pause_s)

    return behave


def drips_after(data: bytes) -> Behaviour:
    """Answer a hello with `data`, then with a byte now and then, until the client leaves."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(data)
        while True:
            time.sleep(0.2)
            connection.sendall(b"\x02")

    return behave


def silent(connection: socket.socket) -> None:
    """Say nothing until the client leaves."""
    while connection.recv(65536):
        pass


def reads_on(connection: socket.socket) -> None:
    """Read what comes, and say nothing."""
    silent(connection)


def a_version_each_time() -> Behaviour:
    """Choose SSL 3.0, TLS 1.0, 1.1 and 1.2 in turn, whatever was offered."""
    hellos = cycle(hello_then(version=version) for version in (0x0300, 0x0301, 0x0302, 0x0303))

    def behave(connection: socket.socket) -> None:
        answers_dhe(next(hellos))(connection)

    return behave


def silent_after(data: bytes) -> Behaviour:
    """Answer a hello with `data`, then say nothing."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(data)
        silent(connection)

    return behave


def takes_every_suite(connection: socket.socket) -> None:
    """Choose the client's first suite, whatever it is, and say nothing more."""
    hello = ClientHello.parse(connection.recv(65536)[9:])
    connection.sendall(hello_then(suite=hello.cipher_suites[0]))
    silent(connection)


def closes(connection: socket.socket) -> None:
    """Close after the hello."""
    connection.recv(65536)


def leaves(connection: socket.socket) -> None:
    """Close at once."""


def breaks_off(connection: socket.socket) -> None:
    """Reset at once."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def resets(connection: socket.socket) -> None:
    """Reset after the hello, or whatever else comes."""
    connection.recv(65536)
    breaks_off(connection)


def half_closes(connection: socket.socket) -> None:
    """Say that nothing more will come, and go on reading."""
    connection.shutdown(socket.SHUT_WR)
    silent(connection)


def takes_prelogin(then: Behaviour) -> Behaviour:
    """Agree to encryption as an SQL Server does ([MS-TDS] §2.2.6.5), and go on with the ClientHello."""
    options = bytes.fromhex("00000b0006 0100110001 ff 100000000000 01")

    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"\x04\x01" + (8 + len(options)).to_bytes(2, "big") + bytes(4) + options)
        then(connection)

    return behave


def passes_on(host: str, port: int, *, but: Callable[[ClientHello], bool], to: Behaviour) -> Behaviour:
    """Lead to a real server, `but` connections whose hello is picked out lead `to` a behaviour."""

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    def behave(connection: socket.socket) -> None:
        hello = connection.recv(65536, socket.MSG_PEEK)  # whoever behaves reads it himself
        if but(ClientHello.parse(hello[9:])):
            to(connection)
            return
        with socket.create_connection((host, port), timeout=10) as behind:
            back = threading.Thread(target=pump, args=(behind, connection), daemon=True)
            back.start()
            pump(connection, behind)
            back.join(10)

    return behave


def breaks_off_behind(host: str, port: int) -> Behaviour:
    """Lead to a real server, and reset when the client's second flight has come."""

    def behave(connection: socket.socket) -> None:
        with socket.create_connection((host, port), timeout=10) as behind:
            behind.sendall(connection.recv(65536))
            while not select([connection], [], [], 0.02)[0]:
                if select([behind], [], [], 0)[0]:
                    connection.sendall(behind.recv(65536))
            resets(connection)

    return behave


def new_p_each_time(bits: int) -> Behaviour:
    """Choose 009e over a modulus that was never sent before: odd, and no more is known of it."""

    def behave(connection: socket.socket) -> None:
        middle = bits // 8 - 2
        p, share = (first + secrets.token_bytes(middle) + b"\xff" for first in (b"\xff", b"\x55"))
        answers_dhe(flight(p=p, share=share))(connection)

    return behave


@dataclass(frozen=True)
class Place:
    """Where a server listens."""

    host: str
    port: int


@contextlib.contextmanager
def serving(host: str, behave: Behaviour, *, lifetime: int | None = None, port: int = 0) -> Iterator[Place]:
    """Serve connections, a thread each, until the block ends; with `lifetime` only so many of them."""
    with socket.create_server((host, port), backlog=128) as listener:

        def one(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                connection.settimeout(30)
                behave(connection)

        def accept() -> None:
            with contextlib.suppress(OSError):
                for _ in repeat(None) if lifetime is None else repeat(None, lifetime):
                    connection, _ = listener.accept()
                    threading.Thread(target=one, args=(connection,), daemon=True).start()
            listener.close()

        threading.Thread(target=accept, daemon=True).start()
        yield Place(host, listener.getsockname()[1])
        with contextlib.suppress(OSError):  # it may be closed
            listener.shutdown(socket.SHUT_RDWR)
