"""Fixtures: credentials, and servers that are started when a test first asks for them.

def test_something(serve: Serve) -> None:
    server = serve("gnutls")          # Running: address, port
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.peers.fleet import PEERS
from tests.peers.summary import LEFT_OUT, RAN, Serve
from tlsprobe.demo.credentials import Credentials, make_credentials
from tlsprobe.demo.servers import Running
from tlsprobe.facts import PremasterZeros


@pytest.fixture(scope="session")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Credentials:
    return make_credentials(tmp_path_factory.mktemp("credentials"))


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory, credentials: Credentials) -> Iterator[Serve]:
    """Start a peer the first time, find it running after that; all end with the session.

    The mixed emulation counts each Z that starts with zero, and one of 256 handshakes of any other test makes
    one: it is started for every test anew.
    """
    running: dict[str, Running] = {}
    with ExitStack() as servers:

        def start(peer_id: str) -> Running:
            peer = PEERS[peer_id]
            if peer_id not in running or peer.fact.premaster_zeros is PremasterZeros.MIXED:
                workdir: Path = tmp_path_factory.mktemp(peer_id)
                running[peer_id] = servers.enter_context(
                    peer.stack.start(peer.address, workdir, credentials, peer.options(credentials))
                )
            return running[peer_id]

        yield start


@pytest.fixture
def serve(request: pytest.FixtureRequest, started: Serve) -> Serve:
    """The server of a peer's id. A peer that can't run here skips the test; in CI it fails it."""

    def running(peer_id: str) -> Running:
        why = PEERS[peer_id].stack.missing()
        if why is None:
            request.node.user_properties.append((RAN, peer_id))
            return started(peer_id)
        request.node.user_properties.append((LEFT_OUT, f"{peer_id}: {why}"))
        if os.environ.get("CI") == "true":
            pytest.fail(f"{peer_id} is missing, and CI is to have every peer: {why}")
        pytest.skip(why)

    return running
