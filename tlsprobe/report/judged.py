"""A scan with its judgement: what both the tables and the pages are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tlsprobe.facts import ServerScan, Status
from tlsprobe.rules import Finding, FixSide, Severity, expected_failure_rate, fix_side, judge


@dataclass(frozen=True, slots=True)
class Judged:
    """A scan, its findings (the worst first), and what follows from them.

    `severity` is None where nothing was found but not everything was asked: that is not "none".
    """

    scan: ServerScan
    findings: tuple[Finding, ...]
    severity: Severity | None
    rate: float | None
    fix: FixSide | None

    @property
    def per_day(self) -> float | None:
        """Handshakes that fail a day; None where the inventory doesn't say how many there are."""
        handshakes = self.scan.target.handshakes_per_day
        return None if self.rate is None or handshakes is None else self.rate * handshakes

    @property
    def worst(self) -> Finding | None:
        """The finding that the severity comes from."""
        return self.findings[0] if self.findings else None


def judged(scan: ServerScan) -> Judged:
    """Apply the rules to one scan."""
    return judged_with(scan, judge(scan))


def judged_with(scan: ServerScan, findings: Sequence[Finding]) -> Judged:
    """Take findings that were made already, and add what follows from them."""
    findings = tuple(sorted(findings, key=lambda found: -found.severity.rank))
    known = bool(findings) or scan.status is Status.ASSESSED
    return Judged(
        scan=scan,
        findings=findings,
        severity=_severity(findings, known=known),
        rate=expected_failure_rate(scan) if known else None,
        fix=fix_side(scan, findings) if known else None,
    )


def has_no_dhe(scan: ServerScan) -> bool:
    """Whether every DHE suite was refused, with controls answered before and after."""
    return scan.status is Status.ASSESSED and scan.dhe is not None and not scan.dhe.accepted


def ranked(scans: Iterable[ServerScan]) -> list[Judged]:
    """Judge all, the worst first: by severity, then rate, then place in the inventory."""
    return sorted((judged(scan) for scan in scans), key=_rank)


def _severity(findings: tuple[Finding, ...], *, known: bool) -> Severity | None:
    if findings:
        return findings[0].severity
    return Severity.NONE if known else None


def _rank(each: Judged) -> tuple[int, float, int, str, int]:
    rank = -1 if each.severity is None else each.severity.rank
    rate = -1.0 if each.rate is None else each.rate
    target = each.scan.target
    return -rank, -rate, target.line, target.host, target.port
