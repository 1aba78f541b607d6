"""What published traces say of Windows' TLS: evidence of its own kind, since none of it was measured here."""

from __future__ import annotations

from collections.abc import Mapping

from tlsprobe.facts import Landed, RefusedByClient, ServerScan
from tlsprobe.stacks.learned import Reported, reported
from tlsprobe.tls.suites import suite

_CIPHERS = ("ARIA", "CAMELLIA", "CHACHA20", "SEED", "CCM")


def reported_of(scan: ServerScan, seen: Mapping[str, str]) -> tuple[Reported, ...]:
    """Return the reported traits that this server shows."""
    shown = dict(seen) | {f"suites.{cipher}": "yes" for cipher in _ciphers(scan)}
    return tuple(row for row in reported() if shown.get(row.trait) == row.value)


def _ciphers(scan: ServerScan) -> set[str]:
    """The kinds of cipher in the suites that the server took in any connection."""
    taken = {each.suite for each in scan.dhe.accepted} if scan.dhe else set()
    taken |= {each.seen.suite for each in scan.observations if each.seen}
    arrivals = [each for landing in scan.landings for each in (landing.as_offered, landing.without_dhe)]
    taken |= {each.suite for each in arrivals if isinstance(each, Landed | RefusedByClient)}
    return {cipher for cipher in _CIPHERS for code in taken if cipher in suite(code).cipher}
