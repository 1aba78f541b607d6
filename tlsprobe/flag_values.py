"""The values of flags, of a command line or of a run.json, whoever wrote that: nothing is taken on trust."""

from __future__ import annotations

import logging
import math
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from tlsprobe import options
from tlsprobe.descriptors import BESIDE, room_for
from tlsprobe.files import belongs_to_us
from tlsprobe.hosts import shown
from tlsprobe.journal import RUN
from tlsprobe.limits import Limits

# This one is of an invocation: the next night's has another, or none.
UNTIL = "until"

log = logging.getLogger(__name__)


class UsageError(Exception):
    """The command line asks for something that makes no sense; the text says what to do."""


def limits_of(flags: dict[str, str]) -> Limits:
    """Return what a run may do at most; a warning where the system lets it do less. Raises UsageError."""
    usual, most = Limits(), options.MOST_CONNECTIONS
    wanted = int(number(flags, "connections", usual.connections, least=1, most=most))
    connections = room_for(wanted)
    if connections < wanted:
        log.warning(
            "the system lets this process open too few files: %d connections at a time, not %d; "
            "for all of them raise its limit to %d (ulimit -n)",
            *(connections, wanted, wanted + BESIDE),
        )
    most = options.MOST_PER_HOST
    return Limits(
        connections=connections,
        connections_per_host=int(
            number(flags, "connections_per_host", usual.connections_per_host, least=1, most=most)
        ),
        rate=number(flags, "rate", usual.rate, least=0.1),
        rate_in_all=number(flags, "rate_in_all", usual.rate_in_all, least=0.1),
        timeout_s=number(flags, "timeout", usual.timeout_s, least=0.1),
    )


def number(
    flags: dict[str, str], name: str, usual: float, *, least: float, most: float = options.MOST
) -> float:
    """Read a number, also of a run.json that somebody may have written by hand; UsageError."""
    text = flags.get(name)
    try:
        value = usual if text is None else float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        flag = "--" + name.replace("_", "-")
        _refuse(f"{flag} {shown(str(text))}: write a number from {least:g} to {most:,.0f}")
    return value


def moment_of(flags: dict[str, str]) -> datetime | None:
    """Return the end that --until set, None where there is none. Raises UsageError."""
    if UNTIL not in flags:
        return None
    try:
        when = datetime.fromisoformat(flags[UNTIL])
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        _refuse(f"--until {shown(flags[UNTIL])}: not a time with its zone, as run.json has it")
    return when


def see_whose(run: Path, flags: dict[str, str]) -> None:
    """Refuse what a run.json of another user, or of a hostile hand, may not have us read: UsageError."""
    for path in paths(flags, "clients"):
        if path.name != str(path):
            _refuse(f"{run / RUN}: {shown(str(path))}: the client profiles of a run are in its folder")
    named = [name for name in ("client_cert", "client_key", "exclude", "only") if name in flags]
    try:
        ours = not named or belongs_to_us(run / RUN)
    except OSError as error:
        _refuse(f"{run / RUN}: {error.strerror}")
    if not ours:
        said = ", ".join("--" + name.replace("_", "-") for name in named)
        _refuse(
            f"{run / RUN}: another user wrote it, and it names files of its own ({said}); look at them, and "
            "work on a copy of the folder"
        )


def paths(flags: dict[str, str], name: str) -> list[Path]:
    """Return the files that a flag names, one a line."""
    return [Path(line) for line in flags.get(name, "").split("\n") if line]


def _refuse(text: str) -> NoReturn:
    raise UsageError(text)
