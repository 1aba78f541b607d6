"""Which reports there are, and how they are written."""

from __future__ import annotations

from codecs import iterencode
from collections.abc import Callable, Collection, Iterator, Mapping
from importlib import import_module
from pathlib import Path

from tlsprobe.assessment import Assessment
from tlsprobe.files import write_parts
from tlsprobe.report import html, junit, sarif
from tlsprobe.report.tables import (
    ENDPOINT_COLUMNS,
    FINDING_COLUMNS,
    endpoints,
    endpoints_frame,
    findings,
    findings_frame,
    findings_jsonl,
)
from tlsprobe.rules import Severity
from tlsprobe.wording import wording

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

    Raises ValueError for an unknown format or language before anything is written, and OSError.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown:
        raise ValueError(f"unknown report formats: {', '.join(unknown)}")
    wording(lang)
    written = []
    for name in (name for name in FORMATS if name in formats):
        for file_name, render in FORMATS[name].items():
            path = folder / file_name
            encoding = "utf-8-sig" if csv_bom and name == "csv" else "utf-8"
            write_parts(path, iterencode(render(assessment, lang, fail_on), encoding))
            written.append(path)
    return written


def get_ready(formats: Collection[str]) -> None:
    """Import now what some formats would import when they are written: pandas takes a third of a second."""
    if "csv" in formats:
        import_module("pandas")


def endpoints_csv(assessment: Assessment, *, lang: str = "en") -> str:
    """Return endpoints.csv."""
    return "".join(endpoints(assessment, lang=lang).csv())


def findings_csv(assessment: Assessment, *, lang: str = "en") -> str:
    """Return findings.csv."""
    return "".join(findings(assessment, lang=lang).csv())


_Render = Callable[[Assessment, str, Severity], Iterator[str]]

FORMATS: Mapping[str, Mapping[str, _Render]] = {
    "html": {"report.html": lambda run, lang, _: html.parts(run, lang=lang)},
    "csv": {
        "endpoints.csv": lambda run, lang, _: endpoints(run, lang=lang).csv(),
        "findings.csv": lambda run, lang, _: findings(run, lang=lang).csv(),
    },
    "sarif": {"report.sarif": lambda run, lang, _: sarif.parts(run, lang=lang)},
    "junit": {"report.junit.xml": lambda run, lang, fail_on: junit.parts(run, lang=lang, fail_on=fail_on)},
    "jsonl": {"findings.jsonl": lambda run, lang, _: findings_jsonl(run, lang=lang)},
}
