"""What the page says of time: findings beside those of the baseline, and those that somebody answers for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tlsprobe.assessment import Assessment, Change, answers
from tlsprobe.report import decided
from tlsprobe.report.phrases import Phrases
from tlsprobe.wording import Wording

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Count:
    """How many findings became what. `filters` shows their servers; empty where those are not in the list."""

    became: str
    label: str
    count: int
    filters: str


@dataclass(frozen=True, slots=True)
class GoneLine:
    """A finding of the baseline that is no more."""

    server: str
    rule: str
    title: str
    was: str


@dataclass(frozen=True, slots=True)
class Progress:
    """A run beside its baseline. `gone` is cut, `gone_count` all of them."""

    said: str
    counts: tuple[Count, ...]
    gone: tuple[GoneLine, ...]
    gone_count: int


@dataclass(frozen=True, slots=True)
class WaiverLine:
    """A finding that somebody answers for, or answered for."""

    anchor: str
    server: str
    rule: str
    title: str
    said: str
    expired: bool


def progress(assessment: Assessment, words: Wording) -> Progress | None:
    """Return what became of the findings; None where the run has no baseline."""
    if assessment.baseline is None:
        return None
    counted = decided.counts(assessment)
    in_list = set(map(str, Change))
    return Progress(
        said=words.joined([decided.compared(assessment, words), *decided.newer(assessment, words)]),
        counts=tuple(
            Count(became, words.say(f"report.change.{became}"), counted[became], _filters(became, in_list))
            for became in map(str, decided.BECAME)
            if counted[became] or became in (Change.NEW, Change.WORSE, Change.BETTER, decided.GONE)
        ),
        gone=tuple(
            GoneLine(
                server=each.scan.target.label,
                rule=each.found.rule,
                title=words.say(f"rule.{each.found.rule}.title"),
                was=words.say(f"report.severity.{each.found.severity}"),
            )
            for each in assessment.gone[:MOST_SHOWN]
        ),
        gone_count=len(assessment.gone),
    )


def _filters(became: str, in_list: set[str]) -> str:
    return f"change={became}" if became in in_list else ""


def waivers(assessment: Assessment, anchors: Sequence[str], phrases: Phrases) -> list[WaiverLine]:
    """Return the findings with a waiver, the expired ones first: somebody has to see to them."""
    lines = []
    for each, anchor in zip(assessment.servers, anchors, strict=True):
        label = each.scan.target.label
        for found in each.findings:
            standing = each.standing(found)
            if said := answers.of_standing(standing, phrases.words):
                title = found.title.render(phrases.words)
                expired = standing.waiver is None
                lines.append(WaiverLine(anchor, label, found.rule, title, said, expired))
    return sorted(lines, key=lambda line: not line.expired)
