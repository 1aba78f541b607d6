"""TLS inside TDS, between our framing and those of other makers. A real SQL Server was never tried.

Drivers that talk to real ones complete a handshake with a server that packs by our framing; our engine
scans a server that packs by python-tds.
"""

from __future__ import annotations

import os
import queue
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.peers.fleet import Fact, Peer
from tests.peers.install import ROOT, tds_driver_folder
from tests.peers.summary import LEFT_OUT, RAN
from tests.peers.verdict import CONFIG, wrong
from tests.unit.prelude_scripts import TDS_ON
from tlsprobe.demo.credentials import Credentials
from tlsprobe.demo.stack import Launch, Site, Stack, needs, started_by
from tlsprobe.engines.local import run
from tlsprobe.facts import ServerScan, Status, Unreachable
from tlsprobe.inventory import StartTls, Target
from tlsprobe.preludes.tds import TdsFraming

SUITES = (0x009F, 0x009E)
LOGIN7 = 0x10
Drive = Callable[[str, int, Path, Path], subprocess.Popen[bytes]]


def missing_driver() -> str | None:
    return None if tds_driver_folder().exists() else "python-tds is not there (tests.peers.install has it)"


def driver_environment() -> dict[str, str]:
    return {"PYTHONPATH": f"{tds_driver_folder()}:{ROOT}"}


def python_tds(address: str, port: int, ca_file: Path, _: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.peers.tds_driver", address, str(port), str(ca_file)]
    return subprocess.Popen(
        command, env={**os.environ, **driver_environment()}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def freetds(address: str, port: int, _: Path, workdir: Path) -> subprocess.Popen[bytes]:
    config = workdir / "freetds.conf"
    config.write_text("[global]\ntds version = 7.4\nencryption = require\n")
    command = ["tsql", "-H", address, "-p", str(port), "-U", "nobody", "-P", "x"]
    return subprocess.Popen(
        command,
        env={**os.environ, "FREETDSCONF": str(config)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


@dataclass(frozen=True)
class Driver:
    """A client of another maker."""

    id: str
    missing: Callable[[], str | None]
    drive: Drive


DRIVERS = (
    Driver("freetds", needs("tsql", debian="freetds-bin"), freetds),
    Driver("python-tds", missing_driver, python_tds),
)


def needs_what_is_missing(request: pytest.FixtureRequest, name: str, why: str | None) -> None:
    if why is None:
        request.node.user_properties.append((RAN, name))
        return
    request.node.user_properties.append((LEFT_OUT, f"{name}: {why}"))
    if os.environ.get("CI") == "true":
        pytest.fail(f"{name}: CI is to have it: {why}")
    pytest.skip(why)


def first_words(connection: socket.socket, context: ssl.SSLContext) -> bytes:
    """What a driver says first inside TLS; PRELOGIN is answered in the words of an SQL Server 2012."""
    received(connection)
    connection.sendall(TDS_ON)
    framing = TdsFraming()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing, server_side=True)
    done = False
    while not done:
        try:
            tls.do_handshake()
            done = True
        except ssl.SSLWantReadError:
            pass
        connection.sendall(framing.wrap(outgoing.read()))
        if not done:
            incoming.write(framing.unwrap(received(connection)))
    while True:
        try:
            return tls.read(4096)
        except ssl.SSLWantReadError:
            incoming.write(received(connection))


def received(connection: socket.socket) -> bytes:
    data = connection.recv(4096)
    if not data:
        raise ConnectionError("the driver has left")
    return data


@contextmanager
def listening(context: ssl.SSLContext) -> Iterator[tuple[str, int, queue.Queue[bytes | Exception]]]:
    """One connection on loopback, to first_words, which come by the queue."""
    said: queue.Queue[bytes | Exception] = queue.Queue()
    with socket.create_server(("127.77.4.1", 0)) as listener:

        def serve() -> None:
            try:
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(20)
                    said.put(first_words(connection, context))
            except Exception as error:  # the test shows it
                said.put(error)

        threading.Thread(target=serve, daemon=True).start()
        address, port = listener.getsockname()
        yield address, port, said


@pytest.mark.parametrize("certificates", [1, 8], ids=["one-packet", "two-packets"])
@pytest.mark.parametrize("driver", DRIVERS, ids=lambda driver: driver.id)
def test_a_driver_gets_through_our_framing_to_its_login(
    driver: Driver,
    certificates: int,
    credentials: Credentials,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    """The flight of eight certificates is larger than a packet may be before the login."""
    needs_what_is_missing(request, f"tds-{driver.id}", driver.missing())
    chain = tmp_path / "chain.pem"
    chain.write_bytes(credentials.rsa.certificate.read_bytes() * certificates)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(chain, credentials.rsa.key)
    with listening(context) as (address, port, said):
        client = driver.drive(address, port, credentials.rsa.certificate, tmp_path)
        try:
            words = said.get(timeout=30)
        finally:
            client.kill()
            output = client.communicate()[0]
    assert isinstance(words, bytes), (words, output)
    assert words[:1] == bytes([LOGIN7]), (words, output)


def tds_server(packet_size: str) -> Stack:
    def prepare(site: Site) -> Launch:
        module = [sys.executable, "-m", "tests.peers.tds_server", site.address, str(site.port)]
        files = [site.pair.certificate, site.pair.key, site.credentials.dh_files["rfc3526-2048"]]
        return Launch([*module, *files, packet_size], driver_environment())

    return Stack(f"tds-{packet_size}", "a TDS server", missing_driver, started_by(prepare))


def noted(workdir: Path, kind: str) -> list[str]:
    """What the server printed of one kind."""
    lines = (workdir / "output.log").read_text().splitlines()
    return [line.partition(" ")[2] for line in lines if line.startswith(f"{kind} ")]


def scan_tds(
    server_of: str, address: str, workdir: Path, credentials: Credentials
) -> tuple[Peer, ServerScan]:
    peer = Peer(f"tds-{server_of}", address, tds_server(server_of), Fact(SUITES))
    with peer.stack.start(address, workdir, credentials) as server:
        target = Target(1, server.address, server.port, server_name="localhost", starttls=StartTls.MSSQL)
        (scan,) = run([target], CONFIG)
    return peer, scan


@pytest.mark.parametrize("packet_size", ["4096", "512", "9"])
def test_the_engine_gets_through_another_makers_framing(
    packet_size: str, credentials: Credentials, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Down to packets of one byte each."""
    needs_what_is_missing(request, f"tds-server-{packet_size}", missing_driver())
    peer, scan = scan_tds(packet_size, "127.77.4.2", tmp_path, credentials)
    assert scan.status is Status.ASSESSED, (scan.status_reason, scan.detail)
    assert wrong(peer, scan) == []
    assert {each.question for each in scan.observations if each.probe == "control"} == {"who answers TDS 7"}


def test_a_server_that_wants_tls_first_is_asked_by_tds_8(
    credentials: Credentials, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """It cuts off who begins with PRELOGIN, and notes by what name each handshake was made."""
    needs_what_is_missing(request, "tds-server-strict", missing_driver())
    peer, scan = scan_tds("strict", "127.77.4.3", tmp_path, credentials)
    assert scan.status is Status.ASSESSED, (scan.status_reason, scan.detail)
    assert wrong(peer, scan) == []
    first, second, *_ = scan.observations
    assert first.question == "who answers TDS 7"
    assert isinstance(first.outcome, Unreachable)
    assert first.outcome.reason == "reset"  # it has read nothing
    assert second.question == "who answers TDS 8, strict encryption"
    assert set(noted(tmp_path, "alpn")) == {"tds/8.0"}
