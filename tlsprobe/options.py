"""The flags that commands share: their names, help texts, defaults and environment variables."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

PROBING = "Probing"
LIMITS = "Limits"
WHERE = "Where the scan runs"
OUTPUT = "Output and exit code"
TARGETS = "Which servers"

MOST = 1e9  # of what has no other limit: seconds, connections a second
MOST_SAMPLES = 100_000
MOST_CONNECTIONS = 1000
MOST_PER_HOST = 64


class SeverityName(StrEnum):
    """What --fail-on takes; the names of rules.Severity, here so that --help loads no rules."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"
    NONE = "none"


class StdoutFormat(StrEnum):
    """What --stdout takes."""

    ENDPOINTS = "csv"
    FINDINGS = "findings"
    JSONL = "jsonl"


class DiffFormat(StrEnum):
    """What --stdout of `diff` takes."""

    CSV = "csv"
    JSONL = "jsonl"


class LanguageName(StrEnum):
    """What --lang takes; wording.LANGUAGES, here so that --help loads no sentences."""

    EN = "en"
    JA = "ja"


class EngineName(StrEnum):
    """What --engine takes."""

    LOCAL = "local"
    DASK = "dask"


Samples = Annotated[
    int,
    typer.Option(
        min=0,
        max=MOST_SAMPLES,
        envvar="TLSPROBE_SAMPLES",
        help="Half handshakes more, at most, to see how dh_Ys is written; 766 find a zero-led share "
        "with 95 %. Stops at the first.",
        rich_help_panel=PROBING,
    ),
]
SurveyFlag = Annotated[
    bool,
    typer.Option(
        "--survey",
        envvar="TLSPROBE_SURVEY",
        help="Add sslyze's view: certificate, versions, all suites. Hundreds of connections more.",
        rich_help_panel=PROBING,
    ),
]
SuitesOnly = Annotated[
    bool,
    typer.Option(
        "--suites-only",
        envvar="TLSPROBE_SUITES_ONLY",
        help="A first sweep: only which DHE suites, in whose order, over which group. Scan those that have "
        "DHE in full afterwards.",
        rich_help_panel=PROBING,
    ),
]
Clients = Annotated[
    list[Path] | None,
    typer.Option(
        "--clients",
        envvar="TLSPROBE_CLIENTS",
        help="File of more client profiles, or of recorded hellos; docs/clients.md says how to write one.",
        rich_help_panel=PROBING,
    ),
]
Banners = Annotated[
    str,
    typer.Option(
        "--banners",
        envvar="TLSPROBE_BANNERS",
        help="What to ask the software itself, without any credential: greeting, http, ntlm, ldap; or none. "
        "Two connections at most.",
        rich_help_panel=PROBING,
    ),
]
ProxyUrl = Annotated[
    str | None,
    typer.Option(
        "--proxy",
        envvar="TLSPROBE_PROXY",
        help="http://USER:PASSWORD@HOST:PORT (CONNECT) or socks5://…. The password is written down nowhere; "
        "the environment variable keeps it out of the list of processes too. Names are looked up here.",
        rich_help_panel=TARGETS,
    ),
]
ClientCert = Annotated[
    Path | None,
    typer.Option(
        envvar="TLSPROBE_CLIENT_CERT",
        help="PEM certificate (chain) for servers that ask for one.",
        rich_help_panel=PROBING,
    ),
]
ClientKey = Annotated[
    Path | None,
    typer.Option(
        envvar="TLSPROBE_CLIENT_KEY", help="Its private key, PEM, not encrypted.", rich_help_panel=PROBING
    ),
]
Connections = Annotated[
    int,
    typer.Option(
        min=1,
        max=MOST_CONNECTIONS,
        envvar="TLSPROBE_CONNECTIONS",
        help="Connections at a time, in all.",
        rich_help_panel=LIMITS,
    ),
]
ConnectionsPerHost = Annotated[
    int,
    typer.Option(
        min=1,
        max=MOST_PER_HOST,
        envvar="TLSPROBE_CONNECTIONS_PER_HOST",
        help="Connections at a time to one address.",
        rich_help_panel=LIMITS,
    ),
]
Rate = Annotated[
    float,
    typer.Option(
        min=0.1,
        max=MOST,
        envvar="TLSPROBE_RATE",
        help="New connections a second to one address, after a burst of 64.",
        rich_help_panel=LIMITS,
    ),
]
RateInAll = Annotated[
    float,
    typer.Option(
        min=0.1,
        max=MOST,
        envvar="TLSPROBE_RATE_IN_ALL",
        help="New connections a second in all, after a burst of as many at once.",
        rich_help_panel=LIMITS,
    ),
]
Processes = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=64,
        envvar="TLSPROBE_PROCESSES",
        help="Processes that scan side by side and share the limits; 0: all in this one.",
        show_default="one for each core, 0 for few servers",
        rich_help_panel=WHERE,
    ),
]
ChosenEngine = Annotated[
    EngineName,
    typer.Option(
        "--engine",
        envvar="TLSPROBE_ENGINE",
        help="local: this machine; dask: the workers of a dask cluster (docs/cluster.md).",
        rich_help_panel=WHERE,
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        envvar="TLSPROBE_SCHEDULER",
        help="The cluster's scheduler: tls://HOST:PORT, with the certificates that dask's own configuration "
        "names, or tcp://HOST:PORT. Without it a cluster of this machine is started.",
        rich_help_panel=WHERE,
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=1000,
        envvar="TLSPROBE_WORKERS",
        help="Workers to start, or to wait for and use where there is a scheduler.",
        show_default="one for each core; those that are there",
        rich_help_panel=WHERE,
    ),
]
Timeout = Annotated[
    float,
    typer.Option(
        min=0.1,
        max=MOST,
        envvar="TLSPROBE_TIMEOUT",
        help="Seconds for each step: to connect, and for each answer.",
        rich_help_panel=LIMITS,
    ),
]
Deadline = Annotated[
    float,
    typer.Option(
        min=1,
        max=MOST,
        envvar="TLSPROBE_DEADLINE",
        help="Seconds for one server, all told.",
        rich_help_panel=LIMITS,
    ),
]
Until = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="TIME",
        envvar="TLSPROBE_UNTIL",
        help="Start no server that could not be done by then: 04:00, the next one, or "
        "2026-11-26T04:00+09:00. --resume goes on with the rest.",
        rich_help_panel=LIMITS,
    ),
]
AllIps = Annotated[
    bool,
    typer.Option(
        "--all-ips",
        envvar="TLSPROBE_ALL_IPS",
        help="Scan every address that a name resolves to, each on its own; else the first that answers.",
        rich_help_panel=TARGETS,
    ),
]
Ipv4 = Annotated[bool, typer.Option("-4", help="IPv4 only.", rich_help_panel=TARGETS)]
Ipv6 = Annotated[bool, typer.Option("-6", help="IPv6 only.", rich_help_panel=TARGETS)]
Exclude = Annotated[
    list[Path] | None,
    typer.Option(
        envvar="TLSPROBE_EXCLUDE",
        help="File of hosts, globs, addresses and networks that are never connected to.",
        rich_help_panel=TARGETS,
    ),
]
Only = Annotated[
    list[Path] | None,
    typer.Option(
        envvar="TLSPROBE_ONLY",
        help="File of the same kind: nothing else is connected to.",
        rich_help_panel=TARGETS,
    ),
]
Columns = Annotated[
    str | None,
    typer.Option(
        envvar="TLSPROBE_COLUMNS",
        help="The inventory's own headers: host=FQDN,port=Port; or a file of such lines.",
        rich_help_panel=TARGETS,
    ),
]
Formats = Annotated[
    str,
    typer.Option(
        "--format",
        envvar="TLSPROBE_FORMAT",
        help="Reports to write: html, csv, sarif, junit, jsonl (findings, for a SIEM); or none.",
        rich_help_panel=OUTPUT,
    ),
]
DEFAULT_FORMATS = "html,csv,sarif,junit"
CsvBom = Annotated[
    bool,
    typer.Option(
        "--csv-bom",
        envvar="TLSPROBE_CSV_BOM",
        help="Begin the CSV files with a byte order mark, for Excel.",
        rich_help_panel=OUTPUT,
    ),
]
SplitBy = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        help="Reports and edits for handing out too: a folder for each value of a column, such as owner.",
        rich_help_panel=OUTPUT,
    ),
]
FailOn = Annotated[
    SeverityName,
    typer.Option(
        envvar="TLSPROBE_FAIL_ON",
        help="Exit with 1 where a finding is at least this bad; none never does.",
        rich_help_panel=OUTPUT,
    ),
]
Waivers = Annotated[
    list[Path] | None,
    typer.Option(
        "--waivers",
        envvar="TLSPROBE_WAIVERS",
        help="File of findings that somebody answers for: they are reported, and don't count.",
        rich_help_panel=OUTPUT,
    ),
]
BaselineRun = Annotated[
    Path | None,
    typer.Option(
        "--baseline",
        metavar="RUN",
        envvar="TLSPROBE_BASELINE",
        help="An earlier run: only findings that are new or worse since then count.",
        rich_help_panel=OUTPUT,
    ),
]


