"""From flags to a plan: what the command line said, as a ScanConfig and the servers to scan."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import typer

from tlsprobe import options
from tlsprobe.change_window import ChangeWindowError
from tlsprobe.change_window import until as moment
from tlsprobe.clients.names import names_understood, profiles_named
from tlsprobe.clients.profile import built_in_profiles, merged, read_profiles
from tlsprobe.columns import Notice, columns_as_text, kept_columns, parse_columns
from tlsprobe.flag_values import UNTIL, UsageError, limits_of, moment_of, number, paths, see_whose
from tlsprobe.hosts import shown
from tlsprobe.inventory import (
    Inventory,
    StartTls,
    Target,
    parse_target,
    read_inventory,
)
from tlsprobe.journal import INVENTORY, read_run_info, write_run_info
from tlsprobe.probes.software import ALL_QUESTIONS, Question
from tlsprobe.proxies import parse_proxy
from tlsprobe.runs import RETRYABLE, Plan, default_folder, new_plan, resumed_plan, start_folder
from tlsprobe.scan import ScanConfig
from tlsprobe.selection import Selection, read_selection
from tlsprobe.timetable import Never, start
from tlsprobe.tls.identity import Identity

REPORTS = Path("reports")
FORMATS = ("html", "csv", "sarif", "junit", "jsonl")  # of report.FORMATS, which is slow to load


# Flags that decide what is sent; a resumed run takes them from run.json.
_SCAN_FLAGS = (
    "columns", "exclude", "only", "suites_only", "samples", "survey", "clients", "banners", "client_cert",
    "client_key", "connections", "connections_per_host", "rate", "rate_in_all", "timeout", "deadline",
    "all_ips", "ipv4", "ipv6",
)  # fmt: skip


def collect(ctx: typer.Context) -> dict[str, str]:
    """Return the scan flags that were given or have a default, as text; UsageError for a bad --until."""
    flags = _until(ctx.params.get(UNTIL))
    for name in _SCAN_FLAGS:
        value = ctx.params.get(name)
        if value is None or value is False or value in ([], ()):
            continue
        if name == "columns":
            flags[name] = columns_as_text(parse_columns(str(value)))
            continue
        # Absolute, so that a run can be resumed from another folder.
        if isinstance(value, list | tuple):
            flags[name] = "\n".join(str(Path(each).absolute()) for each in value)
        elif isinstance(value, Path):
            flags[name] = str(value.absolute())
        else:
            flags[name] = "yes" if value is True else str(value)
    return flags


def _until(text: str | None) -> dict[str, str]:
    """Settle which moment is meant, now that it is known when `04:00` was said."""
    if text is None:
        return {}
    try:
        return {UNTIL: moment(text, datetime.now(UTC)).isoformat()}
    except ChangeWindowError as error:
        _usage(f"--until: {error}")


def of_a_run(run: dict[str, str], flags: dict[str, str]) -> dict[str, str]:
    """Return the flags of a run that goes on, or is verified, with what is this invocation's own."""
    rest = {name: text for name, text in run.items() if name != UNTIL}
    return rest | ({UNTIL: flags[UNTIL]} if UNTIL in flags else {})


def with_proxy(config: ScanConfig, flags: dict[str, str], url: str | None) -> ScanConfig:
    """Add the proxy. It is noted without its password, so whoever resumes gives it again: UsageError."""
    noted = flags.get("proxy")
    if url is None:
        if noted is not None:
            _usage(f"this run goes through {noted}: give --proxy again, or set TLSPROBE_PROXY")
        return config
    try:
        proxy = parse_proxy(url)
    except ValueError as error:
        _usage(f"--proxy: {error}")
    if noted not in (None, str(proxy)):
        _usage(f"--proxy differs from the run's ({noted})")
    flags["proxy"] = str(proxy)
    return replace(config, proxy=proxy)


