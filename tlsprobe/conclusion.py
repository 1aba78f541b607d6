"""The end of a command: a plan is carried out, a run's reports are written, and the exit code follows."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console

from tlsprobe import options
from tlsprobe.assessment.baseline import Baseline
from tlsprobe.assessment.parts import PartsError
from tlsprobe.condensed import read_condensed
from tlsprobe.decisions import as_of, assessed
from tlsprobe.engines import local
from tlsprobe.engines.background import Engine
from tlsprobe.engines.seat import EngineError
from tlsprobe.facts import ServerScan
from tlsprobe.files import make_folder
from tlsprobe.gate import ExitCode, exit_code
from tlsprobe.handouts import write_handouts
from tlsprobe.interrupts import stoppable
from tlsprobe.journal import JOURNAL, JournalError, RunInfo, remaining
from tlsprobe.log import line, said
from tlsprobe.output import print_table, say_interrupted, say_stopped, say_summary
from tlsprobe.progress import logged, with_progress
from tlsprobe.report import write_reports
from tlsprobe.report.terminal import print_summary
from tlsprobe.rules import Severity
from tlsprobe.runs import Plan, carry_out, finish, pause
from tlsprobe.scan import ScanConfig
from tlsprobe.usage import usage_errors
from tlsprobe.wording import ENGLISH, wording


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the command line wants of a run: which files, what makes it fail, what is said."""

    formats: Collection[str]
    fail_on: options.SeverityName = options.SeverityName.HIGH
    allow_incomplete: bool = False
    stdout: options.StdoutFormat | None = None
    csv_bom: bool = False
    split_by: str | None = None
    baseline: Baseline | None = None  # None: the one that the run has, if any
    out: Path | None = None  # where the reports go; None: into the run's folder
    as_of: date | None = None  # the day on which waivers have to hold; None: today
    lang: str = ENGLISH
    quiet: bool = False
    log_json: bool = False


def carry_out_and_conclude(
    plan: Plan, config: ScanConfig, wanted: Wanted, *, engine: Engine = local.run
) -> ExitCode:
    """Scan what the plan has left, write the reports; what is done when it is interrupted is reported too."""
    try:
        return _carry_out_and_conclude(plan, config, wanted, engine)
    except KeyboardInterrupt:  # the second signal, or one while reports are written
        say_interrupted(plan.folder, lang=wanted.lang)
        return ExitCode.INTERRUPTED


def _carry_out_and_conclude(plan: Plan, config: ScanConfig, wanted: Wanted, engine: Engine) -> ExitCode:
    words = wording(wanted.lang)

    def stopping() -> str:
        return line("stopping", words.say("scan.stopping"), folder=str(plan.folder))

    try:
        with stoppable(stopping) as stop:
            scans = logged(carry_out(plan, config, engine=engine, stop=stop))
            if not wanted.quiet:
                scans = with_progress(scans, plan, config, words, bar=not wanted.log_json)
            left = remaining(plan.targets, (scan.target for scan in scans))
    except JournalError as error:
        return _failed(str(error))
    except EngineError as error:
        return _failed(f"{error}; the run goes on with: tlsprobe scan --resume {plan.folder}")
    if left and stop.is_set():
        done = read_condensed(plan.folder)
        conclude(plan.folder, plan.info, done, wanted, ends_with=ExitCode.INTERRUPTED)
        say_interrupted(plan.folder, len(left), lang=wanted.lang)
        return ExitCode.INTERRUPTED
    info = pause(plan, left, config.until) if left else finish(plan, now=datetime.now(UTC))
    code = conclude(plan.folder, info, read_condensed(plan.folder), wanted)
    if left and not wanted.quiet:
        say_stopped(plan.folder, len(left), lang=wanted.lang)
    return code


def conclude(
    folder: Path,
    info: RunInfo,
    scans: tuple[ServerScan, ...],
    wanted: Wanted,
    *,
    ends_with: ExitCode | None = None,
) -> ExitCode:
    """Judge a run and write what is wanted of it; return what it ends with, by what was found if left out."""
    with usage_errors():
        assessment = assessed(folder, info, scans, as_of(wanted.as_of), wanted.baseline)
    fail_on = Severity(wanted.fail_on.value)
    out = wanted.out or folder
    written: list[Path] = []
    handouts: tuple[Path, ...] = ()
    try:
        make_folder(out)
        if wanted.split_by is not None:
            handouts = write_handouts(
                folder,
                out,
                assessment,
                wanted.split_by,
                formats=wanted.formats,
                words=wording(wanted.lang),
                fail_on=fail_on,
                csv_bom=wanted.csv_bom,
            )
        written = [
            *write_reports(
                out,
                assessment,
                formats=wanted.formats,
                lang=wanted.lang,
                fail_on=fail_on,
                csv_bom=wanted.csv_bom,
            ),
            *handouts,
        ]
    except PartsError as error:
        return _failed(f"--split-by {error}")
    except OSError as error:
        why = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        return _failed(f"{why}; the journal is kept, so when that is mended: tlsprobe report {folder}")
    if handouts and not wanted.quiet and (older := _others_beside(handouts)):
        names = " ".join(older)
        said("handouts-older", wording(wanted.lang).say("handouts.older", n=len(older), names=names))
    if wanted.stdout is not None:
        with usage_errors():
            print_table(wanted.stdout, assessment, run=folder, lang=wanted.lang)
    code = ends_with or exit_code(assessment, fail_on=fail_on, allow_incomplete=wanted.allow_incomplete)
    written = written or [folder / JOURNAL]
    if not wanted.quiet and wanted.log_json:
        say_summary(assessment, code, written=written, lang=wanted.lang)
    elif not wanted.quiet:
        print_summary(assessment, Console(stderr=True), written=written, lang=wanted.lang)
    return code


def _others_beside(handouts: Sequence[Path]) -> list[str]:
    """Name the folders of values that no server has any longer."""
    known = {each.name for each in handouts}
    return sorted(
        each.name for each in handouts[0].parent.iterdir() if each.is_dir() and each.name not in known
    )


def _failed(why: str) -> ExitCode:
    said("failed", why, level=logging.ERROR)
    return ExitCode.USAGE
