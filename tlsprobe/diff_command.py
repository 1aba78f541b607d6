"""The command `diff`: two runs, and what became of the findings in between."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from tlsprobe import options
from tlsprobe.usage import usage_errors


def diff(
    old: Annotated[Path, typer.Argument(help="The earlier run's folder.")],
    new: Annotated[Path, typer.Argument(help="The later run's.")],
    fail_on: options.FailOn = options.SeverityName.HIGH,
    allow_incomplete: options.AllowIncomplete = False,
    waivers: options.Waivers = None,
    as_of: options.AsOf = None,
    stdout: Annotated[
        options.DiffFormat | None,
        typer.Option(
            "--stdout",
            help="Print every finding for a program instead: csv or jsonl.",
            rich_help_panel=options.OUTPUT,
        ),
    ] = None,
    lang: options.Language = options.LanguageName.EN,
    quiet: options.Quiet = False,
) -> None:
    """Say which findings of OLD are new, worse, better or gone in NEW; nothing is written.

    Exit code: 0 nothing new or worse at or above --fail-on, 1 something is, 2 usage error, 3 a server with
    findings in OLD could not be assessed in NEW. Waivers are those of NEW, or of --waivers.
    """
    with usage_errors():
        from tlsprobe.assessment.remembered import read_as_baseline
        from tlsprobe.condensed import read_condensed
        from tlsprobe.decisions import as_of as day_of
        from tlsprobe.decisions import assessed, read_decisions
        from tlsprobe.journal import read_run_info

        baseline, info = read_as_baseline(old), read_run_info(new)
        decisions = read_decisions(waivers, None)
        if decisions.waivers is not None:
            info = replace(info, waivers=decisions.waivers)
        assessment = assessed(new, info, read_condensed(new), day_of(as_of), baseline)
    from rich.console import Console

    from tlsprobe.gate import diff_exit_code
    from tlsprobe.output import to_stdout
    from tlsprobe.report import diff as view
    from tlsprobe.rules import Severity

    if stdout is options.DiffFormat.CSV:
        to_stdout([view.as_csv(assessment).encode()])
    elif stdout is options.DiffFormat.JSONL:
        to_stdout(line.encode() for line in view.as_jsonl(assessment))
    elif not quiet:
        view.print_diff(assessment, Console(), lang=lang)
    sys.exit(diff_exit_code(assessment, fail_on=Severity(fail_on.value), allow_incomplete=allow_incomplete))
