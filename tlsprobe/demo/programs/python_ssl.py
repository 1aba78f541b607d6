"""A TLS server on Python's `ssl` module, which is OpenSSL; a thread for each connection."""

import argparse
import contextlib
import socket
import ssl
import threading
import warnings

ANSWER = b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
}


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", required=True)
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--certificate", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--dh-file")
    parser.add_argument("--lowest", required=True, choices=VERSIONS)
    parser.add_argument("--highest", required=True, choices=VERSIONS)
    parser.add_argument("--order", required=True, choices=("server", "client"))
    parser.add_argument("--ciphers", required=True)
    arguments = parser.parse_args()
    context = make_context(arguments)
    family = socket.AF_INET6 if ":" in arguments.address else socket.AF_INET
    with socket.create_server((arguments.address, arguments.port), family=family, backlog=512) as listener:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(context, connection), daemon=True).start()


def make_context(arguments: argparse.Namespace) -> ssl.SSLContext:
    """Configure OpenSSL as the command line says."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # TLS 1.0 and 1.1, on purpose
        context.minimum_version = VERSIONS[arguments.lowest]
        context.maximum_version = VERSIONS[arguments.highest]
    # First of all: the security level in it says which keys and groups are taken after it.
    context.set_ciphers(arguments.ciphers)
    context.load_cert_chain(arguments.certificate, arguments.key)
    if arguments.dh_file:
        context.load_dh_params(arguments.dh_file)
    # Python sets it by default.
    if arguments.order == "client":
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    return context


def serve(context: ssl.SSLContext, connection: socket.socket) -> None:
    """Answer one request; a client may leave at any point of it."""
    connection.settimeout(60)
    with (
        connection,
        contextlib.suppress(OSError),
        context.wrap_socket(connection, server_side=True) as tls,
    ):
        if tls.recv(4096):
            tls.sendall(ANSWER)


if __name__ == "__main__":
    main()
