"""The CSV files as a spreadsheet opens them: the right characters, and nothing in them that runs."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tests.unit.assessments import assessment, not_asked
from tests.unit.landing_cases import landing, server
from tlsprobe.assessment import Assessment
from tlsprobe.facts import Banner, Status
from tlsprobe.inventory import Target
from tlsprobe.report.csv import cell
from tlsprobe.report.writing import endpoints_csv, findings_csv, write_reports

BOM = b"\xef\xbb\xbf"
CSV_FILES = ("endpoints.csv", "findings.csv")
# What Excel, LibreOffice or Google Sheets run, or ran once (OWASP, CSV Injection), and the full-width forms.
FORMULAS = (
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "\u00a0=1",
    "\ufeff=1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("x")',
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff201",
    "a;=1",
)


def tagged(*tags: tuple[str, str]) -> Assessment:
    scan = server(landing("windows-7"))
    return assessment(replace(scan, target=Target(line=2, host="a.example", tags=tags)))


def cells(text: str) -> list[str]:
    return [each for row in csv.reader(io.StringIO(text, newline=""), strict=True) for each in row]


def runs(text: str) -> bool:
    """Whether a spreadsheet would: at the start of a cell, blanks aside, also where ; separates cells."""
    return any(
        part.strip("\ufeff \u00a0")[:1] in tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")
        for part in text.split(";")
        if part
    )


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_is_text_in_cells_and_in_headers(formula: str) -> None:
    assert formula == "\n=1" or runs(formula)
    for text in cells(endpoints_csv(tagged((formula, formula)))):
        assert not runs(text), text
    # The apostrophe in front is all that changes: the text can still be read.
    assert cell("x" + formula.removeprefix("a;")).startswith("x")


@pytest.mark.parametrize("formula", FORMULAS)
def test_what_a_server_says_of_itself_runs_nowhere(formula: str) -> None:
    scan = replace(server(landing("windows-7")), banners=(Banner("http-server", formula, "6.3.9600"),))
    gone = not_asked(Target(line=3, host="gone.example"), Status.UNREACHABLE, "refused", formula)
    run = assessment(scan, gone)
    for text in cells(endpoints_csv(run)) + cells(findings_csv(run)):
        assert not runs(text), text


def test_numbers_stay_numbers() -> None:
    for number in ("443", "0.00390625", "-1", "+49", "-"):
        assert cell(number) == number


def test_with_a_mark_the_files_are_the_same_behind_it(tmp_path: Path) -> None:
    plain, marked = tmp_path / "plain", tmp_path / "marked"
    for folder, bom in ((plain, False), (marked, True)):
        folder.mkdir()
        write_reports(folder, tagged(("担当", "運用, Zürich")), csv_bom=bom)
    for name in CSV_FILES:
        assert not (plain / name).read_bytes().startswith(BOM)
        assert (marked / name).read_bytes() == BOM + (plain / name).read_bytes()
    for name in ("report.html", "report.sarif", "report.junit.xml"):
        assert (marked / name).read_bytes() == (plain / name).read_bytes()


@pytest.mark.parametrize("bom", [False, True])
def test_it_reads_back_as_it_was(bom: bool, tmp_path: Path) -> None:
    write_reports(tmp_path, tagged(("担当", '運用 "A", B, Zürich')), formats=("csv",), csv_bom=bom)
    frame = pd.read_csv(tmp_path / "endpoints.csv", dtype=str, keep_default_na=False)
    assert next(iter(frame.columns)) == "host"
    assert frame["担当"].tolist() == ['運用 "A", B, Zürich']
    # What Excel does by itself: the mark names the encoding, and is no part of the first header.
    text = (tmp_path / "endpoints.csv").read_bytes().decode("utf-8-sig")
    assert text.startswith("host,port,")
