"""A TLS server on s2n-tls, out of the awscrt wheel: its extension module exports s2n's C API.

ctypes lets go of the interpreter's lock while s2n works, or waits. Threads are kept for the next
connection: each thread's, and each forked process's, first random number costs tens of
milliseconds.
"""

import argparse
import ctypes
import importlib.util
import os
import socket
import struct
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ANSWER = b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
SERVER = 0  # s2n_mode
SELF_SERVICE_BLINDING = 1  # s2n_blinding: on an error the application is to wait, not s2n
IDLE_S = 60
THREADS = 256  # at most: with blinding, each may have to wait half a minute


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", required=True)
    parser.add_argument("--port", required=True, type=int)
    parser.add_argument("--certificate", required=True, type=Path)
    parser.add_argument("--key", required=True, type=Path)
    parser.add_argument("--dh-file", type=Path)
    parser.add_argument("--policy", required=True, help="a security policy, by s2n's name")
    parser.add_argument("--blinding", action="store_true")
    parser.add_argument("--target", type=Path, help="a folder with another awscrt in it")
    arguments = parser.parse_args()
    library = load(arguments.target)
    config = make_config(library, arguments)
    with (
        socket.create_server((arguments.address, arguments.port), backlog=512) as listener,
        ThreadPoolExecutor(THREADS) as threads,
    ):
        while True:
            connection, _ = listener.accept()
            threads.submit(serve, library, config, connection, blinding=arguments.blinding)


def load(target: Path | None) -> ctypes.CDLL:
    """Load the wheel's extension module as the C library that it is, and initialise s2n."""
    if target is not None:
        sys.path.insert(0, str(target))
    spec = importlib.util.find_spec("_awscrt")
    if spec is None or spec.origin is None:
        raise SystemExit("awscrt is not installed")
    # Locked memory is scarce in containers, and there are no secrets here.
    os.environ["S2N_DONT_MLOCK"] = "1"
    library = ctypes.CDLL(spec.origin)
    for name in ("s2n_config_new", "s2n_connection_new"):
        getattr(library, name).restype = ctypes.c_void_p
    library.s2n_strerror.restype = ctypes.c_char_p
    library.s2n_errno_location.restype = ctypes.POINTER(ctypes.c_int)
    check(library, library.s2n_init())
    return library


def check(library: ctypes.CDLL, result: int) -> None:
    """Exit with s2n's own words if a call failed."""
    if result < 0:
        error = library.s2n_strerror(library.s2n_errno_location().contents, b"EN")
        raise SystemExit(f"s2n: {error.decode()}")


def make_config(library: ctypes.CDLL, arguments: argparse.Namespace) -> ctypes.c_void_p:
    """Configure s2n as the command line says."""
    config = ctypes.c_void_p(library.s2n_config_new())
    certificate, key = arguments.certificate.read_bytes(), arguments.key.read_bytes()
    check(library, library.s2n_config_add_cert_chain_and_key(config, certificate, key))
    if arguments.dh_file:
        check(library, library.s2n_config_add_dhparams(config, arguments.dh_file.read_bytes()))
    policy = arguments.policy.encode()
    check(library, library.s2n_config_set_cipher_preferences(config, policy))
    return config


def serve(
    library: ctypes.CDLL, config: ctypes.c_void_p, connection: socket.socket, *, blinding: bool
) -> None:
    """Answer one request; a client may leave at any point of it."""
    # Not settimeout(): s2n wants a blocking socket.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", IDLE_S, 0))
    tls = ctypes.c_void_p(library.s2n_connection_new(SERVER))
    blocked = ctypes.byref(ctypes.c_int())
    with connection:
        library.s2n_connection_set_config(tls, config)
        library.s2n_connection_set_fd(tls, connection.fileno())
        if not blinding:
            library.s2n_connection_set_blinding(tls, SELF_SERVICE_BLINDING)
        if library.s2n_negotiate(tls, blocked) == 0:
            request = ctypes.create_string_buffer(4096)
            if library.s2n_recv(tls, request, ctypes.c_ssize_t(4096), blocked) > 0:
                library.s2n_send(tls, ANSWER, ctypes.c_ssize_t(len(ANSWER)), blocked)
                library.s2n_shutdown(tls, blocked)
        library.s2n_connection_free(tls)


if __name__ == "__main__":
    main()
