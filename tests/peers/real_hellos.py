"""Records the ClientHello of clients that can be installed, to hold the profiles against them.

Each is started against a listener on loopback that takes the hello and hangs up.
"""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tlsprobe.clients.hello import HelloTemplate, recorded

NAME = "server.example"
TIMEOUT_S = 60

NASSL = """
import socket, sys
from nassl.{module} import {client}, OpenSslVerifyEnum, OpenSslVersionEnum
client = {client}(
    ssl_version=OpenSslVersionEnum.SSLV23,
    underlying_socket=socket.create_connection(("127.0.0.1", int(sys.argv[1]))),
    ssl_verify=OpenSslVerifyEnum.NONE,
    ignore_client_authentication_requests=True,
)
client.set_cipher_list("DEFAULT")
client.set_tlsext_host_name(sys.argv[2])
client.do_handshake()
"""

JAVA = """
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

public class Hello {
    public static void main(String[] arguments) throws Exception {
        var factory = SSLSocketFactory.getDefault();
        var socket = (SSLSocket) factory.createSocket("127.0.0.1", Integer.parseInt(arguments[0]));
        var parameters = socket.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(arguments[1])));
        socket.setSSLParameters(parameters);
        socket.startHandshake();
    }
}
"""


# Updates come; what a profile says is of the versions that were recorded.
ANOTHER_VERSION = "of another version"


@dataclass(frozen=True, slots=True)
class RealClient:
    """A client, the offer that claims to be its own, and how it is started: a port, a folder to work in."""

    offer: str
    missing: Callable[[], str | None]
    command: Callable[[int, Path], Sequence[str | Path]]


def says(wanted: str, *command: str) -> Callable[[], str | None]:
    """Whether that version is there: hellos differ from one to the next."""

    def missing() -> str | None:
        if shutil.which(command[0]) is None:
            return f"{command[0]} is not there"
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        output = said.stdout + said.stderr
        return None if re.search(wanted, output) else f"{command[0]} is {ANOTHER_VERSION}"

    return missing


def s_client(port: int, _: Path) -> Sequence[str | Path]:
    return ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", NAME]


def nassl(module: str, client: str) -> Callable[[int, Path], Sequence[str | Path]]:
    code = NASSL.format(module=module, client=client)
    return lambda port, _: [sys.executable, "-c", code, str(port), NAME]


def java(port: int, workdir: Path) -> Sequence[str | Path]:
    source = workdir / "Hello.java"
    source.write_text(JAVA)
    return ["java", source, str(port), NAME]


CLIENTS = (
    RealClient("openssl-1.0.2/default", lambda: None, nassl("legacy_ssl_client", "LegacySslClient")),
    RealClient("openssl-1.1.1/default", lambda: None, nassl("ssl_client", "SslClient")),
    RealClient("openssl-3/default", says(r"OpenSSL 3\.0\.", "openssl", "version"), s_client),
    # Not the JRE alone: a source file is launched by way of the module jdk.compiler.
    RealClient("java-17/17.0.15", says(r"javac 17\.0\.15", "javac", "-version"), java),
    RealClient("java-17/17.0.21", says(r"javac 17\.0\.21", "javac", "-version"), java),
)


def hello_of(client: RealClient, workdir: Path) -> HelloTemplate:
    """Start the client and return what it asked with."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(TIMEOUT_S)
        command = client.command(listener.getsockname()[1], workdir)
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)
        try:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(TIMEOUT_S)
                return recorded(first_record(connection))
        finally:
            process.kill()
            process.wait()


def first_record(connection: socket.socket) -> bytes:
    with connection.makefile("rb") as stream:
        header = stream.read(5)
        return header + stream.read(int.from_bytes(header[3:5], "big"))
