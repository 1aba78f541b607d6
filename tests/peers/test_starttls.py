"""Real servers through their STARTTLS, by the real engine: the verdicts of their libraries without it."""

from __future__ import annotations

import os
import re
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.peers.starttls import TALKERS, Talker
from tests.peers.summary import LEFT_OUT, RAN
from tests.peers.verdict import CONFIG, wrong
from tests.unit.prelude_scripts import RDP_REQUEST
from tlsprobe.demo.credentials import SERVER_NAME, Credentials
from tlsprobe.demo.servers import Running
from tlsprobe.engines.local import run
from tlsprobe.facts import ServerScan, Status
from tlsprobe.inventory import StartTls, Target

Start = Callable[[Talker], Running]


@pytest.fixture
def start(credentials: Credentials, request: pytest.FixtureRequest) -> Iterator[Start]:
    """Start a server. One that can't run here skips the test; in CI it fails it."""
    # pytest's folders are closed to the servers' own accounts.
    with tempfile.TemporaryDirectory(prefix="tlsprobe-starttls-") as made, ExitStack() as servers:
        folder = Path(made).resolve()
        folder.chmod(0o755)

        def started(talker: Talker) -> Running:
            peer, why = talker.peer, talker.peer.stack.missing()
            if why is not None:
                request.node.user_properties.append((LEFT_OUT, f"{peer.id}: {why}"))
                if os.environ.get("CI") == "true":
                    pytest.fail(f"{peer.id}: CI is to have every server: {why}")
                pytest.skip(why)
            request.node.user_properties.append((RAN, peer.id))
            return servers.enter_context(peer.stack.start(peer.address, folder, credentials))

        yield started


def scan(server: Running, starttls: StartTls) -> ServerScan:
    target = Target(1, server.address, server.port, server_name=SERVER_NAME, starttls=starttls)
    (scanned,) = run([target], CONFIG)
    return scanned


@pytest.mark.parametrize("talker", TALKERS, ids=lambda talker: talker.peer.id)
def test_the_verdict_is_the_one_without_starttls(talker: Talker, start: Start) -> None:
    server = start(talker)
    found = scan(server, talker.starttls)
    assert found.status is Status.ASSESSED, (
        found.status_reason,
        found.detail,
        server.log.read_text()[-2000:],
    )
    assert wrong(talker.peer, found) == []
    assert another_client_has_dhe(server, talker.starttls)


def another_client_has_dhe(server: Running, starttls: StartTls) -> bool:
    """Whether OpenSSL gets DHE, by its own STARTTLS where it knows the protocol."""
    if starttls is StartTls.RDP:
        return rdp_client_has_dhe(server)
    command = ["openssl", "s_client", "-connect", f"{server.address}:{server.port}", "-tls1_2"]
    command += ["-cipher", "DHE:@SECLEVEL=0", "-starttls", starttls]
    if starttls in (StartTls.XMPP, StartTls.XMPP_SERVER):
        command += ["-xmpphost", SERVER_NAME]
    client = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False
    )
    return re.search(r"^(Server|Peer) Temp Key: DH, 2048 bits$", client.stdout, re.MULTILINE) is not None


def rdp_client_has_dhe(server: Running) -> bool:
    with socket.create_connection((server.address, server.port), timeout=30) as connection:
        connection.sendall(RDP_REQUEST)
        connection.recv(1024)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("DHE")
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with context.wrap_socket(connection) as client:
            cipher = client.cipher()
    return cipher is not None and cipher[0].startswith("DHE-")
