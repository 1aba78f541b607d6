"""What `scan`, `probe` and `rules` say on a terminal: 80 columns are enough, and no colour is needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from tlsprobe.assessment import Assessment, Judged, Standing, answers
from tlsprobe.facts import ServerScan, accepts_dhe
from tlsprobe.report import clients_view, decided, survey
from tlsprobe.report.headline import headline, lede
from tlsprobe.report.phrases import DASH, Phrases, severity_id
from tlsprobe.rules import RULES, Finding
from tlsprobe.wording import wording
from tlsprobe.wording.visible import visible

MOST_SERVERS = 20
_MOST_BAD_ROWS = 10
_STYLES = {
    "critical": "bold white on red",
    "high": "bold red",
    "medium": "yellow",
    "low": "blue",
    "info": "default",
    "waived": "default",
    "none": "green",
    "not-assessed": "default",
}


def print_summary(
    assessment: Assessment,
    console: Console,
    *,
    written: Sequence[Path] = (),
    lang: str = "en",
) -> None:
    """Print the headline, the worst servers, the rows that were left out, and where the reports are."""
    phrases = Phrases(wording(lang))
    say = phrases.words.say
    info, every = assessment.info, assessment.servers
    console.print()
    console.print(_text(headline(every, phrases.words), "bold"))
    for sentence in lede(every, len(info.bad_rows), phrases.words):
        console.print(_text(sentence))
    for sentence in decided.sentences(assessment, phrases.words):
        console.print(_text(sentence))
    console.print()
    console.print(_counts(every, phrases))
    if sides := _sides(every, phrases):
        console.print(_text(sides))
    shown = [each for each in every if each.findings or each.severity is None][:MOST_SERVERS]
    if shown:
        console.print()
        console.print(_ranking(shown, phrases))
    left = sum(bool(each.findings) or each.severity is None for each in every) - len(shown)
    if left:
        console.print(_text(say("report.terminal.more", n=left), "dim"))
    for row in info.bad_rows[:_MOST_BAD_ROWS]:
        console.print(_text(phrases.bad_row_at(row)))
    if len(info.bad_rows) > _MOST_BAD_ROWS:
        console.print(_text(say("report.terminal.more", n=len(info.bad_rows) - _MOST_BAD_ROWS), "dim"))
    if written:
        console.print()
    for path in written:
        # A path is not broken in two: people copy it.
        console.print(_text(say("report.terminal.written", path=str(path))), soft_wrap=True)


def print_server(each: Judged, console: Console, *, lang: str = "en") -> None:
    """Print one server: its facts, its findings with evidence, and what could not be found out."""
    phrases = Phrases(wording(lang))
    scan, say = each.scan, phrases.words.say
    console.print()
    title = _text(f"{scan.target.label}  ", "bold")
    console.print(title + _severity(each, phrases) + _text(f"  {say(f'report.status.{scan.status}')}"))
    console.print()
    console.print(_facts(each, phrases))
    for found in each.findings:
        _print_finding(found, each.standing(found), phrases, console)
    if not each.findings and scan.dhe is not None:
        console.print()
        console.print(_text(phrases.digest(each)))
    _print_clients(scan, phrases, console)
    for heading, said in (
        ("report.part.survey", survey.sentences(scan, phrases.words)),
        ("report.terminal.gaps", phrases.gaps(scan)),
    ):
        if said:
            console.print()
            console.print(_text(say(heading), "bold"))
            _print_list(said, console)


def _print_clients(scan: ServerScan, phrases: Phrases, console: Console) -> None:
    """Print who lands on DHE, and what they would get without it."""
    shown = [each for each in clients_view.clients(scan, phrases) if each.mark]
    if not scan.landings:
        return
    say = phrases.words.say
    console.print()
    console.print(_text(say("report.part.clients"), "bold"))
    console.print(Padding(_text(clients_view.summary(scan, phrases)), (0, 0, 0, 2)))
    for each in shown:
        table = _grid(gap=2)
        table.add_row(_text(say("report.client.who"), "dim"), _text("; ".join(each.clients)))
        table.add_row(_text(say("report.client.today"), "dim"), _text(each.today))
        table.add_row(_text(say("report.client.without-dhe"), "dim"), _text(each.without_dhe))
        console.print(Padding(table, (0, 0, 0, 2)))


def print_rules(console: Console, *, lang: str = "en") -> None:
    """Print each rule: what it means, how bad it is, and on what it rests."""
    words = wording(lang)
    for rule in RULES:
        label = words.say(f"report.severity.{rule.severity}")
        console.print()
        heading = _text(f"{rule.id} {rule.name}  ", "bold")
        console.print(heading + _text(label, _STYLES[rule.severity]))
        for key in ("title", "why", "recommendation"):
            console.print(Padding(_text(words.say(f"rule.{rule.id}.{key}")), (0, 0, 0, 2)))
        for source in rule.sources:
            console.print(Padding(_text(f"{source.reference}: {source.url}", "dim"), (0, 0, 0, 2)))


def _print_finding(found: Finding, standing: Standing, phrases: Phrases, console: Console) -> None:
    words = phrases.words
    console.print()
    label = words.say(f"report.severity.{found.severity}")
    heading = _text(f"{found.rule} {found.name}", "bold")
    console.print(_text(label, _STYLES[found.severity]) + _text("  ") + heading)
    console.print(_text(found.title.render(words)))
    if answered_for := answers.of_standing(standing, words):
        console.print(_text(answered_for))
    _print_list([each.render(words) for each in found.evidence], console)
    console.print(_text(words.say("report.terminal.recommendation"), "bold"))
    console.print(Padding(_text(found.recommended(words)), (0, 0, 0, 2)))


def _print_list(sentences: Iterable[str], console: Console) -> None:
    table = _grid(gap=1)
    for sentence in sentences:
        table.add_row(_text(" -"), _text(sentence))
    console.print(table)


def _facts(each: Judged, phrases: Phrases) -> Table:
    scan, say = each.scan, phrases.words.say
    rows = [("report.fact.address", scan.address or DASH)]
    if scan.dhe is not None:
        rows.append(("report.terminal.suites", phrases.suites(scan)))
    if accepts_dhe(scan):
        rows += [
            ("report.terminal.group", phrases.groups(scan)),
            ("report.terminal.share", phrases.share(scan)),
            ("report.terminal.zeros", phrases.zeros(scan)),
        ]
    if scan.zeros is not None:
        short, padded = (
            say(f"report.form.{answer}")
            for answer in (scan.zeros.short_client_share, scan.zeros.padded_client_share)
        )
        forms = say("report.terminal.forms", short=short, padded=padded)
        rows.append(("report.terminal.client-share", forms))
    rows.append(("report.terminal.rate", phrases.rate(each.rate)))
    if scan.banners:
        rows.append(("report.fact.windows", phrases.windows(scan)))
    if per_day := phrases.per_day(each):
        rows.append(("report.fact.per-day", per_day))
    if each.fix and each.findings:
        rows.append(("report.fact.fix", say(f"report.fix.{each.fix}")))
    effort = say("report.effort", n=scan.connections, seconds=scan.duration_s)
    rows.append(("report.fact.effort", effort))
    table = _grid(gap=2)
    for key, value in rows:
        table.add_row(_text(say(key), "dim"), _text(value))
    return table


def _grid(*, gap: int) -> Table:
    """Two columns whose text is never cut: Japanese has no spaces to break it at."""
    return Table.grid(Column(overflow="fold"), Column(overflow="fold"), padding=(0, gap))


def _counts(every: Sequence[Judged], phrases: Phrases) -> Text:
    counts = Counter(severity_id(each) for each in every)
    parts = [
        _text(phrases.counted(counts[severity], f"report.severity.{severity}"), _STYLES[severity])
        for severity in _STYLES
        if counts[severity]
    ]
    return Text("  ").join(parts)


def _sides(every: Sequence[Judged], phrases: Phrases) -> str:
    """Say how many servers are to be fixed on which side."""
    counts = Counter(each.fix for each in every if each.open and each.fix)
    said = [phrases.counted(count, f"report.fix.{side}") for side, count in counts.most_common()]
    return (
        phrases.words.say("report.terminal.sides", sides=phrases.words.listed(said, long=True))
        if said
        else ""
    )


def _ranking(shown: Sequence[Judged], phrases: Phrases) -> Table:
    say = phrases.words.say
    table = Table(box=None, padding=(0, 2, 0, 0), show_edge=False, header_style="dim")
    table.add_column(say("report.column.server"), overflow="fold", ratio=1)
    table.add_column(say("report.column.severity"))
    # A rate stays on its line; a reason, an id that may be longer, is broken where it has to be.
    rates = [phrases.rate(each.rate) for each in shown if each.severity is not None]
    width = max((cell_len(rate) for rate in rates), default=0)
    table.add_column(say("report.terminal.rate"), overflow="fold", max_width=max(16, width))
    table.add_column(say("report.terminal.zeros"))
    for each in shown:
        known = each.severity is not None
        table.add_row(
            _text(each.scan.target.label),
            _severity(each, phrases) if known else _text(say(f"report.status.{each.scan.status}")),
            _text(phrases.rate(each.rate) if known else each.scan.status_reason),
            _text(phrases.zeros(each.scan)),
        )
    return table


def _severity(each: Judged, phrases: Phrases) -> Text:
    return _text(phrases.severity(each), _STYLES[severity_id(each)])


def _text(text: str, style: str = "") -> Text:
    """Take text from anywhere as text: no markup, and nothing that a terminal would act on."""
    return Text(visible(text), style=style)
