"""report.sarif: SARIF 2.1.0 (OASIS), for code scanning. Plain dictionaries, named as the standard names them.

No library writes it: sarif-om is of 2019, the others have hardly a user. What the file is worth is tested
against the standard's schema instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from urllib.parse import quote

from tlsprobe.assessment import Assessment, Change, Judged, answers
from tlsprobe.facts import Status
from tlsprobe.gate import is_incomplete
from tlsprobe.inventory import BadRow
from tlsprobe.journal import INVENTORY
from tlsprobe.remedy.markdown import bullets, plain
from tlsprobe.report.phrases import Phrases
from tlsprobe.report.tables import utc
from tlsprobe.rules import RULES, Finding, Rule, Severity
from tlsprobe.wording import Wording, wording
from tlsprobe.wording.visible import visible

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "tlsprobe/v1"
_TOOL = "tlsprobe"
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
# GitHub turns a number back into a word: above 9.0 critical, from 7.0 high, from 4.0 medium, below that low.
# Each is the middle of its band, so that GitHub's word is the rule's. It is no CVSS score.
_SECURITY_SEVERITY = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
    Severity.INFO: "0.1",
}
_BASELINE_STATES = {
    Change.NEW: "new",
    Change.WORSE: "updated",
    Change.BETTER: "updated",
    Change.LEARNED: "updated",
    Change.SAME: "unchanged",
}
_RULE_INDEX = {rule.id: index for index, rule in enumerate(RULES)}

Json = dict[str, object]


def render(assessment: Assessment, *, lang: str = "en") -> str:
    """Return report.sarif, the worst result first and one a line."""
    return "".join(parts(assessment, lang=lang))


def parts(assessment: Assessment, *, lang: str = "en") -> Iterator[str]:
    """Yield the same, result by result."""
    phrases, info = Phrases(wording(lang)), assessment.info
    place = _inventory_uri(info.inventory)
    reasons = _reasons(assessment)
    artifact: Json = {"location": place, "roles": ["analysisTarget"]}
    if info.inventory_sha256:
        artifact["hashes"] = {"sha-256": info.inventory_sha256}
    run: Json = {
        "tool": {"driver": _driver(info.tool_version, reasons, phrases)},
        "automationDetails": {"id": f"{_TOOL}/{info.run_id}"},
        "language": phrases.words.lang,
        "invocations": [_invocation(assessment, reasons, place, phrases)],
        "artifacts": [artifact],
    }
    results = (_result(each, found, place, phrases) for each, found in assessment.findings)
    yield from _one_a_line({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, results)


def _one_a_line(log: Json, results: Iterable[Json]) -> Iterator[str]:
    """Write the log with the results at the end of its only run, so that two can be compared by line."""
    head = json.dumps(log).removesuffix("}]}")
    yield f'{head}, "results": [\n'
    for place, result in enumerate(results):
        yield (",\n" if place else "") + json.dumps(result)
    yield "\n]}]}\n"


# ---- the tool ------------------------------------------------------------------------------------


def _driver(version: str, reasons: Mapping[str, int], phrases: Phrases) -> Json:
    return {
        "name": _TOOL,
        "version": version,
        "semanticVersion": version,
        "language": phrases.words.lang,
        "rules": [_rule(rule, phrases.words) for rule in RULES],
        "notifications": [
            {"id": reason, "shortDescription": _text(phrases.reason(reason))} for reason in reasons
        ],
    }


def _rule(rule: Rule, words: Wording) -> Json:
    title, why, advice = (words.say(f"rule.{rule.id}.{part}") for part in ("title", "why", "recommendation"))
    references = "; ".join(f"{each.reference}: {each.url}" for each in rule.sources)
    links = bullets([f"[{plain(each.reference)}]({each.url})" for each in rule.sources])
    return {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": _text(title),
        "fullDescription": _text(why),
        "help": {
            "text": f"{why}\n\n{advice}\n\n{references}",
            "markdown": f"{plain(why)}\n\n{plain(advice)}\n\n{links}",
        },
        "helpUri": rule.sources[0].url,
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "tags": ["security", "reliability", "tls"],
            "security-severity": _SECURITY_SEVERITY[rule.severity],
        },
    }


# ---- the run -------------------------------------------------------------------------------------


def _reasons(assessment: Assessment) -> dict[str, int]:
    """Number the reasons why something was not assessed, by name."""
    names = {_reason(each) for each in assessment.servers if _is_noted(each)}
    names |= {bad.reason.value for bad in assessment.info.bad_rows}
    return {name: index for index, name in enumerate(sorted(names))}


def _is_noted(each: Judged) -> bool:
    return each.scan.status is Status.EXCLUDED or is_incomplete(each.scan)


def _reason(each: Judged) -> str:
    return visible(each.scan.status_reason) or each.scan.status.value


def _invocation(assessment: Assessment, reasons: Mapping[str, int], place: Json, phrases: Phrases) -> Json:
    info = assessment.info
    by_line = sorted(assessment.servers, key=lambda each: each.scan.target.place)
    invocation: Json = {
        "executionSuccessful": all(each.scan.status is not Status.NOT_SCANNED for each in by_line)
        and info.finished is not None,
        "commandLine": visible(info.command),
        "startTimeUtc": utc(info.started),
        "toolExecutionNotifications": [
            _not_assessed(each, reasons, place, phrases) for each in by_line if _is_noted(each)
        ],
        "toolConfigurationNotifications": [_bad_row(bad, reasons, place) for bad in info.bad_rows],
    }
    return invocation | ({"endTimeUtc": utc(info.finished)} if info.finished else {})


def _not_assessed(each: Judged, reasons: Mapping[str, int], place: Json, phrases: Phrases) -> Json:
    label = each.scan.target.label
    said = next(iter(phrases.gaps(each.scan)), phrases.words.say(f"report.status.{each.scan.status}"))
    return {
        "descriptor": _descriptor(_reason(each), reasons),
        "level": "note" if each.scan.status is Status.EXCLUDED else "warning",
        "message": _text(f"{label}: {said}"),
        "locations": [_location(each, place)],
        "timeUtc": utc(each.scan.started),
    }


def _bad_row(bad: BadRow, reasons: Mapping[str, int], place: Json) -> Json:
    return {
        "descriptor": _descriptor(bad.reason.value, reasons),
        "level": "warning",
        "message": _text(bad.message),
        "locations": [{"physicalLocation": _row(place, bad.line)}],
    }


def _descriptor(reason: str, reasons: Mapping[str, int]) -> Json:
    return {"id": reason, "index": reasons[reason]}


# ---- results -------------------------------------------------------------------------------------


def _result(each: Judged, found: Finding, place: Json, phrases: Phrases) -> Json:
    words, standing = phrases.words, each.standing(found)
    evidence = words.joined(said.render(words) for said in found.evidence)
    properties: Json = {
        "severity": found.severity.value,
        "confidence": found.confidence.value,
        "evidence": visible(evidence),
        "firstSeen": utc(standing.first_seen),
    }
    if each.scan.address is not None:
        properties["address"] = each.scan.address
    if found.expected_failure_rate is not None:
        properties["expectedFailureRate"] = found.expected_failure_rate
    if standing.change is not None:
        properties["change"] = standing.change.value
    suppression: list[Json] = []
    if standing.waiver is not None:
        justification = answers.of_standing(standing, words)
        suppression = [{"kind": "external", "status": "accepted", "justification": justification}]
    said = f"{each.scan.target.label}: {found.title.render(words)}. {evidence} {found.recommended(words)}"
    result: Json = {
        "ruleId": found.rule,
        "ruleIndex": _RULE_INDEX[found.rule],
        "level": _LEVELS[found.severity],
        "message": _text(said),
        "locations": [_location(each, place)],
        # The second is the only one that GitHub reads. Without it the upload makes one of the row's text, and
        # a finding is another as soon as somebody edits the inventory.
        "partialFingerprints": {
            FINGERPRINT: found.fingerprint,
            "primaryLocationLineHash": f"{found.fingerprint}:1",
        },
        "suppressions": suppression,
        "properties": properties,
    }
    if standing.change is not None:
        result["baselineState"] = _BASELINE_STATES[standing.change]
    return result


def _location(each: Judged, place: Json) -> Json:
    target = each.scan.target
    return {
        "physicalLocation": _row(place, target.line),
        "logicalLocations": [
            {
                "name": visible(target.host),
                "fullyQualifiedName": visible(target.endpoint),
                "kind": "resource",
            }
        ],
    }


def _row(place: Json, line: int) -> Json:
    return {"artifactLocation": place, "region": {"startLine": max(1, line)}}


def _inventory_uri(inventory: str) -> Json:
    """Return where the inventory is, from the root of a repository that has it, else only its name.

    Code scanning shows a result at a file of the repository, so the folder of the run would help nobody.
    """
    path = PurePosixPath(inventory)
    inside = not path.is_absolute() and ".." not in path.parts
    name = (str(path) if inside else path.name) if path.name else INVENTORY
    return {"uri": quote(visible(name)), "uriBaseId": "%SRCROOT%"}


def _text(text: str) -> Json:
    """Return a message. Braces are doubled, since the standard takes {0} for a placeholder (§3.11.5)."""
    return {"text": visible(text).replace("{", "{{").replace("}", "}}")}
