"""What commands print beside the reports: progress, tables on standard output, the plan of a dry run."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tlsprobe import options
from tlsprobe.assessment import Assessment
from tlsprobe.facts import ServerScan
from tlsprobe.journal import RunInfo, to_line
from tlsprobe.report import endpoints_csv, findings_csv
from tlsprobe.runs import Plan
from tlsprobe.scan import ScanConfig, budget


def with_progress(scans: Iterator[ServerScan], plan: Plan) -> Iterable[ServerScan]:
    """Show a bar on standard error where that is a terminal; else nothing.

    A name that is planned as one turns out to be as many servers as it has addresses.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield from scans
        return
    columns = (
        TextColumn("scanning"),
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


def print_table(kind: options.StdoutFormat, assessment: Assessment) -> None:
    """Write one table, or the facts, to standard output."""
    if kind is options.StdoutFormat.JSONL:
        text = b"".join(to_line(each.scan) for each in assessment.servers)
    elif kind is options.StdoutFormat.ENDPOINTS:
        text = endpoints_csv(assessment).encode()
    else:
        text = findings_csv(assessment).encode()
    to_stdout(text)


def to_stdout(text: bytes) -> None:
    """Write to standard output, whoever reads there and for how long."""
    try:
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # `| head` has seen enough. The exit code is still the scan's, so nothing more may be flushed there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def print_dry_run(plan: Plan, config: ScanConfig) -> None:
    """Say what a scan would do and cost."""
    each = budget(config)
    servers = "1 server" if len(plan.targets) == 1 else f"{len(plan.targets)} servers"
    typer.echo(f"{servers}, {len(plan.excluded)} excluded, {len(plan.info.bad_rows)} bad rows")
    typer.echo(
        f"a server with DHE: {each.base} connections, one for each DHE suite and version it takes, "
        f"and up to {each.without_dhe} for what clients get without DHE"
    )
    parts = [
        f"{each.control} control",
        f"{each.refusals} refusals",
        f"{each.order} for the order",
        f"{each.forced} forced handshakes",
        f"{each.replays} offers of clients",
        f"{each.stack} to tell the TLS library",
    ]
    optional = [f"{each.optional} for banners, samples and survey"] if each.optional else []
    typer.echo(f"  ({', '.join([*parts, *optional])})")
    most = f"whatever a server does: {each.most} at most"
    if config.all_ips:
        typer.echo(f"{most}; each address of a name is one, and how many there are only the look-up tells")
    else:
        typer.echo(f"{most}, {each.most * len(plan.targets)} in all")
    typer.echo("nothing was connected to")
    say_notices(plan.info)
    say_bad_rows(plan.info)


def say_notices(info: RunInfo) -> None:
    """Say on standard error what is worth a look in the inventory and spoils nothing."""
    for notice in info.notices:
        where = f"line {notice.line}: " if notice.line else ""
        typer.echo(f"{where}{notice.message}", err=True)


def say_bad_rows(info: RunInfo) -> None:
    """Name each row that could not be used, on standard error."""
    for row in info.bad_rows:
        typer.echo(f"line {row.line}, {row.column or 'row'}: {row.message}", err=True)


def say_unless(quiet: bool) -> Callable[[str], None]:
    """Return a way to say something on standard error, or to keep silent."""
    return (lambda _: None) if quiet else (lambda text: typer.echo(text, err=True))