def _given(ctx: typer.Context) -> set[str]:
    """Return the scan flags that stand on the command line itself."""
    return {
        name
        for name in _SCAN_FLAGS
        if (source := ctx.get_parameter_source(name)) is not None and source.name == "COMMANDLINE"
    }


def scan_config(flags: dict[str, str], run: Path | None = None) -> ScanConfig:
    """Read the files that flags name and make the configuration; UsageError, SelectionError, ClientsError.

    `run` is the folder of a run whose flags these are: it holds the client profiles that it began with. Of
    another user's run no other file is read, and no client key used, by its word alone.
    """
    if run is not None:
        see_whose(run, flags)
    if "ipv4" in flags and "ipv6" in flags:
        _usage("-4 and -6 exclude each other")
    if "suites_only" in flags and (flags.get("samples", "0") != "0" or "survey" in flags):
        _usage("--suites-only asks for nothing else; leave out --samples and --survey")
    family = socket.AF_INET if "ipv4" in flags else socket.AF_INET6 if "ipv6" in flags else socket.AF_UNSPEC
    identity = None
    if "client_cert" in flags or "client_key" in flags:
        certificate, key = flags.get("client_cert"), flags.get("client_key")
        if certificate is None or key is None:
            _usage("--client-cert and --client-key go together")
        try:
            identity = Identity.load(Path(certificate).read_bytes(), Path(key).read_bytes())
        except (OSError, ValueError) as error:
            _usage(f"client certificate: {error}")
    selection = read_selection(exclude=paths(flags, "exclude"), only=paths(flags, "only"))
    return ScanConfig(
        limits=limits_of(flags),
        deadline_s=number(flags, "deadline", 180.0, least=1),
        samples=int(number(flags, "samples", 0, least=0, most=options.MOST_SAMPLES)),
        survey="survey" in flags,
        suites_only="suites_only" in flags,
        family=family,
        all_ips="all_ips" in flags,
        until=moment_of(flags),
        selection=selection,
        identity=identity,
        questions=_questions(flags.get("banners", ",".join(ALL_QUESTIONS))),
        clients=merged(
            built_in_profiles(),
            [each for path in paths(flags, "clients") for each in read_profiles((run or Path()) / path)],
        ),
    )


def _questions(text: str) -> tuple[Question, ...]:
    wanted = [word.strip() for word in text.split(",") if word.strip()]
    if wanted == ["none"]:
        return ()
    unknown = [word for word in wanted if word not in ALL_QUESTIONS]
    if unknown or not wanted:
        _usage(f"--banners takes {', '.join(ALL_QUESTIONS)} or none; not {', '.join(unknown) or 'nothing'}")
    return tuple(Question(word) for word in wanted)


def _read_inventory(path: Path, flags: dict[str, str]) -> Inventory:

    columns = kept_columns(flags["columns"]) if "columns" in flags else None
    return read_inventory(path, columns=columns)


def plan_new(
    path: Path,
    out: Path | None,
    config: ScanConfig,
    flags: dict[str, str],
    *,
    dry_run: bool = False,
    anonymous: bool = False,
) -> Plan:
    """Read the inventory and plan a run; its folder is made unless this is a dry run.

    `anonymous` keeps the folder of the inventory, a temporary one, out of the reports.
    """
    inventory = _with_notices(_read_inventory(path, flags), config)
    plan = new_plan(
        inventory,
        source=Path(path.name) if anonymous else path,
        folder=out or folder_for(path),
        selection=_selection(config),
        flags=flags,
        now=datetime.now(UTC),
    )
    if not dry_run and plan.targets:
        plan, profiles = _with_own_profiles(plan)
        start_folder(plan, path.read_bytes(), profiles)
    return plan


def _with_notices(inventory: Inventory, config: ScanConfig) -> Inventory:
    """Say which clients are not understood: each counts as any Windows. And which windows are too short."""
    first: dict[str, int] = {}
    for target in inventory.targets:
        for name in target.clients:
            if not any(profiles_named(one, config.clients) for one in names_understood(name, config.clients)):
                first.setdefault(name, target.line)
    notices = tuple(
        Notice(
            line,
            "unknown-client",
            f"the client {shown(name)} is not known, so it counts as any Windows unless its name says "
            "otherwise; `tlsprobe clients` lists the names",
            shown(name),
        )
        for name, line in first.items()
    )
    return replace(inventory, notices=(*inventory.notices, *notices, *_too_short(inventory, config)))


