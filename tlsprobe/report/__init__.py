"""Reports of a run: report.html for people, endpoints.csv, findings.csv and findings.jsonl for programs.

pandas and jinja2 are imported in this package and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from tlsprobe.assessment import Assessment
from tlsprobe.files import write_whole
from tlsprobe.report import html
from tlsprobe.report.csv import to_csv
from tlsprobe.report.tables import (
    ENDPOINT_COLUMNS,
    FINDING_COLUMNS,
    endpoints_frame,
    findings_frame,
    findings_jsonl,
)

__all__ = [
    "ENDPOINT_COLUMNS",
    "FINDING_COLUMNS",
    "FORMATS",
    "endpoints_csv",
    "endpoints_frame",
    "findings_csv",
    "findings_frame",
    "findings_jsonl",
    "write_reports",
]


def write_reports(
    folder: Path,
    assessment: Assessment,
    *,
    formats: Collection[str] = ("html", "csv"),
    lang: str = "en",
) -> list[Path]:
    """Write the reports into a folder, each whole or not at all; return their paths.

    Raises ValueError for an unknown format before anything is written, and OSError.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown:
        raise ValueError(f"unknown report formats: {', '.join(unknown)}")
    written = []
    for name in (name for name in FORMATS if name in formats):
        for file_name, render in FORMATS[name].items():
            path = folder / file_name
            write_whole(path, render(assessment, lang).encode())
            written.append(path)
    return written


def endpoints_csv(assessment: Assessment) -> str:
    """Return endpoints.csv."""
    return to_csv(endpoints_frame(assessment))


def findings_csv(assessment: Assessment, *, lang: str = "en") -> str:
    """Return findings.csv."""
    return to_csv(findings_frame(assessment, lang=lang))


_Render = Callable[[Assessment, str], str]

FORMATS: Mapping[str, Mapping[str, _Render]] = {
    "html": {"report.html": lambda run, lang: html.render(run, lang=lang)},
    "csv": {
        "endpoints.csv": lambda run, _: endpoints_csv(run),
        "findings.csv": lambda run, lang: findings_csv(run, lang=lang),
    },
    "jsonl": {"findings.jsonl": lambda run, lang: "".join(findings_jsonl(run, lang=lang))},
}
