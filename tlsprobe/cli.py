"""The command line: reads flags, calls the API, prints, and picks the exit code.

Whatever is slow to load (pandas, pydantic, sslyze, jinja2) is imported by the command that needs it.
"""

from __future__ import annotations

import logging
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from tlsprobe import __version__, diff_command, fix_commands, options
from tlsprobe.log import log, said, set_up
from tlsprobe.surroundings import settle
from tlsprobe.usage import EXIT_USAGE, usage, usage_errors

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Finds the TLS servers on which old Windows clients fail now and then (finite-field DHE numbers "
    "that start with a zero byte), and proves it. Only scan servers that you are allowed to scan.",
)


def main() -> None:
    """Run the command line; Ctrl-C outside a scan ends with 130. A bug of ours is logged like the rest."""
    out = settle()
    code = _run()
    sys.stdout.flush()
    if out.lost is not None:
        said(
            "failed", f"standard output: {out.lost}; what is missing there is not in it", level=logging.ERROR
        )
        code = EXIT_USAGE
    sys.exit(code)


EXIT_INTERNAL_ERROR = 70  # EX_SOFTWARE of sysexits.h: a gate must not take it for findings


def _run() -> int | str | None:
    try:
        app()
    except SystemExit as end:
        return end.code
    except KeyboardInterrupt:
        return 130
    except MemoryError:
        why = "not enough memory (see `ulimit -v` too); what is in a journal is kept: go on with --resume"
        said("failed", why, level=logging.ERROR)
        return EXIT_USAGE
    except Exception:
        log.critical("internal error", exc_info=True, extra={"event": "internal-error"})
    return EXIT_INTERNAL_ERROR


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    set_up()
    if version:
        typer.echo(f"tlsprobe {__version__}")
        raise typer.Exit


@app.command(
    epilog="Examples: [bold]tlsprobe scan inventory.csv[/] · "
    "[bold]tlsprobe scan cmdb.csv --columns host=FQDN --exclude never.txt --samples 800[/] · "
    "[bold]tlsprobe scan --resume reports/inventory-20261124T220000Z --until 04:00[/]"
)
def scan(
    ctx: typer.Context,
    inventory: Annotated[
        Path | None, typer.Argument(help="CSV file, one server a row.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="The run's folder.", show_default="reports/INVENTORY-TIME", rich_help_panel=options.OUTPUT
        ),
    ] = None,
    formats: options.Formats = options.DEFAULT_FORMATS,
    csv_bom: options.CsvBom = False,
    fail_on: options.FailOn = options.SeverityName.HIGH,
    allow_incomplete: options.AllowIncomplete = False,
    baseline: options.BaselineRun = None,
    waivers: options.Waivers = None,
    stdout: options.Stdout = None,
    columns: options.Columns = None,
    exclude: options.Exclude = None,
    only: options.Only = None,
    suites_only: options.SuitesOnly = False,
    samples: options.Samples = 0,
    survey: options.SurveyFlag = False,
    clients: options.Clients = None,
    banners: options.Banners = "greeting,http,ntlm,ldap",
    proxy: options.ProxyUrl = None,
    client_cert: options.ClientCert = None,
    client_key: options.ClientKey = None,
    connections: options.Connections = 64,
    connections_per_host: options.ConnectionsPerHost = 4,
    rate: options.Rate = 50.0,
    rate_in_all: options.RateInAll = 1000.0,
    engine: options.ChosenEngine = options.EngineName.LOCAL,
    processes: options.Processes = None,
    scheduler: options.Scheduler = None,
    workers: options.Workers = None,
    timeout: options.Timeout = 5.0,
    deadline: options.Deadline = 180.0,
    until: options.Until = None,
    all_ips: options.AllIps = False,
    ipv4: options.Ipv4 = False,
    ipv6: options.Ipv6 = False,
    resume: Annotated[
        Path | None,
        typer.Option(
            help="Go on with this run: the servers that have no result yet.", rich_help_panel=options.TARGETS
        ),
    ] = None,
    retry: Annotated[
        str | None,
        typer.Option(
            help="With --resume: ask those again that were unreachable, untestable or inconclusive.",
            rich_help_panel=options.TARGETS,
        ),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Say what would be done; connect to nothing.", rich_help_panel=options.TARGETS
        ),
    ] = False,
    lang: options.Language = options.LanguageName.EN,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    log_json: options.LogJson = False,
) -> None:
    """Scan an inventory and write the reports.

    Exit code: 0 nothing at or above --fail-on, 1 findings, 2 usage error or nothing to scan, 3 nothing found
    but not everything could be assessed, or had its turn before --until and in its change window, 130
    interrupted (what is done is kept; go on with --resume).
    """
    with usage_errors():
        set_up(verbose=verbose, as_json=log_json)
        from tlsprobe.decisions import read_decisions
        from tlsprobe.engine_choice import chosen_engine
        from tlsprobe.flags import (
            collect,
            formats_wanted,
            plan_new,
            plan_resumed,
            scan_config,
            with_proxy,
        )
        from tlsprobe.output import print_dry_run, say_bad_rows, say_notices

        flags = collect(ctx)
        kinds, decisions = formats_wanted(formats), read_decisions(waivers, baseline)
        who = chosen_engine(engine, processes=processes, scheduler=scheduler, workers=workers)
        if resume is not None:
            plan, config = plan_resumed(resume, inventory, flags, retry, ctx, proxy, dry_run=dry_run)
        elif inventory is None:
            usage("give an inventory file, or --resume RUN; `tlsprobe scan --help` has examples")
        elif retry:
            usage("--retry goes with --resume RUN")
        else:
            config = with_proxy(scan_config(flags), flags, proxy)
            plan = plan_new(inventory, out, config, flags, dry_run=dry_run)
        if dry_run:
            print_dry_run(plan, config, datetime.now(UTC), lang=lang)
            return
        if not quiet:
            say_notices(plan.info, lang=lang)
        if not plan.targets and not plan.done:
            say_bad_rows(plan.info, lang=lang)
            usage("nothing to scan: no usable row is left")
        plan = replace(plan, info=decisions.keep(plan.folder, plan.info))
    from tlsprobe.execution import carry_out_and_conclude
    from tlsprobe.wanted import Wanted

    wanted = Wanted(
        kinds, fail_on, allow_incomplete, stdout, csv_bom=csv_bom, lang=lang, quiet=quiet, log_json=log_json
    )
    sys.exit(carry_out_and_conclude(plan, config, wanted, engine=who))


