"""What commands print beside the reports: tables on standard output, the plan of a dry run, notices."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import typer

from tlsprobe import options
from tlsprobe.assessment import Assessment
from tlsprobe.facts import ServerScan
from tlsprobe.forecast import forecast, sure_to_start, windows_ahead
from tlsprobe.gate import ExitCode
from tlsprobe.journal import RunInfo, read_each, to_line
from tlsprobe.log import said
from tlsprobe.report.headline import headline
from tlsprobe.report.phrases import Phrases, severity_id
from tlsprobe.report.tables import endpoints, findings
from tlsprobe.runs import Plan
from tlsprobe.scan import ScanConfig, budget
from tlsprobe.target import Target
from tlsprobe.wording import ENGLISH, Wording, wording


def print_table(
    kind: options.StdoutFormat, assessment: Assessment, *, run: Path | None = None, lang: str = ENGLISH
) -> None:
    """Write one table, or the facts, to standard output: those from the journal of `run` where they have one.

    Raises JournalError.
    """
    if kind is options.StdoutFormat.JSONL:
        to_stdout(map(to_line, _whole(assessment, run)))
    else:
        table = endpoints if kind is options.StdoutFormat.ENDPOINTS else findings
        to_stdout(piece.encode() for piece in table(assessment, lang=lang).csv())


def _whole(assessment: Assessment, run: Path | None) -> Iterator[ServerScan]:
    """Yield the scans with all that was seen: what was read for the reports is less."""
    scans = [each.scan for each in assessment.servers]
    if run is None:
        return iter(scans)
    written = read_each(run, (scan.target for scan in scans))
    return (line or scan for line, scan in zip(written, scans, strict=True))


def to_stdout(pieces: Iterable[bytes]) -> None:
    """Write to standard output; surroundings.py sees to those who don't read it all."""
    sys.stdout.buffer.writelines(pieces)
    sys.stdout.buffer.flush()


def print_dry_run(plan: Plan, config: ScanConfig, now: datetime, *, lang: str = ENGLISH) -> None:
    """Say what a scan that begins now would do and cost."""
    each, words = budget(config), wording(lang)
    left_out = {
        "excluded": words.number(len(plan.excluded)),
        "bad_rows": words.number(len(plan.info.bad_rows)),
    }
    typer.echo(words.say("dry-run.servers", n=len(plan.targets), **left_out))
    if config.suites_only:
        typer.echo(words.say("dry-run.server.suites-only", base=each.base))
    else:
        typer.echo(words.say("dry-run.server", base=each.base, without_dhe=each.without_dhe))
    parts = [
        words.say(f"dry-run.part.{name}", n=n)
        for name, n in (
            ("control", each.control),
            ("refusals", each.refusals),
            ("order", each.order),
            ("forced", each.forced),
            ("replays", each.replays),
            ("stack", each.stack),
            ("optional", each.optional),
        )
        if n
    ]
    typer.echo(f"  ({', '.join(parts)})")
    most, in_all = words.number(each.most), words.number(each.most * len(plan.targets))
    if config.all_ips:
        typer.echo(words.say("dry-run.most.each-address", most=most))
    else:
        typer.echo(words.say("dry-run.most", most=most, in_all=in_all))
    _print_times(plan.targets, config, now, words)
    typer.echo(words.say("dry-run.nothing"))
    say_notices(plan.info, lang=lang)
    say_bad_rows(plan.info, lang=lang)


def _print_times(targets: Sequence[Target], config: ScanConfig, now: datetime, words: Wording) -> None:
    """Say how long it takes, and what is done by `--until` and in change windows: what is sure of that."""
    if not config.all_ips:  # else it is not known how many servers there are
        _print_length(len(targets), config, words)
    if config.until is not None:
        left_s = (config.until - now).total_seconds()
        when = config.until.astimezone().isoformat(sep=" ", timespec="minutes")
        sure = sure_to_start(targets, config, left_s)
        typer.echo(words.say("dry-run.until", until=when, left=_time(left_s, words), n=sure))
    if any(target.window for target in targets):
        windows = windows_ahead(targets, config, now)
        counts = {name: words.number(getattr(windows, name)) for name in ("open", "later", "never")}
        typer.echo(words.say("dry-run.windows", **counts))


def _print_length(servers: int, config: ScanConfig, words: Wording) -> None:
    ahead, limits = forecast(servers, config), config.limits
    said = words.say(
        "dry-run.time",
        most=_time(ahead.most_s, words),
        least=_time(ahead.least_s, words),
        deadline=_time(config.deadline_s, words),
        turns=words.number(limits.connections),
        rate=f"{limits.rate:g}",
        rate_in_all=f"{limits.rate_in_all:g}",
    )
    typer.echo(said)


def _time(seconds: float, words: Wording) -> str:
    """Write a length of time in whole seconds, minutes, or hours and minutes."""
    whole = math.ceil(seconds)
    if whole < 120:
        return words.say("time.seconds", s=whole)
    hours, minutes = divmod(math.ceil(whole / 60), 60)
    return words.say("time.hours", h=hours, min=minutes) if hours else words.say("time.minutes", min=minutes)


def say_stopped(folder: Path, left: int, *, lang: str = ENGLISH) -> None:
    """Say that the run stopped by the clock, how many servers are left, and how to go on."""
    how_far = wording(lang).say("scan.stopped", n=left, folder=str(folder))
    said("stopped", how_far, folder=str(folder), left=left)


def say_notices(info: RunInfo, *, lang: str = ENGLISH) -> None:
    """Say on standard error what is worth a look in the inventory and spoils nothing."""
    phrases = Phrases(wording(lang))
    for notice in info.notices:
        words = phrases.notice(notice)
        at = phrases.words.say("notice.at", line=notice.line, said=words) if notice.line else words
        said("inventory-notice", at, line=notice.line, id=notice.kind)


def say_bad_rows(info: RunInfo, *, lang: str = ENGLISH) -> None:
    """Name each row that could not be used, on standard error."""
    phrases = Phrases(wording(lang))
    for row in info.bad_rows:
        said("bad-row", phrases.bad_row_at(row), line=row.line, id=row.reason)


def say_summary(
    assessment: Assessment, code: ExitCode, *, written: Sequence[Path] = (), lang: str = ENGLISH
) -> None:
    """Say for a log what the summary says on a terminal."""
    every = assessment.servers
    said(
        "run-done",
        headline(every, wording(lang)),
        run=assessment.info.run_id,
        exit_code=int(code),
        servers=len(every),
        severities=Counter(severity_id(each) for each in every),
        statuses=Counter(each.scan.status.value for each in every),
        bad_rows=len(assessment.info.bad_rows),
        reports=[str(path) for path in written],
    )


def say_interrupted(folder: Path, left: int | None = None, *, lang: str = ENGLISH) -> None:
    """Say that what is done is kept, and how to go on; `left` is None where it was ended at once."""
    how = wording(lang).say("scan.interrupted", folder=str(folder))
    said("interrupted", how, folder=str(folder), left=left)


def say_unless(quiet: bool) -> Callable[[str], None]:
    """Return a way to say something on standard error, or to keep silent."""
    return (lambda _: None) if quiet else (lambda text: typer.echo(text, err=True))
