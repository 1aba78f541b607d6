"""How often handshakes fail here, for each client and for the one that it hits worst."""

from __future__ import annotations

from tlsprobe.facts import FormAccepted, Group, Landed, Landing, PremasterZeros, ServerScan
from tlsprobe.rules.case import Case, case_of, conforming_rate, unfixed_rate
from tlsprobe.rules.who import lands_on_dhe, may_lack_fix, stops_at_group

_NOT_KNOWN = (PremasterZeros.INCONCLUSIVE, PremasterZeros.UNTESTABLE, PremasterZeros.MIXED)


def expected_failure_rate(scan: ServerScan) -> float | None:
    """Return how often a full handshake fails for the client that is hit worst, of those on DHE.

    0.0 where it is certain that nobody lands on DHE, or that who does is not hit; None where it is not known.
    """
    case = case_of(scan)
    if case is None:
        return 0.0 if scan.dhe is not None and scan.dhe.complete else None
    if case.assumed or not case.who.anyone:
        return _assumed_rate(case)
    rates = [client_rate(scan, landing) for landing in case.who.on_dhe] or [0.0]
    worst = max((rate for rate in rates if rate is not None), default=None)
    return None if worst == 0 and None in rates else worst


def client_rate(scan: ServerScan, landing: Landing) -> float | None:
    """Return how often a full handshake of this client fails here; None where that is not known."""
    arrival = landing.as_offered
    if stops_at_group(landing):
        return 1.0
    if not lands_on_dhe(landing):
        return 0.0 if isinstance(arrival, Landed) else None if arrival.kind == "unclear" else 0.0
    group = _group_of(scan, landing)
    if may_lack_fix(landing):
        return unfixed_rate(scan, group)
    if landing.windows and fails_for_want_of_ems(scan, landing):
        return group.zero_probability if group else None
    rate = conforming_rate(scan, group)
    return 0.0 if rate is None and _conforms(scan) else rate


def fails_for_want_of_ems(scan: ServerScan, landing: Landing) -> bool:
    """Whether Microsoft reports failures for this client: DHE with a server that has no EMS."""
    fixed = landing.windows and landing.leading_zero_fix != "no"
    return fixed and lands_on_dhe(landing) and scan.extended_master_secret is False


def _assumed_rate(case: Case) -> float | None:
    unfixed = None
    if case.unfixed_windows_stops_at_group:
        unfixed = 1.0
    elif case.unfixed_windows_lands:
        unfixed = unfixed_rate(case.scan, case.worst_usable_group)
    rates = (unfixed, conforming_rate(case.scan, case.worst_group))
    return max((rate for rate in rates if rate is not None), default=None)


def _group_of(scan: ServerScan, landing: Landing) -> Group | None:
    arrival = landing.as_offered
    if not isinstance(arrival, Landed) or arrival.group is None:
        return None
    group = scan.groups[arrival.group]
    return group if group.zero_probability > 0 else None


def _conforms(scan: ServerScan) -> bool:
    """Whether the server was seen to do all that a conforming client needs."""
    zeros = scan.zeros
    if zeros is None or zeros.premaster_zeros in _NOT_KNOWN:
        return False
    return zeros.short_client_share is zeros.padded_client_share is FormAccepted.ACCEPTED
