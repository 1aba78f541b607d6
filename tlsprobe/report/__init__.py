"""Reports of a run: report.html for people; CSV, SARIF, JUnit and JSON lines for programs.

pandas and jinja2 are imported in this package and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from tlsprobe.assessment import Assessment
from tlsprobe.files import write_whole
from tlsprobe.report import html, junit, sarif
from tlsprobe.report.csv import to_csv
from tlsprobe.report.tables import (
    ENDPOINT_COLUMNS,
    FINDING_COLUMNS,
    endpoints_frame,
    findings_frame,
    findings_jsonl,
)
from tlsprobe.rules import Severity

__all__ = [
    "DEFAULT_FORMATS",
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


DEFAULT_FORMATS = ("html", "csv", "sarif", "junit")


def write_reports(
    folder: Path,
    assessment: Assessment,
    *,
    formats: Collection[str] = DEFAULT_FORMATS,
    lang: str = "en",
    fail_on: Severity = Severity.HIGH,
    csv_bom: bool = False,
) -> list[Path]:
    """Write the reports into a folder, each whole or not at all; return their paths.

    `fail_on` is the gate's: what JUnit calls a failure. `csv_bom` puts a byte order mark before the CSV
    files, by which Excel knows UTF-8.

    Raises ValueError for an unknown format before anything is written, and OSError.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown:
        raise ValueError(f"unknown report formats: {', '.join(unknown)}")
    written = []
    for name in (name for name in FORMATS if name in formats):
        for file_name, render in FORMATS[name].items():
            path = folder / file_name
            encoding = "utf-8-sig" if csv_bom and name == "csv" else "utf-8"
            write_whole(path, render(assessment, lang, fail_on).encode(encoding))
            written.append(path)
    return written


def endpoints_csv(assessment: Assessment) -> str:
    """Return endpoints.csv."""
    return to_csv(endpoints_frame(assessment))


def findings_csv(assessment: Assessment, *, lang: str = "en") -> str:
    """Return findings.csv."""
    return to_csv(findings_frame(assessment, lang=lang))


_Render = Callable[[Assessment, str, Severity], str]

FORMATS: Mapping[str, Mapping[str, _Render]] = {
    "html": {"report.html": lambda run, lang, _: html.render(run, lang=lang)},
    "csv": {
        "endpoints.csv": lambda run, _, __: endpoints_csv(run),
        "findings.csv": lambda run, lang, _: findings_csv(run, lang=lang),
    },
    "sarif": {"report.sarif": lambda run, lang, _: sarif.render(run, lang=lang)},
    "junit": {"report.junit.xml": lambda run, lang, fail_on: junit.render(run, lang=lang, fail_on=fail_on)},
    "jsonl": {"findings.jsonl": lambda run, lang, _: "".join(findings_jsonl(run, lang=lang))},
}
