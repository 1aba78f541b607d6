"""The exit code: what a CI gate makes of a run."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from tlsprobe.facts import FormAccepted, PremasterZeros, ServerScan, Status
from tlsprobe.rules import Finding, Severity

_UNANSWERED = (
    PremasterZeros.INCONCLUSIVE,
    PremasterZeros.UNTESTABLE,
    FormAccepted.INCONCLUSIVE,
    FormAccepted.UNTESTABLE,
)


class ExitCode(IntEnum):
    """What `scan` and `probe` exit with."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    INCOMPLETE = 3
    INTERRUPTED = 130


def is_incomplete(scan: ServerScan) -> bool:
    """Whether something about this server could not be found out. A share unobserved does not count."""
    if scan.status is Status.EXCLUDED:
        return False
    if scan.status is not Status.ASSESSED:
        return True
    zeros = scan.zeros
    if zeros is None:
        return False
    return not {zeros.premaster_zeros, zeros.short_client_share, zeros.padded_client_share}.isdisjoint(
        _UNANSWERED
    )


def exit_code(
    scans: Sequence[ServerScan],
    findings: Sequence[Finding],
    *,
    fail_on: Severity,
    bad_rows: int = 0,
    allow_incomplete: bool = False,
) -> ExitCode:
    """Findings win over gaps; a run in which nothing was scanned is never clean."""
    if fail_on is not Severity.NONE and any(each.severity.rank >= fail_on.rank for each in findings):
        return ExitCode.FINDINGS
    scanned = [scan for scan in scans if scan.status not in (Status.EXCLUDED, Status.NOT_SCANNED)]
    if not scanned:
        return ExitCode.USAGE
    if allow_incomplete:
        return ExitCode.CLEAN
    incomplete = bad_rows or any(is_incomplete(scan) for scan in scans)
    return ExitCode.INCOMPLETE if incomplete else ExitCode.CLEAN