def _day(text: str) -> date:
    """Read a day; click's own reader names strftime's letters."""
    # date.fromisoformat takes more than is said here.
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        with suppress(ValueError):
            return date.fromisoformat(text)
    raise typer.BadParameter(f"{text!r} is no day; write it as 2026-11-30, year first")


AsOf = Annotated[
    date | None,
    typer.Option(
        "--as-of",
        parser=_day,
        metavar="YYYY-MM-DD",
        help="The day on which waivers have to hold.",
        show_default="today, UTC",
        rich_help_panel=OUTPUT,
    ),
]
AllowIncomplete = Annotated[
    bool,
    typer.Option(
        "--allow-incomplete",
        envvar="TLSPROBE_ALLOW_INCOMPLETE",
        help="Exit with 0, not 3, where something could not be assessed.",
        rich_help_panel=OUTPUT,
    ),
]
Stdout = Annotated[
    StdoutFormat | None,
    typer.Option(
        "--stdout",
        help="Print one table to standard output: csv (a row per server), findings, or jsonl (facts).",
        rich_help_panel=OUTPUT,
    ),
]
Language = Annotated[
    LanguageName,
    typer.Option(
        "--lang",
        envvar="TLSPROBE_LANG",
        help="Language of what is said to people. Ids, values, file names and exit codes stay as they are.",
        rich_help_panel=OUTPUT,
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "-q", "--quiet", help="No progress, no summary; -v still says more.", rich_help_panel=OUTPUT
    ),
]
Verbose = Annotated[
    bool, typer.Option("-v", "--verbose", help="Say what is done, server by server.", rich_help_panel=OUTPUT)
]
LogJson = Annotated[
    bool,
    typer.Option(
        "--log-json",
        envvar="TLSPROBE_LOG_JSON",
        help="What goes to standard error is a JSON object a line; docs/operating.md says what is in it.",
        rich_help_panel=OUTPUT,
    ),
]
