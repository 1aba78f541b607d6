"""What the command line wants of a run's end."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tlsprobe import options
from tlsprobe.wording import ENGLISH

if TYPE_CHECKING:
    from tlsprobe.assessment.baseline import Baseline


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which files, what makes it fail, what is said."""

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