def _too_short(inventory: Inventory, config: ScanConfig) -> Iterator[Notice]:
    now = datetime.now(UTC)
    for target in inventory.targets:
        if isinstance(start(target, now=now, deadline_s=config.deadline_s, until=None), Never):
            message = (
                f"the change window {target.window} is shorter than --deadline {config.deadline_s:g}, so the "
                "server is never scanned; make one longer or the other shorter"
            )
            yield Notice(target.line, "window-too-short", message, target.window)


def _with_own_profiles(plan: Plan) -> tuple[Plan, dict[str, bytes]]:
    """Name the user's client profiles as the run keeps them, with their content; `verify` needs them too."""
    kept = {
        f"clients-{number}.toml": file.read_bytes()
        for number, file in enumerate(paths(plan.info.flags, "clients"), start=1)
    }
    if not kept:
        return plan, kept
    return replace(plan, info=replace(plan.info, flags=plan.info.flags | {"clients": "\n".join(kept)})), kept


def plan_resumed(
    folder: Path,
    inventory: Path | None,
    flags: dict[str, str],
    retry: str | None,
    ctx: typer.Context,
    proxy: str | None = None,
    *,
    dry_run: bool = False,
) -> tuple[Plan, ScanConfig]:
    """Plan the rest of a run with the flags that it began with; a flag that differs is a UsageError.

    What is of this invocation alone goes into its run.json, unless this is a dry run.
    """
    info = read_run_info(folder)
    for name in sorted(_given(ctx)):
        if flags.get(name) != info.flags.get(name):
            flag = "--" + name.replace("_", "-")
            _usage(f"{flag} differs from the run's ({info.flags.get(name, 'not given')}); leave it out")
    now_flags = of_a_run(info.flags, flags)
    config = with_proxy(scan_config(now_flags, folder), dict(info.flags), proxy)
    again = tuple(word.strip() for word in retry.split(",")) if retry else ()
    unknown = set(again) - set(RETRYABLE)
    if unknown:
        _usage(f"--retry takes {', '.join(RETRYABLE)}; not {', '.join(sorted(unknown))}")
    source = inventory or folder / INVENTORY
    plan = resumed_plan(
        folder, _read_inventory(source, info.flags), selection=_selection(config), retry=again
    )
    plan = replace(plan, info=replace(plan.info, flags=now_flags, stopped=None))
    if not dry_run:
        write_run_info(folder, plan.info)
    return plan, config


def _selection(config: ScanConfig) -> Selection:

    return config.selection or Selection()


def one_target(server: str, starttls: str) -> Target:
    """Read HOST or HOST:PORT and --starttls."""
    try:
        protocol = StartTls(starttls)
    except ValueError:
        _usage(f"--starttls {starttls}: not one of {', '.join(StartTls)}")
    return replace(parse_target(server), starttls=protocol)


def folder_for(source: Path) -> Path:
    """Return the folder of a run that begins now."""
    return default_folder(source, datetime.now(UTC), REPORTS)


def formats_wanted(text: str) -> tuple[str, ...]:
    """Read --format; UsageError for one that there is not."""
    wanted = tuple(word.strip() for word in text.split(",") if word.strip())
    if wanted == ("none",):
        return ()
    unknown = [word for word in wanted if word not in FORMATS]
    if "none" in unknown:
        _usage("--format none stands alone: it writes no reports")
    if unknown or not wanted:
        _usage(f"--format takes {', '.join(FORMATS)}, or none; not {', '.join(unknown) or 'nothing'}")
    return wanted


def _usage(text: str) -> NoReturn:
    raise UsageError(text)
