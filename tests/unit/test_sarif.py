"""report.sarif: valid by the standard's schema, and what code scanning needs is there."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from tests.unit.assessments import FIRST_SEEN, WAIVER, assessment, assessments, not_asked, without_dhe
from tests.unit.landing_cases import landing, server
from tests.unit.run_infos import BAD_ROW, run_info
from tlsprobe.assessment import Assessment, Change, Standing, assess
from tlsprobe.facts import Status
from tlsprobe.inventory import Target
from tlsprobe.journal import read_run_info, read_scans
from tlsprobe.report import sarif
from tlsprobe.rules import RULES, Severity

TESTS = Path(__file__).parents[1]
SAMPLE = TESTS.parent / "reports" / "sample"


@cache
def schema() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(
        json.loads((TESTS / "schemas/sarif-2.1.0.json").read_text("utf-8"))
    )


def run_of(assessed: Assessment) -> dict[str, Any]:
    log = json.loads(sarif.render(assessed))
    schema().validate(log)
    run: dict[str, Any] = log["runs"][0]
    return run


def strings(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in strings(each)]
    if isinstance(value, list):
        return [text for each in value for text in strings(each)]
    return [value] if isinstance(value, str) else []


# --- laws


@given(assessments())
def test_every_run_is_valid_and_shows_nothing_invisible(run: Assessment) -> None:
    made = run_of(run)
    helps = [each.pop("help") for each in made["tool"]["driver"]["rules"]]  # ours, and of several lines
    assert len(helps) == len(RULES)
    assert all(text.isprintable() for text in strings(made))


@given(assessments())
def test_a_baseline_and_suppressions_are_there_for_all_results_or_for_none(run: Assessment) -> None:
    results = run_of(run)["results"]
    assert len({"baselineState" in each for each in results}) <= 1
    assert all("suppressions" in each for each in results)


@given(assessments())
def test_what_was_not_assessed_is_told(run: Assessment) -> None:
    made = run_of(run)
    invocation = made["invocations"][0]
    names = [each["id"] for each in made["tool"]["driver"]["notifications"]]
    told = invocation["toolExecutionNotifications"] + invocation["toolConfigurationNotifications"]
    assert names == sorted(set(names))
    assert [names[each["descriptor"]["index"]] for each in told] == [
        each["descriptor"]["id"] for each in told
    ]
    assert len(invocation["toolConfigurationNotifications"]) == len(run.info.bad_rows)
    unsure = [each for each in run.servers if each.scan.status is not Status.ASSESSED]
    assert len(invocation["toolExecutionNotifications"]) >= len(unsure)
    left_out = any(each.scan.status is Status.NOT_SCANNED for each in run.servers)
    assert invocation["executionSuccessful"] == ("endTimeUtc" in invocation and not left_out)


def test_the_sample_is_valid() -> None:
    assert run_of(assess(read_scans(SAMPLE), read_run_info(SAMPLE)))["results"]


def test_the_schema_refuses_what_is_no_sarif() -> None:
    log = json.loads(sarif.render(assessment(server(landing("windows-7")))))
    log["runs"][0]["results"][0]["level"] = "critical"
    assert not schema().is_valid(log)


# --- rules


def test_the_rules_say_what_code_scanning_shows() -> None:
    rules = run_of(assessment())["tool"]["driver"]["rules"]
    assert [each["id"] for each in rules] == [rule.id for rule in RULES]
    for each, rule in zip(rules, RULES, strict=True):
        assert 0 < len(each["shortDescription"]["text"]) <= 1024
        assert 0 < len(each["fullDescription"]["text"]) <= 1024
        assert each["helpUri"] == rule.sources[0].url
        for source in rule.sources:
            assert source.url in each["help"]["text"]
            assert f"]({source.url})" in each["help"]["markdown"]
        assert len(each["properties"]["tags"]) <= 10


def test_github_reads_the_rules_severity() -> None:
    for each, rule in zip(run_of(assessment())["tool"]["driver"]["rules"], RULES, strict=True):
        score = float(each["properties"]["security-severity"])
        word = "critical" if score > 9 else "high" if score >= 7 else "medium" if score >= 4 else "low"
        assert word == rule.severity.value


# --- results


def test_a_result_stands_at_its_row_of_the_inventory() -> None:
    scan = server(landing("windows-7"))
    made = run_of(assessment(replace(scan, target=Target(line=41, host="2001:db8::1", port=8443))))
    result = next(each for each in made["results"] if each["ruleId"] == "DHE004")
    assert result["level"] == "error"
    assert made["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "DHE004"
    place = result["locations"][0]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "servers.csv", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 41},
    }
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "[2001:db8::1]:8443"
    assert result["message"]["text"].startswith("[2001:db8::1]:8443: Windows without the fix")
    assert result["partialFingerprints"]["primaryLocationLineHash"].startswith(
        result["partialFingerprints"]["tlsprobe/v1"]
    )
    assert "baselineState" not in result
    assert result["suppressions"] == []


@pytest.mark.parametrize(
    ("inventory", "uri"),
    [
        ("servers.csv", "servers.csv"),
        ("./sites/osaka.csv", "sites/osaka.csv"),
        ("sites/a b#1.csv", "sites/a%20b%231.csv"),
        ("/home/ci/build/servers.csv", "servers.csv"),
        ("../other/servers.csv", "servers.csv"),
        ("サーバー.csv", "%E3%82%B5%E3%83%BC%E3%83%90%E3%83%BC.csv"),
        ("", "inventory.csv"),
    ],
)
def test_the_inventory_is_named_as_in_its_repository(inventory: str, uri: str) -> None:
    info = run_info(inventory=inventory)
    made = run_of(assess([server(landing("windows-7"))], info))
    assert made["artifacts"][0]["location"]["uri"] == uri
    assert made["artifacts"][0]["hashes"] == {"sha-256": info.inventory_sha256}


def test_a_waiver_suppresses_and_says_who_and_why() -> None:
    waived = {"DHE004": Standing(FIRST_SEEN, waiver=replace(WAIVER, expires=date(2027, 1, 31)))}
    results = run_of(assessment(server(landing("windows-7")), standings=[waived]))["results"]
    suppressed = [each for each in results if each["suppressions"]]
    assert [each["ruleId"] for each in suppressed] == ["DHE004"]
    suppression = suppressed[0]["suppressions"][0]
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    for said in ("2027-01-31", WAIVER.approver, WAIVER.reason):
        assert said in suppression["justification"]


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (Change.NEW, "new"),
        (Change.WORSE, "updated"),
        (Change.BETTER, "updated"),
        (Change.LEARNED, "updated"),
        (Change.SAME, "unchanged"),
    ],
)
def test_the_baseline_state_is_the_change(change: Change, state: str) -> None:
    changed = {"DHE004": Standing(FIRST_SEEN, change=change)}
    result = run_of(assessment(server(landing("windows-7")), standings=[changed]))["results"][0]
    assert result["ruleId"] == "DHE004"
    assert result["baselineState"] == state
    assert result["properties"]["firstSeen"] == "2025-12-01T00:00:00Z"


def test_every_severity_has_a_level_and_every_change_a_state() -> None:
    assert set(sarif._LEVELS) == set(sarif._SECURITY_SEVERITY) == set(Severity) - {Severity.NONE}
    assert set(sarif._BASELINE_STATES) == set(Change)


def test_gaps_are_notifications_and_not_results() -> None:
    gone = not_asked(Target(line=3, host="gone.example"), Status.UNREACHABLE, "refused", "errno 111")
    out = not_asked(Target(line=4, host="out.example"), Status.EXCLUDED, "excluded")
    fine = without_dhe(Target(line=5, host="fine.example"))
    run = replace(assessment(out, fine, gone), info=run_info(bad_rows=(BAD_ROW,)))
    made = run_of(run)
    assert made["results"] == []
    invocation = made["invocations"][0]
    told = invocation["toolExecutionNotifications"]
    assert [each["level"] for each in told] == ["warning", "note"]
    assert "gone.example:443" in told[0]["message"]["text"]
    assert "(errno 111)" in told[0]["message"]["text"]
    row = invocation["toolConfigurationNotifications"][0]
    assert row["locations"][0]["physicalLocation"]["region"]["startLine"] == BAD_ROW.line
    assert invocation["startTimeUtc"] == "2026-03-01T09:30:00Z"


def test_an_unfinished_run_was_not_successful() -> None:
    run = replace(assessment(), info=run_info(finished=None, started=datetime(2026, 1, 1, tzinfo=UTC)))
    assert run_of(run)["invocations"][0]["executionSuccessful"] is False