@app.command(
    epilog="Examples: [bold]tlsprobe probe www.example.com[/] · "
    "[bold]tlsprobe probe mail.example.com:25 --samples 800[/]"
)
def probe(
    ctx: typer.Context,
    server: Annotated[str, typer.Argument(help="HOST or HOST:PORT; the port tells STARTTLS.")],
    starttls: Annotated[
        str,
        typer.Option(
            help="auto, none, or a protocol of docs/inventory.md: smtp, ldap, rdp, mssql …",
            rich_help_panel=options.PROBING,
        ),
    ] = "auto",
    fail_on: options.FailOn = options.SeverityName.HIGH,
    allow_incomplete: options.AllowIncomplete = False,
    waivers: options.Waivers = None,
    stdout: options.Stdout = None,
    exclude: options.Exclude = None,
    only: options.Only = None,
    suites_only: options.SuitesOnly = False,
    samples: options.Samples = 0,
    survey: options.SurveyFlag = False,
    clients: options.Clients = None,
    banners: options.Banners = "greeting,http,ntlm,ldap",
    proxy: options.ProxyUrl = None,
    client_cert: options.ClientCert = None,
    client_key: options.ClientKey = None,
    connections_per_host: options.ConnectionsPerHost = 4,
    rate: options.Rate = 50.0,
    timeout: options.Timeout = 5.0,
    deadline: options.Deadline = 180.0,
    all_ips: options.AllIps = False,
    ipv4: options.Ipv4 = False,
    ipv6: options.Ipv6 = False,
    lang: options.Language = options.LanguageName.EN,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    log_json: options.LogJson = False,
) -> None:
    """Ask one server, and print what it does; with --all-ips what each of its addresses does."""
    with usage_errors():
        set_up(verbose=verbose, as_json=log_json)
        from tlsprobe.decisions import as_of, read_decisions
        from tlsprobe.flags import collect, one_target, scan_config, with_proxy

        decisions = read_decisions(waivers, None)
        flags = collect(ctx)
        config = with_proxy(scan_config(flags), flags, proxy)
        target = one_target(server, starttls)
        if config.selection is not None and not config.selection.allows_target(target):
            usage(f"{server}: {config.selection.decide(target).reason}")
    from rich.console import Console

    from tlsprobe.assessment import assess
    from tlsprobe.engines import local
    from tlsprobe.gate import exit_code
    from tlsprobe.output import print_table
    from tlsprobe.progress import logged
    from tlsprobe.report.terminal import print_server
    from tlsprobe.rules import Severity
    from tlsprobe.runs import run_info

    info = run_info("probe", source=target.endpoint, sha256="", flags=flags, now=datetime.now(UTC))
    scans = logged(local.run([target], config))
    assessment = assess(scans, info, waivers=decisions.waivers or (), today=as_of(None))
    if stdout is not None:
        print_table(stdout, assessment, lang=lang)
    elif not quiet:
        for each in assessment.servers:
            print_server(each, Console(), lang=lang)
    sys.exit(exit_code(assessment, fail_on=Severity(fail_on.value), allow_incomplete=allow_incomplete))


