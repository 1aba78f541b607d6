"""What commands print beside the reports: progress, tables on standard output, the plan of a dry run."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tlsprobe import options
from tlsprobe.assessment import Assessment
from tlsprobe.facts import ServerScan
from tlsprobe.journal import RunInfo, to_line
from tlsprobe.report import endpoints_csv, findings_csv
from tlsprobe.report.phrases import Phrases
from tlsprobe.runs import Plan
from tlsprobe.scan import ScanConfig, budget
from tlsprobe.wording import ENGLISH, wording


def with_progress(scans: Iterator[ServerScan], plan: Plan, lang: str = ENGLISH) -> Iterable[ServerScan]:
    """Show a bar on standard error where that is a terminal; else nothing.

    A name that is planned as one turns out to be as many servers as it has addresses.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from scans
        return
    columns = (
        TextColumn(wording(lang).say("scan.progress")),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        total = len(plan.targets) + len(plan.excluded)
        names = {target.row for target in plan.targets if not target.pin}
        task = progress.add_task("", total=total)
        for scan in scans:
            target = scan.target
            if target.pin and target.row in names:
                names.remove(target.row)
                total += len(target.pin.of) - 1
            progress.update(task, advance=1, total=total, description=f"{target.host}: {scan.status}")
            yield scan


def print_table(kind: options.StdoutFormat, assessment: Assessment, *, lang: str = ENGLISH) -> None:
    """Write one table, or the facts, to standard output."""
    if kind is options.StdoutFormat.JSONL:
        text = b"".join(to_line(each.scan) for each in assessment.servers)
    elif kind is options.StdoutFormat.ENDPOINTS:
        text = endpoints_csv(assessment, lang=lang).encode()
    else:
        text = findings_csv(assessment, lang=lang).encode()
    to_stdout(text)


def to_stdout(text: bytes) -> None:
    """Write to standard output, whoever reads there and for how long."""
    try:
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # `| head` has seen enough. The exit code is still the scan's, so nothing more may be flushed there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_dry_run(plan: Plan, config: ScanConfig, *, lang: str = ENGLISH) -> None:
    """Say what a scan would do and cost."""
    each, words = budget(config), wording(lang)
    left_out = {
        "excluded": words.number(len(plan.excluded)),
        "bad_rows": words.number(len(plan.info.bad_rows)),
    }
    typer.echo(words.say("dry-run.servers", n=len(plan.targets), **left_out))
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
        if n or name != "optional"
    ]
    typer.echo(f"  ({', '.join(parts)})")
    most, in_all = words.number(each.most), words.number(each.most * len(plan.targets))
    if config.all_ips:
        typer.echo(words.say("dry-run.most.each-address", most=most))
    else:
        typer.echo(words.say("dry-run.most", most=most, in_all=in_all))
    typer.echo(words.say("dry-run.nothing"))
    say_notices(plan.info, lang=lang)
    say_bad_rows(plan.info, lang=lang)


def say_notices(info: RunInfo, *, lang: str = ENGLISH) -> None:
    """Say on standard error what is worth a look in the inventory and spoils nothing."""
    phrases = Phrases(wording(lang))
    for notice in info.notices:
        said = phrases.notice(notice)
        at = phrases.words.say("notice.at", line=notice.line, said=said) if notice.line else said
        typer.echo(at, err=True)


def say_bad_rows(info: RunInfo, *, lang: str = ENGLISH) -> None:
    """Name each row that could not be used, on standard error."""
    phrases = Phrases(wording(lang))
    for row in info.bad_rows:
        typer.echo(phrases.bad_row_at(row), err=True)


def say_interrupted(folder: Path, *, lang: str = ENGLISH) -> None:
    """Say that what is done is kept, and how to go on."""
    typer.echo(wording(lang).say("scan.interrupted", folder=str(folder)), err=True)


def say_unless(quiet: bool) -> Callable[[str], None]:
    """Return a way to say something on standard error, or to keep silent."""
    return (lambda _: None) if quiet else (lambda text: typer.echo(text, err=True))
