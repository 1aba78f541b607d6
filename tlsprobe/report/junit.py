"""report.junit.xml: a suite a server, a case for each server and rule, for Jenkins, GitLab and their like.

A failure is a finding that makes the run fail (gate.counts), so there is one exactly where the exit code is
1. An error is what could not be assessed (exit code 3, where nothing failed).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from tempfile import TemporaryFile

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from tlsprobe.assessment import Assessment, Judged, answers
from tlsprobe.assessment.since import with_share
from tlsprobe.facts import ServerScan, Status
from tlsprobe.gate import counts
from tlsprobe.inventory import BadRow
from tlsprobe.report.phrases import Phrases
from tlsprobe.report.tables import utc
from tlsprobe.report.undecided import undecided
from tlsprobe.rules import RULES, Finding, Rule, Severity
from tlsprobe.wording import wording
from tlsprobe.wording.visible import visible

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_TOTALS = ("tests", "failures", "errors", "skipped")
_CHARACTERS_AT_A_TIME = 1 << 16
_Result = Failure | Error | Skipped | None


def render(assessment: Assessment, *, lang: str = "en", fail_on: Severity = Severity.HIGH) -> str:
    """Return report.junit.xml; with the same `fail_on` as the gate's, both say the same."""
    return "".join(parts(assessment, lang=lang, fail_on=fail_on))


def parts(assessment: Assessment, *, lang: str = "en", fail_on: Severity = Severity.HIGH) -> Iterator[str]:
    """Yield the same, piece by piece. The totals stand at the start: the suites wait in a file for them."""
    report = JUnitXml("tlsprobe")
    counted = Counter[str]()
    with TemporaryFile("w+", encoding="utf-8", newline="") as waiting:
        for suite in _suites(assessment, fail_on, Phrases(wording(lang))):
            for name in _TOTALS:
                counted[name] += getattr(suite, name)
            waiting.write(_one_a_line(suite))
        for name in _TOTALS:
            setattr(report, name, counted[name])
        report.time = round(sum(each.scan.duration_s for each in _by_line(assessment)), 3)
        empty = _one_a_line(report)
        yield _DECLARATION + (empty.removesuffix("/>").rstrip() + ">" if waiting.tell() else empty)
        if waiting.tell():
            waiting.seek(0)
            yield from iter(partial(waiting.read, _CHARACTERS_AT_A_TIME), "")
            yield "\n</testsuites>"
        yield "\n"


def _by_line(assessment: Assessment) -> list[Judged]:
    return sorted(assessment.servers, key=lambda each: each.scan.target.place)


def _suites(assessment: Assessment, fail_on: Severity, phrases: Phrases) -> Iterator[TestSuite]:
    by_line = _by_line(assessment)
    names = _names([each.scan for each in by_line], phrases)
    for each, name in zip(by_line, names, strict=True):
        suite = _suite(each, name, fail_on, phrases)
        suite.update_statistics()
        suite.time = round(each.scan.duration_s, 3)
        yield suite
    if bad_rows := assessment.info.bad_rows:
        suite = _bad_rows(bad_rows, assessment.info.inventory, phrases)
        suite.update_statistics()
        yield suite


def _one_a_line(part: JUnitXml | TestSuite) -> str:
    """Put each case on a line of its own, so that two reports can be compared."""
    text: bytes = part.tostring()  # type: ignore[no-untyped-call]
    # In text "<" is written "&lt;", so this is found in markup only.
    return re.sub(r"<(?=testsuite |testcase |/testsuite)", "\n<", text.decode())


def _suite(each: Judged, name: str, fail_on: Severity, phrases: Phrases) -> TestSuite:
    suite = TestSuite(name)
    suite.timestamp = utc(each.scan.started).removesuffix("Z")  # the schema in use has no place for a zone
    found = {one.rule: one for one in each.findings}
    suite.add_testcases(
        [_case(rule, name, _result(each, rule, found.get(rule.id), fail_on, phrases)) for rule in RULES]
    )
    return suite


def _case(rule: Rule, server: str, result: _Result) -> TestCase:
    """Name it by its rule first: Jenkins takes the dots in a host's name for those of a package."""
    case = TestCase(server, f"{rule.id} {rule.name}")
    if result is not None:
        result.message, result.type, result.text = map(
            visible, (result.message, result.type, result.text or "")
        )
        case.result = result
    return case


def _result(each: Judged, rule: Rule, found: Finding | None, fail_on: Severity, phrases: Phrases) -> _Result:
    if found is not None:
        return _met(each, found, fail_on, phrases)
    scan = each.scan
    if scan.status is Status.EXCLUDED:
        return Skipped(phrases.reason(scan.status_reason), scan.status_reason)
    open_question = undecided(with_share(scan, each.carried), rule.id, phrases)
    if open_question is None:
        return None
    if open_question.gap:
        return Error(open_question.why, scan.status_reason or scan.status.value)
    return Skipped(open_question.why, "not-shown")


def _met(each: Judged, found: Finding, fail_on: Severity, phrases: Phrases) -> _Result:
    words, standing = phrases.words, each.standing(found)
    if standing.waiver is not None:
        return Skipped(answers.of_standing(standing, words), "waived")
    evidence = words.joined(said.render(words) for said in found.evidence)
    said = words.say("ci.failure", evidence=evidence, recommendation=found.recommended(words))
    result: Failure | Skipped
    if counts(each, found, fail_on=fail_on):
        result = Failure(found.title.render(words), found.severity.value)
    elif fail_on is Severity.NONE or found.severity < fail_on:
        result = Skipped(words.say("ci.not-counted.severity", fail_on=fail_on.value), found.severity.value)
    else:
        result = Skipped(words.say("ci.not-counted.known"), found.severity.value)
    result.text = f"{answers.of_standing(standing, words)} {said}".lstrip()
    return result


def _bad_rows(bad_rows: tuple[BadRow, ...], inventory: str, phrases: Phrases) -> TestSuite:
    suite = TestSuite(visible(inventory))
    for bad in bad_rows:
        case = TestCase(phrases.words.say("ci.line", line=bad.line), bad.reason.value)
        case.result = Error(visible(bad.message), bad.reason.value)
        suite.append(case)
    return suite


def _names(scans: list[ServerScan], phrases: Phrases) -> list[str]:
    """Name the servers so that no two are the same: of two cases with one name GitLab shows the first."""
    labels = [visible(scan.target.label) for scan in scans]
    often = Counter(labels)
    return [
        label if often[label] == 1 else _told_apart(label, scan, phrases)
        for label, scan in zip(labels, scans, strict=True)
    ]


def _told_apart(label: str, scan: ServerScan, phrases: Phrases) -> str:
    where = scan.address or scan.target.starttls.value
    return phrases.words.say("ci.same-name", server=label, line=scan.target.line, address=where)
