"""What became of the findings of an earlier run: a table for people, a row a finding for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tlsprobe.assessment import Assessment, Change
from tlsprobe.facts import Status
from tlsprobe.inventory import Target
from tlsprobe.report import decided
from tlsprobe.report.csv import to_csv
from tlsprobe.report.phrases import Phrases
from tlsprobe.report.tables import decimal, utc
from tlsprobe.rules import RULES, Severity, fingerprint
from tlsprobe.wording import wording
from tlsprobe.wording.visible import visible

COLUMNS = (
    "change",
    "fingerprint",
    "host",
    "port",
    "server_name",
    "rule",
    "name",
    "severity_before",
    "severity",
    "expected_failure_rate_before",
    "expected_failure_rate",
    "waived",
    "first_seen",
    "status",
)
_MOST_OF_A_KIND = 20  # on a terminal; what asks for something is shown in full
_MOST_SERVERS = 10
_IN_FULL = (Change.NEW, Change.WORSE)
_UNLISTED = (Change.SAME, decided.LEFT)
_STYLES: dict[str, str] = {
    Change.NEW: "bold red",
    Change.WORSE: "bold red",
    Change.BETTER: "green",
    decided.GONE: "green",
    Change.LEARNED: "yellow",
    decided.NOT_KNOWN: "yellow",
}
_NAMES = {rule.id: rule.name for rule in RULES}


@dataclass(frozen=True, slots=True)
class Became:
    """A finding then and now. None: it was not there, is not there, or there is no rate.

    `mark` is `waived`, `expired` or empty; `status` that of the server now, empty where it is not scanned.
    """

    became: str
    target: Target
    rule: str
    before: Severity | None
    now: Severity | None
    rate_before: float | None
    rate: float | None
    first_seen: str
    status: str = ""
    mark: str = ""


def findings(assessment: Assessment) -> list[Became]:
    """Return every finding of both runs, what asks for something first, then by severity."""
    every = [*_present(assessment), *_absent(assessment)]
    order = [str(each) for each in decided.BECAME]
    return sorted(
        every, key=lambda each: (order.index(each.became), -(each.now or each.before or Severity.NONE).rank)
    )


def _present(assessment: Assessment) -> Iterator[Became]:
    for each, found in assessment.findings:
        standing = each.standing(found)
        was = each.before.finding(found.rule) if each.before else None
        yield Became(
            became=str(standing.change or Change.NEW),
            target=each.scan.target,
            rule=found.rule,
            before=was.severity if was else None,
            now=found.severity,
            rate_before=was.rate if was else None,
            rate=found.expected_failure_rate,
            first_seen=utc(standing.first_seen),
            status=each.scan.status.value,
            mark="waived" if standing.waiver else "expired" if standing.expired else "",
        )


def _absent(assessment: Assessment) -> Iterator[Became]:
    missing = [(decided.GONE, each) for each in assessment.gone]
    missing += [(decided.NOT_KNOWN, each) for each in assessment.not_known]
    past = [(became, each.scan.target, each.found, each.scan.status.value) for became, each in missing]
    past += [(decided.LEFT, each.target, found, "") for each in assessment.left for found in each.findings]
    for became, target, found, status in past:
        yield Became(
            became=became,
            target=target,
            rule=found.rule,
            before=found.severity,
            now=None,
            rate_before=found.rate,
            rate=None,
            first_seen=utc(found.first_seen),
            status=status,
        )


# ---- for programs --------------------------------------------------------------------------------


def as_csv(assessment: Assessment) -> str:
    """Return a row a finding, as findings.csv is written."""
    import pandas as pd  # noqa: PLC0415 - a quarter of a second that the terminal has no use for

    rows = [_row(each) for each in findings(assessment)]
    return to_csv(pd.DataFrame(rows, columns=list(COLUMNS), dtype=str))


def as_jsonl(assessment: Assessment) -> Iterator[str]:
    """Yield the same, a flat object a line."""
    return (json.dumps(_row(each)) + "\n" for each in findings(assessment))


def _row(each: Became) -> dict[str, str]:
    return {
        "change": each.became,
        "fingerprint": fingerprint(each.target, each.rule),
        "host": each.target.host,
        "port": str(each.target.port),
        "server_name": each.target.server_name or "",
        "rule": each.rule,
        "name": _NAMES.get(each.rule, ""),
        "severity_before": each.before or "",
        "severity": each.now or "",
        "expected_failure_rate_before": decimal(each.rate_before),
        "expected_failure_rate": decimal(each.rate),
        "waived": "" if each.now is None else "yes" if each.mark == "waived" else "no",
        "first_seen": each.first_seen,
        "status": each.status,
    }


# ---- for people ----------------------------------------------------------------------------------


def print_diff(assessment: Assessment, console: Console, *, lang: str = "en") -> None:
    """Print the counts, the findings that are not as they were, and the servers that came and went."""
    phrases = Phrases(wording(lang))
    say = phrases.words.say
    console.print()
    heading, *others = decided.sentences(assessment, phrases.words)
    console.print(Text(heading, style="bold"))
    for sentence in others:
        console.print(Text(sentence))
    every = [each for each in findings(assessment) if each.became not in _UNLISTED or each.mark == "expired"]
    shown, more = _shortened(every)
    if shown:
        console.print()
        console.print(_table(shown, phrases))
    for became, n in more.items():
        console.print(Text(say("baseline.more", n=n, became=say(f"baseline.became.{became}")), style="dim"))
    if any(each.became == Change.LEARNED for each in shown):
        console.print(Text(say("baseline.learned"), style="dim"))
    for line in _servers(assessment, phrases):
        console.print(Text(line))


def _shortened(every: Sequence[Became]) -> tuple[list[Became], dict[str, int]]:
    shown: list[Became] = []
    seen: dict[str, int] = {}
    for each in every:
        seen[each.became] = seen.get(each.became, 0) + 1
        if each.became in _IN_FULL or each.mark == "expired" or seen[each.became] <= _MOST_OF_A_KIND:
            shown.append(each)
    return shown, {
        became: n - _MOST_OF_A_KIND
        for became, n in seen.items()
        if became not in _IN_FULL and n > _MOST_OF_A_KIND
    }


def _table(shown: Sequence[Became], phrases: Phrases) -> Table:
    say = phrases.words.say
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column(say("baseline.column.became"), no_wrap=True)
    table.add_column(say("report.column.server"), overflow="fold", ratio=1)
    table.add_column(say("baseline.column.finding"), overflow="fold")
    table.add_column(say("report.column.severity"), overflow="fold", max_width=22)
    for each in shown:
        table.add_row(
            Text(say(f"baseline.became.{each.became}"), style=_STYLES.get(each.became, "")),
            Text(visible(each.target.label)),
            Text(f"{each.rule} {_NAMES.get(each.rule, '')}"),
            Text(_severity(each, phrases)),
        )
    return table


def _severity(each: Became, phrases: Phrases) -> str:
    """Say how bad it is now, and how bad it was; the rates where those are what changed."""
    say = phrases.words.say
    before, now = (
        None if severity is None else say(f"report.severity.{severity}")
        for severity in (each.before, each.now)
    )
    said = now or before or ""
    if before and now and before != now:
        said = say("baseline.was-and-is", before=before, now=now)
    elif before and now and each.became in (Change.WORSE, Change.BETTER):
        rates = {"before": phrases.rate(each.rate_before), "now": phrases.rate(each.rate)}
        said = say("baseline.was-and-is", **rates)
    return say("baseline.marked", said=said, mark=say(f"baseline.mark.{each.mark}")) if each.mark else said


def _servers(assessment: Assessment, phrases: Phrases) -> list[str]:
    """Name the servers that came, that left, and those whose findings nobody could look for."""
    hidden = [each.scan.target for each in assessment.not_known if each.scan.status is not Status.ASSESSED]
    groups: dict[str, Iterable[Target]] = {
        "came": [each.scan.target for each in assessment.came],
        "left": [each.target for each in assessment.left],
        "hidden": hidden,
    }
    return [
        _named(f"baseline.{key}", list(dict.fromkeys(each.label for each in targets)), phrases)
        for key, targets in groups.items()
        if targets
    ]


def _named(key: str, names: Sequence[str], phrases: Phrases) -> str:
    said = visible(", ".join(names[:_MOST_SERVERS]))
    if len(names) > _MOST_SERVERS:
        said = phrases.words.say("baseline.and-more", servers=said, count=len(names) - _MOST_SERVERS)
    return phrases.words.say(key, n=len(names), servers=said)
