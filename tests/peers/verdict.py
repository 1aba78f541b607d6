"""Scan a peer, and list where the scan differs from the facts measured on it."""

from __future__ import annotations

from tests.peers.fleet import Peer
from tlsprobe.demo.servers import Running
from tlsprobe.engines.local import run
from tlsprobe.facts import ServerScan, ShareEncoding, groups_of
from tlsprobe.inventory import Target
from tlsprobe.limits import Limits
from tlsprobe.scan import ScanConfig
from tlsprobe.tls.constants import Version

# A test's own servers on loopback need no rate; the number at a time stays as it is.
CONFIG = ScanConfig(limits=Limits(rate=100_000.0))


def scan_peer(peer: Peer, server: Running, *, samples: int = 0, suites_only: bool = False) -> ServerScan:
    """One scan by the real engine."""
    target = Target(1, server.address, server.port, server_name="localhost", notes=peer.id)
    config = ScanConfig(limits=CONFIG.limits, samples=samples, suites_only=suites_only)
    (scan,) = run([target], config)
    return scan


def wrong(peer: Peer, scan: ServerScan) -> list[str]:
    """What the scan says and the facts do not; a share not observed is never wrong."""
    fact, dhe = peer.fact, scan.dhe
    assert dhe is not None, (scan.status, scan.status_reason, scan.detail)
    taken = tuple(each.suite for each in dhe.accepted if each.version == Version.TLS12)
    said: list[tuple[str, object, object]] = []
    if fact.order == "server":
        said.append(("suites", taken, fact.dhe_suites))
    else:
        said.append(("suites", set(taken), set(fact.dhe_suites)))
    if fact.dhe_suites:
        said += _about_dhe(peer, scan)
    return [f"{what}: {found}, not {true}" for what, found, true in said if found != true]


def _about_dhe(peer: Peer, scan: ServerScan) -> list[tuple[str, object, object]]:
    fact = peer.fact
    assert scan.dhe is not None
    assert scan.zeros is not None
    assert scan.share is not None
    smallest = groups_of(scan)[0]
    said: list[tuple[str, object, object]] = [
        ("order", scan.dhe.order, fact.order),
        ("group bits", smallest.bits, fact.group_bits),
        ("group", smallest.name, fact.group_name),
        ("Z", scan.zeros.premaster_zeros, fact.premaster_zeros),
        ("short dh_Yc", scan.zeros.short_client_share, fact.short_client_share),
        ("padded dh_Yc", scan.zeros.padded_client_share, fact.padded_client_share),
        ("reused", scan.share.reused, fact.server_share_reused),
        (
            "versions",
            sorted({Version(each.version).label for each in scan.dhe.accepted}),
            sorted(fact.versions),
        ),
    ]
    # A writer of signed numbers drops zeros too, and the first share that decides may be such a one.
    signed = (fact.server_share, scan.share.encoding) == (ShareEncoding.OVERLONG, ShareEncoding.SHORT)
    if scan.share.encoding is not ShareEncoding.UNOBSERVED and not signed:
        said.append(("dh_Ys", scan.share.encoding, fact.server_share))
    return said
