"""Whether a finding that is not met is gone: it has to have been looked for, and not seen is not gone."""

from __future__ import annotations

from collections.abc import Callable

from tlsprobe.facts import (
    FormAccepted,
    PremasterZeros,
    ServerScan,
    ShareEncoding,
    Status,
    accepts_dhe,
)
from tlsprobe.rules import judge


def is_known_gone(rule: str, scan: ServerScan) -> bool:
    """Whether this scan looked for what the rule finds, and would have found it. The rule is not met."""
    asked = scan.status in (Status.ASSESSED, Status.PARTLY_ASSESSED)
    if not asked or scan.dhe is None or not scan.dhe.complete:
        return False
    was_looked_for = _LOOKED_FOR.get(rule) if accepts_dhe(scan) else None
    return was_looked_for(scan) if was_looked_for else scan.status is Status.ASSESSED


def _z_answered(scan: ServerScan) -> bool:
    return scan.zeros is not None and scan.zeros.premaster_zeros in (
        PremasterZeros.STRIPPED,
        PremasterZeros.BOTH,
    )


def _forms_accepted(scan: ServerScan) -> bool:
    zeros = scan.zeros
    return zeros is not None and {zeros.short_client_share, zeros.padded_client_share} == {
        FormAccepted.ACCEPTED
    }


def _share_is_harmless(scan: ServerScan) -> bool:
    """Zero-led shares come padded now, or no unfixed Windows meets them, and all were asked."""
    padded = scan.share is not None and scan.share.encoding is ShareEncoding.PADDED
    nobody = "DHE004" not in {found.rule for found in judge(scan)}
    return padded or (nobody and scan.status is Status.ASSESSED)


def _share_is_new_each_time(scan: ServerScan) -> bool:
    return scan.share is not None and scan.share.reused is False


_LOOKED_FOR: dict[str, Callable[[ServerScan], bool]] = {
    "DHE001": _z_answered,
    "DHE002": _forms_accepted,
    "DHE003": _share_is_harmless,
    "DHE008": _share_is_new_each_time,
}
