"""A TLS server on tlslite-ng with its own settings, TLS 1.3 among them: ADDRESS PORT CERTIFICATE KEY."""

import contextlib
import socket
import sys
import threading
from pathlib import Path

from tlslite.api import TLSConnection, X509CertChain, parsePEMKey
from tlslite.errors import TLSError


def serve(connection: socket.socket, chain: X509CertChain, key: object) -> None:
    connection.settimeout(60)
    with connection, contextlib.suppress(OSError, TLSError):
        tls = TLSConnection(connection)
        tls.handshakeServer(certChain=chain, privateKey=key)
        if tls.read(min=1, max=4096):
            tls.write(b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
        tls.close()


chain = X509CertChain()
chain.parsePemList(Path(sys.argv[3]).read_text())
key = parsePEMKey(Path(sys.argv[4]).read_text(), private=True)
with socket.create_server((sys.argv[1], int(sys.argv[2])), backlog=512) as listener:
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0], chain, key), daemon=True).start()
