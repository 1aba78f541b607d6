"""Gives a server that can't be told an address one: runs inside the server's own network.

gnutls-serv and selfserv listen on every address there is. So they get a network namespace with
nothing in it but lo, and this relay, whose listening socket was made outside: a socket belongs to
the namespace it was made in, so the relay takes connections out there and forwards them in here.
An end of data and a reset are passed on as what they are.
"""

import argparse
import contextlib
import os
import socket
import struct
import subprocess
import threading
import time

# SO_LINGER, on and zero seconds: close() sends RST instead of FIN.
RESET = struct.pack("ii", 1, 0)


def main() -> None:
    """Start the server, and forward until killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--listener", required=True, type=int, help="descriptor, bound outside")
    parser.add_argument("--port", required=True, type=int, help="the server's, on 127.0.0.1")
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    server = subprocess.Popen(arguments.command)
    threading.Thread(target=end_with, args=(server,), daemon=True).start()
    wait_for(arguments.port)
    with socket.socket(fileno=arguments.listener) as listener:
        # Only now: until here, clients are to be refused, as by a server that is not up yet.
        listener.listen(512)
        while True:
            outside, _ = listener.accept()
            threading.Thread(target=forward, args=(outside, arguments.port), daemon=True).start()


def end_with(server: subprocess.Popen[bytes]) -> None:
    """End this process when the server ends."""
    os._exit(server.wait() or 1)


def wait_for(port: int) -> None:
    """Return when the server takes a connection. Whoever started this process sets the limit."""
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.01)


def forward(outside: socket.socket, port: int) -> None:
    """Copy both ways until both have ended, or either was reset."""
    try:
        inside = socket.create_connection(("127.0.0.1", port))
    except OSError:
        reset(outside)
        return
    for each in (outside, inside):
        # The handshake's small messages must not wait for each other's acknowledgement.
        each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    back = threading.Thread(target=copy, args=(inside, outside), daemon=True)
    back.start()
    copy(outside, inside)
    back.join()
    outside.close()
    inside.close()


def copy(source: socket.socket, sink: socket.socket) -> None:
    """Copy until the source ends, and pass that end on."""
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        # Neither half can go on; shutdown() wakes the other thread, the close then resets.
        for each in (source, sink):
            reset(each)


def reset(connection: socket.socket) -> None:
    """Make the coming close a reset."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        connection.shutdown(socket.SHUT_RD)


if __name__ == "__main__":
    main()
