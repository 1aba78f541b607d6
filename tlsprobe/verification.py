"""Were the findings of a run dealt with? The servers that had some are probed again, and both compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from tlsprobe.engines import local
from tlsprobe.facts import (
    FormAccepted,
    Landed,
    Landing,
    PremasterZeros,
    RefusedByClient,
    RefusedByServer,
    ServerScan,
    ShareEncoding,
    Status,
    accepts_dhe,
)
from tlsprobe.journal import INVENTORY, Journal, RunInfo, target_key
from tlsprobe.rules import judge, who_counts
from tlsprobe.runs import Plan, command_line, finish, start_folder
from tlsprobe.scan import ScanConfig


class Outcome(StrEnum):
    """What became of the findings of a server, or of one."""

    FIXED = "fixed"
    STILL_THERE = "still-there"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Verification:
    """One server then and now. `lost` connected then and are refused now; `kept` still connect."""

    old: ServerScan
    new: ServerScan
    findings: tuple[tuple[str, Outcome], ...]  # rule and what became of it
    lost: tuple[Landing, ...]
    kept: int

    @property
    def outcome(self) -> Outcome:
        """Fixed only where every finding is."""
        outcomes = {outcome for _, outcome in self.findings}
        for worst in (Outcome.STILL_THERE, Outcome.UNCLEAR):
            if worst in outcomes:
                return worst
        return Outcome.FIXED


def plan_verification(folder: Path, info: RunInfo, scans: Iterable[ServerScan], now: datetime) -> Plan:
    """Plan to probe again what had a finding; the new run's folder lies in that of the old."""
    targets = tuple(scan.target for scan in scans if judge(scan))
    fresh = folder / f"verify-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    info = replace(
        info,
        run_id=fresh.name,
        started=now,
        finished=None,
        command=command_line(),
        excluded=(),
        bad_rows=(),
        notices=(),
    )
    return Plan(fresh, info, targets)


def verify(
    plan: Plan, scans: Iterable[ServerScan], config: ScanConfig, *, now: datetime
) -> Iterator[Verification]:
    """Probe again, keep what came in a journal of its own, and yield each server's comparison."""
    old = {target_key(scan.target): scan for scan in scans}
    start_folder(plan, (plan.folder.parent / INVENTORY).read_bytes())
    # Whoever connected before has to connect still, also where no DHE is left to land on.
    config = replace(config, replay_always=True)
    with Journal(plan.folder) as journal:
        for scan in local.run(plan.targets, config):
            journal.append(scan)
            yield compare(old[target_key(scan.target)], scan)
    finish(plan, now=now)


def compare(old: ServerScan, new: ServerScan) -> Verification:
    """Hold two scans of one server against each other."""
    now = {found.rule for found in judge(new)}
    findings = tuple((found.rule, _became(found.rule, now, new)) for found in judge(old))
    before = {(each.client, each.offer): each for each in who_counts(old).anyone if _connects(each)}
    after = {(each.client, each.offer): each for each in new.landings}
    lost = tuple(each for key, each in before.items() if key in after and _is_refused(after[key]))
    kept = sum(key in after and _connects(after[key]) for key in before)
    return Verification(old, new, findings, lost, kept)


def _became(rule: str, now: set[str], new: ServerScan) -> Outcome:
    if rule in now:
        return Outcome.STILL_THERE
    return Outcome.FIXED if _is_known_gone(rule, new) else Outcome.UNCLEAR


def _is_known_gone(rule: str, new: ServerScan) -> bool:
    """Whether a finding that is not met now was looked for: what was not observed is not gone."""
    asked = new.status in (Status.ASSESSED, Status.PARTLY_ASSESSED)
    if not asked or new.dhe is None or not new.dhe.complete:
        return False
    was_looked_for = _LOOKED_FOR.get(rule) if accepts_dhe(new) else None
    return was_looked_for(new) if was_looked_for else new.status is Status.ASSESSED


def _z_answered(new: ServerScan) -> bool:
    return new.zeros is not None and new.zeros.premaster_zeros in (
        PremasterZeros.STRIPPED,
        PremasterZeros.BOTH,
    )


def _forms_accepted(new: ServerScan) -> bool:
    zeros = new.zeros
    return zeros is not None and {zeros.short_client_share, zeros.padded_client_share} == {
        FormAccepted.ACCEPTED
    }


def _share_is_harmless(new: ServerScan) -> bool:
    """Zero-led shares come padded now, or no unfixed Windows meets them."""
    padded = new.share is not None and new.share.encoding is ShareEncoding.PADDED
    return padded or "DHE004" not in {found.rule for found in judge(new)}


def _share_is_new_each_time(new: ServerScan) -> bool:
    return new.share is not None and new.share.reused is False


_LOOKED_FOR: dict[str, Callable[[ServerScan], bool]] = {
    "DHE001": _z_answered,
    "DHE002": _forms_accepted,
    "DHE003": _share_is_harmless,
    "DHE008": _share_is_new_each_time,
}


def _connects(landing: Landing) -> bool:
    return isinstance(landing.as_offered, Landed)


def _is_refused(landing: Landing) -> bool:
    return isinstance(landing.as_offered, RefusedByServer | RefusedByClient)
