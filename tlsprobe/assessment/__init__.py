"""What a run comes to: every server judged once, waivers applied. Reports, the gate and `diff` start here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from tlsprobe.assessment.judged import Change, Judged, Standing, has_no_dhe, judged, judged_with, rank
from tlsprobe.assessment.waivers import Waiver
from tlsprobe.facts import ServerScan
from tlsprobe.journal import RunInfo
from tlsprobe.rules import Finding, judge

__all__ = [
    "Assessment",
    "Change",
    "Judged",
    "Standing",
    "Waiver",
    "assess",
    "has_no_dhe",
    "judged",
    "judged_with",
]


@dataclass(frozen=True, slots=True)
class Assessment:
    """A run, judged. `servers` has the worst first."""

    info: RunInfo
    servers: tuple[Judged, ...]

    @property
    def findings(self) -> Iterator[tuple[Judged, Finding]]:
        """Every finding with its server, waived ones too."""
        return ((each, found) for each in self.servers for found in each.findings)


def assess(
    scans: Iterable[ServerScan], info: RunInfo, *, waivers: Sequence[Waiver] = (), today: date | None = None
) -> Assessment:
    """Judge every server of a run once.

    `today` is the day on which waivers have to hold: that of the run's start where it is not given, so that
    the same journal makes the same report.
    """
    day = today or info.started.date()
    every = [_assessed(scan, waivers, day) for scan in scans]
    return Assessment(info, tuple(sorted(every, key=rank)))


def _assessed(scan: ServerScan, waivers: Sequence[Waiver], today: date) -> Judged:
    findings = judge(scan)
    standings = {found.rule: _standing(scan, found, waivers, today) for found in findings}
    return judged_with(scan, findings, standings)


def _standing(scan: ServerScan, found: Finding, waivers: Sequence[Waiver], today: date) -> Standing:
    covering = [each for each in waivers if each.covers(scan.target, found.rule)]
    holding = [each for each in covering if not each.has_expired(today)]
    expired = [each for each in covering if each.has_expired(today)]
    return Standing(
        first_seen=scan.started,
        waiver=next(iter(holding), None),
        expired=next(iter(expired), None) if not holding else None,
    )
