"""From a scan to its findings, the rate of failures, and the side to fix."""

from __future__ import annotations

from collections.abc import Sequence

from tlsprobe.facts import ServerScan
from tlsprobe.rules.advice import advise, sentences
from tlsprobe.rules.case import case_of
from tlsprobe.rules.finding import Finding, FixSide, fingerprint, sentence
from tlsprobe.rules.table import RULES, Met, Rule


def judge(scan: ServerScan) -> tuple[Finding, ...]:
    """Return what the facts mean, the worst first; nothing where no DHE was accepted."""
    case = case_of(scan)
    if case is None:
        return ()
    verdicts = ((rule, rule.check(case)) for rule in RULES)
    findings = [_finding(scan, rule, met) for rule, met in verdicts if met]
    return tuple(sorted(findings, key=lambda finding: (-finding.severity.rank, finding.rule)))


def _finding(scan: ServerScan, rule: Rule, met: Met) -> Finding:
    # Whoever does not run the server needs another advice than to configure it.
    advice = "recommendation.not-ours" if scan.target.managed is False else "recommendation"
    return Finding(
        rule=rule.id,
        name=rule.name,
        severity=met.severity,
        confidence=met.confidence,
        title=sentence(f"rule.{rule.id}.title"),
        why=sentence(f"rule.{rule.id}.why"),
        recommendation=(
            sentence(f"rule.{rule.id}.{advice}"),
            *(sentences(scan) if rule.ends_with_dhe else ()),
        ),
        evidence=met.evidence,
        expected_failure_rate=met.expected_failure_rate,
        sources=tuple(source.reference for source in rule.sources),
        fingerprint=fingerprint(scan.target, rule.id),
    )


def fix_side(scan: ServerScan, findings: Sequence[Finding]) -> FixSide:
    """Return the side where the change belongs, for the findings that are to be dealt with."""
    return advise(scan, findings).side