@app.command(
    epilog="Examples: [bold]tlsprobe report reports/inventory-20261124T220000Z[/] · "
    "[bold]tlsprobe report reports/inventory-20261124T220000Z --split-by owner[/]"
)
def report(
    run: Annotated[Path, typer.Argument(help="A folder that `tlsprobe scan` wrote.")],
    out: Annotated[
        Path | None,
        typer.Option(help="Where to write the reports.", show_default="RUN", rich_help_panel=options.OUTPUT),
    ] = None,
    formats: options.Formats = options.DEFAULT_FORMATS,
    csv_bom: options.CsvBom = False,
    split_by: options.SplitBy = None,
    fail_on: options.FailOn = options.SeverityName.HIGH,
    allow_incomplete: options.AllowIncomplete = False,
    baseline: options.BaselineRun = None,
    waivers: options.Waivers = None,
    as_of: options.AsOf = None,
    stdout: options.Stdout = None,
    lang: options.Language = options.LanguageName.EN,
    quiet: options.Quiet = False,
) -> None:
    """Write the reports of a run again, from its journal; no server is touched.

    With the waivers and the baseline that the run has, or with others, which it then has; not where --out
    writes elsewhere.
    """
    with usage_errors():
        from tlsprobe.condensed import read_condensed
        from tlsprobe.decisions import read_decisions
        from tlsprobe.flags import formats_wanted
        from tlsprobe.journal import read_run_info

        kinds, decisions = formats_wanted(formats), read_decisions(waivers, baseline)
        info, scans = read_run_info(run), read_condensed(run)
        info = decisions.keep(run, info) if out is None else decisions.hold_for(info)
    from tlsprobe.conclusion import conclude
    from tlsprobe.wanted import Wanted

    wanted = Wanted(
        kinds,
        fail_on,
        allow_incomplete,
        stdout,
        csv_bom=csv_bom,
        split_by=split_by,
        baseline=decisions.baseline,
        out=out,
        as_of=as_of,
        lang=lang,
        quiet=quiet,
    )
    sys.exit(conclude(run, info, scans, wanted))


@app.command()
def demo(
    out: Annotated[
        Path | None, typer.Option(help="The run's folder.", show_default="reports/demo-TIME")
    ] = None,
    samples: options.Samples = 1200,
    lang: options.Language = options.LanguageName.EN,
    quiet: options.Quiet = False,
) -> None:
    """Start real servers on loopback, scan them, and write a report.

    Uses the servers that the Python environment brings, and openssl, gnutls-serv, nginx and others where
    they are installed. Exits with 0 where the scan worked, whatever it found.
    """
    from tlsprobe.demo.run import demo_inventory
    from tlsprobe.execution import carry_out_and_conclude
    from tlsprobe.flags import folder_for, formats_wanted, plan_new, scan_config
    from tlsprobe.output import say_unless
    from tlsprobe.wanted import Wanted
    from tlsprobe.wording import wording

    with usage_errors(), demo_inventory(say=say_unless(quiet), words=wording(lang)) as path:
        folder = out or folder_for(Path("demo.csv"))
        flags = {"samples": str(samples), "connections_per_host": "4"}
        config = scan_config(flags)
        plan = plan_new(path, folder, config, flags, anonymous=True)
        wanted = Wanted(
            formats_wanted(options.DEFAULT_FORMATS), allow_incomplete=True, lang=lang, quiet=quiet
        )
        code = carry_out_and_conclude(plan, config, wanted)
    sys.exit(0 if code in (0, 1) else code)


@app.command()
def rules(lang: options.Language = options.LanguageName.EN) -> None:
    """List the rules: what each means, how bad it is, and its sources."""
    from rich.console import Console

    from tlsprobe.report.terminal import print_rules

    print_rules(Console(), lang=lang)


app.command(
    epilog="Examples: [bold]tlsprobe diff reports/last-month reports/today[/] · "
    "[bold]tlsprobe diff OLD NEW --stdout csv[/]"
)(diff_command.diff)
app.command(
    epilog="Example: [bold]tlsprobe fix reports/inventory-20261124T220000Z[/], then read fix/README.md there"
)(fix_commands.fix)
app.command(epilog="Example: [bold]tlsprobe verify reports/inventory-20261124T220000Z[/]")(
    fix_commands.verify
)
app.command(
    epilog="Examples: [bold]tlsprobe clients[/] · [bold]tlsprobe clients 'Windows Server 2012 R2'[/]"
)(fix_commands.clients)
