"""A run as the baseline of the next one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tlsprobe.assessment import Assessment, Judged, assess
from tlsprobe.assessment.baseline import (
    Baseline,
    FindingBefore,
    ServerBefore,
    ShareSeen,
    primes_of,
    read_baseline,
    stack_of,
)
from tlsprobe.condensed import read_condensed
from tlsprobe.facts import accepts_dhe
from tlsprobe.journal import RunInfo, TargetKey, read_run_info, target_key


def baseline_of(assessment: Assessment) -> Baseline:
    """Return what a later run is compared with.

    What this run could not look for is kept as its own baseline had it: a server that is unreachable for a
    night is not forgotten.
    """
    kept: dict[TargetKey, list[FindingBefore]] = {}
    for each in assessment.not_known:
        kept.setdefault(target_key(each.scan.target), []).append(each.found)
    return Baseline(
        run_id=assessment.info.run_id,
        started=assessment.info.started,
        servers=(
            *(
                _server(each, kept.get(target_key(each.scan.target), []), assessment.info.run_id)
                for each in assessment.servers
            ),
            *assessment.hidden,
        ),
    )


def read_as_baseline(folder: Path) -> Baseline:
    """Read a run's folder; JournalError."""
    info, scans = read_run_info(folder), read_condensed(folder)
    kept = kept_baseline(folder, info)
    return baseline_of(assess(scans, info, waivers=info.waivers, baseline=kept))


def kept_baseline(folder: Path, info: RunInfo) -> Baseline | None:
    """Return the baseline that a run was compared with, from its own folder; JournalError."""
    return None if info.baseline is None else read_baseline(folder)


def _server(each: Judged, kept: Iterable[FindingBefore], run_id: str) -> ServerBefore:
    met = tuple(
        FindingBefore(
            found.rule,
            found.severity,
            found.expected_failure_rate,
            each.standing(found).first_seen,
            waived=each.standing(found).rests_on_a_waiver,
        )
        for found in each.findings
    )
    known = each.scan if accepts_dhe(each.scan) else None
    before = each.before
    return ServerBefore(
        target=each.scan.target,
        first_seen=each.first_seen,
        findings=(*met, *kept),
        share=_share(each, run_id),
        primes=primes_of(known) if known else before.primes if before else "",
        stack=stack_of(known) if known else before.stack if before else "",
    )


def _share(each: Judged, run_id: str) -> ShareSeen | None:
    if each.carried is not None:
        return each.carried
    if not accepts_dhe(each.scan):
        return each.before.share if each.before else None
    seen = each.scan.share
    return None if seen is None else ShareSeen(seen, run_id, each.scan.started)
