"""What was decided about the findings of a run: who answers for which, and what it is compared with.

Both are kept with the run, so that its reports can be made again, and an auditor sees who accepted what.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from tlsprobe.assessment import Assessment, assess
from tlsprobe.assessment.baseline import Baseline, write_baseline
from tlsprobe.assessment.remembered import kept_baseline, read_as_baseline
from tlsprobe.assessment.waivers import read_waivers
from tlsprobe.facts import ServerScan
from tlsprobe.journal import JournalError, RunInfo, write_run_info
from tlsprobe.runs import with_not_scanned
from tlsprobe.waivers import Waiver


@dataclass(frozen=True, slots=True)
class Decisions:
    """What the command line says of it. None: nothing, and what the run has holds."""

    waivers: tuple[Waiver, ...] | None
    baseline: Baseline | None
    baseline_folder: Path | None

    def hold_for(self, info: RunInfo) -> RunInfo:
        """Return run.json with them in it; nothing is written."""
        return replace(
            info,
            waivers=info.waivers if self.waivers is None else self.waivers,
            baseline=info.baseline if self.baseline is None else self.baseline.run_id,
        )

    def keep(self, folder: Path, info: RunInfo) -> RunInfo:
        """Write them into the run's folder; return its run.json. Raises JournalError."""
        if self.baseline is not None and self.baseline_folder is not None:
            if self.baseline_folder.resolve() == folder.resolve():
                raise JournalError(f"{folder}: a run is no baseline of itself; name an earlier one")
            write_baseline(folder, self.baseline)
        kept = self.hold_for(info)
        if kept != info:
            write_run_info(folder, kept)
        return kept


def read_decisions(waivers: Sequence[Path] | None, baseline: Path | None) -> Decisions:
    """Read what `--waivers` and `--baseline` name. Raises WaiversError and JournalError."""
    return Decisions(
        waivers=read_waivers(waivers) if waivers else None,
        baseline=read_as_baseline(baseline) if baseline else None,
        baseline_folder=baseline,
    )


def as_of(day: date | None) -> date:
    """Return the day on which waivers have to hold: the one asked for, else today's in UTC."""
    return day or datetime.now(UTC).date()


def assessed(
    folder: Path,
    info: RunInfo,
    scans: tuple[ServerScan, ...],
    day: date,
    baseline: Baseline | None = None,
) -> Assessment:
    """Judge a run by the decisions that it has, or against another baseline.

    Raises JournalError where its baseline.json is gone.
    """
    return assess(
        with_not_scanned(folder, info, scans),
        info,
        waivers=info.waivers,
        today=day,
        baseline=baseline or kept_baseline(folder, info),
    )
