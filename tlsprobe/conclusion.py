"""The end of a command: a run is judged, its reports are written, and the exit code follows."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tlsprobe.assessment.parts import PartsError
from tlsprobe.decisions import as_of, assessed
from tlsprobe.facts import ServerScan
from tlsprobe.files import make_folder
from tlsprobe.gate import ExitCode, exit_code
from tlsprobe.handouts import write_handouts
from tlsprobe.journal import JOURNAL, RunInfo
from tlsprobe.log import said
from tlsprobe.output import print_table, say_summary
from tlsprobe.report.terminal import print_summary
from tlsprobe.report.writing import write_reports
from tlsprobe.rules import Severity
from tlsprobe.usage import usage_errors
from tlsprobe.wanted import Wanted
from tlsprobe.wording import wording


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
