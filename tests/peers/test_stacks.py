"""Who terminates TLS, asked of every peer by the real engine: the right family, or none if emulated."""

from __future__ import annotations

import pytest

from tests.peers.fleet import PEERS, Peer, cases
from tests.peers.summary import Serve
from tests.peers.verdict import scan_peer
from tests.stacks.fleet import libraries
from tlsprobe.facts import PremasterZeros
from tlsprobe.probes.stack import GLANCES
from tlsprobe.stacks import identify

# The peer that answers in turn has a known answer on its first scan only, and another test wants that.
FOR_ANY_SCAN = [each for each in PEERS.values() if each.fact.premaster_zeros is not PremasterZeros.MIXED]


@pytest.mark.parametrize("peer", cases(FOR_ANY_SCAN))
def test_the_family_is_right(peer: Peer, serve: Serve) -> None:
    scan = scan_peer(peer, serve(peer.id))
    found = identify(scan)
    assert len(scan.glances) == GLANCES
    if peer.emulated:
        assert found.family in ("tlslite", "unknown")
        assert found.windows in ("no", "unknown")
    else:
        assert (found.family, found.windows) == (libraries()[peer.id][0], "no")
