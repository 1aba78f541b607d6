"""A scan with its judgement, and what this run makes of each finding: waived or not, new or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tlsprobe.assessment.baseline import ServerBefore, ShareSeen
from tlsprobe.assessment.since import Change, with_share
from tlsprobe.facts import ServerScan, Status
from tlsprobe.rules import Finding, FixSide, Severity, expected_failure_rate, fix_side, judge
from tlsprobe.waivers import Waiver


@dataclass(frozen=True, slots=True)
class Standing:
    """What a run adds to a finding. `change` is None where there is no baseline.

    `bereft`: the baseline had it under a waiver, and no waiver names it now, not even one that is over.
    """

    first_seen: datetime
    waiver: Waiver | None = None
    expired: Waiver | None = None  # one that would have held, were it not for its date
    change: Change | None = None
    bereft: bool = False

    @property
    def rests_on_a_waiver(self) -> bool:
        """Whether somebody answers for it, or did until a day that is over."""
        return self.waiver is not None or self.expired is not None


@dataclass(frozen=True, slots=True)
class Judged:
    """A scan, its findings (the worst first), how each stands, and what follows from them.

    `severity` is that of the worst finding which is not waived. It is None where nothing was found but not
    everything was asked: that is not "none". `before` is the server in the baseline, `carried` how its share
    was seen written in an earlier run, where it is judged by that: `scan` holds this run's facts only.
    """

    scan: ServerScan
    findings: tuple[Finding, ...]
    severity: Severity | None
    rate: float | None
    fix: FixSide | None
    standings: Mapping[str, Standing] = field(default_factory=dict)  # by rule; those that say something
    before: ServerBefore | None = None
    carried: ShareSeen | None = None

    @property
    def first_seen(self) -> datetime:
        """When the first scan of the server began that is known."""
        return min(self.before.first_seen, self.scan.started) if self.before else self.scan.started

    @property
    def per_day(self) -> float | None:
        """Handshakes that fail a day; None where the inventory doesn't say how many there are."""
        handshakes = self.scan.target.handshakes_per_day
        return None if self.rate is None or handshakes is None else self.rate * handshakes

    @property
    def open(self) -> tuple[Finding, ...]:
        """The findings that are not waived."""
        return tuple(each for each in self.findings if self.standing(each).waiver is None)

    @property
    def believed(self) -> tuple[Finding, ...]:
        """The findings that nobody says are false: what is waived for another reason is so all the same."""
        return tuple(
            each
            for each in self.findings
            if (waiver := self.standing(each).waiver) is None or not waiver.denies
        )

    @property
    def to_change(self) -> tuple[Finding, ...]:
        """The findings that ask for a change: those that are open, or waived until one that is planned."""
        return tuple(
            each
            for each in self.findings
            if (waiver := self.standing(each).waiver) is None or waiver.plans_change
        )

    @property
    def facts(self) -> ServerScan:
        """What it is judged by: the scan, and the share that was carried over."""
        return with_share(self.scan, self.carried)

    @property
    def is_waived(self) -> bool:
        """Whether something was found, and somebody answers for all of it."""
        return bool(self.findings) and not self.open

    @property
    def worst(self) -> Finding | None:
        """The finding that the severity comes from."""
        return next(iter(self.open), None)

    def standing(self, found: Finding) -> Standing:
        """Say how one of the findings stands in this run."""
        return self.standings.get(found.rule) or Standing(first_seen=self.scan.started)


def judged(scan: ServerScan) -> Judged:
    """Apply the rules to one scan."""
    return judged_with(scan, judge(scan))


def judged_with(
    scan: ServerScan,
    findings: Sequence[Finding],
    standings: Mapping[str, Standing] | None = None,
    *,
    before: ServerBefore | None = None,
    carried: ShareSeen | None = None,
) -> Judged:
    """Take findings that were made already, and add what follows from them."""
    findings = tuple(sorted(findings, key=lambda found: -found.severity.rank))
    standings = standings or {}
    waived = {rule for rule, standing in standings.items() if standing.waiver}
    still_open = tuple(each for each in findings if each.rule not in waived)
    known = bool(findings) or scan.status is Status.ASSESSED
    facts = with_share(scan, carried)
    return Judged(
        scan=scan,
        findings=findings,
        severity=_severity(still_open, known=known),
        rate=expected_failure_rate(facts) if known else None,
        fix=fix_side(facts, still_open) if known else None,
        standings=standings,
        before=before,
        carried=carried,
    )


def has_no_dhe(scan: ServerScan) -> bool:
    """Whether every DHE suite was refused, with controls answered before and after."""
    return scan.status is Status.ASSESSED and scan.dhe is not None and not scan.dhe.accepted


def rank(each: Judged) -> tuple[int, float, tuple[int, int], str, int]:
    """Order the worst first: by severity, then rate, then place in the inventory."""
    severity = -1 if each.severity is None else each.severity.rank
    rate = -1.0 if each.rate is None else each.rate
    target = each.scan.target
    return -severity, -rate, target.place, target.host, target.port


def _severity(still_open: tuple[Finding, ...], *, known: bool) -> Severity | None:
    if still_open:
        return still_open[0].severity
    return Severity.NONE if known else None
