"""What `tlsprobe verify` says on a terminal: each server then and now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from tlsprobe.assessment import has_no_dhe
from tlsprobe.facts import Landing, ServerScan, accepts_dhe
from tlsprobe.log import said
from tlsprobe.report.phrases import Phrases
from tlsprobe.rules import name_of
from tlsprobe.tls.suites import suite_name
from tlsprobe.verification import Outcome, Verification
from tlsprobe.wording import wording
from tlsprobe.wording.visible import visible

_STYLES = {
    Outcome.LOCKED_OUT: "bold white on red",
    Outcome.WORSE: "bold red",
    Outcome.STILL_THERE: "bold red",
    Outcome.UNCLEAR: "yellow",
    Outcome.FIXED: "green",
}


def print_verification(each: Verification, console: Console, *, lang: str = "en") -> None:
    """Print one server: what became of each finding, and the facts then and now."""
    phrases = Phrases(wording(lang))
    say = phrases.words.say
    console.print()
    line = Text(visible(f"{each.new.target.label}  "), style="bold")
    console.print(line + Text(say(f"verify.{each.outcome}"), style=_STYLES[each.outcome]))
    for rule, outcome in each.findings:
        title = say(f"rule.{rule}.title")
        line = Text(f"{rule} ") + Text(say(f"verify.{outcome}"), style=_STYLES[outcome]) + Text(f"  {title}")
        console.print(Padding(line, (0, 0, 0, 2)))
    for key, scan in (("verify.old", each.old), ("verify.new", each.new)):
        console.print(Padding(Text(say(key, said=_facts(scan, phrases)), style="dim"), (0, 0, 0, 2)))
    if each.lost:
        names = _names(each.lost, phrases)
        line = Text(visible(say("verify.lost", clients=names)), style="bold red")
        console.print(Padding(line, (0, 0, 0, 2)))
    if each.unknown and each.new.landings:
        names = _names(each.unknown, phrases)
        line = Text(visible(f"{say('verify.unclear')}: {names}"), style=_STYLES[Outcome.UNCLEAR])
        console.print(Padding(line, (0, 0, 0, 2)))
    elif each.kept and not each.lost:
        console.print(Padding(Text(say("verify.kept", n=each.kept)), (0, 0, 0, 2)))


def print_verified(
    every: Sequence[Verification], console: Console, *, folder: Path | None, lang: str = "en"
) -> None:
    """Print the counts, and where the new facts are kept."""
    phrases = Phrases(wording(lang))
    say = phrases.words.say
    console.print()
    if folder is None:
        console.print(Text(say("verify.nothing")))
        return
    counts = Counter(each.outcome for each in every)
    said = [
        Text(phrases.counted(counts[outcome], f"verify.{outcome}"), style=_STYLES[outcome])
        for outcome in Outcome
        if counts[outcome]
    ]
    console.print(Text("  ").join(said))
    console.print(Text(say("report.terminal.written", path=visible(str(folder)))), soft_wrap=True)


def _names(landings: Sequence[Landing], phrases: Phrases) -> str:
    names = dict.fromkeys(name_of(each, phrases.words) for each in landings)
    return phrases.words.listed(names, long=True)


def say_outcomes(every: Sequence[Verification], run: str) -> None:
    """Say for a log what `print_verified` says on a terminal."""
    counts = Counter(each.outcome.value for each in every)
    message = ", ".join(f"{n} {outcome}" for outcome, n in counts.items()) or "nothing to verify"
    said("run-done", message, run=run, servers=len(every), outcomes=counts)


def _facts(scan: ServerScan, phrases: Phrases) -> str:
    say = phrases.words.say
    if has_no_dhe(scan):
        return say("verify.fact.no-dhe")
    if scan.dhe is None or not accepts_dhe(scan):
        status = say(f"report.status.{scan.status}")
        return visible(say("verify.fact.status", status=status, reason=phrases.reason(scan.status_reason)))
    names = ", ".join(dict.fromkeys(suite_name(each.suite) for each in scan.dhe.accepted))
    facts = [say("verify.fact.suites", suites=names)]
    facts.append(f"{say('report.column.share')}: {phrases.share(scan)}")
    facts.append(f"{say('report.column.zeros')}: {phrases.zeros(scan)}")
    return "; ".join(facts)
