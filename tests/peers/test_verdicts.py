"""What tlsprobe says of each real server, beside what was measured there."""

from __future__ import annotations

import pytest

from tests.peers.fleet import PEERS, Peer, cases
from tests.peers.summary import Serve
from tests.peers.verdict import scan_peer, wrong
from tlsprobe.facts import Status
from tlsprobe.probes.leading_zeros import FORCED_HANDSHAKES


@pytest.mark.parametrize("peer", cases())
def test_equals_what_was_measured(peer: Peer, serve: Serve) -> None:
    scan = scan_peer(peer, serve(peer.id))
    assert wrong(peer, scan) == []
    assert scan.status is Status.ASSESSED


@pytest.mark.parametrize("peer", cases())
def test_a_sweep_finds_the_same_suites(peer: Peer, serve: Serve) -> None:
    """It asks in fewer forms of the hello, and so must not miss who has DHE only in one of the others."""
    full, sweep = scan_peer(peer, serve(peer.id)), scan_peer(peer, serve(peer.id), suites_only=True)
    assert full.dhe is not None
    assert sweep.dhe is not None
    assert sweep.dhe.accepted == full.dhe.accepted
    assert sweep.connections < full.connections


@pytest.mark.parametrize("peer", cases([PEERS["openssl"]]))
def test_thirteen_suites_cost_24_connections_and_all_clients_stay_below_90(peer: Peer, serve: Serve) -> None:
    scan = scan_peer(peer, serve(peer.id))
    assert scan.dhe is not None
    assert len(scan.dhe.accepted) == 13
    control, refusals = 1, 3  # whose order rules is seen from what it takes
    replays = sum(each.probe == "clients" for each in scan.observations)
    banner, glances = 1, len(scan.glances)
    assert glances == 6
    by_kind = control + 13 + refusals + FORCED_HANDSHAKES
    assert scan.connections - replays - banner - glances == by_kind
    assert scan.connections < 90


@pytest.mark.parametrize("peer", cases(PEERS[name] for name in ("gnutls", "java", "s2n")))
def test_samples_decide_how_the_share_is_written(peer: Peer, serve: Serve) -> None:
    """2,000 shares hold a zero-led one but for one time in 2,500; a wrong answer would be a bug."""
    scan = scan_peer(peer, serve(peer.id), samples=2000)
    assert scan.share is not None
    assert scan.share.encoding is peer.fact.server_share
