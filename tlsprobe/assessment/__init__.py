"""What a run comes to: every server judged once, waivers applied, held against a baseline.

Reports, the gate and `diff` start here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from tlsprobe.assessment.baseline import Baseline, ServerBefore
from tlsprobe.assessment.gone import is_known_gone
from tlsprobe.assessment.judged import Judged, Standing, has_no_dhe, judged, judged_with, rank
from tlsprobe.assessment.since import (
    Change,
    Missing,
    carried_share,
    change_of,
    missing,
    saying_so,
    with_share,
)
from tlsprobe.facts import ServerScan
from tlsprobe.interning import Interner
from tlsprobe.journal import RunInfo, target_key
from tlsprobe.rules import Finding, judge
from tlsprobe.waivers import Waiver

__all__ = [
    "Assessment",
    "Baseline",
    "Change",
    "Judged",
    "Missing",
    "ServerBefore",
    "Standing",
    "Waiver",
    "assess",
    "has_no_dhe",
    "judged",
    "judged_with",
]


@dataclass(frozen=True, slots=True)
class Assessment:
    """A run, judged. `servers` has the worst first.

    Of the waivers, `unmatched` are those that nothing in the run needs, and `unsettled` those of which that
    can't be said: not everything was found out about a server that they name. Where there is a baseline,
    `gone` are its findings that were looked for and are not there, `not_known` those that could not be looked
    for, and `left` its servers that are not of this run. `hidden` are addresses of a name that has none this
    time: their findings are among `not_known`.
    """

    info: RunInfo
    servers: tuple[Judged, ...]
    baseline: Baseline | None = None
    gone: tuple[Missing, ...] = ()
    not_known: tuple[Missing, ...] = ()
    left: tuple[ServerBefore, ...] = ()
    hidden: tuple[ServerBefore, ...] = ()
    unmatched: tuple[Waiver, ...] = ()
    unsettled: tuple[Waiver, ...] = ()

    @property
    def findings(self) -> Iterator[tuple[Judged, Finding]]:
        """Every finding with its server, waived ones too."""
        return ((each, found) for each in self.servers for found in each.findings)

    @property
    def expired(self) -> tuple[tuple[Judged, Finding, Waiver], ...]:
        """The findings that are open because their waiver's last day is over."""
        standings = ((each, found, each.standing(found).expired) for each, found in self.findings)
        return tuple((each, found, waiver) for each, found, waiver in standings if waiver is not None)

    @property
    def came(self) -> tuple[Judged, ...]:
        """The servers that the baseline does not have."""
        if self.baseline is None:
            return ()
        known = {each.target.row for each in self.hidden}
        return tuple(
            each for each in self.servers if each.before is None and each.scan.target.row not in known
        )


def assess(
    scans: Iterable[ServerScan],
    info: RunInfo,
    *,
    waivers: Sequence[Waiver] = (),
    today: date | None = None,
    baseline: Baseline | None = None,
) -> Assessment:
    """Judge every server of a run once.

    `today` is the day on which waivers have to hold: that of the run's start where it is not given, so that
    the same journal makes the same report.
    """
    day = today or info.started.date()
    before = dict(baseline.by_key()) if baseline else {}
    every, interned = [], Interner()
    for scan in scans:
        earlier = before.pop(target_key(scan.target), None)
        each = _assessed(scan, earlier, waivers, day, compared=baseline is not None)
        every.append(replace(each, findings=tuple(_shared(found, interned) for found in each.findings)))
    servers = tuple(sorted(every, key=rank))
    since = [missing(each.scan, each.findings, each.before, each.carried) for each in servers]
    left, hidden = _split(before.values(), servers)
    since += [missing(scan, (), each, None) for each, scan in hidden]
    idle = [each for each in waivers if not _matches(each, servers)]
    unsettled = tuple(each for each in idle if _may_match(each, servers))
    return Assessment(
        info,
        servers,
        baseline=baseline,
        gone=tuple(each for gone, _ in since for each in gone),
        not_known=tuple(each for _, not_known in since for each in not_known),
        left=left,
        hidden=tuple(each for each, _ in hidden),
        unmatched=tuple(each for each in idle if each not in unsettled),
        unsettled=unsettled,
    )


def _shared(found: Finding, interned: Interner) -> Finding:
    """Servers of one kind are found at fault in the same words."""
    one = interned.one
    return replace(
        found,
        title=one(found.title),
        why=one(found.why),
        recommendation=one(tuple(map(one, found.recommendation))),
        evidence=one(tuple(map(one, found.evidence))),
        sources=one(found.sources),
    )


def _assessed(
    scan: ServerScan,
    before: ServerBefore | None,
    waivers: Sequence[Waiver],
    today: date,
    *,
    compared: bool,
) -> Judged:
    carried = carried_share(scan, before)
    findings = saying_so(judge(with_share(scan, carried)), carried)
    standings = {}
    for found in findings:
        change = change_of(found, before, scan) if compared else None
        standing = _standing(scan, found, before, change, waivers, today)
        if standing != Standing(first_seen=scan.started):  # that is what a finding without one has
            standings[found.rule] = standing
    return judged_with(scan, findings, standings, before=before, carried=carried)


def _standing(
    scan: ServerScan,
    found: Finding,
    before: ServerBefore | None,
    change: Change | None,
    waivers: Sequence[Waiver],
    today: date,
) -> Standing:
    covering = [each for each in waivers if each.covers(scan.target, found.rule, scan.address)]
    holding = [each for each in covering if not each.has_expired(today)]
    expired = [each for each in covering if each.has_expired(today)]
    was = before.finding(found.rule) if before else None
    return Standing(
        first_seen=min(was.first_seen, scan.started) if was else scan.started,
        waiver=next(iter(holding), None),
        expired=next(iter(expired), None) if not holding else None,
        change=change,
        bereft=bool(was and was.waived and not covering),
    )


def _split(
    absent: Iterable[ServerBefore], servers: Iterable[Judged]
) -> tuple[tuple[ServerBefore, ...], tuple[tuple[ServerBefore, ServerScan], ...]]:
    """Tell the servers that left from addresses whose name has none now; these with the scan of the name."""
    names = {each.scan.target.row: each.scan for each in servers if not each.scan.target.pin}
    left, hidden = [], []
    for each in absent:
        if each.target.pin and (scan := names.get(each.target.row)) and scan.address is None:
            hidden.append((each, replace(scan, target=each.target)))
        else:
            left.append(each)
    return tuple(left), tuple(hidden)


def _matches(waiver: Waiver, servers: Iterable[Judged]) -> bool:
    return any(
        waiver.covers(each.scan.target, waiver.rule, each.scan.address)
        for each in servers
        if any(found.rule == waiver.rule for found in each.findings)
    )


def _may_match(waiver: Waiver, servers: Iterable[Judged]) -> bool:
    """Whether it names a server on which the rule may be met, although this run could not see it."""
    return any(
        waiver.may_mean(each.scan.target, each.scan.address)
        and not is_known_gone(waiver.rule, with_share(each.scan, each.carried))
        for each in servers
    )
