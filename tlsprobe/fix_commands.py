"""The commands behind a scan: `fix` writes the edits, `verify` looks again, `clients` lists who is known."""

from __future__ import annotations

import logging
import shlex
import sys
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tlsprobe import options
from tlsprobe.usage import EXIT_USAGE, usage, usage_errors

if TYPE_CHECKING:
    from tlsprobe.verification import Outcome

Run = Annotated[Path, typer.Argument(help="A folder that `tlsprobe scan` wrote.")]


def fix(
    run: Run,
    out: Annotated[
        Path | None,
        typer.Option(help="The folder to write.", show_default="RUN/fix", rich_help_panel=options.OUTPUT),
    ] = None,
    as_of: options.AsOf = None,
    lang: options.Language = options.LanguageName.EN,
    quiet: options.Quiet = False,
) -> None:
    """Write the edits that end the findings of a run: a file per server, a folder per Windows version.

    Nothing is changed on any machine. Each edit says how to apply, check and undo it. What the run has
    waived gets none, unless the waiver is of the kind planned-change; README.md there says what that is.
    """
    with usage_errors():
        from tlsprobe.condensed import read_condensed
        from tlsprobe.decisions import as_of as day_of
        from tlsprobe.decisions import assessed
        from tlsprobe.journal import read_run_info
        from tlsprobe.remedy.folder import fix_files
        from tlsprobe.remedy.pages import nothing_to_change, waived_findings
        from tlsprobe.wording import wording

        assessment = assessed(run, read_run_info(run), read_condensed(run), day_of(as_of))
        words = wording(lang)
        files = fix_files(assessment, run=shlex.quote(str(run)), words=words)
    from tlsprobe.files import make_folder, write_whole

    folder = out or run / "fix"
    try:
        for each in files:
            path = folder / each.path
            make_folder(path.parent)
            write_whole(path, each.content)
    except OSError as error:
        usage(f"{error}; choose another folder with --out")
    if not quiet:
        first = str(folder / files[0].path)
        if len(files) == 1:
            typer.echo(nothing_to_change(assessment, words), err=True)
        if waived := sum(1 for _ in waived_findings(assessment)):
            typer.echo(words.say("fix.folder.waived.count", n=waived, file=first), err=True)
        typer.echo(words.say("fix.folder.written", file=first, n=len(files) - 1), err=True)
        written = {folder / each.path for each in files}
        older = [path for path in folder.rglob("*") if path.is_file() and path not in written]
        if older:
            typer.echo(words.say("fix.folder.older", n=len(older), folder=str(folder)), err=True)


def verify(
    ctx: typer.Context,
    run: Run,
    exclude: options.Exclude = None,
    only: options.Only = None,
    proxy: options.ProxyUrl = None,
    until: options.Until = None,
    allow_incomplete: options.AllowIncomplete = False,
    lang: options.Language = options.LanguageName.EN,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    log_json: options.LogJson = False,
) -> None:
    """Probe the servers of a run that had findings again, and say what became of each.

    With the flags that the run had; --only and --exclude narrow it down further. Exit code: 0 all fixed, 1
    something is still there or new, or a client is locked out now, 3 something could not be told, or had no
    turn before --until or in its change window.
    """
    from tlsprobe.log import line, said, set_up

    with usage_errors():
        set_up(verbose=verbose, as_json=log_json)
        from tlsprobe.condensed import read_condensed
        from tlsprobe.engines.seat import EngineError
        from tlsprobe.flags import collect, of_a_run, scan_config, with_proxy
        from tlsprobe.interrupts import stoppable
        from tlsprobe.journal import JournalError, read_run_info
        from tlsprobe.selection import read_selection
        from tlsprobe.verification import plan_verification
        from tlsprobe.verification import verify as verify_run
        from tlsprobe.verified import print_verification, print_verified, say_outcomes

        info, scans = read_run_info(run), read_condensed(run)
        if "suites_only" in info.flags:
            usage(f"{run} asked for DHE suites only: scan its servers in full, change them, then verify that")
        info = replace(info, flags=of_a_run(info.flags, collect(ctx)))
        config = with_proxy(scan_config(info.flags, run), dict(info.flags), proxy)
        selection = read_selection(exclude=exclude or [], only=only or [])
        plan = plan_verification(run, info, scans, datetime.now(UTC), selection=selection)
    from rich.console import Console

    from tlsprobe.progress import log_done
    from tlsprobe.wording import wording

    console = Console()
    verified = []
    try:
        with stoppable(lambda: line("stopping", wording(lang).say("scan.stopping"))) as stop:
            for each in verify_run(plan, scans, config, stop=stop) if plan.targets else ():
                verified.append(each)
                if verbose:
                    log_done(each.new)
                if not quiet:
                    print_verification(each, console, lang=lang)
    except (EngineError, JournalError) as error:
        said("failed", str(error), level=logging.ERROR)
        sys.exit(EXIT_USAGE)
    if not quiet:
        print_verified(verified, console, folder=plan.folder if plan.targets else None, lang=lang)
    if log_json and not quiet:
        say_outcomes(verified, plan.info.run_id)
    if stop.is_set() and len(verified) < len(plan.targets):
        how_far = wording(lang).say("verify.interrupted", n=len(verified), total=len(plan.targets))
        said("interrupted", how_far, done=len(verified), total=len(plan.targets))
        sys.exit(130)
    left = len(plan.targets) - len(verified)
    if left > 0 and not quiet:
        said("stopped", wording(lang).say("verify.left", n=left), left=left)
    sys.exit(_exit_code({each.outcome for each in verified}, left, allow_incomplete=allow_incomplete))


def _exit_code(outcomes: AbstractSet[Outcome], left: int, *, allow_incomplete: bool) -> int:
    """1 something is still there, new, or shuts somebody out; 3 something is not known."""
    values = {each.value for each in outcomes}
    if values & {"locked-out", "worse", "still-there"}:
        return 1
    incomplete = left > 0 or "unclear" in values
    return 3 if incomplete and not allow_incomplete else 0


def clients(
    client: Annotated[str | None, typer.Argument(help="An id or a name: only that one, in full.")] = None,
    own: options.Clients = None,
    lang: options.Language = options.LanguageName.EN,
) -> None:
    """List the clients whose offers are replayed: what each is, its fix, and where that is known from."""
    with usage_errors():
        from tlsprobe.clients.names import profiles_named
        from tlsprobe.clients.profile import built_in_profiles, merged, read_profiles

        profiles = merged(built_in_profiles(), [each for path in own or () for each in read_profiles(path)])
        shown = profiles_named(client, profiles) if client else profiles
        if not shown:
            usage(f"{client}: no client is known by that name; `tlsprobe clients` lists them")
    from rich.console import Console

    from tlsprobe.report.clients_list import print_client, print_clients

    if client:
        for each in shown:
            print_client(each, Console(), lang=lang)
    else:
        print_clients(shown, Console(), lang=lang)
