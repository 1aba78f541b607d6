"""The exit code: what a CI gate makes of a run."""

from __future__ import annotations

from enum import IntEnum

from tlsprobe.assessment import Assessment, Change, Judged
from tlsprobe.facts import FormAccepted, PremasterZeros, ServerScan, Status
from tlsprobe.rules import Finding, Severity

_UNANSWERED = (
    PremasterZeros.INCONCLUSIVE,
    PremasterZeros.UNTESTABLE,
    FormAccepted.INCONCLUSIVE,
    FormAccepted.UNTESTABLE,
)


class ExitCode(IntEnum):
    """What `scan`, `probe`, `report` and `diff` exit with."""

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


def counts(each: Judged, found: Finding, *, fail_on: Severity) -> bool:
    """Whether a finding makes the run fail: bad enough, not waived, and with a baseline new or worse.

    One whose waiver has expired or was taken away counts although the baseline knows it: somebody has to
    decide again.
    """
    standing = each.standing(found)
    if standing.waiver is not None or fail_on is Severity.NONE or found.severity < fail_on:
        return False
    undecided = standing.expired is not None or standing.bereft
    return undecided or standing.change in (None, Change.NEW, Change.WORSE)


def exit_code(assessment: Assessment, *, fail_on: Severity, allow_incomplete: bool = False) -> ExitCode:
    """Findings that count win over gaps; a run in which nothing was scanned is never clean.

    Where that is so because no change window was open, or `--until` too near, it is only incomplete.
    """
    if _fails(assessment, fail_on):
        return ExitCode.FINDINGS
    if _nothing_scanned(assessment):
        return ExitCode.USAGE if assessment.info.stopped is None else ExitCode.INCOMPLETE
    if allow_incomplete:
        return ExitCode.CLEAN
    incomplete = assessment.info.bad_rows or any(is_incomplete(each.scan) for each in assessment.servers)
    return ExitCode.INCOMPLETE if incomplete else ExitCode.CLEAN


def diff_exit_code(assessment: Assessment, *, fail_on: Severity, allow_incomplete: bool = False) -> ExitCode:
    """Judge what became of the findings of a baseline; a gap that hides none of them is none."""
    if _fails(assessment, fail_on):
        return ExitCode.FINDINGS
    if _nothing_scanned(assessment):
        return ExitCode.USAGE
    hidden = any(each.scan.status is not Status.ASSESSED for each in assessment.not_known)
    return ExitCode.INCOMPLETE if hidden and not allow_incomplete else ExitCode.CLEAN


def _fails(assessment: Assessment, fail_on: Severity) -> bool:
    return any(counts(each, found, fail_on=fail_on) for each, found in assessment.findings)


def _nothing_scanned(assessment: Assessment) -> bool:
    return all(each.scan.status in (Status.EXCLUDED, Status.NOT_SCANNED) for each in assessment.servers)
