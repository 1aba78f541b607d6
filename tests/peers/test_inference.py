"""What is inferred from the library is what was measured of it, and nothing is where it is not known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.peers.fleet import PEERS, Peer, cases
from tests.peers.summary import Serve
from tests.peers.verdict import scan_peer
from tlsprobe.assessment import judged
from tlsprobe.facts import Banner, PremasterZeros, ServerScan, ShareEncoding
from tlsprobe.remedy.cases import cases as cases_of
from tlsprobe.remedy.servers import server_edits_for_library
from tlsprobe.rules import Confidence, IsWindows, expected_failure_rate, judge, windows_of
from tlsprobe.rules.evidence import share_by_library
from tlsprobe.rules.inference import contradicts, inferred_share, is_inferred_short


def unobserved(scan: ServerScan) -> ServerScan:
    """The same facts, had no share that starts with a zero byte been seen."""
    assert scan.share is not None
    share = replace(
        scan.share, encoding=ShareEncoding.UNOBSERVED, padded=0, short=0, overlong=0, deciding_shares=()
    )
    return replace(scan, share=share)


# The peer that answers in turn has a known answer on its first scan only, and another test wants that.
FOR_ANY_SCAN = [
    each
    for each in PEERS.values()
    if each.fact.dhe_suites and each.fact.premaster_zeros is not PremasterZeros.MIXED
]


@pytest.mark.parametrize("peer", cases(FOR_ANY_SCAN))
def test_what_is_inferred_is_what_was_measured(peer: Peer, serve: Serve) -> None:
    scan = scan_peer(peer, serve(peer.id))
    inferred = inferred_share(scan)
    if inferred is not None:
        assert inferred.encoding is peer.fact.server_share
    if peer.emulated or peer.id.startswith("node-6"):
        assert inferred is None  # a patched library; an OpenSSL of which one half pads and the other doesn't
    assert windows_of(scan).is_windows is not IsWindows.YES
    said = {each.key for finding in judge(scan) if finding.rule == "DHE004" for each in finding.evidence}
    known = windows_of(scan).is_windows is IsWindows.NO
    assert not said or ("evidence.windows.is-no" in said) is known


@pytest.mark.parametrize("peer", cases([PEERS["java"]]))
def test_a_short_share_that_nobody_saw_is_inferred_and_said_to_be(peer: Peer, serve: Serve) -> None:
    scan = unobserved(scan_peer(peer, serve(peer.id)))
    assert is_inferred_short(scan)
    (found,) = (each for each in judge(scan) if each.rule == "DHE003")
    assert found.confidence is Confidence.INFERRED
    assert "evidence.share.inferred" in [each.key for each in found.evidence]
    assert expected_failure_rate(scan) == pytest.approx(2 / 256, rel=1e-2)


@pytest.mark.parametrize("peer", cases([PEERS["java"]]))
def test_what_is_seen_counts_more_and_a_contradiction_is_said(peer: Peer, serve: Serve) -> None:
    scan = unobserved(scan_peer(peer, serve(peer.id)))
    assert scan.share is not None
    padded = replace(scan, share=replace(scan.share, encoding=ShareEncoding.PADDED, padded=1))
    assert not is_inferred_short(padded)
    assert "DHE003" not in {each.rule for each in judge(padded)}
    assert contradicts(padded) is not None
    assert [each.key for each in share_by_library(padded)] == ["evidence.share.contradicts"]
    short = replace(scan, share=replace(scan.share, encoding=ShareEncoding.SHORT, short=1))
    assert contradicts(short) is None


@pytest.mark.parametrize("peer", cases([PEERS["openssl"]]))
def test_a_library_that_pads_brings_no_finding(peer: Peer, serve: Serve) -> None:
    scan = unobserved(scan_peer(peer, serve(peer.id)))
    assert inferred_share(scan) is not None
    assert not is_inferred_short(scan)
    assert "DHE003" not in {each.rule for each in judge(scan)}


@pytest.mark.parametrize("peer", cases([PEERS["nginx"]]))
def test_a_windows_behind_another_library_is_told_from_it(peer: Peer, serve: Serve) -> None:
    scan = replace(scan_peer(peer, serve(peer.id)), banners=(Banner("http-server", "Microsoft-IIS/10.0"),))
    windows = windows_of(scan)
    assert windows.is_windows is IsWindows.NO
    assert windows.evidence[-1].key == "evidence.windows.other-tls"


@pytest.mark.parametrize("peer", cases(PEERS[name] for name in ("openssl", "gnutls")))
def test_the_edits_are_those_of_applications_with_the_library(peer: Peer, serve: Serve) -> None:
    scan = scan_peer(peer, serve(peer.id))
    (case,) = cases_of([judged(scan)])
    offered = {each.id for each in case.applications}
    assert offered == {each.id for each in server_edits_for_library(peer.id)}
    assert ("nginx" in offered) is (peer.id == "openssl")
