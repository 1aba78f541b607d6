"""One run, many formats: the same findings in each, the same bytes every time, and the gate's verdict."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser import Failure, JUnitXml

from tests.unit.assessments import assessments
from tlsprobe.assessment import Assessment, assess
from tlsprobe.facts import Status
from tlsprobe.gate import ExitCode, counts, exit_code, is_incomplete
from tlsprobe.journal import read_run_info, read_scans
from tlsprobe.report import html, junit, sarif
from tlsprobe.report.writing import FORMATS, endpoints_csv, findings_csv, findings_jsonl, write_reports
from tlsprobe.rules import RULES, Severity

SAMPLE = Path(__file__).parents[2] / "reports" / "sample"
Said = tuple[str, str, str]  # fingerprint, rule, severity


def sample() -> Assessment:
    return assess(read_scans(SAMPLE), read_run_info(SAMPLE))


def judged(run: Assessment) -> list[Said]:
    return sorted((found.fingerprint, found.rule, found.severity.value) for _, found in run.findings)


def in_findings_csv(run: Assessment) -> list[Said]:
    rows = csv.DictReader(io.StringIO(findings_csv(run), newline=""), strict=True)
    return sorted((row["fingerprint"], row["rule"], row["severity"]) for row in rows)


def in_findings_jsonl(run: Assessment) -> list[Said]:
    rows = [json.loads(line) for line in findings_jsonl(run)]
    return sorted((row["fingerprint"], row["rule"], row["severity"]) for row in rows)


def in_sarif(run: Assessment) -> list[Said]:
    results = json.loads(sarif.render(run))["runs"][0]["results"]
    return sorted(
        (each["partialFingerprints"]["tlsprobe/v1"], each["ruleId"], each["properties"]["severity"])
        for each in results
    )


def in_junit(run: Assessment, fail_on: Severity) -> list[tuple[str, str]]:
    """Rule and severity of each failure."""
    cases = [case for suite in JUnitXml.fromstring(junit.render(run, fail_on=fail_on)) for case in suite]
    return sorted(
        (case.classname.split()[0], result.type)
        for case in cases
        for result in case.result
        if isinstance(result, Failure)
    )


def in_page(run: Assessment, inline_up_to: int) -> list[str]:
    """The fingerprints on the rows of the page's list."""
    rows = re.findall(r' data-findings="([^"]*)"', html.render(run, inline_up_to=inline_up_to))
    assert len(rows) == len(run.servers)
    return sorted(fingerprint for row in rows for fingerprint in row.split())


def agree(run: Assessment, fail_on: Severity) -> None:
    expected = judged(run)
    for inline_up_to in (0, len(run.servers)):
        assert in_page(run, inline_up_to) == [fingerprint for fingerprint, _, _ in expected]
    assert in_findings_csv(run) == expected
    assert in_findings_jsonl(run) == expected
    assert in_sarif(run) == expected
    cells = csv.DictReader(io.StringIO(endpoints_csv(run), newline=""), strict=True)
    in_cells = sorted(rule for row in cells for rule in row["findings"].split())
    assert in_cells == sorted(rule for _, rule, _ in expected)
    assert in_junit(run, fail_on) == sorted(
        (found.rule, found.severity.value)
        for each, found in run.findings
        if counts(each, found, fail_on=fail_on)
    )


@given(assessments(), st.sampled_from(Severity))
def test_all_formats_have_the_same_findings(run: Assessment, fail_on: Severity) -> None:
    agree(run, fail_on)


def test_all_formats_have_the_findings_of_the_sample() -> None:
    assert judged(sample())
    agree(sample(), Severity.HIGH)


@given(assessments(), st.sampled_from(Severity))
def test_junit_and_the_exit_code_say_the_same(run: Assessment, fail_on: Severity) -> None:
    report = JUnitXml.fromstring(junit.render(run, fail_on=fail_on))
    assert (exit_code(run, fail_on=fail_on) == ExitCode.FINDINGS) == (report.failures > 0)
    if report.errors:
        assert run.info.bad_rows or any(is_incomplete(each.scan) for each in run.servers)


@given(assessments())
def test_only_what_was_asked_passes(run: Assessment) -> None:
    by_line = sorted(run.servers, key=lambda each: each.scan.target.line)
    for each, suite in zip(by_line, JUnitXml.fromstring(junit.render(run)), strict=False):
        passed = {case.classname.split()[0] for case in suite if not case.result}
        assert len(suite) == len(RULES)
        assert not passed & {found.rule for found in each.findings}
        if each.scan.status not in (Status.ASSESSED, Status.PARTLY_ASSESSED):
            assert not passed


@pytest.mark.parametrize("name", FORMATS)
def test_the_same_journal_makes_the_same_bytes(name: str, tmp_path: Path) -> None:
    made = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        made.append([path.read_bytes() for path in write_reports(folder, sample(), formats=(name,))])
    assert made[0] == made[1]
    assert all(made[0])
