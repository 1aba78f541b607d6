"""A TLS server on tlslite-ng; a thread for each connection."""

import argparse
import contextlib
import socket
import threading
from collections.abc import Sequence
from pathlib import Path

from tlslite import dh
from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey
from tlslite.errors import TLSError

ANSWER = b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
VERSIONS = {"1.0": (3, 1), "1.1": (3, 2), "1.2": (3, 3)}


def main(argv: Sequence[str] | None = None) -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", required=True)
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--certificate", required=True, type=Path)
    parser.add_argument("--key", required=True, type=Path)
    parser.add_argument("--dh-file", type=Path)
    parser.add_argument("--lowest", required=True, choices=VERSIONS)
    parser.add_argument("--highest", required=True, choices=VERSIONS)
    arguments = parser.parse_args(argv)
    chain = X509CertChain()
    chain.parsePemList(arguments.certificate.read_text())
    key = parsePEMKey(arguments.key.read_text(), private=True)
    settings = HandshakeSettings()
    settings.minVersion = VERSIONS[arguments.lowest]
    settings.maxVersion = VERSIONS[arguments.highest]
    if arguments.dh_file:
        settings.dhParams = dh.parse(arguments.dh_file.read_text())
    with socket.create_server((arguments.address, arguments.port), backlog=512) as listener:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection, chain, key, settings), daemon=True).start()


def serve(connection: socket.socket, chain: X509CertChain, key: object, settings: HandshakeSettings) -> None:
    """Answer one request; a client may leave at any point of it."""
    connection.settimeout(60)
    # OSError: the socket; TLSError: what tlslite-ng makes of the rest, an alert among them.
    with connection, contextlib.suppress(OSError, TLSError):
        tls = TLSConnection(connection)
        tls.handshakeServer(certChain=chain, privateKey=key, settings=settings)
        if tls.read(min=1, max=4096):
            tls.write(ANSWER)
        tls.close()


if __name__ == "__main__":
    main()
