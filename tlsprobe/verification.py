"""Were the findings of a run dealt with? The servers that had some are probed again, and both compared."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from tlsprobe.assessment.gone import is_known_gone
from tlsprobe.engines import local
from tlsprobe.facts import Landed, Landing, ServerScan, Unclear
from tlsprobe.files import open_regular
from tlsprobe.journal import INVENTORY, Journal, JournalError, RunInfo, remaining, target_key
from tlsprobe.rules import Finding, judge, who_counts
from tlsprobe.runs import VERIFIES, Plan, command_line, finish, pause, start_folder
from tlsprobe.scan import ScanConfig
from tlsprobe.selection import Selection


class Outcome(StrEnum):
    """What became of the findings of a server, or of one; the worst first."""

    LOCKED_OUT = "locked-out"  # a client that connected is refused
    WORSE = "worse"  # a finding came that was not there
    STILL_THERE = "still-there"
    UNCLEAR = "unclear"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Verification:
    """One server then and now, and the offers of clients that connected then.

    `lost` are refused now, `unknown` may be, and `kept` counts those that still connect.
    """

    old: ServerScan
    new: ServerScan
    findings: tuple[tuple[str, Outcome], ...]  # rule and what became of it; new ones are WORSE
    lost: tuple[Landing, ...]
    unknown: tuple[Landing, ...]
    kept: int

    @property
    def outcome(self) -> Outcome:
        """The worst of all; fixed only where every finding is, and nobody is locked out."""
        outcomes = {outcome for _, outcome in self.findings}
        if self.lost:
            outcomes.add(Outcome.LOCKED_OUT)
        if self.unknown:
            outcomes.add(Outcome.UNCLEAR)
        return next((each for each in Outcome if each in outcomes), Outcome.FIXED)


def plan_verification(
    folder: Path,
    info: RunInfo,
    scans: Iterable[ServerScan],
    now: datetime,
    *,
    selection: Selection | None = None,
) -> Plan:
    """Plan to probe again what had a finding; the new run's folder lies in that of the old."""
    with_findings = (scan for scan in scans if judge(scan))
    targets = tuple(scan.target for scan in with_findings if selection is None or _allows(selection, scan))
    fresh = _unused(folder / f"verify-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    info = replace(
        info,
        run_id=fresh.name,
        started=now,
        finished=None,
        command=command_line(),
        excluded=(),
        bad_rows=(),
        notices=(),
        baseline=None,
        stopped=None,
        flags={**info.flags, VERIFIES: info.run_id},
    )
    return Plan(fresh, info, targets)


def _allows(selection: Selection, scan: ServerScan) -> bool:
    """Whether it may be probed again where it is pinned to, or else where it answered."""
    address = scan.target.address or scan.address
    if address is None:
        return selection.allows_target(scan.target)
    return selection.allows_address(address, target=scan.target)


def _unused(folder: Path) -> Path:
    """Return the folder, or where there is one already the first of -2, -3 and so on that there is not."""
    names = (folder.name, *(f"{folder.name}-{n}" for n in range(2, 1000)))
    return next((each for each in map(folder.with_name, names) if not each.exists()), folder)


def verify(
    plan: Plan, scans: Iterable[ServerScan], config: ScanConfig, *, stop: threading.Event
) -> Iterator[Verification]:
    """Probe again, until `stop` is set; keep a journal of its own, and yield each comparison."""
    old = {target_key(scan.target): scan for scan in scans}
    start_folder(plan, _inventory_of(plan.folder.parent))
    # Whoever connected before has to connect still, also where no DHE is left to land on.
    config = replace(config, replay_always=True)
    done = []
    with Journal(plan.folder) as journal:
        for scan in local.run(plan.targets, config, stop=stop):
            journal.append(scan)
            done.append(scan.target)
            yield compare(old[target_key(scan.target)], scan)
    left = remaining(plan.targets, done)
    if not left:
        finish(plan, now=datetime.now(UTC))
    elif not stop.is_set():
        pause(plan, left, config.until)


def _inventory_of(run: Path) -> bytes:
    path = run / INVENTORY
    try:
        with open_regular(path) as file:
            return file.read()
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror}; a run is verified with what it began with") from None


def compare(old: ServerScan, new: ServerScan) -> Verification:
    """Hold two scans of one server against each other."""
    before, now = judge(old), judge(new)
    rules = {found.rule for found in now}
    known = {found.rule for found in before}
    findings = tuple((found.rule, _became(found.rule, rules, new)) for found in before)
    findings += tuple((found.rule, _came(found, before)) for found in now if found.rule not in known)
    after = {(each.client, each.offer): each for each in new.landings}
    lost, unknown, kept = [], [], 0
    for each in filter(_connects, who_counts(old).anyone):
        again = after.get((each.client, each.offer))
        if again is None or isinstance(again.as_offered, Unclear):
            unknown.append(each)
        elif _connects(again):
            kept += 1
        else:
            lost.append(each)
    return Verification(old, new, findings, tuple(lost), tuple(unknown), kept)


def _came(found: Finding, before: Sequence[Finding]) -> Outcome:
    """What a new finding means: milder ones are what is left of those that went."""
    milder = any(found.severity < each.severity for each in before)
    return Outcome.STILL_THERE if milder else Outcome.WORSE


def _became(rule: str, now: set[str], new: ServerScan) -> Outcome:
    if rule in now:
        return Outcome.STILL_THERE
    return Outcome.FIXED if is_known_gone(rule, new) else Outcome.UNCLEAR


def _connects(landing: Landing) -> bool:
    return isinstance(landing.as_offered, Landed)
