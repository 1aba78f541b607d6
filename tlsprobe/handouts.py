"""A run for handing out: a folder for each owner (or whatever column), with its own reports and edits."""

from __future__ import annotations

import shlex
from collections.abc import Collection
from pathlib import Path

from tlsprobe.assessment import Assessment
from tlsprobe.assessment.parts import parts
from tlsprobe.files import make_folder, write_whole
from tlsprobe.remedy.folder import fix_files
from tlsprobe.report.writing import write_reports
from tlsprobe.rules import Severity
from tlsprobe.wording import Wording

FIX = "fix"


def write_handouts(
    run: Path,
    out: Path,
    assessment: Assessment,
    column: str,
    *,
    formats: Collection[str],
    words: Wording,
    fail_on: Severity = Severity.HIGH,
    csv_bom: bool = False,
) -> tuple[Path, ...]:
    """Write OUT/by-COLUMN/VALUE for each value of the column; return these folders.

    `fail_on` and `csv_bom` are those of write_reports.
    Raises PartsError for a column that is not there, before anything is written, and OSError.
    """
    every = parts(assessment, column)
    root = out / f"by-{every[0].column}"
    for part in every:
        folder = root / part.folder
        make_folder(folder)
        write_reports(
            folder, part.assessment, formats=formats, lang=words.lang, fail_on=fail_on, csv_bom=csv_bom
        )
        for file in fix_files(part.assessment, run=shlex.quote(str(run)), words=words):
            path = folder / FIX / file.path
            make_folder(path.parent)
            write_whole(path, file.content)
    return tuple(root / part.folder for part in every)
